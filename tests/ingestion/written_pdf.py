"""Small PDFs written byte by byte, so that a test decides where every glyph stands and what it maps to.

Letters are Windows-1252; `ODD` gives further codes a meaning of their own in the font's ToUnicode map.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

ODD = {0x01: "\uf0b7", 0x02: "\ufffd", 0x03: "\u017f", 0x04: "\u011b", 0x05: "\u00ad", 0x06: "\u0084"}
"""Codes of a third font: a private-use bullet, an undecodable glyph, letters of a broken font map, a soft hyphen, a
control character that a font draws as a bullet."""


@dataclass(frozen=True)
class Text:
    """A piece of text at a place (points, origin bottom left). `font`: F1 regular, F2 bold, F3 the odd one."""

    x: float
    y: float
    text: str
    size: float = 11.0
    font: str = "F1"
    invisible: bool = False


Written = Sequence[Text]


def paragraph(x: float, y: float, lines: Sequence[str], size: float = 11.0, lead: float = 14.0) -> list[Text]:
    """Lines below one another."""
    return [Text(x, y - n * lead, line, size) for n, line in enumerate(lines)]


def pdf(pages: Sequence[Written], labels: str | None = None, encrypted: bool = False) -> bytes:
    """A PDF of these pages; `labels` is the body of a page label tree (ISO 32000-1, 12.4.2)."""
    objects: list[bytes] = []

    def add(body: bytes) -> int:
        objects.append(body)
        return len(objects)

    fonts = [add(_font(name)) for name in ("Helvetica", "Helvetica-Bold")]
    cmap = add(_stream(_to_unicode()))
    fonts.append(add(_font("Helvetica", cmap)))
    resources = " ".join(f"/F{n} {ref} 0 R" for n, ref in enumerate(fonts, start=1))
    tree = len(objects) + 2 * len(pages) + 1
    kids = []
    for page in pages:
        content = add(_stream(_content(page)))
        kids.append(
            add(
                f"<</Type/Page/Parent {tree} 0 R/MediaBox[0 0 595 842]/Contents {content} 0 R"
                f"/Resources<</Font<<{resources}>>>>>>".encode()
            )
        )
    add(f"<</Type/Pages/Count {len(kids)}/Kids[{' '.join(f'{k} 0 R' for k in kids)}]>>".encode())
    tail = f"/PageLabels<<{labels}>>" if labels else ""
    root = add(f"<</Type/Catalog/Pages {tree} 0 R{tail}>>".encode())
    return _file(objects, root, encrypted)


def _font(name: str, cmap: int | None = None) -> bytes:
    more = f"/ToUnicode {cmap} 0 R" if cmap else ""
    return f"<</Type/Font/Subtype/Type1/BaseFont/{name}/Encoding/WinAnsiEncoding{more}>>".encode()


def _to_unicode() -> bytes:
    rows = "\n".join(f"<{code:02X}> <{ord(char):04X}>" for code, char in ODD.items())
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /Odd def /CMapType 2 def\n"
        f"1 begincodespacerange <00> <FF> endcodespacerange\n{len(ODD)} beginbfchar\n{rows}\nendbfchar\n"
        "endcmap end end"
    ).encode()


def _stream(data: bytes) -> bytes:
    packed = zlib.compress(data)
    return f"<</Length {len(packed)}/Filter/FlateDecode>>stream\n".encode() + packed + b"\nendstream"


def _content(page: Written) -> bytes:
    parts = []
    for one in page:
        codes = one.text.encode("latin-1") if one.font == "F3" else one.text.encode("cp1252")
        mode = 3 if one.invisible else 0
        head = f"BT {mode} Tr /{one.font} {one.size} Tf {one.x} {one.y} Td <".encode()
        parts.append(head + codes.hex().encode() + b"> Tj ET")
    return b"\n".join(parts)


def _file(objects: Sequence[bytes], root: int, encrypted: bool) -> bytes:
    out, offsets = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    table = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n" + "".join(f"{o:010d} 00000 n \n" for o in offsets)
    lock = f"/Encrypt<</Filter/Standard/V 2/R 3/Length 128/P -44/O<{'5a' * 32}>/U<{'a5' * 32}>>>/ID[<00><00>]"
    trailer = f"trailer<</Size {len(objects) + 1}/Root {root} 0 R{lock if encrypted else ''}>>\n"
    return out + table.encode() + trailer.encode() + f"startxref\n{len(out)}\n%%EOF\n".encode()
