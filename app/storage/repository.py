"""Every query of the service. Functions take a connection; transactions are the caller's.

Turns are numbered inside the database, so several processes may write one conversation: the
update of the conversation's row makes the others wait until the numbers are committed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from sqlalchemy import Connection, Executable, bindparam, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from app.errors import RecordError, RecordUnreadable
from app.leaf import leaf_of
from app.storage.tables import conversations, heads, leaves, records
from domain.base import Digest, sha256
from domain.exchange import Exchange


@dataclass(frozen=True)
class Row:
    """An exchange as it is stored."""

    record: str
    conversation: str
    election: str
    status: str | None
    at: str
    body: bytes
    digest: Digest
    salt: bytes
    leaf: bytes


def row_of(exchange: Exchange, salt: bytes) -> Row:
    """Serialise an exchange; digest and leaf are of exactly the bytes that are stored. Raises RecordError."""
    try:
        body = exchange.model_dump_json().encode()
        leaf = leaf_of(exchange, salt, body)
    except ValueError as error:
        raise RecordError(f"the exchange cannot be written as JSON: {error}") from error
    row = Row(
        record=exchange.record,
        conversation=exchange.question.conversation,
        election=exchange.question.election,
        status=exchange.answer.status.value if exchange.answer else None,
        at=exchange.at,
        body=body,
        digest=sha256(body),
        salt=salt,
        leaf=leaf,
    )
    # A value the columns refuse would fail inside the writer and stop it for everyone.
    for name, value, limit in (
        ("record", row.record, 64),
        ("conversation", row.conversation, 64),
        ("election", row.election, 64),
        ("at", row.at, 32),
    ):
        if not 0 < len(value) <= limit or not value.isascii() or not value.isprintable():
            raise RecordError(f"{name} must be 1 to {limit} printable ASCII characters, not {value[:80]!r}")
    return row


_next_turn = (
    select(func.coalesce(func.max(records.c.turn), 0) + 1)
    .where(records.c.conversation == bindparam("conversation"))
    .scalar_subquery()
)
_insert_records = insert(records).values(
    {column.name: bindparam(column.name) for column in records.c if column.name != "turn"} | {"turn": _next_turn}
)


@cache
def _count_turns(dialect: str) -> Executable:
    """The first turn of a conversation, or one more; PostgreSQL's dialect is only loaded where it is spoken."""
    make = sqlite_insert
    if dialect == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as make  # type: ignore[assignment]
    counted = make(conversations).values(turns=1)
    return counted.on_conflict_do_update(index_elements=["id"], set_={"turns": conversations.c.turns + 1})


def insert_rows(connection: Connection, rows: Sequence[Row]) -> None:
    """Store the rows and hand their leaves to the log. Raises IntegrityError when a record id is already there."""
    # Sorted, so that two writers take the row locks in one order and cannot block each other for ever.
    turns = sorted(rows, key=lambda row: row.conversation)
    connection.execute(
        _count_turns(connection.dialect.name),
        [{"id": r.conversation, "election": r.election, "created": r.at} for r in turns],
    )
    stored = [{name: value for name, value in vars(row).items() if name != "leaf"} for row in rows]
    connection.execute(_insert_records, stored)
    hand_in(connection, [(row.record, row.leaf) for row in rows])


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


def opening_of(connection: Connection, record: str) -> tuple[bytes, bytes] | None:
    """Body and salt, which open the commitment of the record's leaf; None when it is gone. Raises RecordUnreadable."""
    columns = (records.c.body, records.c.digest, records.c.salt)
    found = connection.execute(select(*columns).where(records.c.record == record)).first()
    if found is None or found.salt is None:
        return None
    if sha256(found.body) != found.digest:
        raise RecordUnreadable(f"record {record} does not have the digest it was stored with: its bytes were altered")
    return found.body, found.salt


def find_record(connection: Connection, record: str) -> Exchange | None:
    """The exchange with this id, or None. Raises RecordUnreadable when its bytes were altered."""
    columns = (records.c.record, records.c.body, records.c.digest)
    found = connection.execute(select(*columns).where(records.c.record == record)).first()
    return None if found is None else _exchange(found.record, found.body, found.digest)


def record_ids(connection: Connection) -> list[str]:
    """Ids of all records in the order in which they were written. For the operator's own commands."""
    return list(connection.scalars(select(records.c.record).order_by(records.c.at, records.c.record)))


def find_conversation(connection: Connection, conversation: str, limit: int) -> tuple[Exchange, ...]:
    """The last `limit` exchanges of a conversation, oldest first; empty when it is unknown."""
    columns = (records.c.record, records.c.body, records.c.digest)
    found = connection.execute(
        select(*columns).where(records.c.conversation == conversation).order_by(records.c.turn.desc()).limit(limit)
    ).all()
    return tuple(_exchange(row.record, row.body, row.digest) for row in reversed(found))


def _exchange(record: str, body: bytes, digest: Digest) -> Exchange:
    if sha256(body) != digest:
        raise RecordUnreadable(f"record {record} does not have the digest it was stored with: its bytes were altered")
    try:
        return Exchange.model_validate_json(body)
    except ValueError as error:
        raise RecordUnreadable(f"record {record} cannot be read by this version") from error
