"""The features of spelling: the same places everywhere, length one per kind, nothing for nothing."""

from __future__ import annotations

import numpy as np
import pytest

from guardrails.grams import ROWS, Grams, features


def test_places_are_the_checksums_of_the_strings() -> None:
    rows, _ = features(["ab"])
    # CRC-32 of "c ab", "c ab ", "cab " and "wab", as any other program computes it, modulo the number of places.
    assert sorted(int(r) for r in rows) == sorted([39811, 187716, 200459, 130389])


def test_each_kind_has_length_one_however_long_the_text() -> None:
    for words in (["wahl"], ["wen", "soll", "ich", "denn", "bloss", "waehlen"]):
        _, values = features(words)
        assert float(values @ values) == pytest.approx(2.0)


def test_the_order_of_words_counts_and_that_of_letters_too() -> None:
    one, other = (set(map(int, features(w.split())[0])) for w in ("wer gewinnt", "gewinnt wer"))
    assert one != other
    assert set(map(int, features(["wahl"])[0])) != set(map(int, features(["lahw"])[0]))


def test_logits_are_the_sum_of_what_the_words_weigh() -> None:
    weights = np.zeros((ROWS, 2), dtype=np.int8)
    rows, values = features(["wahl"])
    weights[rows[0], 1] = 100
    assert Grams(weights, 0.5).logits(["wahl"])[1] == pytest.approx(50 * float(values[0]))
    assert Grams(weights, 0.5).logits(["x"])[0] == 0
