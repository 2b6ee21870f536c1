"""Recall at five of both systems on labelled questions, over the same passages; the first passages count, cut or not.

Ours is asked through `isegoria search`, the baseline through its retriever. Neither was fitted
on these sets.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.packs import Labelled
from bench.servers import ONE_THREAD, run_cli

TOP = 5


@dataclass(frozen=True)
class Recall:
    """How many of the questions found their paragraph among the first five passages."""

    questions: int
    ours: int
    baseline: int

    def row(self) -> dict[str, float]:
        n = self.questions
        return {"questions": n, "ours": self.ours / n, "baseline": self.baseline / n}


def sample(labelled: Labelled, most: int) -> list[tuple[str, str]]:
    """At most so many questions, evenly spread over the set; repeated texts only once."""
    pairs = list(dict(labelled.questions).items())
    step = max(1.0, len(pairs) / most)
    return [pairs[int(i * step)] for i in range(min(most, len(pairs)))]


def recall(election: str, data: Path, pairs: Sequence[tuple[str, str]], store: Path, passages: Path) -> Recall:
    """Both systems on the same questions and passages."""
    return Recall(len(pairs), _ours(election, data, pairs), _baseline(pairs, store, passages))


def _ours(election: str, data: Path, pairs: Sequence[tuple[str, str]]) -> int:
    rows = "".join(json.dumps({"id": i, "text": q, "k": TOP}) + "\n" for i, (q, _) in enumerate(pairs))
    env = {"ISEGORIA_DATA": str(data.resolve()), **ONE_THREAD}
    out = run_cli(("search", election, "--jsonl"), env, rows.encode())
    found: dict[int, set[str]] = {}
    for line in out.decode().splitlines():
        row: Mapping[str, Any] = json.loads(line)
        if "error" in row:
            raise RuntimeError(f"search in {election} failed on {pairs[row['id']][0]!r}: {row['error']}")
        found[row["id"]] = {hit["document"] for hit in row["hits"][:TOP]}
    return sum(gold in found[i] for i, (_, gold) in enumerate(pairs))


def _baseline(pairs: Sequence[tuple[str, str]], store: Path, passages: Path) -> int:
    from bench.baseline import index_of, read_passages

    rows = read_passages(passages)
    document = {row["id"]: row["document"] for row in rows}
    retriever = index_of(rows, store).as_retriever(similarity_top_k=TOP)
    return sum(gold in {document[n.node.node_id] for n in retriever.retrieve(q)} for q, gold in pairs)
