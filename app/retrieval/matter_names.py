"""The names by which questions call the matters of the register, as weighed words: which name says what was asked?

Promise: a name is met when question and name hold of each other what `SURE` asks, by the words alone, in whole
numbers; the same for every party.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from app.retrieval.analyse import Analyser
from app.retrieval.lexicon import Ints
from domain.base import Language

SURE = 750
"""Share, in thousandths, that question and name must hold of each other."""
WITHIN = 900
"""Share of a name from which the question holds it whole."""
MAIN = 650
"""Share of the question from which a name it holds whole is its main matter: listed parties speak by their places."""
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


@dataclass(frozen=True)
class Coded:
    """Words by the numbers of their stems; row i of `parts` [words, 2] holds those of word i's parts."""

    stem: Ints
    parts: Ints
    weight: Ints

    def held(self, mark: NDArray[np.bool_]) -> Ints:
        """Per word how much of its weight is marked, in thousandths; a compound is found by its parts too.

        `mark` is per stem, with one more entry for `NONE`.
        """
        return self.weight * np.where(mark[self.stem], 1000, PARTS * mark[self.parts].sum(axis=1))


def coded(words: Collection[Word], numbers: Mapping[str, int]) -> Coded:
    """The words by these numbers of the stems."""
    stems = [numbers.get(word.stem, NONE) for word in words]
    parts = [[numbers.get(part, NONE) for part in word.parts] or [NONE, NONE] for word in words]
    weights = [word.weight for word in words]
    return Coded(
        np.array(stems, dtype=np.int64),
        np.array(parts, dtype=np.int64).reshape(-1, 2),
        np.array(weights, dtype=np.int64),
    )


def weighed(word: str, analyser: Analyser, known: Mapping[str, int]) -> Word:
    """The word with its weight among the `known`; a word of action or degree keeps a share of it."""
    stem = analyser.stem(word)
    weight = known.get(stem, NEW)
    light = word in analyser.lists.light
    return Word(weight // LIGHT if light else weight, stem, tuple(map(analyser.stem, analyser.parts.get(word, ()))))


@dataclass(frozen=True)
class MatterNames:
    """All names in one language: name i has the words `words[starts[i]:starts[i + 1]]` and belongs to `matter[i]`."""

    stems: tuple[str, ...]
    worth: Ints
    """Per stem its weight."""
    distinct: Coded
    """Every word of the names once; `words` are numbers of these."""
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

    @cached_property
    def _whole(self) -> Ints:
        """The weight of each name."""
        return np.maximum(np.add.reduceat(self.distinct.weight[self.words], self.starts[:-1]), 1)

    def closest(self, said: Sequence[Word]) -> tuple[int, bool] | None:
        """The matter whose name comes closest to what was `said`, and True: it holds hardly more, and hardly less.

        Failing that, the one whose whole name is most of what was said, and False. The first among equals.
        """
        asked = coded(said, self.numbers)
        whole = int(asked.weight.sum())
        if not whole:
            return None
        found = self.distinct.held(self._mark(asked.stem, asked.parts))[self.words]
        of_names = np.add.reduceat(found, self.starts[:-1]) // self._whole
        best, nearest = (False, 0), None
        for name in np.flatnonzero(of_names >= SURE).tolist():
            words = self.words[self.starts[name] : self.starts[name + 1]]
            held = asked.held(self._mark(self.distinct.stem[words], self.distinct.parts[words]))
            share = int(held.sum()) // whole
            sure, held_whole = share >= SURE, int(of_names[name]) >= WITHIN
            score = (sure, min(share, int(of_names[name])) + share // BOTH)
            if (sure or (held_whole and share >= MAIN)) and score > best:
                best, nearest = score, (int(self.matter[name]), sure)
        return nearest

    def _mark(self, stems: Ints, parts: Ints) -> NDArray[np.bool_]:
        """Per stem whether it is one of these, and a last entry for `NONE`, which never is."""
        mark = np.zeros(len(self.stems) + 1, dtype=bool)
        mark[stems] = mark[parts] = True
        mark[NONE] = False
        return mark


def open_names(tag: Language, stems: Sequence[str], arrays: Mapping[str, Ints]) -> MatterNames:
    """The names in a language as `ingestion.register` sealed them. Raises KeyError when one array is missing."""
    sealed = ("worth", "stem", "parts", "weight", "words", "starts", "matter")
    worth, stem, parts, weight, words, starts, matter = (arrays[f"{tag}.name_{name}"] for name in sealed)
    return MatterNames(tuple(stems), worth, Coded(stem, parts, weight), words, starts, matter)
