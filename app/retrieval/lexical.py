"""Integer BM25 over stems and 4-grams: a score is a sum of integers, equal on every machine and in any order.

A posting holds the saturated term frequency in thousandths; a query holds idf shares in
millionths of the best possible score. No float takes part in ranking.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from app.retrieval.analyse import PAIR, Analyser, split, word_grams, words
from app.retrieval.vocabulary import Vocabulary

Ints = NDArray[np.int64]
K1 = 1.2
B_WORDS = 0.75
B_GRAMS = 0.6
MILLION = 1_000_000
LEAST_PAIRS = 2
"""Passages in which a pair of words must stand to be a term."""
_NEAR = 0.72
"""Dice similarity of 4-gram sets from which a vocabulary word counts as a variant of a question word."""


@dataclass(frozen=True)
class Query:
    """A question as integers. `weights` are per term; `concepts` say which terms express each content word."""

    terms: tuple[int, ...]
    weights: tuple[int, ...]
    concepts: tuple[tuple[str, int, tuple[tuple[int, int], ...]], ...]
    """(word, idf in thousandths, ((term, strength in thousandths), …))"""


@dataclass(frozen=True)
class Lexicon:
    """The terms of one language: stems first, then grams, each block sorted; `idf` in thousandths."""

    stems: tuple[str, ...]
    grams: tuple[str, ...]
    idf: Ints

    def __post_init__(self) -> None:
        object.__setattr__(self, "_ids", {t: i for i, t in enumerate(self.stems)})
        object.__setattr__(self, "_gram_ids", {t: len(self.stems) + i for i, t in enumerate(self.grams)})

    def stem_id(self, stem: str) -> int | None:
        return self._ids.get(stem)  # type: ignore[attr-defined, no-any-return]

    def gram_id(self, gram: str) -> int | None:
        return self._gram_ids.get(gram)  # type: ignore[attr-defined, no-any-return]


def build_lexicon(documents: Sequence[tuple[Sequence[str], Sequence[str]]]) -> Lexicon:
    """Vocabulary and idf from (stems, grams) per passage."""
    stem_df: Counter[str] = Counter()
    gram_df: Counter[str] = Counter()
    for stems, grams in documents:
        stem_df.update(set(stems))
        gram_df.update(set(grams))
    n = len(documents)
    stems_sorted = tuple(sorted(t for t, df in stem_df.items() if PAIR not in t or df >= LEAST_PAIRS))
    grams_sorted = tuple(sorted(gram_df))
    counts = [stem_df[t] for t in stems_sorted] + [gram_df[t] for t in grams_sorted]
    idf = [round(1000 * math.log(1 + (n - df + 0.5) / (df + 0.5))) for df in counts]
    return Lexicon(stems_sorted, grams_sorted, np.array(idf, dtype=np.int64))


def postings(lexicon: Lexicon, documents: Sequence[tuple[Sequence[str], Sequence[str]]]) -> list[tuple[Ints, Ints]]:
    """Per passage its sorted term ids and their saturated frequencies in thousandths."""
    stem_mean = max(1.0, sum(len(s) for s, _ in documents) / max(1, len(documents)))
    gram_mean = max(1.0, sum(len(g) for _, g in documents) / max(1, len(documents)))
    rows = []
    for stems, grams in documents:
        found: dict[int, int] = {}
        for counts, length, mean, b, lookup in (
            (Counter(stems), len(stems), stem_mean, B_WORDS, lexicon.stem_id),
            (Counter(grams), len(grams), gram_mean, B_GRAMS, lexicon.gram_id),
        ):
            norm = K1 * (1 - b + b * length / mean)
            for term, tf in counts.items():
                term_id = lookup(term)
                if term_id is not None:
                    found[term_id] = round(1000 * tf * (K1 + 1) / (tf + norm))
        ids = sorted(found)
        rows.append((np.array(ids, dtype=np.int64), np.array([found[i] for i in ids], dtype=np.int64)))
    return rows


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
    starts = np.cumsum([0] + [len(held[gram]) for gram in grams_sorted])
    return GramTable(
        grams_sorted, starts.astype(np.int64), np.array(flat, dtype=np.int64), np.array(sizes, dtype=np.int64)
    )


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


@dataclass(frozen=True)
class Reader:
    """What turns a question into a query: `asked` analyses the question, `documents` the documents.

    `counts` are the words of the documents, by which compounds they do not hold are still split.
    """

    asked: Analyser
    documents: Analyser
    lexicon: Lexicon
    variants: Variants
    counts: Mapping[str, int]
    vocabulary: Vocabulary | None = None


SYNONYM = 800
"""Strength, in thousandths, of another expression of the same concept."""
MOST = 6000
"""Weight, in thousandths of idf, above which rarity no longer counts: a rare word is not the only matter."""
LIGHT = 250
"""Share, in thousandths, of its weight that a word of action or degree keeps."""
HEAD, TAIL, WHOLE = 450, 300, 250
"""Shares, in thousandths, of a compound's weight on its first part, its last, and the compound itself.

