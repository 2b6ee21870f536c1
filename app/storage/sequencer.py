"""One thread, in one process for each log, gives the waiting leaves their places and has them published.

Promise: a place is given once, in the database, by compare-and-swap, before anything is signed over it; a leaf with
a place is published with exactly the bytes that were handed in, from a database that holds what was signed. Other
processes wait for the lock and take over when its holder ends. A log that cannot go on makes the service read-only.
"""

from __future__ import annotations

import sys
import threading
import time
from contextlib import suppress

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from app.errors import RecordUnavailable
from app.storage.engine import explain, place, writing
from app.storage.leaves import origins, place_leaves, placed, placed_entries, waiting_leaves
from audit.errors import AuditError, Busy, Forked
from audit.tiles import Tree
from audit.verify import from_folder
from audit.writer import Writer

PAUSE = 0.25
"""Seconds between two looks: leaves that come in meanwhile share one checkpoint."""
BATCH = 1024
"""Leaves that are placed or published in one step."""
PATIENCE = 15.0
"""Seconds that a leaf may wait while nobody makes the log grow."""


class Sequencer:
    """The thread, from `start` to `stop`."""

    def __init__(self, engine: Engine, log: Writer) -> None:
        self._engine, self._log = engine, log
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None
        self._holds = False
        self._last: bytes | None = None
        self._size = -1
        self._good = time.monotonic()
        self.failure: str | None = None
        """Why the log cannot go on, until a restart."""

    @property
    def stalled(self) -> bool:
        """Whether leaves have waited for too long, here or for another process; this may pass."""
        return time.monotonic() - self._good > PATIENCE

    def start(self) -> None:
        """Begin to look for leaves."""
        self._thread = threading.Thread(target=self._run, name="log-sequencer", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Publish what waits, if the log is held here, and let it go."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        while not self._ending.wait(PAUSE):
            self._turn()
        self._turn()
        self._log.close()

    def _turn(self) -> None:
        if self.failure is not None:
            return  # the lock is kept: another process must not go on where a write has failed
        try:
            if not self._holds:
                self._take()
            self._work()
            self._good = time.monotonic()
        except Busy:
            self._watch()
        except AuditError as error:
            self._fail(str(error))
        except SQLAlchemyError as error:
            found = explain(error, self._engine)
            if not isinstance(found, RecordUnavailable):
                self._fail(found.message)
        except Exception as error:
            self._fail(f"{type(error).__name__}: {error}")

    def _take(self) -> None:
        """Take the log. Raises Busy, or Forked and what else keeps it from going on."""
        self._log.open()
        try:
            size = self._log.head.size
            self._last = Tree(from_folder(self._log.folder), size).entry(size - 1) if size else None
            with self._engine.connect() as connection:
                self._compare(connection)
        except BaseException:
            self._log.close()
            raise
        self._holds = True

    def _compare(self, connection: Connection) -> None:
        """That this is the database which the log was made from. Raises Forked."""
        head, where = self._log.head, place(self._engine)
        for other in origins(connection):
            if other != head.origin:
                raise Forked(where, f"holds the leaves of the log {other!r}; another origin needs a new database")
        if head.size and placed_entries(connection, head.size - 1, 1) != [self._last]:
            raise Forked(where, f"does not hold leaf {head.size - 1} that was signed; an old backup?")

    def _work(self) -> None:
        """Place and publish what waits; a full batch is followed by another at once."""
        origin, full = self._log.head.origin, True
        while full:
            with self._engine.connect() as connection:
                size, numbers = placed(connection, origin), waiting_leaves(connection, BATCH)
                if numbers or size != self._log.head.size:
                    self._compare(connection)
            if numbers:
                with writing(self._engine) as connection:
                    if not place_leaves(connection, origin, size, numbers):
                        raise Forked(place(self._engine), "another process gives places in this log")
                size += len(numbers)
            while self._log.head.size < size:
                with self._engine.connect() as connection:
                    entries = placed_entries(connection, self._log.head.size, BATCH)
                if not entries:
                    raise Forked(place(self._engine), f"does not hold leaf {self._log.head.size}, which has a place")
                self._log.append(entries)
                self._last = entries[-1]
            full = len(numbers) == BATCH and not self._ending.is_set()

    def _watch(self) -> None:
        """Another process holds the log, or nothing can be opened now: see whether leaves get their places."""
        with suppress(SQLAlchemyError), self._engine.connect() as connection:
            size, waits = placed(connection, self._log.head.origin), bool(waiting_leaves(connection, 1))
            if not waits or size != self._size:
                self._size, self._good = size, time.monotonic()

    def _fail(self, why: str) -> None:
        self.failure = f"nothing is logged until a restart: {why}"
        sys.stderr.write(f"the public log has stopped: {why}\n")
