"""Averages the guard's weights with those of another training: one model that errs less than either.

`python -m evaluation.guard.average FOLDER [SHARE]` gives the training in FOLDER that share of every weight
(one half when nothing is said), writes weights and card, and draws the lines anew on the families that both
trainings left out. Promise: only trainings from the same published model with the same pieces, labels and
glossaries are averaged, and the card names both. Why averaging helps: Wortsman et al. 2022, "Model soups".
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evaluation.guard.spelling import STEPS
from evaluation.guard.train import COMMON, TARGET, draw, files, read, save, say, write_card
from guardrails.classifier import GRAMS, PIECES, WEIGHTS, Card, Classifier, open_classifier
from guardrails.policy import load_policy
from ingestion.onnx_export import read_classifier

Floats = NDArray[np.float32]
HALF = 0.5


class AverageError(ValueError):
    """Two trainings that cannot be averaged."""


def main(arguments: Sequence[str]) -> int:
    """Average, write, draw the lines."""
    try:
        other, share = asked(arguments)
        average(TARGET, other, share)
    except ValueError as error:
        say(str(error))
        return 2
    policy = load_policy(COMMON, trained=False)
    model = open_classifier(TARGET)
    data = read(policy, (TARGET / PIECES).read_text(encoding="utf-8").split("\n"))
    write_card(model.card.model_copy(update=draw(model, data, policy)), TARGET)
    return 0


def asked(arguments: Sequence[str]) -> tuple[Path, float]:
    """The other folder and its share. Raises AverageError."""
    if not 1 <= len(arguments) <= 2:
        raise AverageError("usage: python -m evaluation.guard.average FOLDER [SHARE]")
    try:
        share = float(arguments[1]) if len(arguments) == 2 else HALF
    except ValueError:
        share = 0.0
    if not 0 < share < 1:
        raise AverageError(f"{arguments[1]}: the share of the other training lies between 0 and 1")
    return Path(arguments[0]), share


def average(target: Path, other: Path, share: float) -> None:
    """The mean of both trainings into `target`, with the lines that stood there. Raises ValueError."""
    ours, theirs = open_classifier(target), open_classifier(other)
    _comparable(ours, theirs)
    weights = mixed(read_classifier(target / WEIGHTS), read_classifier(other / WEIGHTS), share)
    spelling, step = _spelling(ours, theirs, share)
    save(weights, spelling, target)
    update = {
        "step": step,
        "averaged": _trainings(ours.card, theirs.card, share),
        "further_from": tuple(dict.fromkeys((*ours.card.further_from, *theirs.card.further_from))),
        "files": files(target),
    }
    write_card(ours.card.model_copy(update=update), target)


def mixed(ours: dict[str, Floats], theirs: dict[str, Floats], share: float) -> dict[str, Floats]:
    """Each weight with this share of the other's. Raises AverageError."""
    if {n: w.shape for n, w in ours.items()} != {n: w.shape for n, w in theirs.items()}:
        raise AverageError(f"{WEIGHTS}: the two trainings are not of the same network")
    return {n: (w + share * (theirs[n] - w)).astype(np.float32) for n, w in ours.items()}


def packed(exact: NDArray[np.float64]) -> tuple[NDArray[np.int8], int]:
    """Weights of spelling as bytes, the largest one kept whole, and the size of one step in millionths."""
    step = max(1, round(1e6 * float(np.abs(exact).max()) / STEPS))
    return np.clip(np.round(1e6 * exact / step), -STEPS, STEPS).astype(np.int8), step


def _spelling(ours: Classifier, theirs: Classifier, share: float) -> tuple[NDArray[np.int8], int]:
    own, its = (model.grams.weights * model.grams.step for model in (ours, theirs))
    return packed((1 - share) * own + share * its)


def _trainings(ours: Card, theirs: Card, share: float) -> dict[str, int]:
    """What each training was made of, with its share in thousandths."""
    shares: dict[str, int] = {}
    for card, part in ((ours, 1 - share), (theirs, share)):
        for digest, of in (card.averaged or {card.trained_on: 1000}).items():
            shares[digest] = shares.get(digest, 0) + round(of * part)
    return shares


def _comparable(ours: Classifier, theirs: Classifier) -> None:
    """Raises AverageError where a number of one does not mean what it means in the other."""
    for what in ("labels", "most", "base"):
        if getattr(ours.card, what) != getattr(theirs.card, what):
            raise AverageError(f"{theirs.folder}: another training's {what} are not the same")
    for name in {*ours.card.files, *theirs.card.files} - {WEIGHTS, GRAMS}:
        if ours.card.files.get(name) != theirs.card.files.get(name):
            raise AverageError(f"{theirs.folder}: {name} is not the file of {ours.folder}")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
