"""Revealed records beside the leaves that they stand for, both in the order of their places.

Promise: a record counts as revealed only when it opens its leaf's commitment, is given once, was not erased, lies
within what the manifest reveals, and is what the leaf says of it. Otherwise the leaf is named.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.bars import Show
from app.bundle import Counts, Line, Window, revealed
from app.census import EXCHANGE, Facts, commitment_in, erased_in, leaves_of
from app.leaf import commitment
from audit.archive import Archive
from audit.errors import Malformed
from audit.tiles import WIDTH, Tree
from domain.base import Digest
from domain.exchange import Digests

TAKEN = ("election", "status", "hour", "corpus", "index", "policy", "settings", "understand", "wording", "code")
"""What a leaf says of its record."""
NAMED = ("policy", "settings", "understand", "wording", "corpus", "election")
"""The digests of a record that name an object; `index` names files of a build, `code` the program."""


@dataclass
class Named:
    """What records were answered from: objects, those among them that are policies, and builds."""

    objects: set[Digest] = field(default_factory=set)
    policies: set[Digest] = field(default_factory=set)
    builds: dict[tuple[str, Digest, Digest, Digest], Mapping[str, str]] = field(default_factory=dict)

    def add(self, election: str, digests: Mapping[str, str]) -> None:
        """What one record names."""
        self.objects |= {digests[name] for name in NAMED}
        self.policies.add(digests["policy"])
        self.builds[election, digests["corpus"], digests["index"], digests["election"]] = digests


@dataclass(frozen=True)
class Revealed:
    """What was found: how many leaves of each kind, how many records the manifest owes, and what the others name."""

    counts: Counts
    owed: int
    named: Named


def check_records(archive: Archive, tree: Tree, window: Window, show: Show) -> Revealed:
    """Every revealed record against its leaf. Raises Malformed, naming the leaf, or part and line."""
    erased, named, counts, owed = erased_in(tree), Named(), Counter[str](), 0
    given = _rising(revealed(archive))
    line = next(given, None)
    for place, _, facts in leaves_of(tree):
        if place % WIDTH == 0:
            show("records", place, tree.size)
        if line is not None and line.place == place:
            named.add(*_opened(line, facts, erased, window))
            counts["revealed"] += 1
            line = next(given, None)
        elif facts.get("kind") != EXCHANGE:
            counts["other"] += 1
        elif commitment_in(facts) in erased:
            counts["erased"] += 1
        else:
            counts["withheld"] += 1
            owed += window.owes(str(facts.get("hour")))
    show("records", tree.size, tree.size)
    if line is not None:
        raise Malformed(f"leaf {line.place}", f"a record is given for it, and the log has {tree.size} leaves")
    return Revealed(Counts(**{name: counts[name] for name in Counts.model_fields}), owed, named)


def _rising(given: Iterator[Line]) -> Iterator[Line]:
    last = -1
    for one in given:
        if one.place <= last:
            why = "is given a record twice" if one.place == last else f"is given a record after leaf {last}"
            raise Malformed(f"leaf {one.place}", f"{why}; records stand in the order of their places")
        last = one.place
        yield one


def _opened(line: Line, facts: Facts, erased: frozenset[str], window: Window) -> tuple[str, Mapping[str, str]]:
    """Election and digests of the record, when it is the one that the leaf stands for. Raises Malformed."""
    what = f"leaf {line.place}"
    if facts.get("kind") != EXCHANGE:
        raise Malformed(what, "stands for no record, and one is given for it")
    if commitment(line.salt, line.body) != commitment_in(facts):
        raise Malformed(what, "the record given for it does not open its commitment: text, salt or place was altered")
    if commitment_in(facts) in erased:
        raise Malformed(what, "its record is given, and the log says that it was erased")
    try:
        exchange: dict[str, Any] = json.loads(line.body)
        digests: dict[str, str] = Digests.model_validate(exchange["digests"]).model_dump()
        election, at, answer = exchange["question"]["election"], exchange["at"], exchange["answer"]
        told = digests | {"election": election, "hour": at[:13], "status": answer["status"] if answer else None}
        wrong = [name for name in TAKEN if told[name] != facts.get(name)]
        wrong += [] if isinstance(election, str) else ["election"]
        open_now = window.reveals(at)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise Malformed(what, f"its record is no exchange ({type(error).__name__})") from error
    if wrong:
        raise Malformed(what, f"says another {wrong[0]} than its record")
    if not open_now:
        raise Malformed(what, f"its record is of {at}, which by the manifest is not revealed")
    return election, digests
