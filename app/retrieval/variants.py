"""The words of the documents that are spellings, inflections or compounds of a word of the question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from app.retrieval.analyse import PAIR, word_grams
from app.retrieval.lexicon import Ints, Lexicon, offsets

_NEAR = 0.72
"""Dice similarity of 4-gram sets from which a word of the documents counts as a variant of a question word."""


@dataclass(frozen=True)
class GramTable:
    """Which stems hold which 4-gram, made at build: stems of gram i are `holders[starts[i]:starts[i + 1]]`."""

    grams: tuple[str, ...]
    starts: Ints
    holders: Ints
    sizes: Ints
    """Per stem how many different grams it has."""


def gram_table(stems: Sequence[str]) -> GramTable:
    """The table for a sorted vocabulary of stems."""
    held: dict[str, list[int]] = {}
    sizes = []
    for i, stem in enumerate(stems):
        grams = set(word_grams(stem)) if PAIR not in stem else set()
        sizes.append(len(grams))
        for gram in grams:
            held.setdefault(gram, []).append(i)
    grams_sorted = tuple(sorted(held))
    flat = [i for gram in grams_sorted for i in held[gram]]
    starts = offsets([len(held[gram]) for gram in grams_sorted])
    return GramTable(grams_sorted, starts, np.array(flat, dtype=np.int64), np.array(sizes, dtype=np.int64))


class Variants:
    """Finds the vocabulary stems that are spellings, inflections or compounds of a question word."""

    def __init__(self, lexicon: Lexicon, table: GramTable) -> None:
        self._lexicon = lexicon
        self._table = table
        self._place = {gram: i for i, gram in enumerate(table.grams)}
        self.of = lru_cache(maxsize=20_000)(self._of)

    def _of(self, stem: str) -> tuple[tuple[int, int], ...]:
        """(term id, strength in thousandths): itself 1000, compounds holding it 800 or 700, near spellings less."""
        found: dict[int, int] = {}
        own = self._lexicon.stem_id(stem)
        if own is not None:
            found[own] = 1000
        if len(stem) >= 4 and not stem.isdigit():
            for i in self._containing(stem):
                strength = _compound_strength(stem, self._lexicon.stems[i])
                if strength:
                    found.setdefault(i, strength)
            for i, dice in self._near(stem):
                found[i] = max(found.get(i, 0), round(900 * dice))
        return tuple(sorted(found.items()))

    def _holders(self, gram: str) -> Ints:
        i = self._place.get(gram)
        if i is None:
            return np.zeros(0, dtype=np.int64)
        return self._table.holders[int(self._table.starts[i]) : int(self._table.starts[i + 1])]

    def _containing(self, stem: str) -> list[int]:
        grams = word_grams(stem)[1:-1] or word_grams(stem)[:1]
        rarest = min((self._holders(g) for g in grams), key=len)
        return [i for i in rarest.tolist() if stem in self._lexicon.stems[i]]

    def _near(self, stem: str) -> list[tuple[int, float]]:
        grams = sorted(set(word_grams(stem)))
        shared = np.bincount(np.concatenate([self._holders(g) for g in grams]), minlength=1)
        likely = np.nonzero(shared >= max(1, len(grams) // 2))[0]
        near = []
        for i in likely.tolist():
            dice = 2 * int(shared[i]) / (len(grams) + int(self._table.sizes[i]))
            if dice >= _NEAR:
                near.append((i, dice))
        return near


def _compound_strength(stem: str, other: str) -> int:
    """How surely a longer word speaks of the shorter one inside it, in thousandths; 0 when it may be chance."""
    rest = len(other) - len(stem)
    if other.startswith(stem):
        return 800 if len(stem) >= 5 else 600 if rest >= 4 else 0
    if len(stem) >= 5 and other.endswith(stem):
        return 700 if rest >= 3 else 0
    return 450 if len(stem) >= 6 and rest >= 6 else 0
