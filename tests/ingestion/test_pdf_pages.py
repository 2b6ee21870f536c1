"""From glyphs on a page to what a person reads there: columns, bullets, hyphens, furniture, labels."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guardrails.grounding import comparable
from ingestion.extract import Extracted, extract
from tests.ingestion.test_bad_input import source_of
from tests.ingestion.written_pdf import Text, Written, paragraph, pdf
from tests.small_pack import Doc

RENT = [
    "Wir bauen in jedem Jahr viertausend Wohnungen, die der",
    "Stadt gehören und bezahlbar bleiben, solange sie stehen.",
]
BUSES = [
    "Busse fahren auch am Abend und am Wochenende einmal in",
    "der Stunde, und zwar bis in das letzte Dorf der Region.",
]
SCHOOL = [
    "Jede Schule erhält im ersten Lesejahr eine zweite Kraft,",
    "deren Ausbildung schon im kommenden Herbst beginnt.",
]


@pytest.fixture
def read(tmp_path: Path) -> Reading:
    """Extracts a PDF of the given pages."""
    return Reading(tmp_path)


class Reading:
    """Writes pages into a file and extracts them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, *pages: Written, labels: str | None = None) -> Extracted:
        data = pdf(pages, labels)
        file = self._folder / "seiten.pdf"
        file.write_bytes(data)
        return extract(source_of(Doc("programm", data, "application/pdf")), file)


def texts(found: Extracted) -> list[str]:
    """The passages' texts in order."""
    return [p.text for p in found.passages]


def everything(found: Extracted) -> str:
    """All passages as one text."""
    return " ".join(texts(found))


def verified(found: Extracted) -> None:
    """Every sentence of one span stands on its page in the published normal form, at its span."""
    pages = {p.number: p.text for p in found.pages}
    for passage in found.passages:
        for sentence in passage.sentences:
            quote = passage.text[sentence.start : sentence.end]
            raw = [pages[s.page][s.start : s.end] for s in sentence.spans]
            if len(raw) == 1:
                assert comparable(raw[0]) == comparable(quote)


def filler(number: int) -> Written:
    """A page of running text."""
    return [
        *paragraph(72, 700, [line.replace("viertausend", f"{number} tausend") for line in RENT]),
        *paragraph(72, 640, BUSES),
        *paragraph(72, 580, SCHOOL),
    ]


def test_a_hyphen_at_a_line_end_is_joined_and_the_quotation_still_verifies(read: Reading) -> None:
    found = read(
        paragraph(72, 700, ["Die Stadt baut in den kommenden Jahren viele Woh-", "nungen, und zwar mehr als je."])
    )
    assert "\ufffe" in found.pages[0].text
    assert texts(found) == ["Die Stadt baut in den kommenden Jahren viele Wohnungen, und zwar mehr als je."]
    verified(found)


def test_a_soft_hyphen_is_no_letter(read: Reading) -> None:
    found = read(
        [Text(72, 700, "Die Müll"), Text(113.5, 700, "\x05", font="F3"), Text(117.2, 700, "abfuhr kommt jede Woche.")]
    )
    assert "\u00ad" not in everything(found)
    verified(found)


def test_two_columns_are_read_one_after_the_other(read: Reading) -> None:
    left = [
        "Wir bauen in jedem Jahr vier",
        "tausend Wohnungen, die der",
        "Stadt gehören und bezahlbar",
        "bleiben, so lange sie stehen.",
    ]
    right = [
        "Busse fahren am Abend und am",
        "Wochenende einmal je Stunde,",
        "und zwar bis in das letzte",
        "Dorf an der fernen Küste.",
    ]
    found = read([*paragraph(320, 700, right), *paragraph(60, 700, left)])
    whole = everything(found)
    assert whole.index("so lange sie stehen.") < whole.index("Busse fahren")
    assert "vier tausend Wohnungen" in whole and "am Wochenende" in whole
    verified(found)


def test_a_paragraph_that_runs_on_in_the_next_column_stays_one(read: Reading) -> None:
    left = ["Wir bauen in jedem Jahr vier", "tausend Wohnungen, die der", "Stadt gehören und bezahlbar"]
    right = ["bleiben sollen, solange sie", "in der Stadt stehen und auch", "danach noch sehr lange."]
    found = read([*paragraph(60, 700, left), *paragraph(320, 700, right)])
    assert len(found.passages) == 1
    assert "bezahlbar bleiben sollen" in found.passages[0].text
    verified(found)


