"""PDF pages to lines: text, boxes and page labels by PDFium, one line per printed line.

The index of a character here is its index in PDFium's own page text, so that the published
page text, the boxes and the spans of a quotation all count the same way.
"""

from __future__ import annotations

import ctypes
import re
from collections import Counter
from pathlib import Path

import pypdfium2 as pdfium
from pypdfium2 import raw

from app.errors import SourceError
from ingestion.layout import Line, Page

MAX_PAGES = 3_000
MAX_PAGE_CHARACTERS = 400_000
_BREAK = re.compile("\r\n|\n|\r|\ufffe")
_BOLD = re.compile(r"bold|black|heavy|semib|demi", re.IGNORECASE)


def read_pages(path: Path, name: str) -> tuple[Page, ...]:
    """All pages of the PDF in order.

    Raises SourceError naming the document when it is broken, encrypted, too large, or holds
    no text at all (a scan).
    """
    try:
        document = pdfium.PdfDocument(path)
    except pdfium.PdfiumError as error:
        reason = "is encrypted" if "assword" in str(error) else "is not a readable PDF"
        raise SourceError(f"{name}: the file {reason} ({error})") from error
    try:
        if len(document) == 0:
            raise SourceError(f"{name}: the PDF has no pages")
        if len(document) > MAX_PAGES:
            raise SourceError(f"{name}: the PDF has {len(document)} pages, more than {MAX_PAGES}")
        pages = tuple(_read_page(document, n, name) for n in range(len(document)))
    finally:
        document.close()
    if not any(page.text.strip() for page in pages):
        raise SourceError(f"{name}: all {len(pages)} pages are images without text; supply an edition with text")
    return pages


def _read_page(document: pdfium.PdfDocument, index: int, name: str) -> Page:
    try:
        page = document[index]
        textpage = page.get_textpage()
    except pdfium.PdfiumError as error:
        raise SourceError(f"{name}: page {index + 1} cannot be read ({error})") from error
    count = textpage.count_chars()
    if count > MAX_PAGE_CHARACTERS:
        raise SourceError(f"{name}: page {index + 1} holds {count} characters, more than {MAX_PAGE_CHARACTERS}")
    text = textpage.get_text_range() if count > 0 else ""
    width, height = page.get_size()
    boxes = _boxes(textpage, count) if len(text) == count else []
    lines, words = _lines(index + 1, text, boxes, textpage)
    label = document.get_page_label(index) or None
    textpage.close()
    page.close()
    return Page(index + 1, label, round(width, 2), round(height, 2), text, lines, words)


Box = tuple[float, float, float, float]


def _boxes(textpage: pdfium.PdfTextPage, count: int) -> list[Box]:
    """Loose character boxes (left, bottom, right, top): as high as the font, so that lines compare."""
    rect = raw.FS_RECTF()
    reference = ctypes.byref(rect)
    boxes: list[Box] = []
    for i in range(count):
        raw.FPDFText_GetLooseCharBox(textpage, i, reference)
        boxes.append((rect.left, rect.bottom, rect.right, rect.top))
    return boxes


def _is_bold(textpage: pdfium.PdfTextPage, index: int) -> bool:
    buffer = ctypes.create_string_buffer(256)
    flags = ctypes.c_int()
    raw.FPDFText_GetFontInfo(textpage, index, buffer, 256, ctypes.byref(flags))
    name = buffer.value.decode("latin-1")
    weight = raw.FPDFText_GetFontWeight(textpage, index)
    return bool(_BOLD.search(name)) or bool(weight >= 600)


def _lines(
    number: int, text: str, boxes: list[Box], textpage: pdfium.PdfTextPage
) -> tuple[tuple[Line, ...], tuple[tuple[int, int, float, float, float, float], ...]]:
    lines: list[Line] = []
    words: list[tuple[int, int, float, float, float, float]] = []
    start = 0
    for match in [*_BREAK.finditer(text), None]:
        end = match.start() if match else len(text)
        piece = text[start:end]
        if piece.strip() and boxes:
            first = start + len(piece) - len(piece.lstrip())
            last = end - (len(piece) - len(piece.rstrip()))
            lines.append(_line(number, first, last, text, boxes, textpage, bool(match and match.group() == "\ufffe")))
            words += _words(first, last, text, boxes)
        start = match.end() if match else end
    return tuple(lines), tuple(words)


def _line(
    number: int, first: int, last: int, text: str, boxes: list[Box], textpage: pdfium.PdfTextPage, hyphen: bool
) -> Line:
    inked = _on_baseline([boxes[i] for i in range(first, last) if not text[i].isspace()])
    sizes = Counter(round(b[3] - b[1], 1) for b in inked)
    marks = [i for i in range(first, last) if text[i].isalpha()] or [first]
    samples = {marks[0], marks[len(marks) // 2], marks[-1]}
    return Line(
        page=number,
        start=first,
        end=last,
        text=text[first:last],
        x0=round(min(b[0] for b in inked), 1),
        y0=round(min(b[1] for b in inked), 1),
        x1=round(max(b[2] for b in inked), 1),
        y1=round(max(b[3] for b in inked), 1),
        size=sizes.most_common(1)[0][0],
        bold=all(_is_bold(textpage, i) for i in sorted(samples)),
        hyphen=hyphen or text[first:last].endswith("\u00ad"),
    )


def _on_baseline(boxes: list[Box]) -> list[Box]:
    """The boxes without glyphs that stand far off the line, such as rotated text beside a footer."""
    middle = sorted(b[1] for b in boxes)[len(boxes) // 2]
    height = sorted(b[3] - b[1] for b in boxes)[len(boxes) // 2]
    near = [b for b in boxes if abs(b[1] - middle) <= 1.5 * height]
    return near or boxes


def _words(first: int, last: int, text: str, boxes: list[Box]) -> list[tuple[int, int, float, float, float, float]]:
    found = []
    for match in re.finditer(r"\S+", text[first:last]):
        a, b = first + match.start(), first + match.end()
        part = boxes[a:b]
        found.append(
            (
                a,
                b,
                round(min(p[0] for p in part), 1),
                round(min(p[1] for p in part), 1),
                round(max(p[2] for p in part), 1),
                round(max(p[3] for p in part), 1),
            )
        )
    return found
