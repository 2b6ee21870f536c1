"""Takes out what points to a person before anything is stored: addresses, numbers, accounts.

Promise: e-mail, telephone, IBAN, tax number, street with house number and long digit runs are replaced
by a neutral mark; sections of law, years, dates, prices, shares and postcodes stay. Each pattern
starts at a fixed anchor and repeats within bounds, so time grows linearly with the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Masked:
    """One stretch that was taken out: code points `[start, end)` of the input, and its kind."""

    start: int
    end: int
    kind: str


MARKS: Mapping[str, str] = MappingProxyType(
    {k: f"[{k}]" for k in ("email", "phone", "iban", "tax_id", "address", "plate", "number")}
)
"""Neutral marks by kind; `masked.*` of the page's messages are what a voter reads in their place."""

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}")
_IBAN = re.compile(r"(?<!\w)[A-Za-z]{2}\d{2}(?:[ ]?[A-Za-z0-9]){11,30}(?!\w)")
_DIGITS = re.compile(r"(?<![\w§])(?:\+|\(|\(\+)?\d(?:[ /().\u00a0-]{0,2}\d){6,24}(?!\w)")
_PLATE = re.compile(r"(?<!\w)[A-ZÄÖÜ]{1,3}-[A-Z]{1,2} ?\d{1,4}[EH]?(?!\w)")
_STREET = re.compile(
    r"(?<!\w)(?:[A-ZÄÖÜ][\w-]{1,40}(?:straße|strasse|str\.|weg|gasse|allee|platz|ring|ufer|damm)"
    r"|(?:[A-ZÄÖÜ][\w-]{1,30} ){1,3}(?:Straße|Strasse|Str\.|Weg|Gasse|Allee|Ring|Ufer|Damm"
    r"|Street|Road|Lane|Avenue|Drive|Close))[ ]{1,2}\d{1,4}[ ]?[a-z]?(?!\w)"
)
_NUMBER_FIRST = re.compile(
    r"(?<![\w.,])\d{1,4}(?:[ ]?(?:bis|ter))?,? (?:(?:rue|avenue|boulevard|allée|chemin|impasse|quai)"
    r"(?: (?!(?:à|et|pour|dans)\b)[\w'’-]{1,30}){1,4}"
    r"|(?:[A-Z][\w'’-]{1,30} ){1,3}(?:Street|Road|Lane|Avenue|Drive|Close|St|Rd|Ave)(?!\w))"
)
_DATE = re.compile(r"\d{1,2}[./-] ?\d{1,2}[./-] ?(?:\d{4}|\d{2})|\d{4}-\d{2}-\d{2}")
_AMOUNT = re.compile(r"\d{1,3}(?:[. \u00a0]\d{3}){1,5}(?:,\d{1,2})?|\d{4}[ ]?[-–/][ ]?\d{2,4}")
_MEASURE = re.compile(
    r"[ \u00a0]?(?:€|\$|£|%|(?:euros?|eur|prozent|percent|millionen|millions?|milliarden|milliards?)\b)", re.IGNORECASE
)
_TAX_ID = re.compile(r"[1-9]\d[ ]?\d{3}[ ]?\d{3}[ ]?\d{3}")
_YEARS = re.compile(r"(?:(?:19|20)\d{2}[ /.,-]{0,2}){1,6}")


def mask_personal_data(text: str, marks: Mapping[str, str] = MARKS) -> tuple[str, tuple[Masked, ...]]:
    """The text with personal data replaced by `marks`, and where they stood, in order."""
    spans = _without_overlap([*_emails(text), *_ibans(text), *_numbers(text), *_places(text)])
    out: list[str] = []
    at = 0
    for span in spans:
        out += [text[at : span.start], marks.get(span.kind, MARKS[span.kind])]
        at = span.end
    return "".join([*out, text[at:]]), spans


def _without_overlap(spans: list[Masked]) -> tuple[Masked, ...]:
    kept: list[Masked] = []
    for span in sorted(spans, key=lambda s: (s.start, -s.end)):
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
    return tuple(kept)


def _emails(text: str) -> list[Masked]:
    if "@" not in text:
        return []
    return [Masked(m.start(), m.end(), "email") for m in _EMAIL.finditer(text)]


def _ibans(text: str) -> list[Masked]:
    found: list[Masked] = []
    for match in _IBAN.finditer(text):
        if length := _iban_length(match.group()):
            found.append(Masked(match.start(), match.start() + length, "iban"))
    return found


def _iban_length(candidate: str) -> int:
    """Characters of the longest beginning that passes the ISO 13616 checksum and ends a word, or 0."""
    for end in range(len(candidate), 14, -1):
        ends = end == len(candidate) or candidate[end] == " "
        if ends and candidate[end - 1] != " " and _iban_valid(candidate[:end].replace(" ", "").upper()):
            return end
    return 0


def _iban_valid(iban: str) -> bool:
    if not 15 <= len(iban) <= 34 or not iban.isascii():
        return False
    digits = "".join(str(int(c, 36)) for c in iban[4:] + iban[:4])
    return int(digits) % 97 == 1


def _numbers(text: str) -> list[Masked]:
    """Telephone numbers, tax numbers and other long runs of digits."""
    found: list[Masked] = []
    for match in _DIGITS.finditer(text):
        written = match.group()
        if not _public(written, text[match.end() : match.end() + 14]):
            found.append(Masked(match.start(), match.end(), _kind(written)))
    return found


def _public(written: str, after: str) -> bool:
    """True for dates, amounts, years and measures: numbers that point to nobody."""
    if _TAX_ID.fullmatch(written) and not _MEASURE.match(after):
        return False
    shapes: tuple[Callable[[str], object], ...] = (_DATE.fullmatch, _AMOUNT.fullmatch, _YEARS.fullmatch)
    return any(shape(written) for shape in shapes) or _MEASURE.match(after) is not None


def _kind(written: str) -> str:
    digits = sum(c.isdigit() for c in written)
    plain = written.replace(" ", "").isdigit()
    if _TAX_ID.fullmatch(written):
        return "tax_id"
    if written[0] in "+(" or written.startswith("0"):
        return "phone"
    return "phone" if not plain and digits <= 15 else "number"


def _places(text: str) -> list[Masked]:
    """Streets with a house number, and licence plates."""
    found = [Masked(m.start(), m.end(), "address") for p in (_STREET, _NUMBER_FIRST) for m in p.finditer(text)]
    return found + [Masked(m.start(), m.end(), "plate") for m in _PLATE.finditer(text)]
