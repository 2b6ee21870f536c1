"""Records listed for an auditor whom the operator has given a token: newest first, by what their columns say."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from app.storage.repository import Sealed
from app.storage.tables import records
from domain.exchange import Exchange


@dataclass(frozen=True)
class Wanted:
    """Which records; what is None does not matter. `category` and `party` are looked for in the opened record."""

    election: str | None = None
    status: str | None = None
    since: str | None = None
    until: str | None = None
    category: str | None = None
    party: str | None = None


@dataclass(frozen=True)
class Place:
    """Where a page of the listing ends."""

    at: str
    record: str


def matches(exchange: Exchange, wanted: Wanted) -> bool:
    """Whether an opened record is wanted, by everything that it says."""
    answer, question = exchange.answer, exchange.question
    return (
        wanted.election in (None, question.election)
        and (wanted.status is None or (answer is not None and answer.status.value == wanted.status))
        and (wanted.since is None or exchange.at[:10] >= wanted.since)
        and (wanted.until is None or exchange.at[:10] <= wanted.until)
        and (wanted.party is None or (answer is not None and wanted.party in answer.scope))
        and (wanted.category is None or wanted.category in {verdict.category for verdict in exchange.verdicts})
    )


def list_records(connection: Connection, wanted: Wanted, after: Place | None, most: int) -> list[tuple[Place, Sealed]]:
    """Up to `most` records below a place, newest first. `since` and `until` are days (UTC), both included."""
    columns = records.c
    conditions: list[ColumnElement[bool]] = [columns.key.is_not(None)]
    if wanted.election is not None:
        conditions.append(columns.election == wanted.election)
    if wanted.status is not None:
        conditions.append(columns.status == wanted.status)
    if wanted.since is not None:
        conditions.append(columns.at >= wanted.since)
    if wanted.until is not None:
        conditions.append(columns.at < f"{wanted.until}U")  # above every time of that day, which goes on with a T
    if after is not None:
        below = and_(columns.at == after.at, columns.record < after.record)
        conditions.append(or_(columns.at < after.at, below))
    found = connection.execute(
        select(columns.at, columns.record, columns.body, columns.key)
        .where(*conditions)
        .order_by(columns.at.desc(), columns.record.desc())
        .limit(most)
    )
    return [(Place(row.at, row.record), Sealed(row.record, row.body, row.key)) for row in found]
