"""Every query about the leaves: handed in with their records, given places by the sequencer, read for receipts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Table, bindparam, insert, select, update
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from app.storage.tables import announced, heads, leaves, records
from domain.base import Digest


def hand_in(connection: Connection, entries: Sequence[tuple[str | None, bytes]]) -> None:
    """Give leaves to the log, each with the record it stands for; the sequencer gives them their places."""
    connection.execute(insert(leaves), [{"record": record, "entry": entry} for record, entry in entries])


def waiting_leaves(connection: Connection, most: int) -> list[int]:
    """Numbers of the leaves without a place, in the order in which they were handed in."""
    waiting = select(leaves.c.number).where(leaves.c.place.is_(None)).order_by(leaves.c.number).limit(most)
    return list(connection.scalars(waiting))


def placed(connection: Connection, origin: str) -> int:
    """How many leaves of the log have a place."""
    return connection.scalar(select(heads.c.size).where(heads.c.origin == origin)) or 0


def place_leaves(connection: Connection, origin: str, size: int, numbers: Sequence[int]) -> bool:
    """Give the leaves the places from `size` on, by compare-and-swap; False when another has given them."""
    if size == 0 and connection.scalar(select(heads.c.size).where(heads.c.origin == origin)) is None:
        connection.execute(insert(heads).values(origin=origin, size=0))
    swap = update(heads).where(heads.c.origin == origin, heads.c.size == size).values(size=size + len(numbers))
    if connection.execute(swap).rowcount != 1:
        return False
    given = update(leaves).where(leaves.c.number == bindparam("n")).values(place=bindparam("p"))
    connection.execute(given, [{"n": number, "p": size + i} for i, number in enumerate(numbers)])
    return True


def origins(connection: Connection) -> list[str]:
    """The logs that leaves of this database have a place in: one, or none yet."""
    return list(connection.scalars(select(heads.c.origin).order_by(heads.c.origin)))


def placed_entries(connection: Connection, first: int, most: int) -> list[bytes]:
    """The leaves from a place on, in the order of their places, up to the first place that none has."""
    wanted = select(leaves.c.place, leaves.c.entry).where(leaves.c.place >= first).order_by(leaves.c.place).limit(most)
    rows = connection.execute(wanted).all()
    return [row.entry for i, row in enumerate(rows) if row.place == first + i]


def leaf_for(connection: Connection, record: str) -> tuple[bytes, int | None] | None:
    """The leaf of a record and its place, None while it waits; None when the record has no leaf."""
    found = connection.execute(select(leaves.c.entry, leaves.c.place).where(leaves.c.record == record)).first()
    return None if found is None else (found.entry, found.place)


def announce(connection: Connection, subject: str, digest: Digest, entry: bytes) -> bool:
    """Hand in a leaf about this subject unless the newest one said the same; whether it was handed in."""
    make = upsert(connection.dialect.name)
    said = make(announced).values(subject=subject, digest=digest)
    changed = said.on_conflict_do_update(
        index_elements=["subject"], set_={"digest": digest}, where=announced.c.digest != digest
    ).returning(announced.c.subject)
    if connection.execute(changed).first() is None:
        return False
    hand_in(connection, [(None, entry)])
    return True


def was_announced(connection: Connection, subject: str) -> bool:
    """Whether a leaf has spoken about this subject."""
    return connection.scalar(select(announced.c.subject).where(announced.c.subject == subject)) is not None


@dataclass(frozen=True)
class PlacedRecord:
    """A record that is still there, with its time, and its leaf with the place it was given."""

    record: str
    at: str
    place: int
    entry: bytes


def placed_records(connection: Connection, first: int, most: int) -> list[PlacedRecord]:
    """The records whose leaves have the `most` places from `first` on, in the order of their places."""
    columns = (records.c.record, records.c.at, leaves.c.place, leaves.c.entry)
    wanted = select(*columns).join(leaves, leaves.c.record == records.c.record).order_by(leaves.c.place)
    rows = connection.execute(wanted.where(leaves.c.place >= first, leaves.c.place < first + most))
    return [PlacedRecord(row.record, row.at, row.place, row.entry) for row in rows]


def upsert(dialect: str) -> Callable[[Table], SqliteInsert]:
    """The dialect's own insert; PostgreSQL's is only loaded where it is spoken."""
    make = sqlite_insert
    if dialect == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as make  # type: ignore[assignment]
    return make
