"""Small plots as plain shapes: places and sizes for a template to draw as SVG, no script, no colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 600, 80
"""Units of the plot's own coordinates."""


@dataclass(frozen=True)
class Bar:
    """One bar; `hidden` is a count that is not told, drawn as a mark on the ground line."""

    x: float
    y: float
    width: float
    height: float
    label: str
    count: int | None

    @property
    def hidden(self) -> bool:
        """Whether the count is not told."""
        return self.count is None


def bars(counts: Sequence[tuple[str, int | None]]) -> tuple[Bar, ...]:
    """One bar for each label, the tallest as high as the plot, all from zero; none of a height is drawn for zero."""
    if not counts:
        return ()
    tallest = max((count or 0 for _, count in counts), default=0) or 1
    step = WIDTH / len(counts)
    found = []
    for number, (label, count) in enumerate(counts):
        height = 3.0 if count is None else round(HEIGHT * count / tallest, 1)
        width = round(min(step * 0.8, 40), 1)
        found.append(Bar(round(number * step, 1), round(HEIGHT - height, 1), width, height, label, count))
    return tuple(found)
