"""Whether a sentence that a language model wrote says no more than the one sentence that it stands on.

Promise: it is that sentence word for word, but for what is listed: an opening that says who says it, the speaker told
in the third person with the verbs beside, small words left out, and whole parts between semicolons.
What cannot be told falls, true sentences in other words too. The lists are data (`guard/<language>.yaml`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pydantic import Field

from domain.base import Frozen, Language

NEAR = 2
"""Words before and after the speaker, or after a conjunction, within which a verb may change its person."""
LEAST_WORDS = 3
"""Words of the sentence that must be kept."""
_TOKEN = re.compile(r"\d+(?:[.,:\u00a0\u202f]\d+)*|[^\W\d_]+(?:[-:*·_][^\W\d_]+)*|[.!?…]|(?![()„“”\"«»‹›'’‘])[^\w\s]|_")
"""Numbers, words, ends of sentences, and every other mark but brackets, apostrophes and marks of quotation."""
_PLAIN_TEXT = re.compile(r"[\w\s.,;:!?…%€$£§()„“”\"'’‘«»‹›–—−/&+<>=-]+")
_MARKS = '?!()„“”"«»‹›'
"""Marks that stand as often as in the sentence: put or left out, they turn a word."""
_PART_ENDS = frozenset(";")
_AFTER_OPENING = frozenset(":,")
_SENTENCE_ENDS = frozenset(".!?…")


class ComposedWords(Frozen):
    """Words of one language by what may become of them in a composed sentence. `*` stands for any ending."""

    openings: tuple[str, ...] = Field(min_length=1, description="May stand before it: who says it")
    dropped: tuple[str, ...] = Field(min_length=3, description="May be left out: they say nothing of their own")
    kept: tuple[str, ...] = Field(min_length=10, description="Deny, condition, doubt: no part with one is left out")
    speaker: dict[str, tuple[str, ...]] = Field(
        description="Words of the one who speaks, the subject first, and how others say each"
    )
    joining: tuple[str, ...] = Field(min_length=1, description="After these another verb of the speaker may stand")
    endings: tuple[tuple[str, str], ...] = Field(description="Ending of the speaker's verb, and of the third person")
    forms: tuple[tuple[str, str], ...] = Field(default=(), description="The same for verbs that change otherwise")


@dataclass(frozen=True, slots=True)
class _Word:
    """A word or number of a sentence, folded, and the part between semicolons, colons or dashes that holds it."""

    text: str
    part: int


@dataclass(frozen=True)
class _Lists:
    """The lists of one language, folded."""

    openings: tuple[tuple[str, ...], ...]
    dropped: frozenset[str]
    kept: frozenset[str]
    heads: tuple[str, ...]
    speaker: Mapping[str, tuple[tuple[str, ...], ...]]
    subject: str
    joining: frozenset[str]
    endings: tuple[tuple[str, str], ...]
    forms: frozenset[tuple[str, str]]


def unsupported(text: str, sentence: str, language: Language, words: ComposedWords) -> str:
    """Why the composed `text` says more or other than `sentence`, as the name of a rule; empty when it does not."""
    if plain(text) == plain(sentence):
        return ""
    if not _PLAIN_TEXT.fullmatch(text) or "\n" in text:
        return "no-plain-text"
    if any(text.count(m) != sentence.count(m) for m in _MARKS):
        return "other-marks"
    lists = _compiled(words)
    said = _read(sentence)
    claim = _read(text)
    if said is None or claim is None:
        return "no-single-sentence"
    told = [w.text for w in claim]
    start = next((len(o) for o in lists.openings if tuple(map(fold, told[: len(o)])) == o), 0)
    if start and told[start : start + 1] and told[start] in _AFTER_OPENING:
        start += 1
    kept = _told_parts(_lowered(told[start:]), said, lists)
    if kept is None:
        return "other-words"
    if sum(w.part in kept for w in said) < LEAST_WORDS:
        return "too-little"
    if any(_holds(w.text, lists) for w in said if w.part not in kept):
        return "denial-or-condition"
    return ""


def _lowered(words: Sequence[str]) -> list[str]:
    """The words, the first one with a small letter: it is a capital because it is the first."""
    return [w.lower() if place == 0 else w for place, w in enumerate(words)]


def _told_parts(told: Sequence[str], said: Sequence[_Word], lists: _Lists) -> frozenset[int] | None:
    """The parts of the sentence that the words tell, each whole and in order; None when they tell anything else."""
    # Reached: how many words of the claim are told, and by which parts, after the words of the sentence so far.
    reached: set[tuple[int, frozenset[int]]] = {(0, frozenset())}
    parts = sorted({w.part for w in said})
    for part in parts:
        own = [w.text for w in said if w.part == part]
        whole = {(end, told_by | {part}) for at, told_by in reached for end in _ends(told, at, own, lists)}
        reached |= {(end, kept) for end, kept in whole if end}
    return next((kept for end, kept in sorted(reached, key=lambda r: -len(r[1])) if end == len(told) and kept), None)


def _ends(told: Sequence[str], start: int, own: Sequence[str], lists: _Lists) -> set[int]:
    """Where in the words told this part may end when it begins at `start`; empty when they do not tell it."""
    at = {start}
    for place, word in enumerate(own):
        following: set[int] = set()
        for i in at:
            # The first word told may be a noun that is not first in the sentence.
            same = i < len(told) and (told[i] == word or (i == 0 and told[i] == word.lower()))
            if same or (i < len(told) and _conjugated(word, told[i], own, place, lists)):
                following.add(i + 1)
            for others in lists.speaker.get(word.lower(), ()):
                if tuple(w.lower() for w in told[i : i + len(others)]) == others:
                    following.add(i + len(others))
        if word.lower() in lists.dropped:
            following |= at
        at = following
    return at


def _conjugated(word: str, other: str, own: Sequence[str], place: int, lists: _Lists) -> bool:
    """Whether `other` is the third person of a verb that stands beside the speaker, or joined to one that does."""
    before = [w.lower() for w in own[max(0, place - NEAR) : place]]
    after = [w.lower() for w in own[place + 1 : place + 1 + NEAR]]
    joined = any(w in lists.joining for w in before) and lists.subject in (w.lower() for w in own[:place])
    if lists.subject not in (*before, *after) and not joined:
        return False
    if (word, other) in lists.forms:
        return True
    return any(
        word.endswith(first) and other == word[: len(word) - len(first)] + third and len(word) > len(first)
        for first, third in lists.endings
    )


def _holds(word: str, lists: _Lists) -> bool:
    return word.lower() in lists.kept or word.lower().startswith(lists.heads)


def _read(text: str) -> list[_Word] | None:
    """The words of one sentence; None when it is several or has none."""
    text = plain(text)
    found: list[_Word] = []
    part = 0
    ended = False
    for match in _TOKEN.finditer(text):
        piece = match.group()
        if piece in _SENTENCE_ENDS:
            ordinal = text[: match.start()][-1:].isdigit()
            ended = not ordinal and text[match.end() :].strip() != "" and text[match.end()].isspace()
        elif piece in _PART_ENDS:
            part += 1
        elif ended and piece[0].isupper():
            return None
        else:
            ended = False
            found.append(_Word(piece if found else piece.lower(), part))
    return found or None


@lru_cache(maxsize=16)
def _tables(canonical: str) -> _Lists:
    words = ComposedWords.model_validate_json(canonical)
    return _Lists(
        openings=tuple(sorted((_split(o) for o in words.openings), key=len, reverse=True)),
        dropped=frozenset(map(fold, words.dropped)),
        kept=frozenset(fold(w) for w in words.kept if not w.endswith("*")),
        heads=tuple(fold(w[:-1]) for w in words.kept if w.endswith("*")),
        speaker={fold(word): tuple(map(_split, others)) for word, others in words.speaker.items()},
        subject=fold(next(iter(words.speaker))),
        joining=frozenset(map(fold, words.joining)),
        endings=tuple((fold(first), fold(third)) for first, third in words.endings),
        forms=frozenset((fold(first), fold(third)) for first, third in words.forms),
    )


def _compiled(words: ComposedWords) -> _Lists:
    return _tables(words.model_dump_json())


def _split(text: str) -> tuple[str, ...]:
    return tuple(fold(m.group()) for m in _TOKEN.finditer(text))


def plain(text: str) -> str:
    """Composed, without soft hyphens and outer space."""
    return unicodedata.normalize("NFC", text.replace("\u00ad", "")).strip()


def fold(text: str) -> str:
    """Plain and in small letters; ß and diacritics stay, since "Maßen" is not "Massen"."""
    return plain(text).lower()
