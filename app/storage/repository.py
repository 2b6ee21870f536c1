"""Every query about records, sealed. Functions take a connection; transactions are the caller's.

Turns are numbered inside the database, so several processes may write one conversation: the
update of the conversation's row makes the others wait until the numbers are committed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Connection, Executable, bindparam, func, insert, select

from app.errors import RecordErased, RecordError
from app.leaf import leaf_of
from app.storage.keys import Key
from app.storage.leaves import hand_in, upsert
from app.storage.seal import salt_of, sealed
from app.storage.tables import conversations, records
from app.storage.tallies import add_tallies
from domain.exchange import Exchange
from domain.tally import Tally, tallied


@dataclass(frozen=True)
class Row:
    """An exchange as it is stored; `leaf` goes to the log, and `secret` to the keys unless it is there already."""

    record: str
    conversation: str
    election: str
    status: str | None
    at: str
    body: bytes
    key: str
    follows: str | None
    leaf: bytes
    secret: bytes | None
    counted: tuple[Tally, ...]

    @property
    def stored(self) -> dict[str, Any]:
        """The columns of the table."""
        return {name: value for name, value in vars(self).items() if name not in ("leaf", "secret", "counted")}


_sealed = (records.c.record, records.c.body, records.c.key)


@dataclass(frozen=True)
class Sealed:
    """A record as it lies in the table; `key` names its secret."""

    record: str
    body: bytes
    key: str


def row_of(exchange: Exchange, key: Key) -> Row:
    """Serialise and seal an exchange under this key; its leaf commits to the same bytes. Raises RecordError."""
    try:
        body = exchange.model_dump_json().encode()
        leaf = leaf_of(exchange, salt_of(key.secret), body)
    except ValueError as error:
        raise RecordError(f"the exchange cannot be written as JSON: {error}") from error
    row = Row(
        record=exchange.record,
        conversation=exchange.question.conversation,
        election=exchange.question.election,
        status=exchange.answer.status.value if exchange.answer else None,
        at=exchange.at,
        body=sealed(key.secret, exchange.record, body),
        key=key.name,
        follows=exchange.follows,
        leaf=leaf,
        secret=None if key.stored else key.secret,
        counted=tallied(exchange),
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
    """The first turn of a conversation, or one more."""
    counted = upsert(dialect)(conversations).values(turns=1)
    return counted.on_conflict_do_update(index_elements=["id"], set_={"turns": conversations.c.turns + 1})


def insert_rows(connection: Connection, rows: Sequence[Row]) -> None:
    """Store the rows and hand their leaves to the log.

    Raises IntegrityError when a record id is already there, and RecordErased when what a row goes on from is not.
    """
    _still_there(connection, {row.follows for row in rows if row.follows} - {row.record for row in rows})
    # Sorted, so that two writers take the row locks in one order and cannot block each other for ever.
    turns = sorted(rows, key=lambda row: row.conversation)
    connection.execute(
        _count_turns(connection.dialect.name),
        [{"id": r.conversation, "election": r.election, "created": r.at} for r in turns],
    )
    connection.execute(_insert_records, [row.stored for row in rows])
    hand_in(connection, [(row.record, row.leaf) for row in rows])
    add_tallies(connection, (one for row in rows for one in row.counted))


def _still_there(connection: Connection, wanted: set[str]) -> None:
    """That these records are there, and stay until the transaction ends. Raises RecordErased."""
    if not wanted:
        return
    there = select(records.c.record).where(records.c.record.in_(wanted)).with_for_update(read=True, key_share=True)
    if len(connection.scalars(there).all()) < len(wanted):
        raise RecordErased("what this question goes on from was erased; ask it anew")


def find_record(connection: Connection, record: str) -> Sealed | None:
    """The record with this id, or None."""
    found = connection.execute(select(*_sealed).where(records.c.record == record)).first()
    return None if found is None else Sealed(*found)


def find_records(connection: Connection, ids: Sequence[str]) -> tuple[Sealed, ...]:
    """Those of these records that are there."""
    found = connection.execute(select(*_sealed).where(records.c.record.in_(ids)))
    return tuple(Sealed(*row) for row in found)


def any_key(connection: Connection) -> str | None:
    """The name of some record's key; None where there is no record."""
    return connection.scalar(select(records.c.key).where(records.c.key.is_not(None)).limit(1))


def record_ids(connection: Connection, conversation: str | None = None, before: str | None = None) -> list[str]:
    """Ids of all records, of a conversation, or from before a time, oldest first. For the operator's own commands."""
    wanted = select(records.c.record).order_by(records.c.at, records.c.record)
    if conversation is not None:
        wanted = wanted.where(records.c.conversation == conversation)
    if before is not None:
        wanted = wanted.where(records.c.at < before)
    return list(connection.scalars(wanted))


def find_conversation(connection: Connection, conversation: str, limit: int) -> tuple[Sealed, ...]:
    """The last `limit` records of a conversation, oldest first; empty when it is unknown."""
    found = connection.execute(
        select(*_sealed).where(records.c.conversation == conversation).order_by(records.c.turn.desc()).limit(limit)
    ).all()
    return tuple(Sealed(*row) for row in reversed(found))