Wald+schutz is about Wald; but Wald alone is less than half of it.
"""
PAIRED = 500
"""Share, in thousandths, of its idf that a pair of neighbouring words weighs."""


@dataclass(frozen=True)
class Part:
    """One thing to look for: a word of the question, or half of a compound, with its weight and terms."""

    word: str
    weight: int
    terms: dict[int, int]


def parse(text: str, reader: Reader, gram_share: int) -> Query:
    """The question as an integer query: `gram_share` thousandths of the score come from 4-grams.

    Weights are shares of a million, so a passage that holds every term at saturation scores the
    same for a short question as for a long one.
    """
    content = reader.asked.content(text) or [w for w in words(text) if len(w) > 3]
    parts = [
        part
        for word, extra in zip(content, _added(content, reader), strict=True)
        for part in _parts(word, extra, reader)
    ] + _pairs(text, reader)
    stem_weights: Counter[int] = Counter()
    for part in parts:
        for term, weight in _shares(part).items():
            stem_weights[term] += weight
    gram_weights: Counter[int] = Counter()
    for word in content:
        share = LIGHT if word in reader.asked.lists.light else 1000
        for gram in word_grams(word):
            i = reader.lexicon.gram_id(gram)
            if i is not None:
                gram_weights[i] += int(reader.lexicon.idf[i]) * share // 1000
    weights = _scaled(stem_weights, 1000 - gram_share) | _scaled(gram_weights, gram_share)
    terms = sorted(weights)
    concepts = tuple((p.word, p.weight, tuple(sorted(p.terms.items()))) for p in parts)
    return Query(tuple(terms), tuple(weights[t] for t in terms), concepts)


def _parts(word: str, extra: Sequence[tuple[int, int]], reader: Reader) -> list[Part]:
    """The word as one part, or the two halves of a compound; the whole compound satisfies both halves."""
    stem, variants = _own(word, reader)
    own = reader.lexicon.stem_id(stem)
    known = [int(reader.lexicon.idf[t]) for t in ([own] if own is not None else [t for t, _ in variants])]
    weight = min(MOST, max(known, default=MOST))
    if word in reader.asked.lists.light:
        weight = weight * LIGHT // 1000
    whole = _strongest([*variants, *extra])
    halves = reader.documents.parts.get(word) or split(word, reader.counts, reader.documents.language)
    if halves is None:
        return [Part(word, weight, whole)]
    found = [Part(word, weight * WHOLE // 1000, whole)]
    for half, share in zip(halves, (HEAD, TAIL), strict=True):
        light = half in reader.asked.lists.light
        terms = _strongest([*reader.variants.of(reader.documents.stem(half)), *((t, 1000) for t in whole)])
        found.append(Part(half, weight * (share // 2 if light else share) // 1000, terms))
    return found


LEAST = 260
"""Strength, in thousandths, below which a term counts for coverage only."""


def _shares(part: Part) -> dict[int, int]:
    """The part's weight over its terms: its own in full, all others together no more than that once more."""
    own = {t: part.weight for t, s in part.terms.items() if s == 1000}
    others = {t: part.weight * s * s // 1_000_000 for t, s in part.terms.items() if LEAST <= s < 1000}
    total = sum(others.values())
    if total > part.weight:
        others = {t: w * part.weight // total for t, w in others.items()}
    return own | others


def _pairs(text: str, reader: Reader) -> list[Part]:
    """Pairs of neighbouring words of the question that the documents hold as pairs too."""
    lists = reader.asked.lists
    empty = lists.stop | lists.frame
    stems = [None if word in empty else reader.documents.stem(word) for word in words(text)]
    pairs = [a + PAIR + b for a, b in itertools.pairwise(stems) if a and b]
    found = []
    for pair in dict.fromkeys(pairs):
        i = reader.lexicon.stem_id(pair)
        if i is not None:
            found.append(Part(pair, min(MOST, int(reader.lexicon.idf[i])) * PAIRED // 1000, {i: 1000}))
    return found


def _strongest(pairs: Iterable[tuple[int, int]]) -> dict[int, int]:
    best: dict[int, int] = {}
    for term, strength in pairs:
        best[term] = max(best.get(term, 0), strength)
    return best


def _own(word: str, reader: Reader) -> tuple[str, tuple[tuple[int, int], ...]]:
    """The word's stem in the documents' language and its variants there; typed umlauts (ae) are tried too."""
    stem = reader.documents.stem(word)
    variants = reader.variants.of(stem)
    if not variants:
        plain = reader.documents.stem(word.replace("ae", "a").replace("oe", "o").replace("ue", "u"))
        return plain, reader.variants.of(plain)
    return stem, variants


def _added(content: Sequence[str], reader: Reader) -> list[list[tuple[int, int]]]:
    """Per content word the terms that the vocabulary adds, with their strengths.

    The stems of a term of several words share its strength by their rarity, and each counts for
    less the more there are, so one of them alone is never taken for the whole; the pair is.
    """
    added: list[list[tuple[int, int]]] = [[] for _ in content]
    if reader.vocabulary is None:
        return added
    for match in reader.vocabulary.matches([reader.asked.stem(word) for word in content]):
        for _, stems in match.added:
            ids = [(i, int(reader.lexicon.idf[i])) for s in stems if (i := reader.lexicon.stem_id(s)) is not None]
            total = sum(idf for _, idf in ids) if len(ids) == len(stems) else 0
            pair = reader.lexicon.stem_id(PAIR.join(stems)) if len(stems) == 2 else None
            for place in match.words if total else ():
                added[place] += [(i, SYNONYM * idf // total // len(ids)) for i, idf in ids]
                added[place] += [(pair, SYNONYM)] if pair is not None else []
    return added


def expansion_of(text: str, reader: Reader) -> tuple[str, ...]:
    """The vocabulary's terms that are looked for beside the question's own words, in order, each once."""
    content = reader.asked.content(text)
    if reader.vocabulary is None:
        return ()
    matches = reader.vocabulary.matches([reader.asked.stem(word) for word in content])
    return tuple(dict.fromkeys(term for match in matches for term, _ in match.added))


def _scaled(weights: Mapping[int, int], share: int) -> dict[int, int]:
    """Weights as parts of a million times the share, relative to saturation (k1 + 1) of all terms."""
    ceiling = sum(weights.values())
    if not ceiling:
        return {}
    return {t: (w * share * 1000) // ceiling for t, w in weights.items()}


def score_rows(query: Query, flat_terms: Ints, flat_weights: Ints, starts: Ints, size: int) -> Ints:
    """Integer scores of the given rows (concatenated term ids and frequencies, `starts` per row), in thousandths.

    `size` is the number of terms of the lexicon. Sums stay far below 2**63: at most 10**6 * 2200
    per term and a few hundred terms.
    """
    table = np.zeros(size, dtype=np.int64)
    table[list(query.terms)] = query.weights
    products = table[flat_terms] * flat_weights
    return np.add.reduceat(products, starts) // MILLION if len(products) else np.zeros(len(starts), dtype=np.int64)


def coverage_rows(query: Query, flat_terms: Ints, starts: Ints, size: int) -> Ints:
    """Per row the idf-weighted share of the question's concepts that it holds, in thousandths."""
    total = sum(idf for _, idf, _ in query.concepts)
    covered = np.zeros(len(starts), dtype=np.int64)
    if not total or not len(flat_terms):
        return covered
    table = np.zeros(size, dtype=np.int64)
    for _, idf, found in query.concepts:
        if not found:
            continue
        ids = [t for t, _ in found]
        table[ids] = [s for _, s in found]
        covered += np.maximum.reduceat(table[flat_terms], starts) * idf
        table[ids] = 0
    return covered // total
