"""Takes out what points to a person before anything is stored: addresses, numbers, accounts.

Promise: e-mail, telephone, IBAN, tax, insurance and identity numbers, licence plates, street with house number
and long digit runs are replaced by a neutral mark; sections of law, years, dates, prices, shares, printed papers
and postcodes stay. How each is written stands in the modules
`personal_patterns`, `personal_papers` and `personal_streets`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from guardrails.personal_papers import ANNOUNCED, CUES, NAMED_BY_SHAPE, NEAR, PLATES
from guardrails.personal_patterns import (
    CITED,
    CURRENCY,
    DATES,
    EMAILS,
    FRENCH_PHONE,
    IBAN,
    IBAN_LENGTHS,
    MEASURE,
    NUMBER,
    PUBLIC,
    TAX_ID,
    URL,
)
from guardrails.personal_streets import STREETS

REACH = 40
"""How far before a number a word may stand that says whose it is."""
READINGS = 4
"""What was taken out can have hidden something beside it, so the rest is read again, at most this often."""
SHORTEST = 7
"""Digits of the shortest number that is taken out without a word for it."""


@dataclass(frozen=True, slots=True)
class Masked:
    """One stretch that was taken out: code points `[start, end)` of the input, and its kind."""

    start: int
    end: int
    kind: str


_WIDE = {0xFF01 + n: 0x21 + n for n in range(94)}
"""Full-width forms of ASCII, as an input method may write them: one code point for one."""
MARKS: Mapping[str, str] = MappingProxyType(
    {k: f"[{k}]" for k in ("email", "phone", "iban", "tax_id", "id_number", "address", "plate", "number")}
)
"""Neutral marks by kind; `masked.*` of the page's messages are what a voter reads in their place."""


def mask_personal_data(text: str, marks: Mapping[str, str] = MARKS) -> tuple[str, tuple[Masked, ...]]:
    """The text with personal data replaced by `marks`, and where they stood, in order."""
    spans: tuple[Masked, ...] = ()
    plain = text.translate(_WIDE)
    for _ in range(READINGS):
        found = _read(_blanked(plain, spans))
        if not found:
            break
        spans = _joined([*spans, *found])
    out: list[str] = []
    at = 0
    for span in spans:
        out += [text[at : span.start], marks.get(span.kind, MARKS[span.kind])]
        at = span.end
    return "".join([*out, text[at:]]), spans


def _read(text: str) -> list[Masked]:
    found = [*_found("email", EMAILS, text)]
    if any(c.isdecimal() for c in text):
        found += [*_ibans(text), *_announced(text), *_numbers(text), *_places(text)]
    return found


def _blanked(text: str, spans: tuple[Masked, ...]) -> str:
    """The text, equally long, with something like a mark where data stood: what they hid can then be read."""
    parts, at = [], 0
    for span in spans:
        parts += [text[at : span.start], "[", "x" * (span.end - span.start - 2), "]"]
        at = span.end
    return "".join([*parts, text[at:]])


def _joined(spans: list[Masked]) -> tuple[Masked, ...]:
    """In order, each that reaches into the one before as a part of it: nothing found is left over."""
    kept: list[Masked] = []
    for span in sorted(spans, key=lambda s: (s.start, -s.end)):
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
        elif span.end > kept[-1].end:
            kept[-1] = replace(kept[-1], end=span.end)
    return tuple(kept)


def _found(kind: str, patterns: Iterable[re.Pattern[str]], text: str) -> Iterator[Masked]:
    """Every match of the patterns, of those with a group `it` only this group."""
    for pattern in patterns:
        group = "it" if "it" in pattern.groupindex else 0
        for match in pattern.finditer(text):
            yield Masked(*match.span(group), kind)


def _ibans(text: str) -> Iterator[Masked]:
    for match in IBAN.finditer(text):
        if length := _iban_length(match.group()):
            yield Masked(match.start(), match.start() + length, "iban")


def _iban_length(candidate: str) -> int:
    """Characters of an account number at its beginning, or 0: as long as its country's are, digits alone or ISO"
    " 13616."""
    long = IBAN_LENGTHS[candidate[:2].upper()]
    places = [n for n, c in enumerate(candidate) if c.isalnum()]
    if len(places) < long or (len(places) > long and places[long] == places[long - 1] + 1):
        return 0
    iban = "".join(candidate[n] for n in places[:long])
    return places[long - 1] + 1 if iban[4:].isdecimal() or _iban_valid(iban.upper()) else 0


def _iban_valid(iban: str) -> bool:
    if not iban.isascii():
        return False
    digits = "".join(str(int(c, 36)) for c in iban[4:] + iban[:4])
    return int(digits) % 97 == 1


def _announced(text: str) -> Iterator[Masked]:
    """Numbers of documents and insurances that a word announces or that have a shape of their own."""
    for patterns in (ANNOUNCED, NAMED_BY_SHAPE):
        for name, pattern in patterns.items():
            yield from _found(name.split()[0], (pattern,), text)


def _numbers(text: str) -> Iterator[Masked]:
    """Telephone numbers, tax numbers and other long runs of digits."""
    pages = [m.span() for m in URL.finditer(text)]
    for match in NUMBER.finditer(text):
        if any(start <= match.start() < end for start, end in pages):
            continue
        kind = _kind(
            match.group(), text[max(0, match.start() - REACH) : match.start()], text[match.end() : match.end() + 14]
        )
        if kind is not None:
            yield Masked(match.start(), match.end(), kind)


def _kind(written: str, before: str, after: str) -> str | None:
    """What the digits are, by the last word for it before them, else by shape; None when they point to nobody."""
    digits = sum(c.isdigit() for c in written)
    near, cue = _last(NEAR, before), _last(CUES, before)
    if digits < (SHORTEST if near is None else SHORTEST - 1):
        return None
    if MEASURE.match(after) or CURRENCY.search(before) or CITED.search(before):
        return None
    if TAX_ID.fullmatch(written) and cue in (None, "tax_id"):
        return "tax_id"
    if FRENCH_PHONE.fullmatch(written):
        return "phone"
    undated = DATES.sub("", written)
    if undated != written and sum(c.isdigit() for c in undated) < SHORTEST:
        return None
    if near is None and any(shape.fullmatch(written) for shape in PUBLIC):
        return None
    if cue is not None:
        return cue
    if written[0] in "+(0":
        return "phone"
    return "phone" if not written.replace(" ", "").isdigit() and digits <= 15 else "number"


def _last(cues: Mapping[str, re.Pattern[str]], before: str) -> str | None:
    ends = {kind: m.end() for kind, cue in cues.items() for m in cue.finditer(before)}
    return max(ends, key=ends.__getitem__, default=None)


def _places(text: str) -> Iterator[Masked]:
    """Streets with a house number, and licence plates."""
    yield from _found("address", STREETS.values(), text)
    yield from _found("plate", PLATES, text)
