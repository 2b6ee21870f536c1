"""Integer scores of passages and sentences: equal on every machine, in any order, for every party."""

from __future__ import annotations

import numpy as np

from app.retrieval.lexicon import MILLION, Ints
from app.retrieval.question import Query


def score_rows(query: Query, flat_terms: Ints, flat_weights: Ints, starts: Ints, size: int) -> Ints:
    """Integer scores of the given rows (concatenated term ids and frequencies, `starts` per row), in thousandths.

    `size` is the number of terms of the lexicon. Sums stay far below 2**63: at most 10**6 * 2200
    per term and a few hundred terms.
    """
    table = np.zeros(size, dtype=np.int64)
    table[list(query.terms)] = query.weights
    products = table[flat_terms] * flat_weights
    return np.add.reduceat(products, starts) // MILLION if len(products) else np.zeros(len(starts), dtype=np.int64)


def company_rows(query: Query, flat_terms: Ints, flat_weights: Ints, starts: Ints, size: int) -> Ints:
    """Per row how much of the company of the question's words it holds, in thousandths."""
    table = np.zeros(size, dtype=np.int64)
    table[[t for t, _ in query.company]] = [share for _, share in query.company]
    products = table[flat_terms] * flat_weights
    return np.add.reduceat(products, starts) // MILLION if len(products) else np.zeros(len(starts), dtype=np.int64)


def coverage_rows(query: Query, flat_terms: Ints, starts: Ints, size: int) -> Ints:
    """Per row the idf-weighted share of the question's concepts that it holds, in thousandths."""
    total = sum(idf for _, idf, _ in query.concepts)
    covered = np.zeros(len(starts), dtype=np.int64)
    asked = np.zeros(size, dtype=bool)
    asked[[t for _, _, found in query.concepts for t, _ in found]] = True
    # Few of a row's terms are asked for: each concept looks at those alone.
    places = np.flatnonzero(asked[flat_terms])
    if not total or not len(places):
        return covered
    terms, rows = flat_terms[places], np.searchsorted(starts, places, side="right") - 1
    firsts = np.flatnonzero(np.diff(rows, prepend=-1))
    table = np.zeros(size, dtype=np.int64)
    for _, idf, found in query.concepts:
        if not found:
            continue
        ids = [t for t, _ in found]
        table[ids] = [s for _, s in found]
        covered[rows[firsts]] += np.maximum.reduceat(table[terms], firsts) * idf
        table[ids] = 0
    return covered // total
