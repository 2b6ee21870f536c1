"""The plain texts that a text hides behind a simple encoding: evidence for the guard, never a reason by itself.

Promise: a reading is given only when it holds clearly more known words than the characters it was read from, so
odd but harmless text has none; each encoding gives at most two readings; only the first `MOST` characters are
looked at, in linear time; no input raises.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import html
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from urllib.parse import unquote_to_bytes

from guardrails.normalise import clean, fold

MOST = 8000
CLEAR, CLEAR_TURNED = 5, 7
"""Letters of new known words, without their first letters, that make a reading clear: of bytes, of turned words."""
SHARE = 3
"""One letter in so many must belong to a known word."""

Piece = tuple[int, int, str]
"""A stretch of the text and what it reads as."""
Known = frozenset[str]

_WORD = re.compile(r"[^\W_]+")
_BASE64 = re.compile(r"([A-Za-z0-9+/_-]{8,})=*")
_ADDRESS = re.compile(r"(?i)\b[a-z]{2,12}://|\bwww\.")
_ESCAPED_LETTER = re.compile(r"%(?:[46][1-9A-Fa-f]|[57][0-9Aa])")
_NUMBERS = (
    (re.compile(r"(?:(?:0x|\\x)?[0-9A-Fa-f]{2}[\s:,-]?){4,}"), re.compile(r"(?:0x|\\x)?([0-9A-Fa-f]{2})"), 16),
    (re.compile(r"[01]{8}(?:[\s,]{0,2}[01]{8}){3,}"), re.compile(r"[01]{8}"), 2),
    (re.compile(r"(?<!\d)\d{2,3}(?:[\s,;-]{1,2}\d{2,3}){3,}(?!\d)", re.ASCII), re.compile(r"\d+", re.ASCII), 10),
)
"""Runs of bytes written as numbers, one of these numbers, and the base they are written in."""
_MORSE_RUN = re.compile(r"[.·•\-–—−_/| \n]{9,}")
_MORSE_GAP = re.compile(r"[/|\n]| {2,}")
_MORSE_SIGNS = str.maketrans("·•–—−_", "..----")
_MORSE_CODES = (
    ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --.. "
    ".-.- ---. ..-- ..-.. .-..- .--.- -.-.. ...--.."
)
_MORSE = dict(zip(_MORSE_CODES.split(), "abcdefghijklmnopqrstuvwxyzäöüéèàçß", strict=True))
_STOP = re.compile(r"[.:;?!\n]")
_MARK_FIRST = re.compile(r"(?<!\S)([?!.,;:]+)([^\W_]+)")


def hidden_readings(text: str, known: frozenset[str]) -> tuple[str, ...]:
    """What the text hides: what was encoded alone, then in its place in the text; `known` are folded words."""
    plain = clean(unicodedata.normalize("NFC", text[:MOST])).text[:MOST]
    found: dict[str, None] = {}
    numbers = (partial(_in_numbers, *written) for written in _NUMBERS)
    readers: list[Callable[[str], Iterator[Piece]]] = [_in_base64, *numbers, _in_escapes, _in_morse]
    for read in readers:
        found |= dict.fromkeys(_readings(plain, list(read(plain)), known, CLEAR))
    for turn, across in ((_rot13, False), (_reversed, True), (_reversed, False)):
        found |= dict.fromkeys(_readings(plain, _turned(plain, turn, across, known), known, CLEAR_TURNED))
    return tuple(found)


def _readings(text: str, pieces: list[Piece], known: Known, least: int) -> Iterator[str]:
    """The pieces joined, and the text with the pieces in their places, if they are clear."""
    read = " ".join(plain for *_, plain in pieces)
    before, after = _counted(" ".join(text[a:b] for a, b, _ in pieces), known), _counted(read, known)
    new, lost = after.keys() - before.keys(), before.keys() - after.keys()
    gained = sum(len(word) - 1 for word in new) - sum(len(word) - 1 for word in lost)
    held = sum(len(word) * count for word, count in after.items())
    if len(new) < 2 or gained < least or held * SHARE < sum(map(str.isalpha, read)):
        return
    yield " ".join(read.split())
    at, parts = 0, list[str]()
    for start, end, plain in pieces:
        parts += [text[at:start], plain]
        at = end
    yield " ".join("".join([*parts, text[at:]]).split())


def _counted(text: str, known: Known) -> Counter[str]:
    """The known words in the text and how often they stand there; mail addresses hold none."""
    plain = " ".join(run for run in text.split() if not ("@" in run and "." in run))
    return Counter(word for match in _WORD.finditer(plain) if (word := _known(match.group(), known)))


def _known(word: str, known: Known) -> str:
    """The folded word if it is known; single letters say nothing; a name from behind has its capital at the end."""
    folded = "".join(map(fold, word))
    behind = word[-1].isupper() and word[:-1].islower()
    return folded if len(word) > 1 and folded in known and not behind else ""


def _legible(data: bytes) -> str:
    """The text that the bytes spell if it is mostly letters and spaces, else nothing."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    letters = sum(c.isalpha() or c.isspace() for c in text)
    return text if letters * 10 >= len(text) * 7 else ""


