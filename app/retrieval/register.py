"""Finds the matter of the register that a question is about, or none: by its words alone, in whole numbers.

Promise: a question that asks for more than a matter's name says, or for less, is left to the ranking;
the same matter decides for every party.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.retrieval.analyse import Analyser
from domain.base import Language

SURE = 700
"""Share, in thousandths, that question and name must hold of each other."""
LIGHT = 4
"""A word of action or degree weighs this many times less."""
BOTH = 10
"""A name that the question holds little beside comes first: its share of the question counts once more by this part."""
NEW = 1000
"""Weight of a word that no name holds: the question asks for something of its own."""
PARTS = 500
"""Share of a compound that one of its two parts carries."""

Word = tuple[int, str, tuple[str, ...]]
"""Weight in thousandths, stem, and the stems of a compound's parts."""


@dataclass(frozen=True)
class Entry:
    """A matter as sealed: per party, in its order, passage numbers with the sentence to quote."""

    id: str
    places: Mapping[str, tuple[tuple[int, int], ...]]


@dataclass(frozen=True)
class Register:
    """All matters with their places, and per language their names as (number of the matter, words); empty without one.

    What was read is kept as it is: a start makes no object of what no question may ask for.
    """

    entries: Sequence[tuple[str, Mapping[str, Sequence[Sequence[int]]]]] = ()
    names: Mapping[Language, Sequence[tuple[int, Sequence[Word]]]] = field(default_factory=dict)
    weights: Mapping[Language, Mapping[str, int]] = field(default_factory=dict)
    """Per language the weight of each stem of the names."""

    def entry(self, number: int) -> Entry:
        """The matter with this number."""
        name, places = self.entries[number]
        return Entry(name, {p: tuple((n, sentence) for n, sentence in rows) for p, rows in places.items()})

    def matter(self, text: str, asked: Analyser) -> tuple[Entry, bool] | None:
        """The one matter that the text names and hardly anything beside; the first of the register among equals.

        With it whether it is named by its first name, which stands for all of it, or by another.
        """
        language = asked.language
        if language not in self.names:
            return None
        known = self.weights[language]
        said = [weighed(word, asked, known) for word in asked.content(text)]
        best = SURE - 1
        found: tuple[int, bool] | None = None
        before = -1
        for number, name in self.names[language]:
            first, before = number != before, number
            of_question = _share(said, name)
            if of_question >= SURE - 100:
                score = min(of_question, _share(name, said))
                if score >= SURE and score + of_question // BOTH > best:
                    best, found = score + of_question // BOTH, (number, first)
        return (self.entry(found[0]), found[1]) if found else None


def read_register(content: bytes) -> Register:
    """The register as `ingestion.register` sealed it. Raises ValueError, KeyError or TypeError when it is damaged."""
    data = json.loads(content)
    return Register(data["entries"], data["names"], data["weights"])


def weighed(word: str, analyser: Analyser, known: Mapping[str, int]) -> Word:
    """A word of a question or a name with its weight; a word of action or degree keeps a share of it."""
    stem = analyser.stem(word)
    weight = known.get(stem, NEW)
    light = word in analyser.lists.light
    return weight // LIGHT if light else weight, stem, tuple(analyser.stem(p) for p in analyser.parts.get(word, ()))


def _share(words: Sequence[Word], among: Sequence[Word]) -> int:
    """How much of the weight of `words` stands `among` others, in thousandths; a compound is found by its parts too."""
    held = {s for _, stem, parts in among for s in (stem, *parts)}
    whole = sum(weight for weight, _, _ in words)
    found = sum(w * (1000 if stem in held else PARTS * sum(p in held for p in parts)) for w, stem, parts in words)
    return found // whole if whole else 0
