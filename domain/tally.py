"""What is counted of answers for the public: by day, election, party and outcome, and never a word.

Promise: a count below `FEWEST` is not told, and nothing is told of a day that is not over, so that nobody can see
from a count that one question was asked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from domain.base import Frozen
from domain.exchange import Exchange, Subject

FEWEST = 20
"""Below this a count is told as "fewer"."""
QUOTED, NEAR, SILENT, NO_DOCUMENT = "quoted", "near", "silent", "no_document"
OUTCOMES = (QUOTED, NEAR, SILENT, NO_DOCUMENT)
ALL = ""
"""Stands for the party where a whole answer is counted; its outcome is the answer's status."""


class Tally(Frozen):
    """How often an outcome was recorded for a party of an election on a day (UTC)."""

    day: str
    election: str
    party: str
    outcome: str
    count: int = 1


def tallied(exchange: Exchange) -> tuple[Tally, ...]:
    """What one exchange adds: its status, and for every party that was asked what became of it."""
    answer, day, election = exchange.answer, exchange.at[:10], exchange.question.election
    if answer is None:
        return ()
    found = [Tally(day=day, election=election, party=ALL, outcome=answer.status.value)]
    if exchange.scope is None or exchange.scope.subject is not Subject.PARTIES or answer.status.family != "answered":
        return tuple(found)
    quoted, near = ({claim.party for claim in claims} for claims in (answer.claims, answer.near))
    for party in dict.fromkeys((*answer.scope, *answer.no_document)):
        outcome = QUOTED if party in quoted else NEAR if party in near else SILENT
        outcome = NO_DOCUMENT if party in answer.no_document else outcome
        found.append(Tally(day=day, election=election, party=party, outcome=outcome))
    return tuple(found)


@dataclass(frozen=True)
class Counts:
    """What may be told of one election: None stands for a count below `FEWEST` that is not zero."""

    days: tuple[tuple[str, int | None], ...]
    statuses: dict[str, int | None]
    parties: dict[str, dict[str, int | None]]


def told(tallies: Iterable[Tally], election: str) -> Counts:
    """The counts of an election, small ones hidden."""
    days: Counter[str] = Counter()
    statuses: Counter[str] = Counter()
    parties: Counter[tuple[str, str]] = Counter()
    for one in tallies:
        if one.election != election:
            continue
        if one.party == ALL:
            days[one.day] += one.count
            statuses[one.outcome] += one.count
        else:
            parties[one.party, one.outcome] += one.count
    named = dict.fromkeys(party for party, _ in sorted(parties))
    return Counts(
        days=tuple((day, _told(count)) for day, count in sorted(days.items())),
        statuses={status: _told(count) for status, count in sorted(statuses.items(), key=lambda s: (-s[1], s[0]))},
        parties={party: {o: _told(parties[party, o]) for o in OUTCOMES} for party in named},
    )


def _told(count: int) -> int | None:
    return count if count >= FEWEST or count == 0 else None
