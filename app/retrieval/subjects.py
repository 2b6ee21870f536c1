"""What a subject index adds to the ranking of passages, and through which of its words a passage was found.

It finds and orders passages and takes part in the floor of silence, by the same integers for every
party. What is quoted stays the party's own text. An election without an index is ranked by text alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.retrieval.analyse import PAIR
from app.retrieval.corpus import LanguageIndex
from app.retrieval.lexicon import Ints
from app.retrieval.question import LEAST, Query
from app.retrieval.score import coverage_rows, score_rows
from app.retrieval.weights import Weights


@dataclass(frozen=True)
class Named:
    """Per candidate what its line adds, in thousandths: to the lexical score, and as coverage of the question."""

    lexical: Ints
    coverage: Ints
    lines: Ints
    """1 where the passage's line holds at least one term, else 0: a line without phrases is as none."""


def named(query: Query, index: LanguageIndex, rows: Ints) -> Named:
    """Read the lines of these rows against the question."""
    if not index.indexed:
        none = np.zeros(len(rows), dtype=np.int64)
        return Named(none, none, none)
    taken = index.subjects.take(rows)
    starts = taken.starts[:-1]
    return Named(
        score_rows(query, taken.terms, taken.weights, starts, index.size),
        coverage_rows(query, taken.terms, starts, index.size),
        (np.diff(taken.starts) > 1).astype(np.int64),
    )


def agreed(text: Ints, by: Named, weights: Weights) -> Ints:
    """Coverage by text and line together; by the text alone where there is no line."""
    if not weights.both:
        return text
    return np.where(by.lines > 0, np.minimum(1000, (text + by.coverage) * weights.both // 1000), text)


def through(query: Query, index: LanguageIndex, rows: Ints) -> list[tuple[str, ...]]:
    """Per row the stems of its line that are asked for and do not stand in its text; a pair as two words."""
    found: list[tuple[str, ...]] = [()] * len(rows)
    if not index.indexed:
        return found
    asked = np.zeros(index.size, dtype=bool)
    asked[[t for _, _, terms in query.concepts for t, strength in terms if strength >= LEAST]] = True
    lines, texts = index.subjects.take(rows), index.passages.take(rows)
    which = np.repeat(np.arange(len(rows)), np.diff(lines.starts))[asked[lines.terms]]
    terms = lines.terms[asked[lines.terms]].astype(np.int64)
    # Rows and the terms in them ascend, so each text row is one stretch of a sorted list.
    held = np.repeat(np.arange(len(rows)), np.diff(texts.starts)) * index.size + texts.terms
    wanted = which * index.size + terms
    absent = held[np.minimum(np.searchsorted(held, wanted), len(held) - 1)] != wanted
    for row, term in zip(which[absent].tolist(), terms[absent].tolist(), strict=True):
        found[row] = (*found[row], index.lexicon.stems[term].replace(PAIR, " "))
    return found
