"""The same number of passages for each party, ranked by integers alone.

A passage's place depends on the question, the passage and the frozen weights, never on its
party, on other parties, or on the engine that proposed it. Ties go to the smaller passage id.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.retrieval.corpus import Corpus, LanguageIndex
from app.retrieval.embed import Code, similarity
from app.retrieval.index import Candidates
from app.retrieval.lexical import Ints, Query, coverage_rows, score_rows
from app.retrieval.weights import Weights
from domain.base import Language

CANDIDATES = 40
"""Passages per party and retriever that Qdrant proposes and the ranking looks at."""


@dataclass(frozen=True)
class Scored:
    """A ranked passage. `sentence` is the number, within the passage, of the sentence that covers most."""

    passage: int
    score: int
    lexical: int
    dense: int
    coverage: int
    sentence: int
    sentence_coverage: tuple[int, ...]


@dataclass(frozen=True)
class Ask:
    """What is searched: the parsed query, the embedding's code where it counts, and the weights."""

    query: Query
    code: Code | None
    weights: Weights


def search(
    corpus: Corpus, engine: Candidates, language: Language, ask: Ask, pools: Sequence[str], k: int
) -> list[list[Scored]]:
    """For each pool its `k` best passages, best first. Pools hold documents in one language."""
    index = corpus.languages[language]
    offset = term_offset(corpus, language)
    terms = [t + offset for t in ask.query.terms]
    proposed = engine.find(terms, ask.query.weights, ask.code, pools, CANDIDATES)
    flat = sorted({n for numbers in proposed for n in numbers})
    scored = {s.passage: s for s in rank(corpus, index, ask, flat)}
    return [
        sorted((scored[n] for n in numbers), key=lambda s: (-s.score, corpus.ids[s.passage]))[:k]
        for numbers in proposed
    ]


def term_offset(corpus: Corpus, language: Language) -> int:
    """Where the language's term ids start in the shared sparse space: languages in sorted order."""
    before = sorted(corpus.languages)
    return sum(corpus.languages[one].size for one in before[: before.index(language)])


def rank(corpus: Corpus, index: LanguageIndex, ask: Ask, numbers: Sequence[int]) -> list[Scored]:
    """Exact integer scores of the given passages, in the given order."""
    if not numbers:
        return []
    rows = [index.row_of[n] for n in numbers]
    taken = index.passages.take(rows)
    lexical = score_rows(ask.query, taken.terms, taken.weights, taken.starts[:-1], index.size)
    coverage = coverage_rows(ask.query, taken.terms, taken.starts[:-1], index.size)
    dense = _dense(corpus, ask, numbers)
    sentences = _sentences(index, ask.query, rows)
    w = ask.weights
    found = []
    for i, number in enumerate(numbers):
        best = int(np.argmax(sentences[i]))
        score = (
            int(lexical[i]) * 1000
            + int(coverage[i]) * w.coverage
            + int(sentences[i][best]) * w.sentence
            + int(dense[i]) * w.dense
        )
        found.append(
            Scored(number, score, int(lexical[i]), int(dense[i]), int(coverage[i]), best, tuple(map(int, sentences[i])))
        )
    return found


def _sentences(index: LanguageIndex, query: Query, rows: Sequence[int]) -> list[Ints]:
    bounds = [(int(index.first_sentence[r]), int(index.first_sentence[r + 1])) for r in rows]
    wanted = [s for a, b in bounds for s in range(a, b)]
    taken = index.sentences.take(wanted)
    covered = coverage_rows(query, taken.terms, taken.starts[:-1], index.size)
    parts, at = [], 0
    for a, b in bounds:
        parts.append(covered[at : at + b - a])
        at += b - a
    return parts


def _dense(corpus: Corpus, ask: Ask, numbers: Sequence[int]) -> Ints:
    if ask.code is None:
        return np.zeros(len(numbers), dtype=np.int64)
    codes, starts = corpus.codes(numbers)
    return np.maximum.reduceat(similarity(ask.code, codes), starts)
