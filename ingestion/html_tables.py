"""HTML inside Markdown to plain text: tables as rows of cells, other tags as the text they hold.

Published laws keep their forms and lists as HTML tables. A reader sees cells, so cells are what
is read: no tag, no attribute and no mark of a footnote may become text that could be quoted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

_TABLE_OR_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)|<(/?)table\b[^>]*>", re.IGNORECASE | re.DOTALL)
_FOOTNOTE_MARK = re.compile(r"^[\d*]{1,3}\)?$")
_SPACE = re.compile(r"\s+")
_BREAKS = frozenset({"br", "p", "div", "li", "dt", "dd", "ul", "ol", "dl", "hr"})
_UNREAD = frozenset({"script", "style", "head", "template"})


class _Cells(HTMLParser):
    """Collects the text of cells row by row; the cells of a table inside a cell are its words."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[list[str]] = [[]]
        self._words: list[str] = []
        self._mark: list[str] | None = None
        self._tables = 0
        self._unread = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag opens: a row, a cell, a line break, a reference."""
        if tag == "table":
            self._tables += 1
        if tag in _UNREAD:
            self._unread += 1
        if tag in ("tr", "td", "th") and self._tables <= 1:
            self._end_cell()
            if tag == "tr":
                self.rows.append([])
        elif tag in _BREAKS or tag in ("tr", "td", "th"):
            self._words.append(" ")
        elif tag == "a" and (dict(attrs).get("href") or "").startswith("#"):
            self._mark = []

    def handle_endtag(self, tag: str) -> None:
        """A tag closes."""
        if tag == "table":
            self._tables = max(0, self._tables - 1)
        if tag in _UNREAD:
            self._unread = max(0, self._unread - 1)
        if tag in ("tr", "td", "th") and self._tables <= 1:
            self._end_cell()
        elif tag in _BREAKS:
            self._words.append(" ")
        elif tag == "a" and self._mark is not None:
            text = "".join(self._mark)
            self._mark = None
            if not _FOOTNOTE_MARK.match(text.strip()):
                self._words.append(text)

    def handle_data(self, data: str) -> None:
        """Text, kept unless it is a script or the mark of a footnote."""
        if not self._unread:
            (self._words if self._mark is None else self._mark).append(data)

    def read(self, text: str) -> list[list[str]]:
        """The rows of all cells with text in them."""
        self.feed(text)
        self.close()
        self._words += self._mark or []
        self._end_cell()
        return [row for row in self.rows if row]

    def _end_cell(self) -> None:
        text = _SPACE.sub(" ", "".join(self._words)).strip()
        self._words = []
        if text:
            self.rows[-1].append(text)


def rows(text: str) -> list[str]:
    """One line per row of the HTML table, its cells parted by a space."""
    return [" ".join(row) for row in _Cells().read(text)]


def plain(text: str) -> str:
    """The text of a piece of HTML, without tags and with single spaces."""
    return " ".join(rows(text))


def pieces(text: str) -> Iterator[tuple[bool, str]]:
    """The Markdown in order, each piece with whether it is a whole HTML table; comments are left out.

    A table that is never closed ends at the next empty line followed by a heading, or with the text.
    """
    start, depth, opened = 0, 0, 0
    for match in _TABLE_OR_COMMENT.finditer(text):
        if match.group(1) is None:
            if depth == 0:
                yield False, text[start : match.start()]
                start = match.end()
        elif not match.group(1):
            if depth == 0:
                yield False, text[start : match.start()] + "\n\n"
                opened = match.start()
            depth += 1
        elif depth:
            depth -= 1
            if depth == 0:
                yield True, text[opened : match.end()]
                start = match.end()
    if depth == 0:
        yield False, text[start:]
        return
    rest = text[opened:]
    heading = re.search(r"\n\s*\n(?=#)", rest)
    end = heading.start() if heading else len(rest)
    yield True, rest[:end]
    if heading:
        yield from pieces(rest[end:])
