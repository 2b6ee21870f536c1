"""What several corpora tests need: letters and digits only, and the passages of a build by document."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from domain.election import Election
from domain.passage import Passage

_NO_LETTER = re.compile(r"[\W_]+")


def letters(text: str) -> str:
    """The letters and digits of a text, folded: all that two extractors can be expected to share."""
    return _NO_LETTER.sub("", unicodedata.normalize("NFKC", text.replace("\u00ad", "")).casefold())


def passages_of(build: Path) -> dict[str, list[Passage]]:
    """Passages of a build by source id, in order."""
    election = Election.model_validate_json((build / "election.json").read_text(encoding="utf-8"))
    names = {s.renditions[0].sha256: s.id for s in election.sources}
    found: dict[str, list[Passage]] = defaultdict(list)
    for line in (build / "passages.jsonl").read_text(encoding="utf-8").splitlines():
        passage = Passage.model_validate_json(line)
        found[names[passage.document]].append(passage)
    return dict(found)


def share(missed: Sequence[object], whole: int) -> float:
    """How much was not missed."""
    return 1 - len(missed) / whole
