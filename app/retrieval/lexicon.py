"""What the words of the documents are worth: BM25 postings, rarity, topicality and related words, as integers.

Everything here is counted once, when an election is built, over all documents of a language
together; no value belongs to a party.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.retrieval.analyse import PAIR

Ints = NDArray[np.int64]
Document = tuple[Sequence[str], Sequence[str]]
"""Stems and 4-grams of a passage."""
Posting = tuple[Ints, Ints]
"""Sorted term ids of a passage and their saturated frequencies in thousandths."""
K1 = 1.2
B_WORDS = 0.75
B_GRAMS = 0.6
MILLION = 1_000_000
LEAST_PAIRS = 2
"""Passages in which a pair of words must stand to be a term."""
REACH = 3
"""Passages before and after in which a topical word is expected to return."""
USUAL, PRIOR = 0.45, 20
"""Topicality of a word of which nothing is known, and how many passages that belief weighs."""
RELATED = 24
"""Related words kept per stem."""
LEAST_RELATED = 4
"""Passages in which a word must stand to have, or to be, a related word."""


def offsets(lengths: Sequence[int] | Ints) -> Ints:
    """Where each of the rows with these lengths starts when they stand end to end; one more entry closes the last."""
    starts = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=starts[1:])
    return starts


def ranges(first: Ints, end: Ints) -> Ints:
    """All integers of the ranges `[first[i], end[i])`, one after the other."""
    lengths = end - first
    starts = offsets(lengths)
    return np.arange(starts[-1], dtype=np.int64) + np.repeat(first - starts[:-1], lengths)


@dataclass(frozen=True)
class Lexicon:
    """The terms of one language: stems first, then grams, each block sorted.

    `idf` (per term) and `topical` (per stem) are in thousandths; `found` counts passages per stem.
    Related words of stem i are `related[starts[i]:starts[i + 1]]` with shares in millionths.
    """

    stems: tuple[str, ...]
    grams: tuple[str, ...]
    idf: Ints
    found: Ints
    topical: Ints
    related: Ints
    shares: Ints
    related_starts: Ints

    def __post_init__(self) -> None:
        object.__setattr__(self, "_ids", {t: i for i, t in enumerate(self.stems)})
        object.__setattr__(self, "_gram_ids", {t: len(self.stems) + i for i, t in enumerate(self.grams)})

    def stem_id(self, stem: str) -> int | None:
        return self._ids.get(stem)  # type: ignore[attr-defined, no-any-return]

    def gram_id(self, gram: str) -> int | None:
        return self._gram_ids.get(gram)  # type: ignore[attr-defined, no-any-return]

    def related_to(self, stems: Ints) -> tuple[Ints, Ints, Ints]:
        """Ids of the stems that keep company with these, their shares in millionths, and how many belong to each."""
        first, end = self.related_starts[stems], self.related_starts[stems + 1]
        places = ranges(first, end)
        return self.related[places], self.shares[places].astype(np.int64), end - first


def build_lexicon(documents: Sequence[Document], works: Sequence[str], lines: Sequence[Document] = ()) -> Lexicon:
    """Count (stems, grams) per passage; `works` names the document of each, passages in reading order.

    `lines` are what a subject index says of the passages. They make terms known that no document holds,
    as rare as they are there; what a term of the documents is worth they do not change.
    """
    stem_df, gram_df = _counted(documents)
    for known, more, least in zip((stem_df, gram_df), _counted(lines), (LEAST_PAIRS, 1), strict=True):
        known.update({t: df - known[t] for t, df in more.items() if known[t] < (least if PAIR in t else 1)})
    n = len(documents)
    stems_sorted = tuple(sorted(t for t, df in stem_df.items() if PAIR not in t or df >= LEAST_PAIRS))
    grams_sorted = tuple(sorted(gram_df))
    counts = [stem_df[t] for t in stems_sorted] + [gram_df[t] for t in grams_sorted]
    idf = [round(1000 * math.log(1 + (n - df + 0.5) / (df + 0.5))) for df in counts]
    ids = {t: i for i, t in enumerate(stems_sorted)}
    held = [np.array(sorted({ids[s] for s in stems if s in ids}), dtype=np.int64) for stems, _ in documents]
    found = np.bincount(np.concatenate([np.zeros(0, dtype=np.int64), *held]), minlength=len(stems_sorted))
    single = np.array([PAIR not in s and not s.isdigit() for s in stems_sorted], dtype=bool)
    worth = (np.array(idf, dtype=np.int64), found, _topical(held, works, found))
    return Lexicon(stems_sorted, grams_sorted, *worth, *_related(held, found, single))


def _counted(documents: Sequence[Document]) -> tuple[Counter[str], Counter[str]]:
    """In how many documents each stem and each gram stands."""
    stem_df = Counter(stem for stems, _ in documents for stem in set(stems))
    return stem_df, Counter(gram for _, grams in documents for gram in set(grams))


def _topical(held: Sequence[Ints], works: Sequence[str], found: Ints) -> Ints:
    """Per stem, in thousandths of the usual, how surely it returns nearby: what a text is about is said again.

    "Reform" or "increase" stand anywhere; "pension" stands where pensions are the matter. Beyond
    chance, since frequent words return anyway, and drawn to the usual for words seldom seen.
    """
    where: list[list[int]] = [[] for _ in range(len(found))]
    place, last = -1, None
    for stems, work in zip(held, works, strict=True):
        place += 1 if work == last else 1 + REACH
        last = work
        for stem in stems.tolist():
            where[stem].append(place)
    total = max(1, len(held))
    values = []
    for places in where:
        gaps = np.diff(np.array(places, dtype=np.int64)) <= REACH
        returns = int((np.append(gaps, False) | np.insert(gaps, 0, False)).sum()) if places else 0
        n = len(places)
        chance = 1 - (1 - min(n, total - 1) / total) ** (2 * REACH)
        beyond = max(0.0, (returns / n - chance) / (1 - chance)) if n else 0.0
        values.append(round(1000 * (n * beyond + PRIOR * USUAL) / (n + PRIOR) / USUAL))
    return np.array(values, dtype=np.int64)


def _related(held: Sequence[Ints], found: Ints, single: NDArray[np.bool_]) -> tuple[Ints, Ints, Ints]:
    """Per stem the words that stand in its passages more often than elsewhere; shares add up to a million."""
    starts = offsets([len(h) for h in held])
    flat = np.concatenate(held) if held else np.zeros(0, dtype=np.int64)
    order = np.argsort(flat, kind="stable")
    rows = np.repeat(np.arange(len(held)), np.diff(starts))[order]
    at = offsets(found)
    usable = single & (found >= LEAST_RELATED)
    total = max(1, len(held))
    ids: list[int] = []
    shares: list[int] = []
    ends = [0]
    for stem in range(len(found)):
        if usable[stem]:
            passages = rows[at[stem] : at[stem + 1]]
            together = np.bincount(np.concatenate([held[p] for p in passages]), minlength=len(found))
            kept, worth = _companions(stem, together, found / total, usable)
            ids += kept.tolist()
            shares += np.rint(MILLION * worth / max(worth.sum(), 1e-9)).astype(np.int64).tolist()
        ends.append(len(ids))
    return np.array(ids, dtype=np.int64), np.array(shares, dtype=np.int64), np.array(ends, dtype=np.int64)


def _companions(
    stem: int, together: Ints, frequency: NDArray[np.float64], usable: NDArray[np.bool_]
) -> tuple[Ints, NDArray[np.float64]]:
    """The stems met most beyond chance in one stem's passages, best first, and by how much.

    The logarithm of observed over expected, weighed by the square root of how many passages hold
    the companion; rounded before sorting, so that the last bit of a float decides nothing.
    """
    n = int(together[stem])
    lift = np.log((together + 0.5) / (frequency * n + 0.5)) * np.sqrt(together / n)
    worth = np.where(usable & (together >= 2), np.round(lift, 9), 0.0).astype(np.float64)
    worth[stem] = 0.0
    best = np.lexsort((np.arange(len(worth)), -worth))[:RELATED].astype(np.int64)
    best = best[worth[best] > 0]
    return best, worth[best]


def postings(lexicon: Lexicon, documents: Sequence[Document], lines: Sequence[Document] = ()) -> list[Posting]:
    """The posting of each passage; words of `lines` count as said once more, but make it no longer."""
    none: Document = ((), ())
    stem_mean = max(1.0, sum(len(s) for s, _ in documents) / max(1, len(documents)))
    gram_mean = max(1.0, sum(len(g) for _, g in documents) / max(1, len(documents)))
    rows = []
    for (stems, grams), (more, more_grams) in zip(documents, lines or [none] * len(documents), strict=True):
        found: dict[int, int] = {}
        for counts, length, mean, b, lookup in (
            (Counter((*stems, *more)), len(stems), stem_mean, B_WORDS, lexicon.stem_id),
            (Counter((*grams, *more_grams)), len(grams), gram_mean, B_GRAMS, lexicon.gram_id),
        ):
            norm = K1 * (1 - b + b * length / mean)
            for term, tf in counts.items():
                term_id = lookup(term)
                if term_id is not None:
                    found[term_id] = round(1000 * tf * (K1 + 1) / (tf + norm))
        ids = sorted(found)
        rows.append((np.array(ids, dtype=np.int64), np.array([found[i] for i in ids], dtype=np.int64)))
    return rows
