"""A table of contents without page numbers: a run of lines that all come again later, as headings.

Told by repetition and place alone. Such lines are the document's own signposts: quoted, they
would look like statements, and they say nothing that does not stand where they point to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ingestion.layout import Line, Page, Tally

FRONT = 0.25
"""Share of the pages in which a table of contents begins."""
ENTRIES = 8
"""Fewest lines that make a table of contents."""
SHARE = 0.5
"""Least share of the lines of the run that come again."""
GAP = 3
"""Most lines in a row that do not come again: entries that wrap otherwise, or are worded otherwise later."""

_LETTERS = re.compile(r"[^\W\d_]+")
_STOP = re.compile(r"[.;][\"”“’»)\]]*$")
"""How a line of running text may end and an entry does not."""


def without_foretold(pages: tuple[Page, ...], tally: Tally) -> tuple[Page, ...]:
    """The pages without the lines of a table of contents, which stand again on later pages."""
    lines = [(page.number, line) for page in pages for line in page.lines]
    dropped = {id(line) for run in _runs(lines, len(pages)) for _, line in run}
    if not dropped:
        return pages
    for _, line in lines:
        if id(line) in dropped:
            tally.drop("contents", len(line.text))
    return tuple(replace(p, lines=tuple(one for one in p.lines if id(one) not in dropped)) for p in pages)


def _key(*lines: Line) -> str:
    return "".join(_LETTERS.findall("".join(line.text for line in lines))).casefold()


def _runs(lines: Sequence[tuple[int, Line]], pages: int) -> Iterator[Sequence[tuple[int, Line]]]:
    """Runs of lines in the front of the document most of which stand alone again on a later page."""
    again = _coming_again(lines)
    start = 0
    while start < len(lines) and lines[start][0] <= max(1, FRONT * pages):
        end = _end(again, lines, start)
        entries = sum(again[start:end])
        if entries >= ENTRIES and entries >= SHARE * (end - start):
            yield lines[start:end]
        start = max(end, start + 1)


def _end(again: Sequence[bool], lines: Sequence[tuple[int, Line]], start: int) -> int:
    """Where the run that opens at `start` ends; `start` itself when nothing opens there."""
    end = start
    for i in range(start, len(lines)):
        if _STOP.search(lines[i][1].text.rstrip()) or i - end >= GAP or (end == start and not again[i]):
            break
        if again[i]:
            end = i + 1
    return end


def _coming_again(lines: Sequence[tuple[int, Line]]) -> list[bool]:
    """For each line whether it, or it with its neighbour, makes up one or two lines of a later page."""
    last: dict[str, int] = {}
    for i, (number, line) in enumerate(lines):
        for key in (_key(line), _key(line, lines[i + 1][1]) if i + 1 < len(lines) else ""):
            last[key] = max(number, last.get(key, 0))
    last.pop("", None)
    found = [False] * len(lines)
    for i, (number, line) in enumerate(lines):
        if last.get(_key(line), 0) > number:
            found[i] = True
        elif i + 1 < len(lines) and last.get(_key(line, lines[i + 1][1]), 0) > lines[i + 1][0]:
            found[i] = found[i + 1] = True
    return found
