"""A citation's page is the page: measured against a gold standard that other people made."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from tests.corpora.reading import letters, passages_of, share
from tests.small_pack import Doc, build_quietly, write_pack

LEAST = 0.995
TAIL = 40
NUMBERED = ("afd--draft-2024-11-28", "linke--draft-2024-12-11")
"""The drafts whose gold text still holds the printed line numbers."""
_LINE_NUMBER = re.compile(r"(?m)^\d{1,4}\s+(?=\S)")


@pytest.fixture(scope="module")
def gold(corpora: Path) -> dict[str, list[dict[str, Any]]]:
    """Gold paragraphs by PDF, those whose ending is unique in it."""
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    path = corpora / "btw2025/programmes/gold-pages.jsonl"
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["tail_unique_in_pdf"]:
            rows[row["pdf"]].append(row)
    return dict(rows)


@pytest.fixture(scope="module")
def gold_build(gold: dict[str, Any], corpora: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A test pack of the gold standard's eleven PDFs, built."""
    folder = tmp_path_factory.mktemp("gold")
    ids = {pdf: Path(pdf).stem.replace("--", "-") for pdf in gold}
    docs = [
        Doc(ids[pdf], (corpora / pdf).read_bytes(), "application/pdf", party=f"p{n}", inside=False)
        for n, pdf in enumerate(sorted(gold))
    ]
    parties = [{"id": d.party, "short": {"de": f"P{d.id}"}, "name": {"de": f"Partei {d.id}"}} for d in docs]
    pack = write_pack(folder / "pack", docs, parties)
    return build_quietly(pack, folder / "data", corpora / "btw2025/programmes/pdf").folder


def tail_of(row: dict[str, Any]) -> str:
    """The last letters of a gold paragraph, without the line numbers of numbered drafts."""
    text = row["text"]
    if Path(row["pdf"]).stem in NUMBERED:
        text = _LINE_NUMBER.sub("", text)
    return letters(text)[-TAIL:]


def test_paragraph_endings_lie_in_a_passage_with_their_page(
    gold: dict[str, list[dict[str, Any]]], gold_build: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    passages = passages_of(gold_build)
    assert len(gold) == len(passages) == 11
    missed: list[str] = []
    for pdf, rows in gold.items():
        known = [(letters(p.text), p) for p in passages[Path(pdf).stem.replace("--", "-")]]
        for row in rows:
            tail, page = tail_of(row), row["physical_page_end"]
            holders = [p for text, p in known if tail in text]
            if not any((p.page or 0) <= page <= (p.page_end or 0) for p in holders):
                pages = [(p.page, p.page_end) for p in holders]
                missed.append(f"{row['id']} page {page}, found on {pages}: …{row['text'][-60:]!r}")
    whole = sum(map(len, gold.values()))
    with capsys.disabled():
        print(f"\npage accuracy: {share(missed, whole):.4f} of {whole} endings; missed:", *missed, sep="\n  ")
    assert whole > 3000
    assert share(missed, whole) >= LEAST
