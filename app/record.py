"""Every exchange is on disk before it is acknowledged, or the caller gets an error and no answer goes out.

One thread writes: it commits together whatever waits (group commit), so eight voters share one
fsync. After the first failed commit nothing more is accepted until a restart, because a database
can report success after a failed fsync. Ids and times come from outside; nothing here is random.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, Self

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from app.errors import RecordError, RecordExists, RecordUnavailable, RecordUnreadable, RecordWriteFailed
from app.storage import repository
from app.storage.engine import explain, explained, prepare
from app.storage.repository import Row
from domain.exchange import Exchange

CONVERSATION_LIMIT = 50
BATCH = 64


class Records(Protocol):
    """The record as the pipeline sees it. `append` returns only when the exchange is durable."""

    async def append(self, exchange: Exchange) -> None:
        """Store the exchange. Raises RecordUnavailable, RecordWriteFailed or RecordExists."""

    async def read(self, record: str) -> Exchange | None:
        """The exchange with this id, or None."""

    async def conversation(self, conversation: str) -> tuple[Exchange, ...]:
        """The last fifty exchanges of a conversation, oldest first; empty when it is unknown."""

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


@dataclass(frozen=True, eq=False)
class _Waiting:
    """A row that its caller awaits on its own event loop."""

    row: Row
    loop: asyncio.AbstractEventLoop
    done: asyncio.Future[None]

    def settle(self, error: RecordError | None) -> None:
        """Wake the caller; one that has gone away is no concern of the writer."""
        try:
            self.loop.call_soon_threadsafe(self._settle, error)
        except RuntimeError:
            return  # its event loop was closed

    def _settle(self, error: RecordError | None) -> None:
        if self.done.done():
            return
        if error is None:
            self.done.set_result(None)
        else:
            self.done.set_exception(error)


class Recorder:
    """The durable record on SQLite or PostgreSQL. Open it before use and close it after; or use `async with`."""

    def __init__(self, engine: Engine, waiting: int = 256) -> None:
        """`waiting` is how many appends may queue before callers are told to come back later."""
        self._engine = engine
        self._queue: queue.Queue[_Waiting | None] = queue.Queue(waiting)
        self._gate = threading.Lock()
        self._writer: threading.Thread | None = None
        self._failure: str | None = None

    async def open(self) -> None:
        """Create or upgrade the tables and start the writer. Raises RecordError."""
        await asyncio.to_thread(prepare, self._engine)
        self._writer = threading.Thread(target=self._write_all, name="record-writer", daemon=True)
        self._writer.start()

    async def close(self) -> None:
        """Write what waits, stop the writer, let the database go. Later appends are refused."""
        with self._gate:
            writer, self._writer = self._writer, None
        if writer is not None:
            await asyncio.to_thread(self._queue.put, None)
            await asyncio.to_thread(writer.join)
        self._engine.dispose()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def healthy(self) -> bool:
        """Open, and no write has failed."""
        return self._writer is not None and self._failure is None

    async def append(self, exchange: Exchange) -> None:
        """Store the exchange; returns when it is durable.

        Raises RecordUnavailable (busy, full queue, closed: may pass), RecordExists, or
        RecordWriteFailed (the writer has stopped for good).
        """
        loop = asyncio.get_running_loop()
        item = _Waiting(repository.row_of(exchange), loop, loop.create_future())
        with self._gate:
            if self._failure is not None:
                raise RecordWriteFailed(self._failure)
            if self._writer is None:
                raise RecordUnavailable("the record is closed")
            try:
                self._queue.put_nowait(item)
            except queue.Full:
                raise RecordUnavailable("too many answers are waiting to be stored") from None
        await item.done

    async def read(self, record: str) -> Exchange | None:
        """The exchange with this id, or None. Raises RecordUnavailable or RecordUnreadable."""
        return await asyncio.to_thread(self._read, record)

    async def conversation(self, conversation: str) -> tuple[Exchange, ...]:
        """The last fifty exchanges of a conversation, oldest first; empty when it is unknown."""
        return await asyncio.to_thread(self._conversation, conversation)

    def _read(self, record: str) -> Exchange | None:
        with explained(self._engine, RecordUnreadable), self._engine.connect() as connection:
            return repository.find_record(connection, record)

    def _conversation(self, conversation: str) -> tuple[Exchange, ...]:
        with explained(self._engine, RecordUnreadable), self._engine.connect() as connection:
            return repository.find_conversation(connection, conversation, CONVERSATION_LIMIT)

    def _write_all(self) -> None:
        """The writer thread: take what waits, commit it, wake its callers."""
        closing = False
        while not closing:
            batch = [self._queue.get()]
            while len(batch) < BATCH and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            closing = None in batch
            items = [item for item in batch if item is not None]
            for item, error in zip(items, self._outcomes([i.row for i in items]), strict=True):
                item.settle(error)

    def _outcomes(self, rows: Sequence[Row]) -> list[RecordError | None]:
        """Write the rows in one transaction, or each in its own when one of them is already there."""
        if not rows:
            return []
        error = self._write(rows)
        if isinstance(error, RecordExists) and len(rows) > 1:
            return [self._write([row]) for row in rows]
        return [error] * len(rows)

    def _write(self, rows: Sequence[Row], retry: bool = True) -> RecordError | None:
        """One durable transaction; None when it is on disk."""
        if self._failure is not None:
            return RecordWriteFailed(self._failure)
        committing = False
        try:
            with self._engine.connect().execution_options(writes=True) as connection:
                connection.begin()
                repository.insert_rows(connection, rows)
                committing = True
                connection.commit()
                return None
        except IntegrityError:
            return RecordExists(f"record {rows[0].record} was already stored")
        except SQLAlchemyError as error:
            found = explain(error, self._engine)
            lost = isinstance(error, DBAPIError) and error.connection_invalidated
            if lost and retry and not committing:
                return self._write(rows, retry=False)  # a server restarted while the connection was idle
            # A server that went away during commit may hold the rows or not; it answers for its own disk.
            if isinstance(found, RecordUnavailable) and (lost or not committing):
                return found
            return self._stop(found.message)
        except Exception as error:  # noqa: BLE001 - fail closed: these rows were not seen to be durable
            return self._stop(f"the writer failed: {type(error).__name__}: {error}")

    def _stop(self, message: str) -> RecordError:
        with self._gate:
            self._failure = f"nothing is recorded until a restart: {message}"
        return RecordWriteFailed(self._failure)
