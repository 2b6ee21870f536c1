"""Tells how likely a question is about the rules of voting rather than what programmes say, in whole numbers.

Promise: it reads words and letters alone, learnt from our own phrasings (`evaluation/sense.py`), and no party's name;
the same text gets the same number on every machine. It decides where a question is looked up, never what is said.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from zlib import crc32

import numpy as np
import numpy.typing as npt

from app.errors import PackError
from app.retrieval.analyse import words

BUCKETS = 1 << 15
FILE = "sense.json"
SURE = 2500
"""Log odds, in thousandths, from which a question that names no party is taken to be about the rules of voting."""
CERTAIN = 5000
"""The same where a word list says that it is one for the programmes."""
OPEN = 0
"""The same from which such a question may be about them, if a card or the law says so."""
AFTER = -4500
"""The same from which a turn after one about the rules goes on with them, if it opens like a follow-up."""
UNLED = -4060
"""The same if it does not."""


@dataclass(frozen=True)
class Sense:
    """A linear model over words, pairs of words and four letters in a row: int16 [BUCKETS], thousandths of log odds."""

    weights: npt.NDArray[np.int16]
    base: int

    def of(self, text: str) -> int:
        """Log odds, in thousandths, that the text is about the rules of voting; below 0 where it is rather not."""
        return self.base + int(self.weights[features(text)].sum(dtype=np.int64))

    def plain(self) -> dict[str, object]:
        """All of it as JSON types."""
        packed = base64.b64encode(self.weights.astype("<i2").tobytes()).decode()
        return {"base": self.base, "weights": packed}

    @classmethod
    def opened(cls, raw: Mapping[str, Any]) -> Self:
        """What `plain` gave. Raises ValueError, KeyError or TypeError when it is something else."""
        weights = np.frombuffer(base64.b64decode(raw["weights"], validate=True), dtype="<i2")
        if weights.shape != (BUCKETS,):
            raise ValueError(f"sense: {weights.size} weights instead of {BUCKETS}")
        return cls(weights, int(raw["base"]))


NONE = Sense(np.zeros(BUCKETS, dtype=np.int16), OPEN)
"""Knows nothing: every text may be about the rules of voting, and none is taken to be."""


def features(text: str) -> list[int]:
    """The buckets of a text, each once: its words, each with the one before it, and four letters in a row of each."""
    found: set[str] = set()
    before = "^"
    for word in words(text):
        found |= {f"w{word}", f"b{before} {word}"}
        before, edged = word, f"<{word}>"
        found.update(f"g{edged[i : i + 4]}" for i in range(max(1, len(edged) - 3)))
    found.add(f"b{before} $")
    return sorted({crc32(one.encode()) % BUCKETS for one in found})


def read_sense(folder: Path) -> Sense:
    """Read `sense.json`. Raises PackError naming the file."""
    path = folder / FILE
    try:
        return Sense.opened(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PackError(f"{path}: not a sense of questions: {error}") from error
