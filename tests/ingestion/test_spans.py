"""Every sentence of every passage is found again, character for character, at the spans it names."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.passage import Passage
from guardrails.grounding import comparable
from ingestion.layout import Page, Tally
from ingestion.markdown import markdown_units, read_markdown
from ingestion.passages import LEAST_WORDS, MOST_WORDS, About, passages
from ingestion.sentences import sentence_spans

ABOUT = About(document="0" * 64, party="auen", language="de", pages=False, labels={1: None})
PLACEHOLDERS = re.compile("[\ufffd\x02\ue000-\uf8ff\\s]+")

WORDS = st.sampled_from(
    (
        "wir",
        "bauen",
        "Wohnungen",
        "für",
        "alle",
        "und",
        "Müll\u00adabfuhr",
        "Re\u0301publique",
        "3,5",
        "z. B.",
        "§ 7",
        "EU",
    )
)
SENTENCE = st.builds(
    lambda words, end: " ".join(words).capitalize() + end,
    st.lists(WORDS, min_size=1, max_size=40),
    st.sampled_from(".!?"),
)
PARAGRAPH = st.lists(SENTENCE, min_size=1, max_size=12).map(" ".join)
ITEMS = st.lists(SENTENCE, min_size=1, max_size=6).map(lambda lines: "\n".join(f"- {line}" for line in lines))
HEADING = st.builds(lambda depth, word: f"{'#' * depth} {word}", st.integers(1, 4), WORDS)
DOCUMENT = st.lists(st.one_of(HEADING, PARAGRAPH, ITEMS), min_size=1, max_size=14).map("\n\n".join)
ANY_TEXT = st.text(
    st.one_of(st.characters(exclude_categories=("Cs",)), st.sampled_from("#*-|`\n \u00ad\ufffe\ufffd\u0301ﬁ")),
    max_size=400,
)
LIGHT = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)


def normal(text: str) -> str:
    """The published normal form, and what a reader cannot see taken out of both sides."""
    return PLACEHOLDERS.sub(" ", comparable(text)).strip()


def at_spans(page: Page, passage: Passage, number: int) -> str:
    """The raw page text at the spans of one sentence."""
    return " ".join(page.text[s.start : s.end] for s in passage.sentences[number].spans)


def cut(text: str) -> tuple[Page, tuple[Passage, ...]]:
    """The page and passages of a Markdown document as a build reads it."""
    plain = f"{text}\nx".encode()
    page, units = markdown_units(read_markdown(plain, "x").removesuffix("\nx"), Tally())
    return page, passages(units, ABOUT)


@LIGHT
@given(DOCUMENT)
def test_every_sentence_stands_at_its_spans(text: str) -> None:
    page, found = cut(text)
    for passage in found:
        for number, sentence in enumerate(passage.sentences):
            quote = passage.text[sentence.start : sentence.end]
            assert comparable(at_spans(page, passage, number)) == comparable(quote)
            assert comparable(quote) in comparable(page.text)


@LIGHT
@given(ANY_TEXT)
def test_any_text_at_all_keeps_its_sentences_on_the_page(text: str) -> None:
    page, found = cut(text)
    for passage in found:
        for number, sentence in enumerate(passage.sentences):
            quote = passage.text[sentence.start : sentence.end]
            assert normal(at_spans(page, passage, number)).replace(" ", "") == normal(quote).replace(" ", "")


@LIGHT
@given(st.one_of(DOCUMENT, ANY_TEXT))
def test_sentences_advance_and_cover_the_passage(text: str) -> None:
    for passage in cut(text)[1]:
        place = 0
        for sentence in passage.sentences:
            assert passage.text[place : sentence.start].strip() == ""
            assert sentence.start < sentence.end
            place = sentence.end
        assert passage.text[place:].strip() == ""
        spans = [(s.page, s.start, s.end) for sentence in passage.sentences for s in sentence.spans]
        assert all(a[2] <= b[1] for a, b in itertools.pairwise(spans) if a[0] == b[0])
        assert all(start < end for _, start, end in spans)


@LIGHT
@given(st.one_of(DOCUMENT, ANY_TEXT))
def test_passages_are_clean_and_their_ids_unique_and_stable(text: str) -> None:
    _, found = cut(text)
    ids = [p.id for p in found]
    assert len(ids) == len(set(ids))
    assert [p.id for p in cut(text)[1]] == ids
    for passage in found:
        assert passage.text == unicodedata.normalize("NFC", passage.text)
        assert not re.search("[\u00ad\ufffe\ufffd\ue000-\uf8ff\n\r\t]|  ", passage.text)


@LIGHT
@given(DOCUMENT)
def test_passages_never_cross_a_heading_and_keep_their_size(text: str) -> None:
    _, units = markdown_units(text, Tally())
    found = passages(units, ABOUT)
    headings = [u.heading for u in units]
    runs = [h for n, h in enumerate(headings) if n == 0 or headings[n - 1] != h]
    assert [h for n, h in enumerate(p.heading for p in found) if n == 0 or found[n - 1].heading != h] == runs
    assert " ".join(p.text for p in found).split() == " ".join(u.text for u in units).split()
    for before, passage, after in zip((None, *found), found, (*found[1:], None), strict=False):
        words = len(passage.text.split())
        longest = max(len(passage.text[s.start : s.end].split()) for s in passage.sentences)
        assert words <= max(MOST_WORDS, longest)
        if words < LEAST_WORDS:  # alone only where no neighbour under the same heading has room for it
            for other in (before, after):
                full = other is not None and len(other.text.split()) + words > MOST_WORDS
                assert other is None or other.heading != passage.heading or full


@LIGHT
@given(PARAGRAPH)
def test_no_passage_ends_inside_a_sentence(text: str) -> None:
    _, found = cut(text * 4)
    rendered = " ".join(p.text for p in found)
    ends = {end for _, end in sentence_spans(rendered, "de")}
    place = 0
    for passage in found:
        place += len(passage.text)
        assert place in ends
        place += 1


def test_a_legal_unit_stays_whole_up_to_its_limit() -> None:
    law = "# § 1 Frist\n\n(1) " + " ".join(["Die Frist beträgt drei Tage."] * 60) + "\n\n(2) Sie ruht nie.\n"
    _, units = markdown_units(law, Tally(), "WahlG")
    found = passages(units, ABOUT)
    assert [p.section for p in found] == ["§ 1 WahlG Abs. 1", "§ 1 WahlG Abs. 2"]
    assert len(found[0].text.split()) == 301
    assert found[1].text == "(2) Sie ruht nie."


def test_a_table_row_is_a_passage_of_its_own() -> None:
    table = "# Kosten\n\n| Was | Preis |\n|---|---|\n| Bau neuer Wohnungen | 3 Mrd. |\n| Busse | 1 Mrd. |\n"
    page, found = cut(table)
    assert [p.text for p in found] == ["Was Preis", "Bau neuer Wohnungen 3 Mrd.", "Busse 1 Mrd."]
    for passage in found:
        assert at_spans(page, passage, 0) == passage.text


def test_short_list_items_join_their_lead_in_and_longer_ones_do_not_swallow_the_next_heading() -> None:
    text = "# A\n\nWir fordern:\n\n- mehr Busse\n- mehr Bahnen\n\n# B\n\nKurz.\n"
    found = cut(text)[1]
    assert [(p.heading, p.text) for p in found] == [(("A",), "Wir fordern: mehr Busse mehr Bahnen"), (("B",), "Kurz.")]


CASES: Sequence[tuple[str, str, list[str]]] = (
    ("de", "Maßnahmen wie z. B. Razzien helfen, d. h. oft.", ["Maßnahmen wie z. B. Razzien helfen, d. h. oft."]),
    ("de", "Das sagt z.B. Politik. Das ist so.", ["Das sagt z.B. Politik.", "Das ist so."]),
    ("de", "Das kostet z. B. 3 Mio. Euro. Mehr nicht.", ["Das kostet z. B. 3 Mio. Euro.", "Mehr nicht."]),
    ("de", "Am 3. Oktober ist Feiertag. Das bleibt so.", ["Am 3. Oktober ist Feiertag.", "Das bleibt so."]),
    ("de", "Nach Art. 5 Abs. 1 gilt das. Punkt.", ["Nach Art. 5 Abs. 1 gilt das.", "Punkt."]),
    ("fr", "L’art. 3 s’applique. C’est tout.", ["L’art. 3 s’applique.", "C’est tout."]),
    ("en", "Mr. Smith pays 3.5 per cent. Nobody else.", ["Mr. Smith pays 3.5 per cent.", "Nobody else."]),
)


@pytest.mark.parametrize(("language", "text", "wanted"), CASES)
def test_abbreviations_and_dates_do_not_end_a_sentence(language: str, text: str, wanted: list[str]) -> None:
    assert [text[a:b] for a, b in sentence_spans(text, language)] == wanted
