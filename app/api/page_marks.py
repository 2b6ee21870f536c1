"""Where a quotation stands: marked pieces of text, and its lines on the picture of the page.

A mark comes only from a passage of the same document and its recorded spans; nothing a client
sends is ever shown as text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.api.page_desk import Box, PageView
from app.links import quoted_sentences
from domain.passage import Passage

AIR = (1.5, 0.5)
"""Points of air beside and above a marked line, so that it neither cuts its letters nor touches the next line."""


@dataclass(frozen=True)
class Piece:
    """A run of text, marked or not."""

    text: str
    marked: bool


@dataclass(frozen=True)
class Line:
    """A marked line on a page in points, origin top left, as SVG wants it."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Quotation:
    """A passage and the code points `[start, end)` of its text that are quoted."""

    passage: Passage
    start: int
    end: int


def pieces(text: str, spans: Sequence[tuple[int, int]]) -> tuple[Piece, ...]:
    """The text cut at the spans; overlapping spans are joined, spans outside are clipped."""
    found: list[Piece] = []
    at = 0
    for start, end in sorted(spans):
        start, end = max(start, at), min(end, len(text))
        if start >= end:
            continue
        if start > at:
            found.append(Piece(text[at:start], False))
        found.append(Piece(text[start:end], True))
        at = end
    if at < len(text):
        found.append(Piece(text[at:], False))
    return tuple(found)


def spans_on_page(quotation: Quotation, page: int) -> tuple[tuple[int, int], ...]:
    """Spans of the quoted sentences in the text of one page."""
    sentences = quoted_sentences(quotation.passage, quotation.start, quotation.end)
    return tuple((s.start, s.end) for sentence in sentences for s in sentence.spans if s.page == page)


def other_pages(quotation: Quotation, page: int) -> tuple[int, ...]:
    """Pages on which the quotation stands as well, in order."""
    sentences = quoted_sentences(quotation.passage, quotation.start, quotation.end)
    return tuple(sorted({s.page for sentence in sentences for s in sentence.spans} - {page}))


def lines_on_page(page: PageView, spans: Sequence[tuple[int, int]]) -> tuple[Line, ...]:
    """The words inside the spans as lines on the page, neighbouring words joined."""
    lines: list[tuple[float, float, float, float]] = []
    for box in page.boxes:
        if not any(box[0] < end and start < box[1] for start, end in spans):
            continue
        if lines and _same_line(lines[-1], box):
            x0, y0, x1, y1 = lines[-1]
            lines[-1] = (min(x0, box[2]), min(y0, box[3]), max(x1, box[4]), max(y1, box[5]))
        else:
            lines.append((box[2], box[3], box[4], box[5]))
    return tuple(_flipped(line, page.height) for line in lines)


def marked_passage(passage: Passage, quotation: Quotation | None) -> tuple[Piece, ...]:
    """A passage as text, the quotation marked if it stands in this passage."""
    here = quotation is not None and quotation.passage.id == passage.id
    return pieces(passage.text, [(quotation.start, quotation.end)] if quotation and here else [])


def _same_line(line: tuple[float, float, float, float], box: Box) -> bool:
    height = min(line[3] - line[1], box[5] - box[3])
    overlap = min(line[3], box[5]) - max(line[1], box[3])
    return overlap > height / 2 and -height < box[2] - line[2] < 3 * max(height, 1.0)


def _flipped(line: tuple[float, float, float, float], page_height: float) -> Line:
    x0, y0, x1, y1 = line
    return Line(x0 - AIR[0], page_height - y1 - AIR[1], x1 - x0 + 2 * AIR[0], y1 - y0 + 2 * AIR[1])
