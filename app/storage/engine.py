"""Opens the database by URL, durable or not at all, and says in plain words what is wrong with it.

SQLite runs in WAL mode with synchronous=FULL: a commit returns after fsync. PostgreSQL runs
with synchronous_commit=on. Messages name the file or server, never a password.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from app.errors import RecordError, RecordUnavailable, RecordUnreadable, RecordWriteFailed
from app.storage.migrations import HEAD, Sealing, upgrade
from audit.files import make_folder

SQLITE_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
SQLITE_MEANING = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_IOERR: "the disk reported an error",
    sqlite3.SQLITE_CORRUPT: "the database file is damaged",
    sqlite3.SQLITE_NOTADB: "the file is not a database",
    sqlite3.SQLITE_READONLY: "the database cannot be written to",
    sqlite3.SQLITE_CANTOPEN: "the database file cannot be opened",
}
# PostgreSQL error classes and codes (its manual, appendix A) after which the same request may succeed.
POSTGRES_TRANSIENT = ("08", "40", "53300", "55P03", "57")
POSTGRES_MEANING = {"53100": "the disk is full", "25006": "the database cannot be written to"}
ADVISORY_LOCK = 0x15E60819


def open_engine(url: str | URL, busy_timeout: float = 5.0) -> Engine:
    """An engine for a `sqlite:///` or `postgresql://` URL; connects only when used. `busy_timeout` in seconds."""
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            return _sqlite(parsed, busy_timeout)
        if parsed.get_backend_name() == "postgresql":
            return _postgres(parsed, busy_timeout)
    except (ArgumentError, NoSuchModuleError) as error:
        raise RecordUnreadable("the database URL is not one; try for example sqlite:////data/records.db") from error
    raise RecordUnreadable(f"{parsed.get_backend_name()} is not supported: use a sqlite:/// or postgresql:// URL")


def _sqlite(url: URL, busy_timeout: float) -> Engine:
    if not url.database or ":memory:" in url.database or url.query.get("mode") == "memory":
        raise RecordUnreadable(
            "a database in memory keeps nothing: give a file, for example sqlite:////data/records.db"
        )
    engine = create_engine(url.set(drivername="sqlite+pysqlite"), connect_args={"timeout": busy_timeout})

    @event.listens_for(engine, "connect")
    def durable(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # transactions are begun below, as writers from their first statement
        if _to_wal(connection, busy_timeout) != "wal":
            raise RecordUnreadable(f"{place(engine)}: the file system does not allow write-ahead logging")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA fullfsync=1")  # macOS: without it fsync stops at the drive's cache
        connection.execute("PRAGMA secure_delete=ON")  # what is deleted or overwritten leaves no copy in a free page

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get("writes"):
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _to_wal(connection: Any, patience: float) -> str:
    """Switch to WAL and return the mode reached. SQLite does not wait for other openers here, so we do."""
    deadline = time.monotonic() + patience
    while True:
        try:
            return str(connection.execute("PRAGMA journal_mode=WAL").fetchone()[0])
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _postgres(url: URL, busy_timeout: float) -> Engine:
    options = f"-c synchronous_commit=on -c lock_timeout={ceil(busy_timeout * 1000)}"
    given = url.query.get("options", "")
    arguments = {
        "options": f"{given if isinstance(given, str) else ' '.join(given)} {options}".strip(),
        "connect_timeout": max(2, ceil(busy_timeout)),
        "tcp_user_timeout": ceil(3000 * busy_timeout),
    }
    try:
        return create_engine(url.set(drivername="postgresql+psycopg"), connect_args=arguments)
    except ModuleNotFoundError as error:
        raise RecordUnreadable("PostgreSQL needs the package psycopg: install isegoria[postgres]") from error


def place(engine: Engine) -> str:
    """The file or server, without a password."""
    if engine.dialect.name == "sqlite":
        return str(engine.url.database)
    return engine.url.set(drivername="postgresql").render_as_string(hide_password=True)


def file_identity(engine: Engine) -> tuple[int, int] | None:
    """Device and inode of the SQLite file under its name, or None where there is no such file."""
    if engine.dialect.name != "sqlite" or engine.url.query:
        return None
    try:
        found = os.stat(str(engine.url.database))
    except OSError:
        return None
    return found.st_dev, found.st_ino


def prepare(engine: Engine, seal: Sealing | None = None) -> bool:
    """Create or upgrade the tables, and whether it had to; `seal` is needed for records from before they were sealed.

    Raises RecordError when the database cannot be used.
    """
    with explained(engine, RecordUnreadable):
        if engine.dialect.name == "sqlite" and engine.url.query.get("mode") is None:
            private_file(Path(str(engine.url.database)))
        with engine.connect() as connection:
            if _version(connection) == HEAD:
                return False
        with writing(engine) as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
            upgrade(connection, place(engine), seal)
            return True


def private_file(path: Path) -> None:
    """Make the file before SQLite does, readable by its owner alone; its companions inherit the mode."""
    if path.is_file():
        return
    try:
        make_folder(path.parent)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise RecordUnreadable(f"{path}: the database file cannot be opened: {error.strerror}") from error


def _version(connection: Connection) -> str | None:
    known = connection.dialect.has_table(connection, "alembic_version")
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar() if known else None


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that holds the write lock from its start; commits at the end, durably."""
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        yield connection


@contextmanager
def explained(engine: Engine, otherwise: type[RecordError]) -> Iterator[None]:
    """Turn database errors into RecordUnavailable when they may pass, else into `otherwise`."""
    try:
        yield
    except SQLAlchemyError as error:
        raise explain(error, engine, otherwise) from error


def explain(error: SQLAlchemyError, engine: Engine, otherwise: type[RecordError] = RecordWriteFailed) -> RecordError:
    """The error in plain words, with the file or server it is about."""
    where = place(engine)
    cause = error.orig if isinstance(error, DBAPIError) else None
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
        if code in SQLITE_BUSY:
            return RecordUnavailable(f"{where}: another program holds the database's write lock")
        return otherwise(f"{where}: {SQLITE_MEANING.get(code, 'the database failed')} ({cause})")
    state = getattr(cause, "sqlstate", None) or ""
    if isinstance(error, DBAPIError) and (error.connection_invalidated or state.startswith(POSTGRES_TRANSIENT)):
        return RecordUnavailable(f"{where}: the database is busy or went away")
    if cause is not None and not state and type(cause).__name__ == "OperationalError":
        return RecordUnavailable(f"{where}: the database cannot be reached")
    detail = str(cause or error).strip().splitlines()[0]
    return otherwise(f"{where}: {POSTGRES_MEANING.get(state, 'the database failed')} ({detail})")
