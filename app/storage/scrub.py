"""Empties what a database keeps of pages as they were, so that nothing erased is left there."""

from __future__ import annotations

import time

from sqlalchemy import Engine

from app.errors import RecordUnavailable, RecordUnreadable
from app.storage.engine import explained, place

PATIENCE = 10.0
"""Seconds to wait for those who read or write while the write-ahead log is emptied."""


def scrub(engine: Engine) -> None:
    """Empty SQLite's write-ahead log, which holds pages as they were. Raises RecordUnavailable: try again."""
    if engine.dialect.name != "sqlite":
        return
    deadline = time.monotonic() + PATIENCE
    with explained(engine, RecordUnreadable), engine.connect() as connection:
        patience = connection.exec_driver_sql("PRAGMA busy_timeout").scalar()
        connection.exec_driver_sql("PRAGMA busy_timeout=0")  # while SQLite waits here, nobody else can write
        try:
            while connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]:
                if time.monotonic() > deadline:
                    raise RecordUnavailable(f"{place(engine)} is being read, and keeps old pages for the reader")
                time.sleep(0.05)
        finally:
            connection.exec_driver_sql(f"PRAGMA busy_timeout={patience}")
