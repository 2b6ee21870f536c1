"""What the leaves of a log say, read from the published log alone: which stand for a record, and which were erased."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from audit.errors import Malformed
from audit.tiles import WIDTH, Tree

EXCHANGE, ERASURE = "exchange", "erasure"
"""Kinds of leaves: one that stands for a record, and one that says `of` which commitment the record was erased."""
Facts = Mapping[str, Any]


def leaves_of(tree: Tree) -> Iterator[tuple[int, bytes, Facts]]:
    """Place, bytes and facts of every leaf. Raises Missing, or Malformed about a leaf that is none of ours."""
    for n in range(-(-tree.size // WIDTH)):
        for place, entry in enumerate(tree.entries(n), start=n * WIDTH):
            yield place, entry, _facts(entry, place)


def commitment_in(facts: Facts) -> str:
    """The commitment that a leaf holds, or something that is none."""
    return str(facts.get("commitment"))


def erased_in(tree: Tree) -> frozenset[str]:
    """The commitments whose records were erased, as the log says."""
    return frozenset(str(facts.get("of")) for _, _, facts in leaves_of(tree) if facts.get("kind") == ERASURE)


def _facts(entry: bytes, place: int) -> Facts:
    try:
        facts = json.loads(entry)
    except (ValueError, RecursionError):
        facts = None
    if not isinstance(facts, dict):
        raise Malformed(f"leaf {place}", "is not a JSON object")
    return facts
