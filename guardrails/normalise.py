"""One plain spelling for many disguises, with the way back to the writer's own characters.

Promise: equal-looking texts become equal tokens; the result is idempotent and takes linear time;
each token knows the code points `[start, end)` of the input it came from, so evidence can be shown
in the writer's words. Oddness is removed here, never punished.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, islice, pairwise, product
from typing import Protocol

PARTY = "<party>"
"""The slot that stands for any party; no input can spell it, since `<` never survives."""

BREAKS = frozenset({".", "?"})
_LOOKALIKES = dict(
    zip(
        "авезикмнорстухѕіјԁԛԝһӏԍгпАВЕЗКМНОРСТУХЅІЈԌԚԜҺӀαβεικνορτυχγημωςΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
        "abe3ukmhopctyxsijdqwhlgrnABE3KMHOPCTYXSIJGQWHlabeiknoptuxynuwsABEZHIKMNOPTYX",
        strict=True,
    )
)
# A capital that only looks foreign is read as its small letter, else a second reading would find another letter.
_LOOKALIKES = {c.upper(): plain for c, plain in _LOOKALIKES.items() if len(c.upper()) == 1} | _LOOKALIKES
_SMALL_CAPITALS = dict(zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢıłøđħŧəɑɡɩ", "abcdefghijklmnoprstuvwyzilodhteagi", strict=True))
LEET = dict(zip("013457@$€", "oieastase", strict=True))
"""Digits and signs, and the letter that each looks like."""
_TWO_WAYS = {sign: (letter, "l") if sign == "1" else (letter,) for sign, letter in LEET.items()}
_MOST_WAYS = 16
_BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_MIN_SPELLED = 4


class Spellings(Protocol):
    """Leads a mistyped or squeezed spelling to the word that it stands for."""

    def get(self, word: str, /) -> str | None:
        """The word meant, or None when the spelling stands for itself."""
        ...

    def split(self, letters: str, /) -> tuple[str, ...]:
        """The words that letters without gaps spell, or nothing when they spell none."""
        ...

    def knows(self, word: str, /) -> bool:
        """Whether the spelling is a word."""
        ...


class Wordless:
    """Knows no words: every spelling stands for itself."""

    def get(self, word: str, /) -> str | None:
        """Nothing."""
        return None

    def split(self, letters: str, /) -> tuple[str, ...]:
        """Nothing."""
        return ()

    def knows(self, word: str, /) -> bool:
        """Nothing."""
        return False


NO_WORDS = Wordless()


@dataclass(frozen=True, slots=True)
class Token:
    """A folded word, a party slot or a sentence break, with its code points in the input."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Cleaned:
    """Text without invisible characters and look-alikes, case kept; `origin[i]` is the input offset of `text[i]`."""

    text: str
    origin: tuple[int, ...]
    length: int

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Input code points covered by `text[start:end]`."""
        if start >= end:
            return (self.length, self.length)
        return (self.origin[start], self.origin[end - 1] + 1)


@lru_cache(maxsize=8)
def clean(text: str) -> Cleaned:
    """NFKC per character, controls and emoji removed, look-alike letters folded; upper and lower case kept.

    A question is cleaned for several checks in a row; a few texts are kept, and no more.
    """
    letters: list[str] = []
    origin: list[int] = []
    for offset, char in enumerate(text):
        for plain in _visible(char):
            letters.append(plain)
            origin.append(offset)
    return Cleaned(_latin_words("".join(letters)), tuple(origin), len(text))


def tokens(cleaned: Cleaned, vocabulary: Spellings) -> tuple[Token, ...]:
    """Folded words and sentence breaks; `vocabulary` maps a squeezed or mistyped spelling to a known word."""
    return tuple(_known(token, vocabulary) for token in _joined(_squeezed_all(_words(cleaned, vocabulary)), vocabulary))


def normalise(text: str, vocabulary: Spellings | None = None) -> str:
    """The folded text as a string, tokens separated by one space."""
    return " ".join(token.text for token in tokens(clean(text), vocabulary or NO_WORDS))


def squeeze(word: str) -> str:
    """Runs of one letter shortened to one: the key under which stretched spellings are looked up."""
    return "".join(char for i, char in enumerate(word) if i == 0 or char != word[i - 1])


@lru_cache(maxsize=4096)
def fold(char: str) -> str:
    """Case, diacritics and special letters of one character folded to plain lower case."""
    previous, folded = "", char
    while folded != previous:
        previous = folded
        marks = unicodedata.normalize("NFKD", folded.casefold()).replace("œ", "oe").replace("æ", "ae")
        folded = "".join(_SMALL_CAPITALS.get(c, c) for c in marks if unicodedata.category(c) not in {"Mn", "Me"})
    return folded


@lru_cache(maxsize=4096)
def _visible(char: str) -> str:
    """What a reader sees of one code point: nothing for invisible ones, a space for symbols."""
    code = ord(char)
    if 0x1F1E6 <= code <= 0x1F1FF:
        return chr(code - 0x1F1E6 + 0x41)
    if 0x1F150 <= code <= 0x1F169 or 0x1F170 <= code <= 0x1F189:
        return chr((code - 0x1F150) % 0x20 + 0x41)
    if char in _BLANKS:
        return " "
    if char in "\n\r\u2028\u2029":
        return "\n"
    category = unicodedata.category(char)
    if category == "Cc":
        return " " if char in "\t\v\f\x1c\x1d\x1e\x1f\x85" else ""
    if category in {"Cf", "Me", "Cs", "Co", "Cn"} or 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF:
        return ""
    if category in {"So", "Sk"}:
        plain = unicodedata.normalize("NFKC", char)
        return plain if plain.isalnum() else " "
    if category.startswith("Z"):
        return " "
    plain = unicodedata.normalize("NFKC", char)
    # With its marks apart a foreign letter is the same however it was written, look-alike or not.
    if all(map(_is_latin, plain)):
        return plain
    return "".join(_settled(c) for c in unicodedata.normalize("NFD", plain))


def _settled(char: str) -> str:
    """The small letter where only that one lies among those that may look like Latin ones."""
    small = char.casefold()
    return small if not _is_foreign(char) and any(map(_is_foreign, small)) else char


def _latin_words(text: str) -> str:
    """Look-alike letters folded in words that also hold Latin letters, and in whole words of a Latin text."""
    if text.isascii():
        return text
    latin = any(_is_latin(c) for c in text)
    foreign = any(_is_foreign(c) and c not in _LOOKALIKES for c in text)
    if not latin:
        return text
    out: list[str] = []
    start = 0
    for end in range(len(text) + 1):
        if end < len(text) and (text[end].isalnum() or unicodedata.category(text[end]) == "Mn"):
            continue
        word = text[start:end]
        if not foreign or any(_is_latin(c) for c in word):
            word = "".join(_LOOKALIKES.get(c, c) for c in word)
        out.append(word + text[end : end + 1])
        start = end + 1
    return "".join(out)


def _is_latin(char: str) -> bool:
    return char.isalpha() and (char.isascii() or "\u00c0" <= char <= "\u02af" or "\u1d00" <= char <= "\u1d7f")


def _is_foreign(char: str) -> bool:
    return "\u0370" <= char <= "\u052f" and char.isalpha()


def _words(cleaned: Cleaned, vocabulary: Spellings) -> list[Token]:
    """Raw tokens of the cleaned text, folded, with leet digits read as letters."""
    text, found, start = cleaned.text, list[Token](), 0
    size = len(text)
    for i in range(size + 1):
        if i < size and _inside_word(text, i):
            continue
        if start < i:
            word = "".join(fold(c) for c in text[start:i])
            word = "".join(c for c in word if c.isalnum() or c in "@$€")
            if word := _unleet(word, vocabulary):
                found.append(Token(word, *cleaned.span(start, i)))
        if i < size and (mark := _break_at(text, i)):
            found.append(Token(mark, *cleaned.span(i, i + 1)))
        start = i + 1
    return found


def _inside_word(text: str, i: int) -> bool:
    char = text[i]
    if char.isalnum() or unicodedata.category(char) == "Mn":
        return True
    if char not in "@$€" or not 0 < i < len(text) - 1:
        return False
    before = text[i - 1].isalnum() or unicodedata.category(text[i - 1]) == "Mn"
    return before and text[i + 1].isalnum()


def _break_at(text: str, i: int) -> str:
    """`?` or `.` when the character ends a sentence, else nothing."""
    char = text[i]
    if char in "?¿":
        return "?"
    if char in "!;\n":
        return "."
    if char == "." and (i + 1 == len(text) or text[i + 1].isspace()):
        return "."
    return ""


def as_letters(text: str, one: str) -> str | None:
    """Digits and signs in words that also hold letters read as letters, `1` as `one`; None where there are none."""
    words = re.split(r"(\s+)", text)
    read = ["".join(one if c == "1" else LEET.get(c, c) for c in w) if any(map(str.isalpha, w)) else w for w in words]
    return "".join(read) if read != words else None


def _unleet(word: str, vocabulary: Spellings) -> str:
    """Digits and signs inside a word read as the letters they stand for; numbers and measures stay."""
    if word.isalpha() or not word:
        return word
    signs = [c for c in word if not c.isalpha()]
    letters = len(word) - len(signs)
    if letters >= 2 and all(c in LEET for c in signs):
        ways = islice(product(*(_TWO_WAYS.get(c, (c,)) for c in word)), _MOST_WAYS)
        known = next((w for w in map("".join, ways) if vocabulary.knows(w)), None)
        if known is not None:
            return known
    doubled = any(a.isdigit() and b.isdigit() for a, b in pairwise(word))
    if letters < (3 if doubled else 2) or len(signs) > letters + 1 or any(c not in LEET for c in signs):
        return "".join(c for c in word if c.isalnum())
    return "".join(LEET.get(c, c) for c in word)


def _squeezed_all(words: list[Token]) -> list[Token]:
    return [Token(_squeezed(w.text), w.start, w.end) for w in words]


def _squeezed(word: str) -> str:
    """Three or more of one letter become one: `waaahlen` reads as `wahlen`."""
    if not word.isalpha():
        return word
    kept: list[str] = []
    i = 0
    while i < len(word):
        j = i
        while j < len(word) and word[j] == word[i]:
            j += 1
        kept.append(word[i] * (1 if j - i > 2 else j - i))
        i = j
    return "".join(kept)


def _joined(words: list[Token], vocabulary: Spellings) -> list[Token]:
    """Letters spelled one by one joined to words; a wider gap between them ends a word."""
    out: list[Token] = []
    run: list[Token] = []
    for word in [*words, Token(".", -1, -1)]:
        if len(word.text) == 1 and word.text.isalpha():
            run.append(word)
            continue
        out += _spelled(run, vocabulary) if len(run) >= _MIN_SPELLED else run
        run = []
        if word.start >= 0:
            out.append(word)
    return _merged_breaks(out)


def _spelled(run: list[Token], vocabulary: Spellings) -> list[Token]:
    gaps = [b.start - a.end for a, b in pairwise(run)]
    narrow = min(gaps)
    pieces = [[run[0]]]
    for gap, letter in zip(gaps, run[1:], strict=True):
        if gap > narrow:
            pieces.append([letter])
        else:
            pieces[-1].append(letter)
    if sum(len(p) == 1 for p in pieces) >= _MIN_SPELLED:
        pieces = [run]
    if len(pieces) == 1 and (words := vocabulary.split("".join(c.text for c in run))):
        ends = list(accumulate(map(len, words)))
        pieces = [run[a:b] for a, b in zip([0, *ends], ends, strict=False)]
    return [Token(_squeezed("".join(c.text for c in p)), p[0].start, p[-1].end) for p in pieces]


def _merged_breaks(words: list[Token]) -> list[Token]:
    """Repeated sentence ends count once; a question mark wins."""
    out: list[Token] = []
    for word in words:
        if word.text in BREAKS and out and out[-1].text in BREAKS:
            if word.text == "?":
                out[-1] = Token("?", out[-1].start, word.end)
            continue
        out.append(word)
    return out


def _known(token: Token, vocabulary: Spellings) -> Token:
    known = vocabulary.get(token.text)
    return token if known is None else Token(known, token.start, token.end)
