"""Names as folded words in a trie, so that any spelling of a listed form is found in one walk.

Folding drops case, diacritics and invisible characters but never loses the place: a word keeps
its code points `[start, end)` in the text as given. A form is entered with its spellings
(ü, u and ue; German case endings; dotted abbreviations), so a look-up is a dictionary access.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from domain.cue_words import COMPOUND_HEADS
from domain.election import AmbiguousForm

INSIDE = "\u0300-\u036f\u00ad\u200b-\u200d\u2060\ufeff\ufffe"
SLOT = "□"
"""What stands for a masked name. It hides how the name was written, so nothing beside it may be read from case."""

WORD = re.compile(rf"{SLOT}?[^\W\d_](?:[^\W\d_]|[{INSIDE}])*|\d+|[^\w\s!-/:-@\[-`{{-\u00bf\u2010-\u206f{INSIDE}]")
"""Letters with their marks (and the slot they are glued to), or digits, or one symbol such as the slot alone."""

JOINT = re.compile(r"\s{0,2}[-‐-―−/&+'’·_.]?\s{0,2}")
LISTED_JOINT = re.compile(r"\s{0,2}[-‐-―−/&+'’·_.,:]{0,2}\s{0,2}")
LETTER_JOINT = re.compile(r"\.\s?|\s")
PLAIN = str.maketrans({"ß": "ss", "ẞ": "SS", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "æ": "ae", "œ": "oe", "Œ": "Oe"})
DIGRAPH = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})
ABBREVIATION_ENDINGS = ("ler", "lern", "lers", "lerin", "lerinnen")
HEAD_LENGTHS = tuple(sorted({len(head) for head in COMPOUND_HEADS}, reverse=True))


class Word(NamedTuple):
    """A word of a text: as compared, as written without diacritics, and its code points."""

    folded: str
    cased: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A listed form: whom it means, and under which conditions if it is ambiguous."""

    form: str
    words: tuple[str, ...]
    party: str | None
    person: str | None
    ambiguous: AmbiguousForm | None
    joint: re.Pattern[str]


@dataclass(slots=True)
class Node:
    """One word further into some listed forms; the entries that end here."""

    following: dict[str, Node] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)


class Found(NamedTuple):
    """A form found at words `[first, last)`; `head` is a party word glued to it, `end` where the name ends."""

    first: int
    last: int
    end: int
    head: str | None
    entries: tuple[Entry, ...]


@lru_cache(maxsize=65536)
def _plain(word: str) -> tuple[str, str]:
    if word.isascii():
        return word.lower(), word
    marks = unicodedata.normalize("NFKD", word.translate(PLAIN))
    cased = "".join(
        c for c in marks if c.isalnum() or not (unicodedata.combining(c) or unicodedata.category(c) in ("Cf", "Cn"))
    )
    return cased.casefold(), cased


def fold(text: str) -> str:
    """The text as compared: no case, no diacritics, no invisible characters."""
    return _plain(text)[0]


def words_of(text: str) -> list[Word]:
    """The words of a text from left to right."""
    return [Word(*_plain(m.group()), m.start(), m.end()) for m in WORD.finditer(text)]


def _spellings(word: str, following: str | None, certain: bool) -> Iterator[str]:
    """A listed word as voters write it; an adjective takes its ending only before a noun or at the end of the form."""
    last = following is None
    declined = following is None or not following.islower()
    bases = {fold(word), fold(unicodedata.normalize("NFC", word).translate(DIGRAPH))}
    for base in bases:
        yield base
        if declined and ((base.endswith("e") and len(base) > 3) or (base.endswith("er") and len(base) > 4)):
            yield base + "n"
        if last and certain and base.isalpha():
            yield base + "s"
            if sum(c.isupper() for c in word) > 1 and len(base) <= 5:
                yield from (base + ending for ending in ABBREVIATION_ENDINGS)


def enter(root: Node, form: str, party: str | None, person: str | None, ambiguous: AmbiguousForm | None) -> None:
    """Enter a form with all its spellings."""
    raw = [m.group() for m in WORD.finditer(unicodedata.normalize("NFC", form))]
    joint = LISTED_JOINT if re.search(r"[.,:]", form) else JOINT
    entry = Entry(form, tuple(_plain(word)[1] for word in raw), party, person, ambiguous, joint)
    frontier = [root]
    for word, following in zip(raw, [*raw[1:], None], strict=True):
        keys = sorted(set(_spellings(word, following, ambiguous is None)))
        frontier = [node.following.setdefault(key, Node()) for node in frontier for key in keys]
    _end(frontier if raw else [], entry)
    if ambiguous is None and len(raw) == 1 and 3 <= len(raw[0]) <= 5 and sum(c.isupper() for c in raw[0]) > 1:
        node = root
        for letter in fold(raw[0]):
            node = node.following.setdefault(letter, Node())
        _end([node], Entry(form, tuple(raw[0]), party, person, None, LETTER_JOINT))


def _end(nodes: Iterable[Node], entry: Entry) -> None:
    for node in nodes:
        if entry not in node.entries:
            node.entries.append(entry)


def found_at(root: Node, words: list[Word], first: int, text: str) -> list[Found]:
    """All listed forms that start at a word, the longest first."""
    found: list[Found] = []
    node, place = root, first
    while True:
        word = words[place]
        following = node.following.get(word.folded)
        for head, stem in _compounds(node, word.folded):
            end = word.start + _length(text[word.start : word.end], len(word.folded) - len(head))
            _collect(found, node.following[stem], words, Found(first, place + 1, end, head, ()), text)
        if following is None:
            break
        _collect(found, following, words, Found(first, place + 1, word.end, None, ()), text)
        node, place = following, place + 1
        if place == len(words) or words[place].start - words[place - 1].end > 5:
            break
    return sorted(found, key=lambda f: (-f.last, f.head is not None))


def _collect(found: list[Found], node: Node, words: list[Word], at: Found, text: str) -> None:
    if not node.entries:
        return
    gaps = [text[words[k].end : words[k + 1].start] for k in range(at.first, at.last - 1)]
    entries = tuple(e for e in node.entries if all(e.joint.fullmatch(g) and g.count("\n") < 2 for g in gaps))
    if entries:
        found.append(at._replace(entries=entries))


def _compounds(node: Node, folded: str) -> Iterator[tuple[str, str]]:
    """Party words glued to a form, with the form as it stands in the trie ("Gilden" + "politiker")."""
    if len(folded) < 7:
        return
    for length in HEAD_LENGTHS:
        head = folded[-length:]
        if len(folded) > length + 2 and head in COMPOUND_HEADS:
            stem = folded[:-length]
            for candidate in (stem, stem.removesuffix("s")):
                if candidate in node.following:
                    yield head, candidate
                    return


def _length(written: str, folded: int) -> int:
    """How many code points of a written word the first `folded` characters of its folded form take."""
    count = 0
    for place, char in enumerate(written):
        if count >= folded and fold(char):
            return place
        count += len(fold(char))
    return len(written)
