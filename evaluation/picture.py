"""Figures as one picture: a point with its interval for each group, against the aim where one is set.

Nothing is said by colour alone: a filled point has reached its aim, a hollow one has not, and the words stand
beside them. The description says every figure, so that nobody needs to see the picture.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from evaluation.figures import Figure, Target

WIDTH, LEFT, RIGHT, LINE = 880, 250, 590, 28
VALUE, COUNT, WORD = 660, 752, 768
STYLE = """
    .paper { fill: #fcfcfa; stroke: #c8c9c4 }
    text { font-family: -apple-system, "Segoe UI", "Noto Sans", "Liberation Sans", Arial, sans-serif;
      font-size: 15px; fill: #4a4e54 }
    .title { font-size: 20px; font-weight: 600; fill: #16181b }
    .head { font-size: 16px; font-weight: 600; fill: #16181b }
    .name, .value { fill: #16181b }
    .value { font-weight: 600 }
    .value, .count { text-anchor: end; font-variant-numeric: tabular-nums }
    .tick { font-size: 13px; text-anchor: middle }
    .zone { fill: #e9ece8 }
    .grid { stroke: #d9dad6 }
    .aim { stroke: #16181b; stroke-width: 1.5; stroke-dasharray: 4 4 }
    .reach { stroke: #767a7f; stroke-width: 3; stroke-linecap: round }
    .point { fill: #16181b; stroke: #16181b; stroke-width: 2.5 }
    .hollow { fill: #fcfcfa }
    @media (prefers-color-scheme: dark) {
      .paper, .hollow { fill: #141618 }
      .paper { stroke: #3b3f44 }
      text { fill: #b9bcbf }
      .title, .head, .name, .value { fill: #f0f0ec }
      .zone { fill: #24292a }
      .grid { stroke: #33373b }
      .aim, .point { stroke: #f0f0ec }
      .point:not(.hollow) { fill: #f0f0ec }
      .reach { stroke: #8d9196 }
    }
"""


@dataclass(frozen=True)
class Panel:
    """One block of the picture: groups on one scale, and the aim that is drawn."""

    head: str
    rows: Mapping[str, Figure]
    target: Target | None
    low: float
    high: float

    def x(self, value: float) -> float:
        """Where a share stands."""
        return round(LEFT + (RIGHT - LEFT) * (value - self.low) / (self.high - self.low), 1)

    @property
    def ticks(self) -> list[float]:
        """Round shares on the scale, never more than seven."""
        step = next(s for s in (0.01, 0.02, 0.05, 0.1, 0.2) if (self.high - self.low) / s <= 6 or s == 0.2)
        return [round(i * step, 2) for i in range(math.ceil(self.low / step - 1e-9), int(self.high / step + 1e-9) + 1)]


def drawn(title: str, items: int, panels: Sequence[Panel]) -> str:
    """The whole picture as SVG text; `items` is how many questions were asked."""
    body: list[str] = []
    top = 76
    for panel in panels:
        body += _panel(panel, top)
        top += 66 + LINE * max(1, len(panel.rows)) + 16
    height = top + 34
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="t d">',
            f'  <title id="t">{escape(title)}</title>',
            f'  <desc id="d">{escape(described(items, panels))}</desc>',
            f"  <style>{STYLE}  </style>",
            f'  <rect class="paper" x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="8"/>',
            f'  <text class="title" x="24" y="40">{escape(title)}</text>',
            *body,
            *_legend(top + 4),
            "</svg>",
            "",
        ]
    )


def described(items: int, panels: Sequence[Panel]) -> str:
    """The picture in words, every figure included."""
    parts = []
    for panel in panels:
        rows = "; ".join(
            f"{name} {figure}{f', {word}' if (word := judged(figure)) else ''}" for name, figure in panel.rows.items()
        )
        parts.append(f"{panel.head}{_aim(panel.target, ', ')}. {rows or 'no items'}.")
    return f"Shares of {items} questions, with 95 % intervals. {' '.join(parts)}"


def judged(figure: Figure) -> str:
    """Whether the aim is reached, in a word; nothing where none is set."""
    return "" if figure.reached is None else "reached" if figure.reached else "missed"


def _aim(target: Target | None, before: str = "") -> str:
    return f"{before}aim {'≥' if target.more else '≤'} {target.aim:.2f}" if target else ""


def _panel(panel: Panel, top: int) -> Iterator[str]:
    """Heading, scale with the zone that reaches the aim, then a line for each group."""
    start, end = top + 46, top + 46 + LINE * max(1, len(panel.rows))
    yield f'  <text class="head" x="24" y="{top + 14}">{escape(panel.head)}</text>'
    if panel.target is not None:
        at, edge = panel.x(panel.target.aim), RIGHT if panel.target.more else LEFT
        left, wide = min(at, edge), round(abs(at - edge), 1)
        yield f'  <rect class="zone" x="{left}" y="{start}" width="{wide}" height="{end - start}"/>'
    for tick in panel.ticks:
        x = panel.x(tick)
        yield f'  <line class="grid" x1="{x}" y1="{start}" x2="{x}" y2="{end}"/>'
        yield f'  <text class="tick" x="{x}" y="{end + 18}">{tick:.2f}</text>'
    if panel.target is not None:
        yield f'  <line class="aim" x1="{at}" y1="{start - 4}" x2="{at}" y2="{end}"/>'
        anchor = "end" if panel.target.more else "start"
        yield f'  <text x="{edge}" y="{start - 9}" text-anchor="{anchor}">{_aim(panel.target)}</text>'
    if not panel.rows:
        yield f'  <text x="24" y="{start + 19}">no items</text>'
    for number, (name, figure) in enumerate(panel.rows.items()):
        yield from _row(panel, name, figure, start + LINE * number + LINE // 2)


def _row(panel: Panel, name: str, figure: Figure, y: int) -> Iterator[str]:
    yield f"  <g data-group={quoteattr(name)}>"
    yield f'    <text class="name" x="24" y="{y + 5}">{escape(name)}</text>'
    if figure.value is None or figure.low is None or figure.high is None:
        yield f'    <text class="count" x="{COUNT}" y="{y + 5}">no items</text>'
    else:
        low, at, high = panel.x(figure.low), panel.x(figure.value), panel.x(figure.high)
        hollow = " hollow" if figure.reached is False else ""
        yield f'    <line class="reach" x1="{low}" y1="{y}" x2="{high}" y2="{y}"/>'
        yield f'    <circle class="point{hollow}" cx="{at}" cy="{y}" r="5.5"/>'
        yield f'    <text class="value" x="{VALUE}" y="{y + 5}">{figure.value:.3f}</text>'
        yield f'    <text class="count" x="{COUNT}" y="{y + 5}">{figure.hits} of {figure.total}</text>'
    yield f'    <text x="{WORD}" y="{y + 5}">{judged(figure)}</text>'
    yield "  </g>"


def _legend(y: int) -> Iterator[str]:
    yield f'  <circle class="point" cx="32" cy="{y - 5}" r="5.5"/>'
    yield f'  <text x="46" y="{y}">aim reached, or none set</text>'
    yield f'  <circle class="point hollow" cx="252" cy="{y - 5}" r="5.5"/>'
    yield f'  <text x="266" y="{y}">aim missed</text>'
    yield f'  <line class="reach" x1="374" y1="{y - 5}" x2="410" y2="{y - 5}"/>'
    yield f'  <text x="420" y="{y}">95 % interval; the shaded part of a scale reaches the aim</text>'
