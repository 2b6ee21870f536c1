"""Finds the matter of the register that a question is about, or none: by its words alone, in whole numbers.

Promise: a question that asks for more than a matter's name says, or for less, is left to the ranking;
the same matter decides for every party.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

import numpy as np

from app.retrieval.analyse import Analyser
from app.retrieval.lexicon import Ints
from domain.base import Language

SURE = 750
"""Share, in thousandths, that question and name must hold of each other."""
LIGHT = 4
"""A word of action or degree weighs this many times less."""
BOTH = 10
"""A name that the question holds little beside comes first: its share of the question counts once more by this part."""
NEW = 1000
"""Weight of a word that no name holds: the question asks for something of its own."""
PARTS = 400
"""Share of a compound that one of its two parts carries."""
NONE = -1
"""The number of a stem that no name holds, and of a part that a word does not have."""


@dataclass(frozen=True)
class Word:
    """A word of a question or a name: its weight in thousandths, its stem, and the stems of a compound's two parts."""

    weight: int
    stem: str
    parts: tuple[str, ...]


def weighed(word: str, analyser: Analyser, known: Mapping[str, int]) -> Word:
    """The word with its weight among the `known`; a word of action or degree keeps a share of it."""
    stem = analyser.stem(word)
    weight = known.get(stem, NEW)
    light = word in analyser.lists.light
    return Word(weight // LIGHT if light else weight, stem, tuple(map(analyser.stem, analyser.parts.get(word, ()))))


@dataclass(frozen=True)
class Entry:
    """A matter as sealed: per party, in its order, passage numbers with the sentence to quote."""

    id: str
    places: Mapping[str, tuple[tuple[int, int], ...]]


@dataclass(frozen=True)
class MatterNames:
    """All names in one language. Name i has the words `words[starts[i]:starts[i + 1]]` and belongs to `matter[i]`."""

    stems: tuple[str, ...]
    worth: Ints
    """Per stem its weight."""
    stem: Ints
    """Per word its stem."""
    parts: Ints
    """[words, 2]: the stems of its parts."""
    weight: Ints
    """Per word its weight."""
    words: Ints
    starts: Ints
    matter: Ints

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """The number of each stem."""
        return {stem: n for n, stem in enumerate(self.stems)}

    @cached_property
    def known(self) -> Mapping[str, int]:
        """The weight of each stem."""
        return dict(zip(self.stems, self.worth.tolist(), strict=True))

    def closest(self, said: Sequence[Word]) -> int | None:
        """The matter whose name holds what was `said` and hardly anything beside; the first among equals."""
        asked = [(word.weight, self._number(word.stem), [self._number(p) for p in word.parts]) for word in said]
        whole = sum(weight for weight, _, _ in asked)
        if not whole:
            return None
        of_names = self._shares({n for _, stem, parts in asked for n in (stem, *parts)})
        best, found = 0, None
        for name in np.flatnonzero(of_names >= SURE).tolist():
            words = self.words[self.starts[name] : self.starts[name + 1]]
            held = {*self.stem[words].tolist(), *self.parts[words].ravel().tolist()} - {NONE}
            share = sum(w * (1000 if s in held else PARTS * sum(p in held for p in ps)) for w, s, ps in asked) // whole
            score = min(share, int(of_names[name])) + share // BOTH
            if share >= SURE and score > best:
                best, found = score, int(self.matter[name])
        return found

    def _number(self, stem: str) -> int:
        return self.numbers.get(stem, NONE)

    def _shares(self, held: Iterable[int]) -> Ints:
        """How much of each name's weight stands among the stems `held`; a compound is found by its parts too."""
        mark = np.zeros(len(self.stems) + 1, dtype=bool)
        mark[list(held)] = True
        mark[NONE] = False
        found = self.weight * np.where(mark[self.stem], 1000, PARTS * mark[self.parts].sum(axis=1))
        whole = np.add.reduceat(self.weight[self.words], self.starts[:-1])
        shares: Ints = np.add.reduceat(found[self.words], self.starts[:-1]) // np.maximum(whole, 1)
        return shares


SEALED = tuple(field.name for field in fields(MatterNames))[1:]
"""The arrays that are sealed of the names of a language; their stems are text."""


@dataclass(frozen=True)
class Register:
    """All matters with their places, and their names per language; empty without one.

    The places of matter m for party p are rows `[starts[i], starts[i + 1])` of `places` with i = m * parties + p.
    """

    ids: tuple[str, ...] = ()
    parties: tuple[str, ...] = ()
    places: Ints = field(default_factory=lambda: np.zeros((0, 2), dtype=np.int64))
    starts: Ints = field(default_factory=lambda: np.zeros(1, dtype=np.int64))
    names: Mapping[Language, MatterNames] = field(default_factory=dict)

    def matter(self, text: str, asked: Analyser) -> Entry | None:
        """The one matter that the text names and hardly anything beside."""
        names = self.names.get(asked.language)
        if names is None:
            return None
        found = names.closest([weighed(word, asked, names.known) for word in asked.content(text)])
        return None if found is None else self._entry(found)

    def _entry(self, number: int) -> Entry:
        first = number * len(self.parties)
        rows = {
            party: self.places[self.starts[first + place] : self.starts[first + place + 1]].tolist()
            for place, party in enumerate(self.parties)
        }
        return Entry(self.ids[number], {p: tuple((n, sentence) for n, sentence in own) for p, own in rows.items()})


def open_register(meta: Mapping[str, Any], arrays: Mapping[str, Ints]) -> Register:
    """The register as `ingestion.register` sealed it. Raises KeyError, TypeError or AttributeError when damaged."""
    names = {}
    for tag, stems in meta["stems"].items():
        names[tag] = MatterNames(tuple(stems), *(arrays[f"{tag}.name_{name}"] for name in SEALED))
    places = arrays["places"], arrays["place_starts"]
    return Register(tuple(meta["ids"]), tuple(meta["parties"]), *places, names)
