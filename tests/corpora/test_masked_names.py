"""Twelve real programmes: no sentence keeps the name of its party where retrieval or a blind reader looks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from domain.election import DocumentKind, Election
from domain.names import Names
from tests.corpora.reading import passages_of

pytestmark = pytest.mark.slow


def test_no_sentence_keeps_a_certain_name_of_its_own_party(bundestag_build: Path) -> None:
    """The short name as the party writes it, its full names and listed forms, in the spelling of the pack."""
    election = Election.model_validate_json((bundestag_build / "election.json").read_text(encoding="utf-8"))
    names = Names(election.parties)
    of_document = {s.id: s.party for s in election.sources if s.kind is DocumentKind.PROGRAMME}
    left: list[str] = []
    seen = 0
    for document, passages in passages_of(bundestag_build).items():
        party = election.party(of_document.get(document) or "")
        if party is None:
            continue
        forms = {*party.forms, *party.short.values(), *party.name.values(), *(p.name for p in party.people)}
        pattern = re.compile(rf"(?<!\w)(?:{'|'.join(re.escape(f) for f in sorted(forms))})(?!\w)")
        for passage in passages:
            for sentence in passage.sentences:
                text = passage.text[sentence.start : sentence.end]
                seen += bool(pattern.search(text))
                left += [text] if pattern.search(names.mask(text)) else []
    assert seen > 1000, "the programmes name their parties"
    assert left == []
