"""What repeats on a page and is no part of the text: running headers, page numbers, line numbers, contents.

Each rule looks at the document as a whole and gives its reason, so the build report can say
what was left out and why. Nothing is dropped by its words, only by place, repetition and shape.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter, defaultdict
from dataclasses import replace

from ingestion.foretold import without_foretold
from ingestion.layout import Line, Page, Tally

EDGE = 0.12
"""Share of the page height at top and bottom where furniture may stand."""

_DIGITS = re.compile(r"\d+|\b[ivxlc]+\b", re.IGNORECASE)
_LEADERS = re.compile(r"(?:[.·…\ufffd_]\s?){4,}")
_ENDS_IN_NUMBER = re.compile(r"\D\s*\d{1,3}\s*$")
_LINE_NUMBER = re.compile(r"^(\d{1,5})(?:\s+|$)")
_CONTENTS_TITLE = re.compile(
    r"^\W*(inhalt|inhaltsverzeichnis|inhaltsübersicht|contents|table of contents|sommaire|table des matières)\W*$",
    re.IGNORECASE,
)


def clean_lines(pages: tuple[Page, ...], tally: Tally) -> tuple[Page, ...]:
    """The pages with only lines of running text left; the spans of furniture are kept per page."""
    pages = _without_line_numbers(pages, tally)
    pages = _without_furniture(pages, tally)
    return without_foretold(tuple(_without_contents(page, tally) for page in pages), tally)


def _key(line: Line) -> str:
    return _DIGITS.sub("#", line.text).strip().casefold()


def _at_edge(line: Line, page: Page) -> bool:
    return line.y0 > page.height * (1 - EDGE) or line.y1 < page.height * EDGE


def _without_furniture(pages: tuple[Page, ...], tally: Tally) -> tuple[Page, ...]:
    """Lines at the page's edge that repeat (digits aside), and other edge lines in the same band and type."""
    seen: dict[str, set[int]] = defaultdict(set)
    for page in pages:
        for line in page.lines:
            if _at_edge(line, page):
                seen[_key(line)].add(page.number)
    enough = max(3, len(pages) // 20)
    repeated = {key for key, numbers in seen.items() if len(numbers) >= enough}
    edges = [(page.number, line) for page in pages for line in page.lines if _at_edge(line, page)]
    bands = {band: len({n for n, one in edges if _band(one) == band}) for band in {_band(one) for _, one in edges}}
    proven = {_band(line) for _, line in edges if _key(line) in repeated}
    body = Counter(line.size for page in pages for line in page.lines for _ in range(len(line.text)))
    body_size = body.most_common(1)[0][0] if body else 0.0
    furniture_bands = {band for band in proven if bands[band] >= len(pages) * 0.3 and abs(band[1] - body_size) > 0.2}
    cleaned = []
    for page in pages:
        keep, spans = [], []
        for line in page.lines:
            if _at_edge(line, page) and (_key(line) in repeated or _band(line) in furniture_bands):
                tally.drop("furniture", len(line.text))
                spans.append((line.start, line.end))
            else:
                keep.append(line)
        cleaned.append(replace(page, lines=tuple(keep), furniture=page.furniture + tuple(spans)))
    return _labelled(tuple(cleaned))


def _band(line: Line) -> tuple[int, float]:
    return round(line.y0 / 3), line.size


def _labelled(pages: tuple[Page, ...]) -> tuple[Page, ...]:
    """Printed page numbers as labels, when one offset explains the furniture of most pages."""
    offsets: Counter[int] = Counter()
    for page in pages:
        numbers = {int(n) for a, b in page.furniture for n in re.findall(r"\b\d{1,4}\b", page.text[a:b])}
        offsets.update(n - page.number for n in numbers if abs(n - page.number) <= 30)
    if not offsets:
        return pages
    offset, votes = offsets.most_common(1)[0]
    if votes < len(pages) * 0.5:
        return pages
    return tuple(replace(p, label=str(p.number + offset)) if p.number + offset > 0 else p for p in pages)


def _without_line_numbers(pages: tuple[Page, ...], tally: Tally) -> tuple[Page, ...]:
    """Printed line numbers: most lines of a page open with a number and the numbers rise by one."""
    cleaned = []
    for page in pages:
        numbers = [(line, int(m.group(1))) for line in page.lines if (m := _LINE_NUMBER.match(line.text))]
        rising = sum(1 for a, b in itertools.pairwise(numbers) if b[1] - a[1] in (1, 5))
        if len(numbers) < 5 or rising < 0.7 * (len(numbers) - 1) or len(numbers) < 0.4 * len(page.lines):
            cleaned.append(page)
            continue
        lines, spans = [], []
        for line in page.lines:
            match = _LINE_NUMBER.match(line.text)
            if match is None:
                lines.append(line)
                continue
            cut = match.end()
            tally.drop("line_number", cut)
            spans.append((line.start, line.start + len(match.group(1))))
            if cut < len(line.text):
                lines.append(_from(line, cut, page))
        cleaned.append(replace(page, lines=tuple(lines), furniture=page.furniture + tuple(spans)))
    return tuple(cleaned)


def _from(line: Line, cut: int, page: Page) -> Line:
    """The line from its character `cut` on, with its left edge at the first remaining word."""
    start = line.start + cut
    left = next((w[2] for w in page.words if w[0] >= start), line.x0)
    return replace(line, start=start, text=line.text[cut:], x0=left)


def _without_contents(page: Page, tally: Tally) -> Page:
    """A table of contents: lines with dot leaders, or a page whose lines end in page numbers."""
    numbered = sum(1 for line in page.lines if _ENDS_IN_NUMBER.search(line.text) or _LEADERS.search(line.text))
    whole = len(page.lines) >= 5 and numbered >= 0.55 * len(page.lines)
    keep = []
    for line in page.lines:
        if whole or _LEADERS.search(line.text) or _CONTENTS_TITLE.match(line.text):
            tally.drop("contents", len(line.text))
        elif _undecodable(line.text):
            tally.drop("undecodable", len(line.text))
        else:
            keep.append(line)
    return replace(page, lines=tuple(keep))


def _undecodable(text: str) -> bool:
    """A line that a broken font map turned into rare letters or replacement marks."""
    letters = [c for c in text if not c.isspace()]
    strange = sum(1 for c in letters if "\u0100" <= c <= "\u024f" or c == "\ufffd" or "\ue000" <= c <= "\uf8ff")
    return len(letters) >= 3 and strange > 0.3 * len(letters)
