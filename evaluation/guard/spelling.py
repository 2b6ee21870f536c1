"""Fits the weights of spelling: one linear layer over the features of `guardrails.grams`, packed into bytes.

Promise: the same texts and seed give the same weights on the same versions.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import SGDClassifier

from guardrails.grams import ROWS, features

SHARE = 0.45
"""What the layer weighs beside the encoder; the middle of the range in which held-out families gain most."""
PENALTY = 3e-6
ROUNDS = 25
STEPS = 127


def fitted(
    texts: Sequence[Sequence[str]], labels: NDArray[np.int64], weights: NDArray[np.float64], seed: int
) -> tuple[NDArray[np.int8], float]:
    """Weights int8 [ROWS, labels] and the size of one step, from texts as words with their labels and weights."""
    found = [features(words) for words in texts]
    starts = np.cumsum([0, *(len(rows) for rows, _ in found)])
    matrix = sparse.csr_matrix(
        (np.concatenate([v for _, v in found]), np.concatenate([r for r, _ in found]), starts), (len(texts), ROWS)
    )
    layer = SGDClassifier(
        loss="log_loss", alpha=PENALTY, max_iter=ROUNDS, average=True, fit_intercept=False, random_state=seed, n_jobs=2
    )
    layer.fit(matrix, labels, sample_weight=weights / weights.mean())
    exact = SHARE * layer.coef_.T
    step = float(np.quantile(np.abs(exact[exact != 0]), 0.9999)) / STEPS
    return np.clip(np.round(exact / step), -STEPS, STEPS).astype(np.int8), step
