"""Trains the guard's classifier from the phrasing families, reproducibly: same families, same bytes.

`python -m evaluation.guard.train` cross-validates by family, draws the lines, writes
`elections/common/guard/classifier.npz` and `.json`, and prints what it saw.
"""

from __future__ import annotations

import hashlib
import io
import math
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from domain.base import canonical, sha256
from evaluation.guard.items import FOLDER, LANGUAGES, Item, disguised, filled, load
from guardrails.classifier import BUCKETS, CARD, WEIGHTS, Card, features
from guardrails.gate import slotted
from guardrails.normalise import BREAKS, Token
from guardrails.policy import Policy, load_policy

Floats = NDArray[np.float64]
COMMON = Path(__file__).parents[2] / "elections" / "common"
SEED = 20270314
FILLS = 4
DISGUISED = 0.12
FOLDS = 5
STRENGTH = 100.0
"""Inverse regularisation of the logistic regressions."""
FAMILY = 5.0
"""Weight of a family."""
FALSE_DECLINES = 0.015
"""Share of answerable families that each reader may decline in cross-validation; the threshold follows."""
SMALLEST = 2
"""Integer weights below this are dropped: they change nothing and fill the file."""


def training_items() -> list[Item]:
    """All items of all languages, plain and disguised."""
    items: list[Item] = []
    for language in LANGUAGES:
        plain = list(filled(load(language), FILLS, SEED))
        items += [*plain, *disguised(plain, DISGUISED, SEED)]
    return items


def tokenised(items: Sequence[Item], policy: Policy) -> list[tuple[Token, ...]]:
    """What the guard reads of each item, sentence breaks left out."""
    names = {language: load(language).names for language in LANGUAGES}
    return [tuple(t for t in slotted(i.text, names[i.language], policy) if t.text not in BREAKS) for i in items]


def matrix(texts: Sequence[Sequence[Token]]) -> csr_matrix:
    """Rows of n-gram counts over the square root of their sum, as `Classifier.read` damps them."""
    data: list[float] = []
    columns: list[int] = []
    starts = [0]
    for tokens in texts:
        counts = Counter(b for i in range(len(tokens)) for b in features(tokens, i))
        damp = max(1, sum(counts.values())) ** 0.5
        for bucket, n in sorted(counts.items()):
            columns.append(bucket)
            data.append(n / damp)
        starts.append(len(columns))
    return csr_matrix((data, columns, starts), shape=(len(texts), BUCKETS))


def weights_of(items: Sequence[Item]) -> Floats:
    """Every family counts the same, however many texts it has."""
    sizes = Counter(i.family for i in items)
    return np.array([FAMILY / sizes[i.family] for i in items])


def fit(x: csr_matrix, y: NDArray[np.bool_], w: Floats) -> LogisticRegression:
    """One reader: does this column apply to the text?"""
    return LogisticRegression(C=STRENGTH, max_iter=300, solver="liblinear", random_state=0).fit(x, y, sample_weight=w)


def truth(items: Sequence[Item], column: str) -> NDArray[np.bool_]:
    """Which items the column applies to: those of the action, or of the category."""
    return np.array([column in (i.action.value, i.category) for i in items])


def cross_validated(x: csr_matrix, items: Sequence[Item], column: str) -> Floats:
    """Logits of each item by a reader that has seen no text of its family."""
    found = np.zeros(len(items))
    fold = np.array([int(hashlib.sha256(i.family.encode()).hexdigest(), 16) % FOLDS for i in items])
    y, w = truth(items, column), weights_of(items)
    for k in range(FOLDS):
        found[fold == k] = fit(x[fold != k], y[fold != k], w[fold != k]).decision_function(x[fold == k])
    return found


def drawn(logits: Floats, items: Sequence[Item]) -> int:
    """The threshold in thousandths at which the allowed share of answerable families is declined."""
    answer, w = truth(items, "answer"), weights_of(items)
    order = np.argsort(-logits[answer], kind="stable")
    share = np.cumsum(w[answer][order]) / w[answer].sum()
    line = logits[answer][order][int((share <= FALSE_DECLINES).sum())]
    return min(999, max(100, math.ceil(1000 / (1 + math.exp(-float(line))))))


def main() -> int:
    """Train, measure by cross-validation, write."""
    policy = load_policy(COMMON, trained=False)
    items = training_items()
    say(f"{len(items)} texts of {len({i.family for i in items})} families")
    x = matrix(tokenised(items, policy))
    actions = ("refuse", "redirect")
    logits = {a: cross_validated(x, items, a) for a in actions}
    lines = {a: drawn(logits[a], items) for a in actions}
    report(logits, lines, items)
    columns = (*actions, *(c for c in policy.categories if truth(items, c).any()))
    readers = []
    for column in columns:
        readers.append(fit(x, truth(items, column), weights_of(items)))
        say(f"trained {column}")
    write(readers, columns, len(actions), lines, items)
    return 0


def report(logits: dict[str, Floats], lines: dict[str, int], items: Sequence[Item]) -> None:
    """Print what cross-validation declines, by language and category; each family has the same weight."""
    spoke = {a: 1000 / (1 + np.exp(-logits[a])) >= lines[a] for a in logits}
    w = weights_of(items)
    groups: dict[str, list[int]] = defaultdict(list)
    for n, item in enumerate(items):
        for name in (f"{item.action} {item.language}", f"{item.action} {item.category}"):
            groups[name].append(n)
    say(f"lines {lines}")
    for name, members in sorted(groups.items()):
        m = np.array(members)
        declined = spoke["refuse"][m] if name.startswith("refuse") else spoke["refuse"][m] | spoke["redirect"][m]
        families = len({items[i].family for i in members})
        say(f"  {name:<28} declined {float((declined * w[m]).sum() / w[m].sum()):.3f} of {families} families")


def write(
    readers: Sequence[LogisticRegression], columns: Sequence[str], actions: int, lines: dict[str, int], items: Sequence[Item]
) -> None:
    """The weights as int8 in a compressed file, and their card."""
    real = np.stack([r.coef_[0] for r in readers], axis=1)
    bias = np.array([float(r.intercept_[0]) for r in readers])
    scale = int(120 / float(np.quantile(np.abs(real[real != 0]), 0.9995)))
    whole = np.clip(np.rint(real * scale), -127, 127).astype(np.int8)
    rows = np.nonzero(np.abs(whole).max(axis=1) >= SMALLEST)[0].astype(np.int32)
    packed = io.BytesIO()
    np.savez_compressed(packed, rows=rows, weights=whole[rows])
    data = packed.getvalue()
    sources = sorted([*FOLDER.glob("families.*.jsonl"), *FOLDER.glob("*.py")])
    card = Card(
        actions=tuple(columns[:actions]),
        categories=tuple(columns[actions:]),
        scale=scale,
        bias=tuple(int(b) for b in np.rint(bias * scale)),
        thresholds=lines,
        trained_on=sha256(b"".join(p.read_bytes() for p in sources)),
        weights=sha256(data),
        licence="Apache-2.0; trained on the project's own phrasings alone",
        families=len({i.family for i in items}),
        texts=len(items),
    )
    (COMMON / "guard" / WEIGHTS).write_bytes(data)
    (COMMON / "guard" / CARD).write_bytes(canonical(card.model_dump(mode="json")) + b"\n")
    say(f"{len(rows)} of {BUCKETS} buckets, {len(data) // 1024} kB, scale {scale}")


def say(line: str) -> None:
    """One line for the person who trains."""
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
