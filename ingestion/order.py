"""The order in which a person reads the lines of a page: column by column, top to bottom.

PDF content order is the order of drawing, not of reading. The page is cut recursively along
white gutters and gaps (the XY-cut of Nagy and Seth, 1984).
"""

from __future__ import annotations

from collections.abc import Sequence

from ingestion.layout import Line

GUTTER = 8.0
"""Least width of a white gutter between columns, in points."""


def reading_order(lines: Sequence[Line]) -> list[list[Line]]:
    """Blocks of lines in reading order; a block is one column or a run across the page."""
    if len(lines) < 2:
        return [list(lines)] if lines else []
    bands = _bands(lines)
    cut = _section_cut(bands)
    if cut is not None:
        return [block for part in cut for block in reading_order(part)]
    split = _columns(lines)
    if split is not None:
        return [block for part in split for block in reading_order(part)]
    if len(bands) > 1 and any(_columns(band) for band in bands):
        return [block for band in _merge(bands) for block in reading_order(band)]
    return [_top_down(lines)]


def _section_cut(bands: list[list[Line]]) -> tuple[list[Line], list[Line]] | None:
    """Above and below a large heading that opens a new section across all columns of the page."""
    sizes = sorted(line.size for band in bands for line in band)
    usual = sizes[len(sizes) // 2]
    for i in range(1, len(bands)):
        opening = max(bands[i], key=lambda line: line.y1)
        if opening.size >= 1.5 * usual:
            above, below = bands[:i], bands[i:]
            return [line for band in above for line in band], [line for band in below for line in band]
    return None


def _columns(lines: Sequence[Line]) -> tuple[list[Line], list[Line]] | None:
    """Left and right part when a gutter runs through and both sides hold real columns."""
    ordered = sorted(lines, key=lambda line: line.x0)
    edge = ordered[0].x1
    for i, line in enumerate(ordered[1:], start=1):
        if line.x0 - edge >= GUTTER:
            left, right = list(ordered[:i]), list(ordered[i:])
            if _is_column(left) and _is_column(right) and _overlap(left, right):
                return left, right
        edge = max(edge, line.x1)
    return None


def _is_column(lines: Sequence[Line]) -> bool:
    """Words, not a strip of bullets or numbers."""
    return sum(len(line.text) for line in lines) / len(lines) > 8


def _overlap(left: Sequence[Line], right: Sequence[Line]) -> bool:
    return min(line.y0 for line in left) < max(line.y1 for line in right) and min(line.y0 for line in right) < max(
        line.y1 for line in left
    )


def _bands(lines: Sequence[Line]) -> list[list[Line]]:
    """Groups of lines separated by a horizontal gap of white, top to bottom."""
    bands: list[list[Line]] = []
    floor = 0.0
    for line in sorted(lines, key=lambda one: -one.y1):
        if bands and line.y1 > floor - 0.5:
            bands[-1].append(line)
            floor = min(floor, line.y0)
        else:
            bands.append([line])
            floor = line.y0
    return bands


def _merge(bands: list[list[Line]]) -> list[list[Line]]:
    """Neighbouring bands joined while the whole still parts into columns, so that columns stay whole."""
    merged: list[list[Line]] = []
    for band in bands:
        if merged and (_columns(merged[-1] + band) or (not _columns(merged[-1]) and not _columns(band))):
            merged[-1] = merged[-1] + band
        else:
            merged.append(band)
    return merged


def _top_down(lines: Sequence[Line]) -> list[Line]:
    """Lines by baseline; pieces of one printed line stay left to right."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda one: (-one.y0, one.x0)):
        if rows and abs(rows[-1][0].y0 - line.y0) < 0.4 * min(rows[-1][0].height, line.height):
            rows[-1].append(line)
        else:
            rows.append([line])
    return [line for row in rows for line in sorted(row, key=lambda one: one.x0)]