def test_a_paragraph_across_a_page_break_names_both_pages(read: Reading) -> None:
    found = read(
        [*paragraph(72, 700, RENT), *paragraph(72, 90, ["Busse fahren auch am Abend und am Wochenende, und dann"])],
        [*paragraph(72, 760, ["einmal in der Stunde bis in das letzte Dorf der Region.", "Das kostet nicht viel."])],
    )
    passage = next(p for p in found.passages if "letzte Dorf" in p.text)
    assert (passage.page, passage.page_end) == (1, 2)
    assert [len(s.spans) for s in passage.sentences] == [2, 1]
    assert [s.page for s in passage.sentences[0].spans] == [1, 2]
    verified(found)


BULLETS = ("\x95", "-", "\x96", "*", "1.", "a)")


@pytest.mark.parametrize("bullet", BULLETS)
def test_a_list_item_starts_anew_and_loses_a_mere_sign(bullet: str, read: Reading) -> None:
    sign = bullet.encode("latin-1").decode("cp1252")
    items = [
        Text(72, 700, "Wir fordern vor allem das Folgende:"),
        *[
            Text(72, 680 - 14 * n, f"{sign} {line} und für alle, die es dort wirklich brauchen.")
            for n, line in enumerate(("Busse am Abend", "Bahnen am Morgen", "Wege für das Rad"))
        ],
    ]
    found = read([*items, *paragraph(72, 600, RENT)])
    whole = everything(found)
    assert "•" not in whole
    assert "Busse am Abend und für alle" in whole and "Bahnen am Morgen und für alle" in whole
    ends = [p.text[s.start : s.end] for p in found.passages for s in p.sentences]
    assert any(e.endswith("Busse am Abend und für alle, die es dort wirklich brauchen.") for e in ends)
    assert not any("Busse" in e and "Bahnen" in e for e in ends)
    verified(found)


@pytest.mark.parametrize(("code", "sign"), [("\x01", "\uf0b7"), ("\x06", "\u0084")])
def test_a_sign_without_meaning_before_an_item_is_a_bullet_and_no_text(code: str, sign: str, read: Reading) -> None:
    items = []
    for n, line in enumerate(("Busse am Abend fahren", "Bahnen am Morgen kommen")):
        items += [
            Text(72, 700 - 14 * n, f"{code} ", font="F3"),
            Text(90, 700 - 14 * n, f"{line} für alle, die es brauchen"),
        ]
    found = read([*items, *paragraph(72, 600, RENT)])
    assert sign in found.pages[0].text
    assert not re.search("[\x80-\x9f\ue000-\uf8ff]", everything(found))
    sentences = [p.text[s.start : s.end] for p in found.passages for s in p.sentences]
    assert "Busse am Abend fahren für alle, die es brauchen" in sentences
    assert "Bahnen am Morgen kommen für alle, die es brauchen" in sentences
    verified(found)


def test_headers_footers_and_page_numbers_are_left_out_and_counted(read: Reading) -> None:
    pages = [
        [Text(72, 810, "Unser Programm zur Wahl", 8), *filler(n), Text(290, 30, f"Seite {n}", 8)] for n in range(1, 7)
    ]
    found = read(*pages)
    assert "Unser Programm" not in everything(found) and "Seite" not in everything(found)
    assert found.dropped["furniture"] == sum(len("Unser Programm zur Wahl") + len(f"Seite {n}") for n in range(1, 7))
    for page in found.pages:
        cut = [page.text[a:b] for a, b in page.furniture]
        assert cut == ["Unser Programm zur Wahl", f"Seite {page.number}"]


def test_a_heading_that_happens_to_stand_at_the_page_top_is_kept(read: Reading) -> None:
    pages = [
        [Text(72, 790, title, 18), *filler(n)] for n, title in enumerate(("Wohnen", "Verkehr", "Bildung"), start=1)
    ]
    found = read(*pages)
    assert list(dict.fromkeys(p.heading for p in found.passages)) == [("Wohnen",), ("Verkehr",), ("Bildung",)]
    assert "furniture" not in found.dropped


def test_printed_line_numbers_are_left_out_and_numbers_in_the_text_stay(read: Reading) -> None:
    lines = [
        "Wir bauen in jedem Jahr viele Wohnungen, die der Stadt",
        "gehören, und zwar seit dem Jahr 2025 schon insgesamt",
        "4000 davon, die sehr gut gebaut und dauerhaft günstig",
        "sind. Die Busse fahren auch am Abend und am Wochenende",
        "einmal in der Stunde bis in das letzte Dorf und auch",
        "zurück. Jede Schule erhält noch eine zweite Lehrkraft.",
    ]
    page = [
        piece
        for n, line in enumerate(lines)
        for piece in (Text(40, 700 - 14 * n, str(117 + n), 11), Text(80, 700 - 14 * n, line, 11))
    ]
    found = read(page)
    whole = everything(found)
    assert not re.search(r"\b1(?:17|18|19|20|21|22)\b", whole)
    assert "insgesamt 4000 davon" in whole and "Jahr 2025" in whole
    assert found.dropped["line_number"] > 0
    assert [found.pages[0].text[a:b] for a, b in found.pages[0].furniture] == [str(117 + n) for n in range(6)]


