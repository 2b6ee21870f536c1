"""Topicality and company are counted from the documents alone, as integers, and in any order of the documents."""

from __future__ import annotations

import random

import numpy as np

from app.retrieval.lexicon import RELATED, Lexicon, build_lexicon

FILLER = ("house", "river", "stone", "garden", "letter", "winter", "bridge", "candle")


def _work(matter: str, beside: str, passages: int, seed: int) -> list[tuple[list[str], list[str]]]:
    """A document of ten passages; `matter` fills a stretch of it with `beside`, "raise" stands far apart."""
    chance = random.Random(seed)
    rows = []
    for i in range(20):
        stems = [*chance.sample(FILLER, 3), f"only{seed}x{i}"]
        if i < passages:
            stems += [matter, beside]
        if i % 8 == 7:
            stems.append("raise")
        rows.append((stems, []))
    return rows


def _lexicon(order: list[int]) -> Lexicon:
    works = [_work(f"matter{n}", f"beside{n}", 6, n) for n in range(8)]
    documents = [row for n in order for row in works[n]]
    return build_lexicon(documents, [str(n) for n in order for _ in range(20)])


def test_a_word_that_returns_nearby_is_more_topical_than_one_that_stands_anywhere() -> None:
    lexicon = _lexicon(list(range(8)))
    matter, scattered = lexicon.stem_id("matter3"), lexicon.stem_id("raise")
    assert matter is not None and scattered is not None
    assert lexicon.topical[matter] > 1000 > lexicon.topical[scattered]


def test_the_best_company_of_a_word_is_what_stands_beside_it() -> None:
    lexicon = _lexicon(list(range(8)))
    for n in range(8):
        stem = lexicon.stem_id(f"matter{n}")
        assert stem is not None
        companions, shares, lengths = lexicon.related_to(np.array([stem]))
        assert lengths.tolist() == [len(companions)]
        assert lexicon.stems[int(companions[0])] == f"beside{n}"
        assert len(companions) <= RELATED and stem not in companions.tolist()
        assert abs(int(shares.sum()) - 1_000_000) <= RELATED


def test_the_order_of_documents_changes_no_value() -> None:
    first, second = _lexicon(list(range(8))), _lexicon([5, 2, 7, 0, 1, 6, 4, 3])
    assert first.stems == second.stems
    for name in ("idf", "found", "topical", "related", "shares", "related_starts"):
        assert np.array_equal(getattr(first, name), getattr(second, name)), name


def test_no_documents_make_an_empty_lexicon() -> None:
    lexicon = build_lexicon([], [])
    assert lexicon.stems == () and len(lexicon.related_starts) == 1
