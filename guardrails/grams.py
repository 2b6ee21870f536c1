"""What a question says in its own spelling: letter strings and short runs of words, weighed per label.

Promise: every language is read alike, and the idioms that a gloss word by word loses are kept; a feature's
place is its CRC-32 (ISO/IEC 3309), so a text has the same scores on every machine.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

ROWS = 1 << 18
"""Places that features share."""
LETTERS = range(3, 6)
"""Lengths of the letter strings of a word, its edges included."""
RUN = 3
"""Words of the longest run."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Grams:
    """Weights int8 [ROWS, labels] and what one step of them adds to a label's logit."""

    weights: NDArray[np.int8]
    step: float

    def logits(self, words: Sequence[str]) -> Floats:
        """What the words speak for: float64 [labels]."""
        rows, values = features(words)
        found: Floats = values @ self.weights[rows].astype(np.float64) * self.step
        return found


def features(words: Sequence[str]) -> tuple[NDArray[np.int64], Floats]:
    """Places and values of the features of a text: int64 [features], float64 [features].

    The letter strings together have length one, and so have the runs, however long the text.
    """
    kinds = ({f"c{s}" for word in words for s in _strings(f" {word} ")}, {f"w{r}" for r in _runs(words)})
    rows = [zlib.crc32(one.encode()) % ROWS for kind in kinds for one in sorted(kind)]
    values = [1 / sqrt(len(kind)) for kind in kinds for _ in kind]
    return np.array(rows, dtype=np.int64), np.array(values, dtype=np.float64)


def _strings(word: str) -> list[str]:
    return [word[i : i + n] for n in LETTERS for i in range(max(1, len(word) - n + 1))]


def _runs(words: Sequence[str]) -> list[str]:
    runs = ["_".join(words[i : i + n]) for n in range(1, RUN + 1) for i in range(len(words) - n + 1)]
    return runs + [f"{one}~{other}" for one, other in zip(words, words[2:], strict=False)]