def test_a_table_of_contents_and_its_dot_leaders_are_left_out(read: Reading) -> None:
    contents = [Text(72, 760, "Inhalt", 18)]
    for n, title in enumerate(("Wohnen", "Verkehr", "Bildung", "Arbeit", "Rente", "Pflege")):
        y = 720 - 20 * n
        contents += [Text(72, y, title), Text(150, y, "\x02" * 30, font="F3"), Text(420, y, str(2 + n))]
    found = read(contents, filler(1))
    assert "\ufffd" in found.pages[0].text
    assert {p.page for p in found.passages} == {2}
    assert found.dropped["contents"] > 0


def test_a_heading_that_a_broken_font_map_garbles_is_left_out(read: Reading) -> None:
    found = read([Text(72, 760, "\x03\x04\x03\x04\x03", 20, "F3"), *filler(1)])
    assert found.dropped["undecodable"] == 5
    assert all(p.heading == () for p in found.passages)


def test_headings_become_the_path_and_are_in_no_passage(read: Reading) -> None:
    page = [
        Text(72, 760, "Gutes Leben", 22),
        Text(72, 720, "Wohnen in der Stadt", 15, "F2"),
        *paragraph(72, 690, RENT),
        Text(72, 640, "Verkehr auf dem Land", 15, "F2"),
        *paragraph(72, 610, BUSES),
        Text(72, 560, "Schule", 22),
        *paragraph(72, 530, SCHOOL),
    ]
    found = read(page)
    assert [p.heading for p in found.passages] == [
        ("Gutes Leben", "Wohnen in der Stadt"),
        ("Gutes Leben", "Verkehr auf dem Land"),
        ("Schule",),
    ]
    assert texts(found) == [" ".join(RENT), " ".join(BUSES), " ".join(SCHOOL)]
    assert found.dropped["heading"] > 0


LABELS = "/Nums[0<</S/r>>2<</S/D/St 1>>4<</S/D/P(A-)>>]"


def test_page_labels_are_kept_beside_the_physical_page(read: Reading) -> None:
    found = read(*[filler(n) for n in range(1, 6)], labels=LABELS)
    assert [p.label for p in found.pages] == ["i", "ii", "1", "2", "A-1"]
    assert {(p.page, p.page_label) for p in found.passages} == {(1, "i"), (2, "ii"), (3, "1"), (4, "2"), (5, "A-1")}


def test_printed_page_numbers_become_labels_when_the_file_has_none(read: Reading) -> None:
    pages = [[*filler(n), Text(290, 30, str(n - 1), 8)] for n in range(1, 7)]
    found = read(*pages)
    assert {(p.page, p.page_label) for p in found.passages if p.page and p.page > 1} == {
        (n, str(n - 1)) for n in range(2, 7)
    }


def test_pages_without_text_are_reported_and_shift_nothing(read: Reading) -> None:
    found = read(filler(1), [], filler(3), [], [], filler(6))
    assert found.empty_pages == (2, 4, 5)
    assert sorted({p.page for p in found.passages if p.page}) == [1, 3, 6]


LINE = st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyzäöüß     ,-.§3€„“"), min_size=1, max_size=55)
PAGE = st.lists(
    st.tuples(st.integers(40, 300), st.integers(40, 800), LINE, st.sampled_from((8, 11, 11, 16))), max_size=14
)


@settings(
    max_examples=25, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(st.lists(PAGE, min_size=1, max_size=3))
def test_however_text_is_scattered_sentences_stay_on_their_pages(
    read: Reading, drawn: Sequence[Sequence[tuple[int, int, str, int]]]
) -> None:
    pages = [[Text(x, y, line, size) for x, y, line, size in page] for page in drawn]
    anchor = [*paragraph(72, 700, RENT)]
    found = read(anchor, *pages)
    verified(found)
    whole = {p.number: len(p.text) for p in found.pages}
    for passage in found.passages:
        assert passage.page is not None and passage.page_end is not None
        for sentence in passage.sentences:
            for span in sentence.spans:
                assert passage.page <= span.page <= passage.page_end
                assert 0 <= span.start < span.end <= whole[span.page]
    assert len({p.id for p in found.passages}) == len(found.passages)
