"""Twelve real programmes, read again by another program (poppler): every passage is on the page it names."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pytest

from domain.election import DocumentKind, Election
from domain.passage import Passage
from guardrails.grounding import comparable
from tests.corpora.reading import letters, passages_of, share

LEAST = 0.995
MODES: tuple[tuple[str, ...], ...] = ((), ("-raw",), ("-layout",))
STRANGE = re.compile("[\ufffe\ufffd\u00ad\ue000-\uf8ff\x00-\x1f]")
PROGRAMMES = 12

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def election(bundestag_build: Path) -> Election:
    """The election as built."""
    return Election.model_validate_json((bundestag_build / "election.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def programmes(bundestag_build: Path, election: Election) -> dict[str, list[Passage]]:
    """Passages of the twelve programmes by party."""
    parties = {s.id: s.party for s in election.sources if s.kind is DocumentKind.PROGRAMME}
    found = {parties[name] or "": rows for name, rows in passages_of(bundestag_build).items() if name in parties}
    assert len(found) == PROGRAMMES
    return found


@pytest.fixture(scope="module")
def poppler(bundestag_build: Path, programmes: dict[str, list[Passage]]) -> dict[str, list[list[str]]]:
    """Per document and mode of `pdftotext` the letters of each page."""
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) is not installed")

    def read(digest: str) -> tuple[str, list[list[str]]]:
        modes = []
        for mode in MODES:
            command = ["pdftotext", *mode, "-enc", "UTF-8", str(bundestag_build / "originals" / digest), "-"]
            text = subprocess.run(command, capture_output=True, check=True, timeout=120).stdout.decode("utf-8")
            modes.append([letters(page) for page in text.split("\f")])
        return digest, modes

    with ThreadPoolExecutor(2) as pool:
        return dict(pool.map(read, sorted({rows[0].document for rows in programmes.values()})))


@cache
def _texts(path: Path) -> list[str]:
    texts: list[str] = json.loads(path.read_text(encoding="utf-8"))
    return texts


def texts_of(build: Path, rows: list[Passage]) -> list[str]:
    """The pages of a document as extracted by us."""
    return _texts(build / "pages" / rows[0].document / "texts.json")


def on_page(passage: Passage, own: list[str], modes: list[list[str]]) -> bool:
    """Every sentence stands on its page, or each piece of it on the page where that piece is said to be."""
    for sentence in passage.sentences:
        for span in sentence.spans:
            readings = [pages[span.page - 1] for pages in modes]
            whole = letters(passage.text[sentence.start : sentence.end]) if len(sentence.spans) == 1 else ""
            piece = whole or letters(own[span.page - 1][span.start : span.end])
            if not any(piece in reading for reading in readings):
                return False
    return True


def test_every_passage_is_on_its_page_for_poppler_too(
    bundestag_build: Path,
    programmes: dict[str, list[Passage]],
    poppler: dict[str, list[list[str]]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    missed = [
        f"{party} p. {p.page}-{p.page_end}: {p.text[:90]!r}"
        for party, rows in programmes.items()
        for p in rows
        if not on_page(p, texts_of(bundestag_build, rows), poppler[p.document])
    ]
    whole = sum(map(len, programmes.values()))
    with capsys.disabled():
        print(f"\nsecond extractor: {share(missed, whole):.4f} of {whole} passages; missed:", *missed, sep="\n  ")
    assert whole > 6000
    assert share(missed, whole) >= LEAST


def test_no_passage_holds_a_sign_that_no_reader_sees(programmes: dict[str, list[Passage]]) -> None:
    strange = [(party, p.page, p.text) for party, rows in programmes.items() for p in rows if STRANGE.search(p.text)]
    assert strange == []


def test_no_passage_holds_dot_leaders_or_the_line_numbers_of_a_draft(programmes: dict[str, list[Passage]]) -> None:
    leaders = [(party, p.page, p.text) for party, rows in programmes.items() for p in rows if "....." in p.text]
    assert leaders == []
    for rows in programmes.values():
        joined = " ".join(p.text for p in rows)
        numbers = [int(n) for n in re.findall(r"(?<![\d.,§])\b(\d{1,4})\b(?![.,]\d|\s?%)", joined)]
        runs = sum(1 for a, b, c in zip(numbers, numbers[1:], numbers[2:], strict=False) if b == a + 1 and c == b + 1)
        assert runs <= len(rows) // 40


def test_no_passage_holds_page_furniture(bundestag_build: Path, programmes: dict[str, list[Passage]]) -> None:
    """What was cut from a page as a header or footer stands in no passage of that page at that place."""
    for rows in programmes.values():
        cut: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for file in (bundestag_build / "pages" / rows[0].document).glob("[0-9]*.json"):
            page = json.loads(file.read_text(encoding="utf-8"))
            cut[page["number"]] = [(a, b) for a, b in page["furniture"]]
        for passage in rows:
            for sentence in passage.sentences:
                for span in sentence.spans:
                    assert not any(a < span.end and span.start < b for a, b in cut[span.page]), passage.text


def test_no_line_repeats_across_the_pages_of_a_programme(programmes: dict[str, list[Passage]]) -> None:
    """A header that slipped through would open or close a passage on page after page."""
    for party, rows in programmes.items():
        edges: dict[str, set[int]] = defaultdict(set)
        last = max(p.page_end or 0 for p in rows)
        for p in rows:
            words = p.text.split()
            if len(words) >= 8 and p.page is not None:
                edges[" ".join(words[:5])].add(p.page)
                edges[" ".join(words[-5:])].add(p.page)
        repeated = {edge: len(pages) for edge, pages in edges.items() if len(pages) >= max(15, last // 3)}
        assert repeated == {}, party


def test_every_sentence_of_one_span_verifies_on_its_page(
    bundestag_build: Path, programmes: dict[str, list[Passage]], capsys: pytest.CaptureFixture[str]
) -> None:
    """A sentence that differs could never be quoted, so whoever wrote it would seem silent."""
    checked = 0
    unlike: list[str] = []
    for party, rows in programmes.items():
        pages = texts_of(bundestag_build, rows)
        for passage in rows:
            for sentence in passage.sentences:
                if len(sentence.spans) == 1:
                    span = sentence.spans[0]
                    quote = passage.text[sentence.start : sentence.end]
                    checked += 1
                    if comparable(pages[span.page - 1][span.start : span.end]) != comparable(quote):
                        unlike.append(f"{party} p. {passage.page}: {quote[:90]!r}")
    with capsys.disabled():
        print(f"\nsentences of one span: {len(unlike)} of {checked} differ from their page:", *unlike, sep="\n  ")
    assert checked > 15_000
    assert unlike == []


def test_passages_keep_their_size(programmes: dict[str, list[Passage]]) -> None:
    sizes = [len(p.text.split()) for rows in programmes.values() for p in rows]
    assert sum(1 for n in sizes if n > 180) <= 5  # runs of items without a full stop: one sentence each
    assert sum(1 for n in sizes if n < 15) / len(sizes) <= 0.02
