"""The traps that real programmes hold, each with its own regression test (see the corpora's README)."""

from __future__ import annotations

import itertools
import json
import re
from functools import cache
from pathlib import Path

import pytest

from domain.election import Source
from domain.passage import Passage
from ingestion.extract import Extracted, extract
from tests.corpora.conftest import CORPORA
from tests.corpora.reading import letters, passages_of
from tests.small_pack import Doc

PDFS = CORPORA / "btw2025/programmes/pdf"


@cache
def read(name: str) -> Extracted:
    """A programme as a build reads it."""
    path = PDFS / f"{name}.pdf"
    doc = Doc(name.replace("--", "-"), path.read_bytes(), "application/pdf", inside=False)
    return extract(Source.model_validate(doc.entry()), path)


def whole(found: Extracted) -> str:
    """All passages as one text."""
    return " ".join(p.text for p in found.passages)


def raw(found: Extracted) -> str:
    """All pages as extracted."""
    return "".join(p.text for p in found.pages)


@pytest.fixture(scope="module")
def programmes(bundestag_build: Path) -> dict[str, list[Passage]]:
    """Passages of the built election by source id."""
    return passages_of(bundestag_build)


def pages_of(build: Path, passages: list[Passage]) -> list[str]:
    """The pages of a document as published."""
    path = build / "pages" / passages[0].document / "texts.json"
    texts: list[str] = json.loads(path.read_text(encoding="utf-8"))
    return texts


@pytest.mark.parametrize("name", ["afd--draft-2024-11-28", "linke--draft-2024-12-11"])
def test_printed_line_numbers_are_in_no_passage(name: str) -> None:
    found = read(name)
    assert found.dropped["line_number"] > 10_000
    numbered = {p.number for p in found.pages if len(p.furniture) >= 10}
    assert len(numbered) >= 0.85 * len(found.pages)
    for page in found.pages:
        if page.number in numbered:
            cut = [page.text[a:b] for a, b in page.furniture if page.text[a:b].strip().isdigit()]
            assert len(cut) >= 10
    for p in found.passages:  # two line numbers that were missed would stand in one passage, a line apart
        numbers = [int(n) for n in re.findall(r"(?<=[a-zäöüß,] )\d{1,4}(?= [a-zäöü])", p.text)]
        years = range(1900, 2051)
        assert not any(b == a + 1 and a > 31 and a not in years for a, b in itertools.pairwise(numbers)), p.text


def test_line_end_hyphens_are_joined_everywhere(bundestag_build: Path, programmes: dict[str, list[Passage]]) -> None:
    pages = pages_of(bundestag_build, programmes["gruene-programme"])
    assert sum(text.count("\ufffe") for text in pages) > 2000
    assert not any("\ufffe" in p.text for rows in programmes.values() for p in rows)
    for text in pages[10:14]:
        for head, tail in re.findall("([a-zäöüß]{3,})\ufffe(?:\r\n)?([a-zäöüß]{3,})", text):
            assert head + tail in " ".join(p.text for p in programmes["gruene-programme"])


def test_undecodable_dot_leaders_are_left_out_with_their_contents(
    bundestag_build: Path, programmes: dict[str, list[Passage]]
) -> None:
    pages = pages_of(bundestag_build, programmes["linke-programme"])
    leaders = [n for n, text in enumerate(pages, start=1) if text.count("\ufffd") > 100]
    assert sum(text.count("\ufffd") for text in pages) > 3000
    assert leaders
    assert not {p.page for p in programmes["linke-programme"]} & set(leaders)
    assert not any("\ufffd" in p.text for p in programmes["linke-programme"])


def test_private_use_bullets_open_items_and_are_no_text(
    bundestag_build: Path, programmes: dict[str, list[Passage]]
) -> None:
    pages = pages_of(bundestag_build, programmes["diebasis-programme"])
    assert sum(len(re.findall("[\ue000-\uf8ff]", text)) for text in pages) > 100
    assert not any(re.search("[\ue000-\uf8ff]", p.text) for rows in programmes.values() for p in rows)
    draft = read("afd--draft-2024-11-28")
    assert len(re.findall("[\ue000-\uf8ff]", raw(draft))) > 200
    assert not re.search("[\ue000-\uf8ff]", whole(draft))


