"""One thread, in one process for each log, gives the waiting leaves their places and has them published.

Promise: a place is given once, in the database, by compare-and-swap, before anything is signed over it; a leaf with
a place is published with exactly the bytes that were handed in. Other processes wait for the lock and take over
when its holder ends. A log that cannot go on makes the service read-only, with the reason.
"""

from __future__ import annotations

import threading
import time

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from app.errors import RecordUnavailable
from app.storage.engine import explain, place, writing
from app.storage.repository import place_leaves, placed, placed_entries, waiting_leaves
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
        self._stuck: tuple[int, float] | None = None
        self.failure: str | None = None
        """Why the log cannot go on, until a restart."""

    @property
    def healthy(self) -> bool:
        """Whether leaves get their places, here or in another process."""
        stalled = self._stuck is not None and time.monotonic() - self._stuck[1] > PATIENCE
        return self.failure is None and not stalled

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
            return
        try:
            if not self._holds:
                self._take()
            self._work()
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
        """Take the log, and see that the database is the one it was made from. Raises Busy or Forked."""
        self._log.open()
        self._holds = True
        head = self._log.head
        if head.size == 0:
            return
        with self._engine.connect() as connection:
            last = placed_entries(connection, head.size - 1, 1)
        if last != [Tree(from_folder(self._log.folder), head.size).entry(head.size - 1)]:
            raise Forked(place(self._engine), f"does not hold leaf {head.size - 1} that was signed; an old backup?")

    def _work(self) -> None:
        """Place and publish until nothing waits."""
        origin = self._log.head.origin
        while True:
            with self._engine.connect() as connection:
                size, numbers = placed(connection, origin), waiting_leaves(connection, BATCH)
            if numbers:
                with writing(self._engine) as connection:
                    if not place_leaves(connection, origin, size, numbers):
                        raise Forked(place(self._engine), "another process gives places in this log")
                size += len(numbers)
            while self._log.head.size < size:
                with self._engine.connect() as connection:
                    entries = placed_entries(connection, self._log.head.size, BATCH)
                self._log.append(entries)
            if not numbers:
                self._stuck = None
                return

    def _watch(self) -> None:
        """Another process holds the log: see that it goes on."""
        with self._engine.connect() as connection:
            size, waits = placed(connection, self._log.head.origin), bool(waiting_leaves(connection, 1))
        if not waits:
            self._stuck = None
        elif self._stuck is None or self._stuck[0] != size:
            self._stuck = (size, time.monotonic())

    def _fail(self, why: str) -> None:
        self.failure = f"nothing is logged until a restart: {why}"
        self._log.close()
