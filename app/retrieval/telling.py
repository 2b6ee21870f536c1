"""Leads what people tell to the things it may be about: by the words in which others told of them, in whole numbers.

Promise: the words that lead there are reviewed data of the pack; the same text leads to the same things for every
party, in an order that no float decides. It says what something is likely to be about, never what is so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import log
from typing import NamedTuple

import numpy as np

from app.retrieval.analyse import Analyser, word_grams
from app.retrieval.lexicon import MILLION, Ints, offsets, ranges

WORD = 1000
"""What a word of a text counts at most."""
PART = 500
"""What one of the two parts of a compound counts."""
LETTERS = 250
"""What four letters in a row count: they find what nobody wrote down in this form."""
LIGHT = 400
"""Share, in thousandths, of a word of action or degree."""
HALF = 400
"""Told so often, in thousandths of a word, a word has half of its full weight."""
LONG = 300
"""Share, in thousandths, in which a long list of words makes each of them count less."""

ARRAYS = ("rarity", "starts", "numbers", "weights")
"""What is sealed of a `Telling` beside its terms."""


class Likely(NamedTuple):
    """The number of a thing, how much speaks for it, and how much of the text, both in thousandths.

    A `score` of 1,000 is what one word adds that is told of this thing alone, and often.
    """

    number: int
    score: int
    share: int


@dataclass(frozen=True)
class Telling:
    """Words of the things told of: term t stands in `numbers[starts[t]:starts[t + 1]]` with these `weights`.

    `rarity` is per term, in thousandths of its inverse frequency among the things.
    """

    terms: tuple[str, ...]
    size: int
    """Number of things."""
    rarity: Ints
    starts: Ints
    numbers: Ints
    weights: Ints

    @cached_property
    def _known(self) -> Mapping[str, int]:
        return {term: n for n, term in enumerate(self.terms)}

    def likely(self, terms: Mapping[str, int], most: int) -> tuple[Likely, ...]:
        """Up to `most` things that a text of these terms may be about, the likeliest first; in order among equals."""
        scores, whole = self.scores(terms)
        order = np.argsort(-scores, kind="stable")[:most].tolist()
        best = [(n, int(scores[n])) for n in order if scores[n]]
        return tuple(Likely(n, found, 1000 * found // whole) for n, found in best)

    def scores(self, terms: Mapping[str, int]) -> tuple[Ints, int]:
        """Per thing how much speaks for it, as in `Likely`, and how much the whole text could say."""
        said = {t: min(n, WORD) for t, n in sorted(terms.items())}
        known = [(row, n) for t, n in said.items() if (row := self._known.get(t)) is not None]
        alone = _rarity(1, self.size)
        rows = np.array([row for row, _ in known], dtype=np.int64)
        worth = np.array([n for _, n in known], dtype=np.int64) * self.rarity[rows]
        lengths = self.starts[rows + 1] - self.starts[rows]
        places = ranges(self.starts[rows], self.starts[rows + 1])
        score = np.zeros(self.size, dtype=np.int64)
        np.add.at(score, self.numbers[places], np.repeat(worth, lengths) * self.weights[places] // MILLION)
        unknown = (sum(said.values()) - sum(n for _, n in known)) * _rarity(0, self.size)
        return 1000 * score // alone, max(1, (int(worth.sum()) + unknown) // alone)

    def arrays(self) -> dict[str, Ints]:
        """What is sealed beside the terms."""
        return {name: getattr(self, name) for name in ARRAYS}


def terms_of(text: str, asked: Analyser) -> Counter[str]:
    """The terms of a text with what each counts, in thousandths: stems, parts of compounds, four letters in a row.

    A term of letters opens with a blank, which no stem does.
    """
    found: Counter[str] = Counter()
    for word in asked.content(text):
        share = LIGHT if word in asked.lists.light else 1000
        found[asked.stem(word)] += WORD * share // 1000
        for part in asked.parts.get(word, ()):
            found[asked.stem(part)] += PART * share // 1000
        for gram in word_grams(word):
            found[f" {gram}"] += LETTERS * share // 1000
    return found


def learnt(told: Sequence[Iterable[Mapping[str, int]]]) -> Telling:
    """From the terms of all texts told of each thing, by its number."""
    held = [_summed(texts) for texts in told]
    among = Counter(term for one in held for term in one)
    lengths = [sum(one.values()) for one in held]
    usual = max(1, sum(lengths) // max(1, len(held)))
    terms = sorted(among)
    place = {term: n for n, term in enumerate(terms)}
    by_term: list[list[tuple[int, int]]] = [[] for _ in terms]
    for number, (one, length) in enumerate(zip(held, lengths, strict=True)):
        half = HALF * (1000 - LONG + LONG * length // usual) // 1000
        for term, times in one.items():
            by_term[place[term]].append((number, 1000 * times // (times + half)))
    postings = [posting for of_term in by_term for posting in of_term]
    return Telling(
        terms=tuple(terms),
        rarity=np.array([_rarity(among[t], len(held)) for t in terms], dtype=np.int64),
        starts=offsets([len(of_term) for of_term in by_term]),
        numbers=np.array([n for n, _ in postings], dtype=np.int64),
        weights=np.array([w for _, w in postings], dtype=np.int64),
        size=len(held),
    )


def _summed(texts: Iterable[Mapping[str, int]]) -> Counter[str]:
    whole: Counter[str] = Counter()
    for terms in texts:
        whole.update(terms)
    return whole


def _rarity(among: int, all_of: int) -> int:
    return round(1000 * log(1 + (all_of - among + 0.5) / (among + 0.5)))
