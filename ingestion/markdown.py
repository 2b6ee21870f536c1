"""Markdown and HTML to units: headings become locators, laws keep their sections and paragraphs.

The text that is cited is the rendered text, one character for one character; its offsets are
those of `Page.text`, where the whole document counts as page 1.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from markdown_it import MarkdownIt
from markdown_it.token import Token

from app.errors import SourceError
from ingestion.html_tables import pieces, plain, rows
from ingestion.layout import Glyph, Page, Tally, Unit
from ingestion.paragraphs import add_glyph

SECTION = re.compile(r"^((?:§§?|Art(?:ikel|icle|\.)?|Anlage|Annexe?|Section)\s*\d+\s?[a-z]?)\b(?!\s*\()", re.IGNORECASE)
PARAGRAPH = re.compile(r"^\((\d+[a-z]?)\)\s")
_CONTENTS = re.compile(
    r"^(inhalt|inhaltsübersicht|inhaltsverzeichnis|contents|table of contents|sommaire)$", re.IGNORECASE
)
_ENDS = re.compile(r"[.!?:;…][\"”“’»)\]]*$")
_BREAK = re.compile(r"</?(?:br|p|div|li|dt|dd|td|th|tr)\b", re.IGNORECASE)
MAX_BYTES = 20_000_000

Kind = Literal["text", "item", "table"]


@dataclass(slots=True)
class _Block:
    heading: tuple[str, ...]
    kind: Kind
    text: str
    depth: int = 0


def read_markdown(data: bytes, name: str) -> str:
    """The text of a Markdown file. Raises SourceError when it is not UTF-8 text, too large or empty."""
    if len(data) > MAX_BYTES:
        raise SourceError(f"{name}: {len(data)} bytes of text, more than {MAX_BYTES}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError(f"{name}: not UTF-8 text (byte {error.start})") from error
    if not text.strip():
        raise SourceError(f"{name}: the file holds no text")
    return _seen(text)


def html_to_markdown(data: bytes, name: str) -> str:
    """The main text of an HTML page as Markdown, by trafilatura."""
    import trafilatura

    found = trafilatura.extract(
        data, output_format="markdown", include_formatting=False, include_tables=True, include_comments=False
    )
    if not found:
        raise SourceError(f"{name}: no main text was found in the HTML page")
    return _seen(str(found))


def _seen(text: str) -> str:
    """The text without control and format characters, which no reader sees and no quotation could match."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in lines if c in "\n\t\u00ad" or unicodedata.category(c) not in ("Cc", "Cf"))


def markdown_units(text: str, tally: Tally, law: str | None = None) -> tuple[Page, tuple[Unit, ...]]:
    """The rendered document as one page, and its units.

    `law` is the short name of a law: its paragraphs become legal units with a section such as
    `§ 36 BWahlG Abs. 1`.
    """
    rendered = ""
    units: list[Unit] = []
    part: tuple[tuple[str, ...], str] = ((), "")
    for block in _joined(list(_blocks(text, tally)), law is not None):
        glyphs: list[Glyph] = []
        base = len(rendered)
        for offset, char in enumerate(block.text):
            add_glyph(glyphs, char, 1, base + offset)
        rendered += block.text + "\n\n"
        while glyphs and glyphs[-1].char == " ":
            glyphs.pop()
        if glyphs:
            opening = PARAGRAPH.match(block.text)
            if opening or block.heading != part[0]:
                part = (block.heading, f" Abs. {opening.group(1)}" if opening else "")
            kind = "legal" if law is not None else block.kind
            units.append(Unit(tuple(glyphs), kind, block.heading, _section(block.heading, law, part[1])))
    return Page(1, None, 0.0, 0.0, rendered), tuple(units)


def _section(heading: tuple[str, ...], law: str | None, part: str) -> str | None:
    """The citation form, for example `§ 36 BWahlG Abs. 1`; text after a numbered paragraph belongs to it."""
    if law is None:
        return None
    number = next((m.group(1) for h in reversed(heading) if (m := SECTION.match(h))), None)
    if number is None:
        return f"{heading[-1]} {law}" if heading else law
    return f"{re.sub(r'^(Artikel|Article|Art[.])', 'Art', re.sub(r' +', ' ', number.strip()))} {law}{part}"


def _joined(blocks: list[_Block], law: bool) -> Iterator[_Block]:
    """Blocks that make one statement: an open sentence with what completes it; in laws, a list with its lead-in."""
    held: _Block | None = None
    for block in blocks:
        if held and held.heading == block.heading and _completes(held, block, law):
            held.text += " " + block.text
        else:
            if held:
                yield held
            held = block
    if held:
        yield held


def _completes(held: _Block, block: _Block, law: bool) -> bool:
    if law:
        return not PARAGRAPH.match(block.text) and (
            block.kind != "text" or not re.search(r"[.!?]$", held.text) or block.depth > 0
        )
    return held.kind == "text" and block.kind in ("text", "table") and not _ENDS.search(held.text)


def _blocks(text: str, tally: Tally) -> Iterator[_Block]:
    body = re.sub(r"\A(?:%[^\n]*\n)+", "", text)
    path: list[tuple[int, str]] = []
    for is_table, piece in pieces(body):
        found = [_Block((), "table", row) for row in rows(piece)] if is_table else _parsed(piece, path, tally)
        for block in found:
            block.heading = tuple(h for _, h in path)
            if path and _CONTENTS.match(path[-1][1]):
                tally.drop("contents", len(block.text))
            elif block.text.strip():
                yield block


def _parsed(text: str, path: list[tuple[int, str]], tally: Tally) -> Iterator[_Block]:
    """The blocks of a piece of Markdown; headings change the path, which the caller reads after each block."""
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(text)
    lists = 0
    item = ""
    for i, token in enumerate(tokens):
        if token.type == "heading_open":
            title = _inline(tokens[i + 1]).strip()
            while path and path[-1][0] >= int(token.tag[1:]):
                path.pop()
            if title.strip("-–— "):
                path.append((int(token.tag[1:]), title))
                tally.drop("heading", len(title))
        elif token.type in ("bullet_list_open", "ordered_list_open"):
            lists += 1
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            lists -= 1
        elif token.type == "list_item_open":
            item = f"{token.info}{token.markup} " if token.info else ""
        elif token.type == "table_open":
            for row in _table(tokens[i:]):
                yield _Block((), "table", row, lists)
        elif token.type == "html_block":
            yield _Block((), "item" if lists else "text", plain(token.content), lists)
        elif token.type == "inline" and tokens[i - 1].type == "paragraph_open":
            words = item + _inline(token)
            item = ""
            yield _Block((), "item" if lists else "text", words, lists)


def _inline(token: Token) -> str:
    parts = []
    for child in token.children or []:
        if child.type in ("text", "code_inline"):
            parts.append(child.content)
        elif child.type in ("softbreak", "hardbreak") or (child.type == "html_inline" and _BREAK.match(child.content)):
            parts.append(" ")
        elif child.type == "image":
            parts.append(child.content)
    return "".join(parts)


def _table(tokens: Sequence[Token]) -> list[str]:
    rows: list[str] = []
    cells: list[str] = []
    for token in tokens:
        if token.type == "table_close":
            break
        if token.type == "tr_open":
            cells = []
        elif token.type == "inline":
            cells.append(_inline(token).strip())
        elif token.type == "tr_close" and any(cells):
            rows.append(" ".join(cell for cell in cells if cell))
    return rows
