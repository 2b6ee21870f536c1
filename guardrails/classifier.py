"""A second reader of questions: a linear model over words and letters, shipped as small integers.

Promise: it only adds to what the rules decline and never takes away; it reads the same slots and tokens as
the rules, so it knows no party; its sums are integers; the words that weighed most are named. Missing
or damaged weights raise, they are never skipped.
"""

from __future__ import annotations

import itertools
import math
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError

from domain.base import Digest, Frozen, sha256
from guardrails.normalise import PARTY, Token

CARD, WEIGHTS = "classifier.json", "classifier.npz"
BUCKETS = 1 << 17
LETTERS = (3, 4, 5)
WORDS = (1, 2, 3)
_SLOT = "\x00"
"""Stands for a party inside n-grams; no token holds it."""


class ClassifierError(ValueError):
    """The weights or their card cannot be used."""


class Card(Frozen):
    """`classifier.json`: what the weights are, what they were trained on, and where the line is drawn."""

    actions: tuple[str, ...] = Field(description="First columns of the weights: one reader for each action")
    categories: tuple[str, ...] = Field(description="The other columns: one reader for each category")
    scale: int = Field(ge=1, description="Divisor of the integer weights")
    bias: tuple[int, ...] = Field(description="Per column, in the same scale")
    thresholds: dict[str, int] = Field(description="Per action, in thousandths: from here on it speaks")
    trained_on: Digest = Field(description="SHA-256 of the phrasings and of the program that made the weights")
    weights: Digest = Field(description="SHA-256 of the weights file")
    licence: str
    families: int
    texts: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What the model makes of a text: a score per column in thousandths, and the tokens that weighed most."""

    scores: Mapping[str, int]
    first: int
    last: int


@dataclass(frozen=True)
class Classifier:
    """The opened model. `weights` is [BUCKETS, columns]; `packed` is the file, kept for records."""

    card: Card
    weights: NDArray[np.int8]
    packed: bytes

    def read(self, tokens: Sequence[Token], action: str) -> Reading:
        """Scores of one sentence or text; the span is what spoke most for the action."""
        found = [list(features(tokens, i)) for i in range(len(tokens))]
        columns = (*self.card.actions, *self.card.categories)
        if not any(found):
            return Reading(dict.fromkeys(columns, 0), 0, 0)
        rows = self.weights[[bucket for one in found for bucket in one]].astype(np.int64)
        damp = math.isqrt(len(rows) * 10_000)
        sums = [int(s) * 100 // damp + b for s, b in zip(rows.sum(axis=0), self.card.bias, strict=True)]
        scores = {c: _likely(s / self.card.scale) for c, s in zip(columns, sums, strict=True)}
        of = columns.index(action)
        bounds = list(itertools.accumulate((len(one) for one in found), initial=0))
        return Reading(scores, *_heaviest([int(rows[a:b, of].sum()) for a, b in itertools.pairwise(bounds)]))


def features(tokens: Sequence[Token], i: int) -> Iterator[int]:
    """Buckets of the n-grams that end at token `i`: of words, and of the letters of the word itself."""
    words = [_SLOT if t.text == PARTY else t.text for t in tokens[max(0, i - max(WORDS) + 1) : i + 1]]
    for n in WORDS:
        if n <= len(words):
            yield _bucket("w" + " ".join(words[-n:]))
    if i == 0:
        yield _bucket("^" + words[-1])
    if i + 1 == len(tokens):
        yield _bucket("$" + " ".join(words[-2:]))
    if words[-1] != _SLOT:
        padded = f"<{words[-1]}>"
        for n in LETTERS:
            for at in range(len(padded) - n + 1):
                yield _bucket("c" + padded[at : at + n])


def _bucket(gram: str) -> int:
    return zlib.crc32(gram.encode()) % BUCKETS


def _likely(logit: float) -> int:
    return round(1000 / (1 + math.exp(-max(-30.0, min(30.0, logit)))))


def _heaviest(worth: Sequence[int]) -> tuple[int, int]:
    """First and last index of the stretch with the largest sum."""
    best, here, start = (worth[0], 0, 0), 0, 0
    for i, value in enumerate(worth):
        if here <= 0:
            here, start = 0, i
        here += value
        if here > best[0]:
            best = (here, start, i)
    return best[1], best[2]


def open_classifier(folder: Path) -> Classifier:
    """The model in `folder`. Raises ClassifierError."""
    try:
        card = Card.model_validate_json((folder / CARD).read_bytes())
        data = (folder / WEIGHTS).read_bytes()
    except (OSError, ValidationError) as error:
        raise ClassifierError(f"{CARD} and {WEIGHTS} cannot be read ({error})") from error
    if sha256(data) != card.weights:
        raise ClassifierError(f"{WEIGHTS} is not the file that {CARD} describes")
    columns = len(card.actions) + len(card.categories)
    if len(card.bias) != columns or set(card.thresholds) != set(card.actions):
        raise ClassifierError(f"{CARD}: bias and thresholds do not fit the columns")
    try:
        with np.load(BytesIO(data)) as packed:
            weights = np.zeros((BUCKETS, columns), dtype=np.int8)
            weights[packed["rows"]] = packed["weights"]
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise ClassifierError(f"{WEIGHTS} cannot be read ({error})") from error
    return Classifier(card, weights, data)
