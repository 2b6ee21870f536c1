"""Lines to units: paragraphs and list items under their headings, with every character traced to its page.

Decided by type and white space alone: size, weight, gaps, indents, bullets. A heading is never
part of a unit; it becomes the path under which the unit stands.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

from ingestion.layout import Glyph, Line, Page, Tally, Unit
from ingestion.order import reading_order

BULLET = re.compile(r"^\s*(?:[•●▪■►▶✔✓◦‣⁃∙·\-–—*o]|[\x80-\x9f\ue000-\uf8ff]|\(?\d{1,2}[.)]|\(?[a-z]\))\s+(?=\S)")
_GLYPH_BULLET = re.compile(r"^\s*[\x80-\x9f\ue000-\uf8ff•●▪■►▶✔✓◦‣⁃∙]\s*(?=\S)")
_END = re.compile(r"[.!?:;…][\"”“’»)\]]*$")
_STOP = re.compile(r"[.!?…][\"”“’»)\]]*$")
_UPPER = re.compile(r"[^\W\d_]")


class _Type:
    """What is usual in this document: body size and the space between its lines."""

    def __init__(self, lines: Sequence[Line]) -> None:
        sizes: Counter[float] = Counter()
        for line in lines:
            sizes[line.size] += len(line.text)
        self.body = sizes.most_common(1)[0][0] if sizes else 10.0
        bold: Counter[bool] = Counter()
        for line in lines:
            if abs(line.size - self.body) <= 0.3:
                bold[line.bold] += len(line.text)
        self.body_bold = bool(bold and bold[True] > bold[False])
        pitches = Counter(
            round(a.y0 - b.y0)
            for a, b in itertools.pairwise(lines)
            if a.page == b.page and abs(a.size - b.size) < 0.3 and 0 < a.y0 - b.y0 < 3 * a.height
        )
        self.pitch = float(pitches.most_common(1)[0][0]) if pitches else self.body * 1.2


def units(pages: Iterable[Page], tally: Tally) -> tuple[Unit, ...]:
    """All paragraphs and list items of the document in reading order."""
    blocks = [block for page in pages for block in reading_order(page.lines)]
    texts = {page.number: page.text for page in pages}
    usual = _Type([line for block in blocks for line in block])
    groups = _joined(_groups(blocks, usual), usual)
    return tuple(_with_headings(groups, usual, texts, tally))


def _groups(blocks: list[list[Line]], usual: _Type) -> list[list[Line]]:
    groups: list[list[Line]] = []
    for block in blocks:
        right = max(line.x1 for line in block)
        width = right - min(line.x0 for line in block)
        for i, line in enumerate(block):
            if i == 0 or _opens(block[i - 1], line, right, width, usual):
                groups.append([line])
            else:
                groups[-1].append(line)
    return groups


def _opens(above: Line, line: Line, right: float, width: float, usual: _Type) -> bool:
    """Whether `line` starts a new paragraph below `above` in the same column."""
    if abs(above.size - line.size) > 0.08 * usual.body and not _same_row(above, line):
        return True
    if above.y0 - line.y0 > 1.3 * max(usual.pitch, 0.9 * line.size):
        return True
    if BULLET.match(line.text) and not _mid_sentence_dash(above, line):
        return True
    if above.bold != line.bold and not above.hyphen and not _same_row(above, line):
        return above.bold is not line.bold and (_is_short(above, right, width) or bool(_END.search(above.text)))
    indented = line.x0 - above.x0 > 0.6 * line.size and not BULLET.match(above.text)
    if indented and _STOP.search(above.text.rstrip()):
        return True
    return bool(_STOP.search(above.text.rstrip())) and _is_short(above, right, width)


def _mid_sentence_dash(above: Line, line: Line) -> bool:
    """A dash or a number that merely wrapped to a new line inside a sentence."""
    mark = line.text.lstrip()[:1]
    if mark in "-–—o*":
        return not _END.search(above.text.rstrip()) and line.x0 >= above.x0 - 1 and line.x0 - above.x0 < 3
    return mark.isdigit() and not _END.search(above.text.rstrip())


def _same_row(a: Line, b: Line) -> bool:
    return a.page == b.page and abs(a.y0 - b.y0) < 0.4 * min(a.height, b.height)


def _is_short(line: Line, right: float, width: float) -> bool:
    return line.x1 < right - 0.12 * width


def _joined(groups: list[list[Line]], usual: _Type) -> list[list[Line]]:
    """Paragraphs that a column or page break cut in two, made whole again.

    A heading in between ends the search, as does another type size.
    """
    joined: list[list[Line]] = []
    for group in groups:
        last = joined[-1] if joined else None
        if last and _continues(last[-1], group[0], usual):
            last.extend(group)
        else:
            joined.append(list(group))
    return joined


def _continues(above: Line, line: Line, usual: _Type) -> bool:
    moved = above.page != line.page or line.y0 > above.y0
    if not moved or above.page + 2 < line.page:
        return False
    same = abs(above.size - line.size) < 0.3 and abs(above.size - usual.body) < 0.1 * usual.body
    if not same or BULLET.match(line.text):
        return False
    if above.hyphen:
        return True
    return not _END.search(above.text.rstrip()) and (line.text[:1].islower() or above.bold == line.bold)


def _with_headings(groups: list[list[Line]], usual: _Type, texts: dict[int, str], tally: Tally) -> Iterable[Unit]:
    path: list[tuple[float, str]] = []
    previous: list[Line] | None = None
    for group in groups:
        if _is_heading(group, usual):
            text = "".join(g.char for g in glyphs(group, texts)).strip()
            rank = round(group[0].size, 0) + (0.5 if group[0].bold else 0.0)
            if previous is not None and path and _is_heading(previous, usual) and path[-1][0] == rank:
                path[-1] = (rank, f"{path[-1][1]} {text}"[:200])
            else:
                while path and path[-1][0] <= rank:
                    path.pop()
                path.append((rank, text[:200]))
            tally.drop("heading", sum(len(line.text) for line in group))
        else:
            found = _unit(group, tuple(text for _, text in path), texts)
            if found is not None:
                yield found
        previous = group


def _is_heading(group: list[Line], usual: _Type) -> bool:
    text = " ".join(line.text.strip() for line in group)
    if len(text) > 180 or len(group) > 4 or (BULLET.match(text) and not re.match(r"^\s*\(?\d", text)):
        return False
    much_larger = all(line.size >= 1.3 * usual.body for line in group)
    if much_larger:
        return not text.endswith(":") and not (_STOP.search(text) and len(text) > 90)
    if all(line.size >= 1.12 * usual.body for line in group):
        return not text.endswith((":", ";", ",")) and not text.endswith(".")
    if text.endswith((".", ":", ";", ",")) or any(line.size < 0.9 * usual.body for line in group):
        return False
    if all(line.bold for line in group) and not usual.body_bold:
        return len(text) <= 140
    letters = _UPPER.findall(text)
    return len(letters) >= 4 and text.upper() == text and len(text) <= 100


def _unit(group: list[Line], heading: tuple[str, ...], texts: dict[int, str]) -> Unit | None:
    first = group[0]
    match = _GLYPH_BULLET.match(first.text) or BULLET.match(first.text)
    kind = "item" if match else "text"
    skip = match.end() if match else 0
    found = glyphs(group, texts, skip)
    if not any(g.char.isalnum() for g in found):
        return None
    return Unit(found, "item" if kind == "item" else "text", heading)


def glyphs(lines: Sequence[Line], texts: dict[int, str], skip: int = 0) -> tuple[Glyph, ...]:
    """The cleaned characters of the lines: NFC, joined hyphens, single spaces, no private-use glyphs.

    This is the normal form of section 9 of the design, so a quotation cut from it verifies
    against the page text.
    """
    found: list[Glyph] = []
    for n, line in enumerate(lines):
        text = texts[line.page]
        start = line.start + (skip if n == 0 else 0)
        for index in range(start, line.end):
            add_glyph(found, text[index], line.page, index)
        if n + 1 < len(lines) and not (line.hyphen or lines[n + 1].start == line.end):
            add_glyph(found, " ", line.page, line.end)
    while found and found[-1].char == " ":
        found.pop()
    return tuple(found)


def add_glyph(found: list[Glyph], char: str, page: int, index: int) -> None:
    """Append one raw character in the normal form, composing it with the one before where NFC does."""
    if char in "\u00ad\ufffe\ufffd\x02" or "\ue000" <= char <= "\uf8ff":
        return
    if char.isspace() or unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp"):
        if found and found[-1].char != " ":
            found.append(Glyph(" ", page, index))
        return
    if found and unicodedata.combining(char):
        composed = unicodedata.normalize("NFC", found[-1].char + char)
        found[-1] = Glyph(composed, found[-1].page, found[-1].index)
        return
    for one in unicodedata.normalize("NFC", char):
        found.append(Glyph(one, page, index))
