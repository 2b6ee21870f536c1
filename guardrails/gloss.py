"""Words of other languages led to English ones, word by word, for the one reader that knows only English.

Promise: reviewed data and nothing else decides; an unknown word is led by its spelling to the nearest known
one, else it stays as it is. No sentence is translated and nothing of this is ever shown to a voter.
"""

from __future__ import annotations

import string
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from domain.base import Language

SILENT = "-"
"""Gloss of a word that says nothing in English."""
SHORTEST = 5
"""Letters from which a word may be mistyped, or share its beginning with a known one."""
SHARED = 0.7
"""Share of a word's letters that it must share with the beginning of a known word."""
STEM = "*"


class GlossError(ValueError):
    """A glossary cannot be used."""


@dataclass(frozen=True)
class Glossary:
    """One language: whole words and beginnings of words, with their English glosses."""

    words: Mapping[str, str]
    stems: Mapping[str, str]

    def __post_init__(self) -> None:
        object.__setattr__(self, "near", lru_cache(maxsize=20_000)(self._near))

    def gloss(self, word: str) -> str | None:
        """The English for a folded word, "" when it has none to give, or None when nothing is known."""
        found = self.words.get(word)
        if found is None:
            found = self.near(word)  # type: ignore[attr-defined]
        return "" if found == SILENT else found

    def begins(self, word: str) -> str | None:
        """The longest known beginning of words that the word has."""
        return next((word[:end] for end in range(len(word), 2, -1) if word[:end] in self.stems), None)

    def _near(self, word: str) -> str | None:
        """By its beginning, by one slip of the fingers, by two known words in one, by the longest shared beginning."""
        if stem := self.begins(word):
            return self.stems[stem]
        if len(word) < SHORTEST:
            return None
        for other in slips(word):
            if other in self.words:
                return self.words[other]
        for end in range(len(word) - 4, 3, -1):
            head, tail = self.words.get(word[:end]), self.words.get(word[end:])
            if head and tail and SILENT not in (head, tail):
                return f"{head} {tail}"
        for end in range(len(word) - 1, max(SHORTEST, round(SHARED * len(word))) - 1, -1):
            for ending in ("", *ENDINGS):
                if word[:end] + ending in self.words:
                    return self.words[word[:end] + ending]
        return None


ENDINGS = ("e", "en", "er", "es", "n", "s", "t", "te", "ten", "st", "ung", "r", "ez", "ent", "ait")


def slips(word: str) -> Iterator[str]:
    """Every spelling that one slip leads to: a letter lost, swapped with its neighbour, changed or doubled."""
    for i in range(len(word)):
        yield word[:i] + word[i + 1 :]
    for i in range(len(word) - 1):
        yield word[:i] + word[i + 1] + word[i] + word[i + 2 :]
    for i in range(1, len(word)):
        for letter in string.ascii_lowercase:
            yield word[:i] + letter + word[i + 1 :]
            yield word[:i] + letter + word[i:]


def in_english(
    words: Sequence[str], language: Language, glossaries: Mapping[Language, Glossary], english: Collection[str]
) -> list[str]:
    """Per word its English, "" where it has none; `english` are the words that the reader knows as they are."""
    own = glossaries.get(language.split("-")[0])
    return [_one(word, own, glossaries, english) for word in words]


def _one(word: str, own: Glossary | None, glossaries: Mapping[Language, Glossary], english: Collection[str]) -> str:
    if own is None and word in english:
        return word
    found = own.gloss(word) if own is not None else None
    if found is None and word not in english:
        others = (g.words[word] for g in glossaries.values() if g is not own and word in g.words)
        found = next(others, None)
        found = "" if found == SILENT else found
    return word if found is None else found


def read_glossary(text: str, name: str) -> Glossary:
    """Lines `word<TAB>English` of the file `name`; a word that ends in * begins words. Raises GlossError."""
    words: dict[str, str] = {}
    stems: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        word, _, english = line.partition("\t")
        if not word.strip(STEM) or not english or english != english.strip():
            raise GlossError(f"{name}, line {number}: not a word, a tab and its English: {line!r}")
        if word[-1] == STEM:
            stems[word[:-1]] = english
        else:
            words[word] = english
    return Glossary(words, stems)
