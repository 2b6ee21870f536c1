"""One thread writes: it commits together whatever waits, and wakes a caller only when its row is on disk.

Eight waiting callers share one fsync (group commit). After the first failed commit nothing more is
accepted until a restart, because a database can report success after a failed fsync. Errors that
may pass (a lock held too long, a server away) refuse what was being written, and the writer goes on.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from app.errors import RecordErased, RecordError, RecordExists, RecordUnavailable, RecordWriteFailed
from app.storage.engine import explain, file_identity, place
from app.storage.keys import Keyring
from app.storage.repository import Row, insert_rows

BATCH = 64
"""Rows in one transaction at most: bounds how long a caller waits for the others in its batch."""


@dataclass(frozen=True, eq=False)
class _Waiting:
    """A row that its caller awaits on its own event loop."""

    row: Row
    loop: asyncio.AbstractEventLoop
    done: asyncio.Future[None]


class Writer:
    """The thread, its queue and its connection, from `start` to `stop`. Callers may be on any event loop."""

    def __init__(self, engine: Engine, keys: Keyring, waiting: int) -> None:
        self._engine, self._keys = engine, keys
        self._queue: queue.Queue[_Waiting | None] = queue.Queue(waiting)
        self._gate = threading.Lock()
        self._thread: threading.Thread | None = None
        self._failure: str | None = None
        self._held: Connection | None = None  # this and the next are touched by the thread alone
        self._file: tuple[int, int] | None = None

    @property
    def healthy(self) -> bool:
        """Running, and no write has failed."""
        return self._thread is not None and self._failure is None

    def start(self) -> None:
        """Begin to write."""
        self._thread = threading.Thread(target=self._run, name="record-writer", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Accept nothing more, write what waits, end the thread."""
        with self._gate:
            thread, self._thread = self._thread, None
        if thread is not None:
            self._queue.put(None)
            thread.join()

    def submit(self, row: Row) -> asyncio.Future[None]:
        """Queue a row; the future ends when it is durable. Raises RecordUnavailable or RecordWriteFailed."""
        loop = asyncio.get_running_loop()
        item = _Waiting(row, loop, loop.create_future())
        with self._gate:
            if self._failure is not None:
                raise RecordWriteFailed(self._failure)
            if self._thread is None:
                raise RecordUnavailable("the record is closed")
            try:
                self._queue.put_nowait(item)
            except queue.Full:
                raise RecordUnavailable("too many answers are waiting to be stored") from None
        return item.done

    def _run(self) -> None:
        closing = False
        while not closing:
            batch = [self._queue.get()]
            while len(batch) < BATCH and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            closing = None in batch
            items = [item for item in batch if item is not None]
            _wake(list(zip(items, self._outcomes([i.row for i in items]), strict=True)))
            if not closing:
                self._provide()
        self._let_go()

    def _outcomes(self, rows: Sequence[Row]) -> list[RecordError | None]:
        """Write the rows in one transaction, or each in its own when one of them cannot be."""
        if not rows:
            return []
        error = self._write(rows)
        if isinstance(error, (RecordExists, RecordErased)) and len(rows) > 1:
            return [self._write([row]) for row in rows]
        return [error] * len(rows)

    def _write(self, rows: Sequence[Row], retry: bool = True) -> RecordError | None:
        """One durable transaction; None when it is on disk."""
        if self._failure is not None:
            return RecordWriteFailed(self._failure)
        committing = False
        try:
            if self._held is None:
                self._held = self._engine.connect().execution_options(writes=True)
                self._file = file_identity(self._engine)
            # First the keys: one without a record harms nobody, a record without its key is lost.
            if named := [(row.key, row.secret) for row in rows if row.secret is not None]:
                self._keys.keep(named)
            self._held.begin()
            insert_rows(self._held, rows)
            committing = True
            self._held.commit()
            if file_identity(self._engine) != self._file:  # SQLite goes on writing into a file without a name
                return self._fail(f"{place(self._engine)}: the database file was moved or deleted while in use")
            self._keys.check()
            return None
        except IntegrityError:
            self._let_go()
            return RecordExists(f"record {rows[0].record} was already stored")
        except RecordError as error:
            self._let_go()
            return error if isinstance(error, (RecordErased, RecordUnavailable)) else self._fail(error.message)
        except SQLAlchemyError as error:
            self._let_go()
            found = explain(error, self._engine)
            lost = isinstance(error, DBAPIError) and error.connection_invalidated
            if lost and retry and not committing:
                return self._write(rows, retry=False)  # a server restarted while the connection was idle
            # A server that went away during commit may hold the rows or not; it answers for its own disk.
            if isinstance(found, RecordUnavailable) and (lost or not committing):
                return found
            return self._fail(found.message)
        except Exception as error:
            self._let_go()
            return self._fail(f"the writer failed: {type(error).__name__}: {error}")

    def _provide(self) -> None:
        """Store keys ahead while nobody waits for it."""
        if self._failure is None:
            try:
                self._keys.provide()
            except RecordUnavailable:
                pass  # the next records bring their own
            except RecordError as error:
                self._fail(error.message)

    def _let_go(self) -> None:
        """Give the connection back, rolling back what it has not committed."""
        held, self._held = self._held, None
        if held is not None:
            with suppress(SQLAlchemyError):
                held.close()

    def _fail(self, message: str) -> RecordError:
        with self._gate:
            self._failure = f"nothing is recorded until a restart: {message}"
        return RecordWriteFailed(self._failure)


def _wake(outcomes: Sequence[tuple[_Waiting, RecordError | None]]) -> None:
    """Tell every caller its outcome, with one call into each event loop."""
    for loop in {item.loop for item, _ in outcomes}:
        mine = [(item.done, error) for item, error in outcomes if item.loop is loop]
        with suppress(RuntimeError):  # a loop that was closed has nobody left to tell
            loop.call_soon_threadsafe(_settle, mine)


def _settle(outcomes: Sequence[tuple[asyncio.Future[None], RecordError | None]]) -> None:
    for done, error in outcomes:
        if done.done():
            continue  # its caller went away
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)
