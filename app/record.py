"""Every exchange is on disk before it is acknowledged, or the caller gets an error and no answer goes out.

`Recorder` keeps the promise on SQLite or PostgreSQL, `MemoryRecorder` is its twin for tests. Ids
and times come from outside; nothing about the person is stored. With each exchange its leaf is handed to the log.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from typing import Protocol, Self

from sqlalchemy import Engine

from app.errors import NoReceipt, RecordError, RecordExists, RecordUnavailable, RecordUnreadable, RecordWriteFailed
from app.leaf import SALT
from app.log import receipt
from app.storage.engine import explained, prepare
from app.storage.repository import (
    PlacedRecord,
    find_conversation,
    find_record,
    leaf_for,
    opening_of,
    placed_records,
    record_ids,
    row_of,
)
from app.storage.sequencer import Sequencer
from app.storage.writer import Writer
from audit.writer import Writer as LogWriter
from domain.exchange import Exchange

CONVERSATION_LIMIT = 50
NO_LEAF = "this record has no leaf in a log"


class Records(Protocol):
    """The record as the pipeline sees it. `append` returns only when the exchange is durable."""

    async def append(self, exchange: Exchange) -> None:
        """Store the exchange. Raises RecordUnavailable, RecordWriteFailed or RecordExists."""

    async def read(self, record: str) -> Exchange | None:
        """The exchange with this id, or None."""

    async def conversation(self, conversation: str) -> tuple[Exchange, ...]:
        """The last fifty exchanges of a conversation, oldest first; empty when it is unknown."""

    async def receipt(self, record: str) -> bytes | None:
        """The `.tlog-proof` of a record; None while no checkpoint covers it. Raises NoReceipt."""

    @property
    def healthy(self) -> bool:
        """Whether an append can succeed, as far as is known."""


class MemoryRecorder:
    """The record in memory, for tests: same promises except durability."""

    def __init__(self) -> None:
        self._exchanges: dict[str, Exchange] = {}

    @property
    def healthy(self) -> bool:
        """Always: memory does not fail."""
        return True

    async def append(self, exchange: Exchange) -> None:
        """Keep the exchange. Raises RecordExists."""
        if exchange.record in self._exchanges:
            raise RecordExists(f"record {exchange.record} was already stored")
        self._exchanges[exchange.record] = exchange

    async def read(self, record: str) -> Exchange | None:
        """The exchange with this id, or None."""
        return self._exchanges.get(record)

    async def conversation(self, conversation: str) -> tuple[Exchange, ...]:
        """The last fifty exchanges of a conversation, oldest first; empty when it is unknown."""
        found = [e for e in self._exchanges.values() if e.question.conversation == conversation]
        return tuple(found[-CONVERSATION_LIMIT:])

    async def receipt(self, record: str) -> bytes | None:
        """Raises NoReceipt: memory has no log."""
        raise NoReceipt(NO_LEAF)


class Recorder:
    """The durable record on SQLite or PostgreSQL. Open it before use and close it after; or use `async with`."""

    def __init__(self, engine: Engine, waiting: int = 256, log: LogWriter | None = None) -> None:
        """`waiting` is how many appends may queue before callers are told to come back later.

        Without a `log` leaves are kept and wait.
        """
        self._engine = engine
        self._writer = Writer(engine, waiting)
        self._log = log
        self._sequencer = Sequencer(engine, log) if log is not None else None

    async def open(self) -> None:
        """Create or upgrade the tables and start the writer. Raises RecordError."""
        try:
            await asyncio.to_thread(prepare, self._engine)
        except RecordError:
            self._engine.dispose()
            raise
        self._writer.start()
        if self._sequencer is not None:
            self._sequencer.start()

    async def close(self) -> None:
        """Write and publish what waits, stop the writers, let the database go. Later appends are refused."""
        await asyncio.to_thread(self._writer.stop)
        if self._sequencer is not None:
            await asyncio.to_thread(self._sequencer.stop)
        self._engine.dispose()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def healthy(self) -> bool:
        """Open, no write has failed, and the log goes on."""
        return self._writer.healthy and self.log_failure is None and not self._stalled

    @property
    def log_failure(self) -> str | None:
        """Why the log cannot go on until a restart, or None."""
        return None if self._sequencer is None else self._sequencer.failure

    @property
    def _stalled(self) -> bool:
        return self._sequencer is not None and self._sequencer.stalled

    async def append(self, exchange: Exchange) -> None:
        """Store the exchange; returns when it is durable.

        Raises RecordUnavailable (busy, full queue, closed: may pass), RecordExists, or
        RecordWriteFailed (the writer has stopped for good).
        """
        if (failure := self.log_failure) is not None:
            raise RecordWriteFailed(failure)
        if self._stalled:
            raise RecordUnavailable("the log does not go on: leaves wait for too long")
        await self._writer.submit(row_of(exchange, secrets.token_bytes(SALT)))

    async def read(self, record: str) -> Exchange | None:
        """The exchange with this id, or None. Raises RecordUnavailable or RecordUnreadable."""
        return await asyncio.to_thread(self._read, record)

    async def conversation(self, conversation: str) -> tuple[Exchange, ...]:
        """The last fifty exchanges of a conversation, oldest first; empty when it is unknown."""
        return await asyncio.to_thread(self._conversation, conversation)

    async def receipt(self, record: str) -> bytes | None:
        """The `.tlog-proof` of a record; None while no checkpoint covers it. Raises NoReceipt or RecordUnreadable."""
        return await asyncio.to_thread(self._receipt, record)

    async def ids(self) -> list[str]:
        """Ids of all records, oldest first. Not part of the seam: no page and no API can list records."""
        return await asyncio.to_thread(self._ids)

    async def placed(self, first: int, most: int) -> list[PlacedRecord]:
        """The records whose leaves have the `most` places from `first` on. Not part of the seam, like `ids`."""
        return await asyncio.to_thread(self._placed, first, most)

    async def openings(self, ids: Sequence[str]) -> dict[str, tuple[bytes, bytes]]:
        """Body and salt of each record that is still there; they open its leaf's commitment. Not part of the seam."""
        return await asyncio.to_thread(self._openings, ids)

    def _placed(self, first: int, most: int) -> list[PlacedRecord]:
        with explained(self._engine, RecordUnreadable), self._engine.connect() as connection:
            return placed_records(connection, first, most)

    def _openings(self, ids: Sequence[str]) -> dict[str, tuple[bytes, bytes]]:
        with explained(self._engine, RecordUnreadable), self._engine.connect() as connection:
            found = {record: opening_of(connection, record) for record in ids}
        return {record: opening for record, opening in found.items() if opening is not None}

    def _receipt(self, record: str) -> bytes | None:
        with explained(self._engine, RecordUnreadable), self._engine.connect() as connection:
            leaf = leaf_for(connection, record)
        if leaf is None or self._log is None:
            raise NoReceipt(NO_LEAF)
        entry, place = leaf
        return None if place is None else receipt(self._log.folder, entry, place)

    def _ids(self) -> list[str]:
        with explained(self._engine, RecordUnreadable), self._engine.connect() as connection:
            return record_ids(connection)

    def _read(self, record: str) -> Exchange | None:
        with explained(self._engine, RecordUnreadable), self._engine.connect() as connection:
            return find_record(connection, record)

    def _conversation(self, conversation: str) -> tuple[Exchange, ...]:
        with explained(self._engine, RecordUnreadable), self._engine.connect() as connection:
            return find_conversation(connection, conversation, CONVERSATION_LIMIT)