def _in_base64(text: str) -> Iterator[Piece]:
    for match in _BASE64.finditer(text):
        run = match.group(1).replace("-", "+").replace("_", "/")
        try:
            data = base64.b64decode(run + "=" * (-len(run) % 4))
            data.decode()
        except (binascii.Error, UnicodeDecodeError):
            continue
        if plain := _legible(data):
            yield *match.span(), plain


def _in_numbers(run: re.Pattern[str], number: re.Pattern[str], base: int, text: str) -> Iterator[Piece]:
    for match in run.finditer(text):
        codes = [int(digits, base) for digits in number.findall(match.group())]
        if max(codes) < 256 and (plain := _legible(bytes(codes))):
            yield *match.span(), f"{plain} "


def _in_escapes(text: str) -> Iterator[Piece]:
    """Percent signs and character references; in web addresses only escaped plain letters hide something."""
    for match in re.finditer(r"\S+", text):
        run = plain = match.group()
        if "%" in run and (_ESCAPED_LETTER.search(run) or not _ADDRESS.search(run)):
            plain = _legible(unquote_to_bytes(run.replace("+", " "))) or run
        if "&" in plain:
            with suppress(ValueError):  # raised by a number of thousands of digits
                plain = html.unescape(plain)
        if plain != run:
            yield *match.span(), plain


def _in_morse(text: str) -> Iterator[Piece]:
    for match in _MORSE_RUN.finditer(text):
        words = [part.split() for part in _MORSE_GAP.split(match.group().translate(_MORSE_SIGNS))]
        if any(words):
            yield *match.span(), f" {' '.join(''.join(_MORSE.get(sign, '') for sign in word) for word in words)} "


def _rot13(text: str) -> str:
    return codecs.encode(text, "rot13")


def _reversed(text: str) -> str:
    return text[::-1]


def _turned(text: str, turn: Callable[[str], str], across: bool, known: Known) -> list[Piece]:
    """The stretch that gains most known words when each of its words is turned, or the stretch itself, `across`."""
    words = list(_WORD.finditer(text))
    plain = [turn(m.group()) for m in words]
    stands = [bool(_known(m.group(), known)) for m in words]
    turns = [bool(_known(word, known)) for word in plain]
    first, last = _richest([_gain(*each) for each in zip(plain, stands, turns, strict=True)])
    if first == last:
        return []
    while first > 0 and not stands[first - 1] and not _STOP.search(text, words[first - 1].end(), words[first].start()):
        first -= 1
    while last < len(words) and not stands[last] and not _STOP.search(text, words[last - 1].end(), words[last].start()):
        last += 1
    start = _edge(text, words[first - 1].end(), words[first].start()) if first else 0
    end = _edge(text, words[last - 1].end(), words[last].start()) if last < len(words) else len(text)
    if across:
        return [(start, end, f" {turn(text[start:end])} ")]
    choices = zip(words, plain, stands, turns, strict=True)
    said = {m.start() - start: m.group() if stand and not turned else word for m, word, stand, turned in choices}
    return [(start, end, _MARK_FIRST.sub(r"\2\1", _WORD.sub(lambda m: said[m.start()], text[start:end])))]


def _gain(plain: str, stands: bool, turns: bool) -> int:
    """What turning a word speaks for: its letters if that makes a known word of it, little against it if not."""
    if turns:
        return 0 if stands else len(plain) - 1
    return -2 if stands else -1


def _richest(gains: list[int]) -> tuple[int, int]:
    """Bounds of the stretch with the largest sum, empty if no sum is positive."""
    best = here = first = 0
    bounds = (0, 0)
    for i, gain in enumerate(gains):
        if here <= 0:
            here, first = 0, i
        here += gain
        if here > best:
            best, bounds = here, (first, i + 1)
    return bounds


def _edge(text: str, before: int, after: int) -> int:
    """Where a stretch ends between two words: at the first space, else at the second word."""
    return next((i for i in range(before, after) if text[i].isspace()), after)