def test_a_heading_of_a_broken_font_map_is_neither_text_nor_heading(programmes: dict[str, list[Passage]]) -> None:
    garbled = re.compile("[\u0100-\u0130\u0132-\u024f]{3}|/ŶŚ")
    for p in programmes["cdu-csu-programme"]:
        assert not garbled.search(p.text)
        assert not any(garbled.search(h) for h in p.heading)


def test_hidden_text_that_contradicts_the_cover_is_never_quoted(
    bundestag_build: Path, programmes: dict[str, list[Passage]]
) -> None:
    pages = pages_of(bundestag_build, programmes["afd-programme"])
    assert "20. Deutschen Bundestag" in pages[0].replace("\r\n", " ")
    for p in programmes["afd-programme"]:
        assert "20. Deutschen Bundestag" not in p.text
        assert not any("20. Deutschen Bundestag" in h for h in p.heading)


def test_empty_pages_between_text_pages_do_not_shift_the_numbers(
    bundestag_build: Path, programmes: dict[str, list[Passage]]
) -> None:
    passages = programmes["afd-programme"]
    pages = pages_of(bundestag_build, passages)
    empty = [n for n, text in enumerate(pages, start=1) if not text.strip()]
    assert len(pages) == 177
    assert empty == [9, 35, 53, 71, 85, 99, 115, 127, 143, 157, 169]
    assert not {p.page for p in passages} & set(empty)
    for p in passages:
        sentence = p.sentences[0]
        assert letters(p.text[sentence.start : sentence.end])[:20] in letters(pages[(p.page or 0) - 1])


@pytest.mark.parametrize(("name", "shift"), [("cdu-csu--published-2024-12-13", 2), ("fdp--published-2024-12-18", 1)])
def test_printed_and_physical_page_numbers_are_kept_apart(name: str, shift: int) -> None:
    """`shift` is how far the physical page is ahead of the printed one."""
    found = read(name)
    labels = {p.page: p.page_label for p in found.passages}
    printed = {page: int(label) for page, label in labels.items() if label and label.isdigit() and page and page > 5}
    assert len(printed) >= 0.9 * sum(1 for page in labels if page and page > 5)
    assert {page - number for page, number in printed.items() if page} == {shift}


def test_near_duplicate_editions_have_other_passages_and_almost_the_same_words() -> None:
    one, two = read("cdu-csu--published-2024-12-13"), read("cdu-csu--final-2024-12-20")
    assert not {p.id for p in one.passages} & {p.id for p in two.passages}

    def sentences(found: Extracted) -> set[str]:
        return {letters(p.text[s.start : s.end]) for p in found.passages for s in p.sentences}

    shared = sentences(one) & sentences(two)
    assert len(shared) / len(sentences(one) | sentences(two)) > 0.97


def test_long_and_short_programmes_are_read_alike(bundestag_build: Path) -> None:
    """The printed wiki is four times as long as the shortest; the same share of each is kept."""
    rows = json.loads((bundestag_build / "report.json").read_text(encoding="utf-8"))
    kept = {row["document"]: row["kept"] / row["characters"] for row in rows if row["pages"] > 1}
    assert len(kept) == 12
    assert min(kept.values()) > 0.75, kept


@pytest.mark.parametrize("name", ["liste-02/1-liste-2.pdf"])
def test_a_leaflet_of_images_is_named_and_not_stored_as_empty(name: str) -> None:
    from app.errors import SourceError

    path = CORPORA / "fr/europeennes2024/pdf" / name
    doc = Doc("liste-2", path.read_bytes(), "application/pdf", language="fr", inside=False)
    with pytest.raises(SourceError, match=r"liste-2 .*images without text"):
        extract(Source.model_validate(doc.entry()), path)
