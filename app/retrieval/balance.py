"""The same number of passages for each party, ranked by integers alone.

A passage's place depends on the question, the passage and the frozen weights, never on its
party, on other parties, or on the engine that proposed it. Ties go to what stands first in the
document: an id would not do, for it changes with a name in the text (see the swap test).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from app.retrieval.corpus import Corpus, LanguageIndex
from app.retrieval.embed import Code, similarity
from app.retrieval.index import Candidates
from app.retrieval.lexicon import Ints, offsets, ranges
from app.retrieval.question import Query
from app.retrieval.register import Listed
from app.retrieval.score import company_rows, coverage_rows, score_rows
from app.retrieval.subjects import agreed, named, through
from app.retrieval.weights import Weights
from domain.base import Language

CANDIDATES = 30
"""Passages per party and retriever that Qdrant proposes and the ranking looks at."""


BROAD = 4000
"""Weight of a question's words, in thousandths, up to which their company counts in full.

The more a question says, the less it needs what usually stands beside its words.
"""
AROUND = 300
"""Share, in thousandths, of a sentence's coverage that its passage and headings lend it."""


@dataclass(frozen=True)
class Scored:
    """A ranked passage. `order` holds its sentences, the best to quote first; `sentences` their own coverage.

    `through` are words of the subject index that the question asks for and the passage does not say.
    """

    passage: int
    score: int
    lexical: int
    dense: int
    coverage: int
    order: tuple[int, ...]
    sentences: tuple[int, ...]
    through: tuple[str, ...] = ()
    listed: int | None = None
    near: bool = False


@dataclass(frozen=True)
class Ask:
    """What is searched: the parsed query, the embedding's code where it counts, and the weights."""

    query: Query
    code: Code | None
    weights: Weights


def search(
    corpus: Corpus,
    engine: Candidates,
    language: Language,
    ask: Ask,
    pools: Sequence[str],
    k: int,
    listed: Sequence[Sequence[Listed]] = (),
) -> list[list[Scored]]:
    """For each pool its `k` best passages, best first, after those `listed` for it. Pools hold one language."""
    index = corpus.languages[language]
    offset = term_offset(corpus, language)
    terms = [t + offset for t in ask.query.terms]
    listed = listed or [()] * len(pools)
    proposed = [
        list(dict.fromkeys([*group, *(place.passage for place in own)]))
        for group, own in zip(engine.find(terms, ask.query.weights, ask.code, pools, CANDIDATES), listed, strict=True)
    ]
    numbers = np.array([n for group in proposed for n in group], dtype=np.int64)
    ranking = rank(corpus, index, ask, numbers)
    found, at = [], 0
    for group, own in zip(proposed, listed, strict=True):
        best = ranking.best(range(at, at + len(group)), k, {place.passage for place in own})
        found.append(_listed_first(best, own)[:k])
        at += len(group)
    rows = index.row_of[np.array([s.passage for best in found for s in best], dtype=np.int64)]
    words = iter(through(ask.query, index, rows))
    return [[replace(s, through=said) if (said := next(words)) else s for s in best] for best in found]


def _listed_first(ranked: list[Scored], listed: Sequence[Listed]) -> list[Scored]:
    """The listed passages in the order of the list, each with its sentence first, then the others as ranked."""
    found = {one.passage: one for one in ranked}
    first = []
    for place, (number, sentence, near) in enumerate(listed, start=1):
        one = found.pop(number)
        order = (sentence, *(i for i in one.order if i != sentence))
        first.append(replace(one, listed=place, near=near, order=order))
    return [*first, *found.values()]


def term_offset(corpus: Corpus, language: Language) -> int:
    """Where the language's term ids start in the shared sparse space: languages in sorted order."""
    before = sorted(corpus.languages)
    return sum(corpus.languages[one].size for one in before[: before.index(language)])


@dataclass(frozen=True)
class Ranking:
    """Integer scores of candidate passages, position by position."""

    numbers: Ints
    score: Ints
    lexical: Ints
    dense: Ints
    coverage: Ints
    sentences: Ints
    own: Ints
    bounds: Ints
    """Where each candidate's sentences start in `sentences` and `own`; one more entry closes the last."""

    def best(self, places: range, k: int, also: Collection[int] = ()) -> list[Scored]:
        """The `k` best of the candidates at these places and those `also` asked for by number, best first."""
        span = slice(places.start, places.stop)
        order = (np.lexsort((self.numbers[span], -self.score[span])) + places.start).tolist()
        return [self._at(i) for i in (*order[:k], *(i for i in order[k:] if int(self.numbers[i]) in also))]

    def _at(self, i: int) -> Scored:
        place = slice(int(self.bounds[i]), int(self.bounds[i + 1]))
        return Scored(
            passage=int(self.numbers[i]),
            score=int(self.score[i]),
            lexical=int(self.lexical[i]),
            dense=int(self.dense[i]),
            coverage=int(self.coverage[i]),
            order=tuple(np.argsort(-self.sentences[place], kind="stable").tolist()),
            sentences=tuple(self.own[place].tolist()),
        )


def rank(corpus: Corpus, index: LanguageIndex, ask: Ask, numbers: Ints) -> Ranking:
    """Exact integer scores of the given passages, in the given order."""
    none = np.zeros(0, dtype=np.int64)
    if not len(numbers):
        return Ranking(numbers, none, none, none, none, none, none, none)
    rows = index.row_of[numbers]
    taken = index.passages.take(rows)
    starts = taken.starts[:-1]
    w, by = ask.weights, named(ask.query, index, rows)
    lexical = score_rows(ask.query, taken.terms, taken.weights, starts, index.size) + by.lexical
    coverage = coverage_rows(ask.query, taken.terms, starts, index.size)
    firsts, ends = index.first_sentence[rows], index.first_sentence[rows + 1]
    places = ranges(firsts, ends)
    wanted = index.sentences.take(places)
    own = coverage_rows(ask.query, wanted.terms, wanted.starts[:-1], index.size)
    plain = (own * (1000 - AROUND) + np.repeat(coverage, ends - firsts) * AROUND) // 1000
    if ask.query.amount:
        plain = plain * (1000 - (1 - index.number[places]) * w.amount) // 1000
    # A stand taken decides which sentence is quoted, not which passage comes first.
    key = index.key[places] * np.repeat(by.coverage, ends - firsts)
    sentences = plain * (1000 + index.stance[places] * w.stance) // 1000 + key * w.key // 1000
    bounds = offsets(ends - firsts)
    best = np.maximum.reduceat(plain, bounds[:-1])
    dense = _dense(corpus, ask, numbers)
    company = company_rows(ask.query, taken.terms, taken.weights, starts, index.size)
    score = lexical * 1000 + coverage * w.coverage + best * w.sentence + dense * w.dense
    score += company * w.company * BROAD // max(BROAD, sum(weight for _, weight, _ in ask.query.concepts))
    score += by.coverage * w.subjects - index.beside[rows] * w.beside * 1000
    return Ranking(numbers, score, lexical, dense, agreed(coverage, by, w), sentences, np.maximum(own, key), bounds)


def _dense(corpus: Corpus, ask: Ask, numbers: Ints) -> Ints:
    if ask.code is None:
        return np.zeros(len(numbers), dtype=np.int64)
    codes, starts = corpus.codes(numbers)
    return np.maximum.reduceat(similarity(ask.code, codes), starts)
