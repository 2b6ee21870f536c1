"""What a page is made of: text lines with their place and type, before anyone decides what they mean.

A line keeps the code points `[start, end)` of the page text as extracted, so whatever is made of
it later can be traced back to the page.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

DropReason = Literal["furniture", "contents", "line_number", "undecodable", "heading"]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text. Coordinates in PDF points, origin bottom left; `size` is the line's glyph height."""

    page: int
    start: int
    end: int
    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    size: float
    bold: bool
    hyphen: bool = False
    """The line ends in a hyphen that only the line break called for (U+FFFE or U+00AD)."""

    @property
    def height(self) -> float:
        return self.y1 - self.y0


@dataclass(frozen=True, slots=True)
class Page:
    """One physical page, counted from 1. `words` are boxes `(start, end, x0, y0, x1, y1)` in points."""

    number: int
    label: str | None
    width: float
    height: float
    text: str
    lines: tuple[Line, ...] = ()
    words: tuple[tuple[int, int, float, float, float, float], ...] = ()
    furniture: tuple[tuple[int, int], ...] = ()


@dataclass(slots=True)
class Tally:
    """Characters that went into no passage, by reason."""

    dropped: dict[str, int] = field(default_factory=dict)

    def drop(self, reason: DropReason, characters: int) -> None:
        self.dropped[reason] = self.dropped.get(reason, 0) + characters


@dataclass(frozen=True, slots=True)
class Glyph:
    """One character of cleaned text and where it comes from."""

    char: str
    page: int
    index: int


@dataclass(frozen=True, slots=True)
class Unit:
    """A paragraph, list item or legal unit with its heading path, as cleaned characters."""

    glyphs: tuple[Glyph, ...]
    kind: Literal["text", "item", "legal", "table"]
    heading: tuple[str, ...]
    section: str | None = None

    @property
    def text(self) -> str:
        return "".join(g.char for g in self.glyphs)
