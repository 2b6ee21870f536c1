"""A table of contents never becomes a passage, with or without page numbers; statements that come again stay."""

from __future__ import annotations

from ingestion.foretold import without_foretold
from ingestion.layout import Line, Page, Tally

HEADINGS = (
    "Mehr Busse", "Bäder erhalten", "Wege für alle", "Ein Markt am See", "Licht in den Gassen",
    "Schulen im Dorf", "Wasser und Wald", "Handwerk stärken", "Die Bücherei", "Ein neuer Hafen",
)  # fmt: skip


def page(number: int, *texts: str) -> Page:
    """A page with one line per text."""
    lines, place = [], 0
    for n, text in enumerate(texts):
        lines.append(
            Line(
                page=number,
                start=place,
                end=place + len(text),
                text=text,
                x0=50,
                y0=700 - 14 * n,
                x1=300,
                y1=712 - 14 * n,
                size=11,
                bold=False,
            )
        )
        place += len(text) + 1
    return Page(number, None, 595, 842, "\n".join(texts), lines=tuple(lines))


def texts(pages: tuple[Page, ...]) -> list[str]:
    """What is left, line by line."""
    return [line.text for p in pages for line in p.lines]


def body(*headings: str) -> list[Page]:
    """One page per heading with a sentence under it."""
    return [page(n, h, f"Wir wollen dafür Punkt {n} beschließen.") for n, h in enumerate(headings, start=2)]


def test_headings_that_come_again_are_dropped_where_they_are_listed() -> None:
    tally = Tally()
    pages = (page(1, *HEADINGS), *body(*HEADINGS))
    left = without_foretold(pages, tally)
    assert not left[0].lines
    assert [line for line in texts(left) if line in HEADINGS] == list(HEADINGS)
    assert tally.dropped["contents"] == sum(map(len, HEADINGS))


def test_an_entry_that_wraps_otherwise_goes_with_the_list() -> None:
    listed = [*HEADINGS[:5], "Ein Titel der anders", "umbricht als später", *HEADINGS[5:]]
    left = without_foretold((page(1, *listed), *body(*HEADINGS, "Ein Titel der anders umbricht als später")), Tally())
    assert not left[0].lines


def test_running_text_that_is_said_twice_stays() -> None:
    said = [f"Wir wollen die Sache Nummer {word} ganz." for word in HEADINGS]
    pages = (page(1, *said), page(2, "Vorwort"), page(3, *said), page(4, "Ende"))
    assert without_foretold(pages, Tally()) == pages


def test_a_list_of_a_few_lines_stays() -> None:
    pages = (page(1, *HEADINGS[:5]), *body(*HEADINGS))
    assert without_foretold(pages, Tally()) == pages


def test_a_list_at_the_end_of_the_document_stays() -> None:
    pages = (*body(*HEADINGS), page(40, *HEADINGS))
    assert without_foretold(pages, Tally()) == pages
