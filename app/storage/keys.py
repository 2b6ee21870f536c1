"""The secrets of the records, apart from them: a small database under `keys/`, which belongs into no backup.

Promise: a secret is on disk before the record that it seals; one that was destroyed is overwritten where it stood,
and after `scrub` no file of this database holds it any more. Secrets are random, so some are stored ahead of the
records that will need them: an answer does not wait for a second sync.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from secrets import token_hex
from typing import NamedTuple

from sqlalchemy import URL, Column, Integer, LargeBinary, MetaData, String, Table, bindparam, select, update
from sqlalchemy.dialects.sqlite import insert

from app.errors import RecordUnreadable, RecordWriteFailed
from app.storage.engine import explained, file_identity, open_engine, place, private_file, writing
from app.storage.scrub import scrub
from app.storage.seal import DESTROYED, new_secret

FILE = "records.db"
RESERVE = 128
"""Secrets that are stored ahead at most; no more than have been taken, since what is left over is never used."""


class Key(NamedTuple):
    """A record's secret and the name it is stored under; `stored` is False when it is still to be."""

    name: str
    secret: bytes
    stored: bool


metadata = MetaData()

keys = Table(
    "keys",
    metadata,
    # Rows are only added at the end and never moved, so that no page keeps a stale copy of a secret.
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("name", String(32), nullable=False, unique=True, comment="Random, as the record names it"),
    Column("secret", LargeBinary, nullable=False, comment="Key and salt; zeros when destroyed"),
)


class Keyring:
    """The secrets under one folder. Open it before use and close it after."""

    def __init__(self, folder: Path, busy_timeout: float = 5.0) -> None:
        """`busy_timeout` in seconds."""
        self.path = folder / FILE
        self._engine = open_engine(URL.create("sqlite", database=str(self.path)), busy_timeout)
        self.fresh = False
        """Whether `open` had to make the file."""
        self._file: tuple[int, int] | None = None
        self._ahead: deque[Key] = deque()
        self._taken = 0

    def open(self) -> None:
        """Make the file when there is none. Raises RecordError."""
        if not self.path.exists():
            private_file(self.path)
            self.fresh = True
        with explained(self._engine, RecordUnreadable), self._engine.connect() as connection:
            there = connection.dialect.has_table(connection, keys.name)
        if not there:
            with explained(self._engine, RecordUnreadable), writing(self._engine) as connection:
                metadata.create_all(connection)
        self._file = file_identity(self._engine)

    def close(self) -> None:
        """Let the file go."""
        self._engine.dispose()

    def discard(self) -> None:
        """Take back the file that `open` has made."""
        self.close()
        if self.fresh:
            self.path.unlink(missing_ok=True)

    def keep(self, named: Sequence[tuple[str, bytes]]) -> None:
        """Store secrets under their names, durably; one that is there stays. Raises RecordError."""
        with explained(self._engine, RecordWriteFailed), writing(self._engine) as connection:
            rows = [{"name": name, "secret": secret} for name, secret in named]
            connection.execute(insert(keys).on_conflict_do_nothing(index_elements=["name"]), rows)
        self.check()

    def check(self) -> None:
        """That the file is still there: SQLite goes on writing into one without a name. Raises RecordWriteFailed."""
        if file_identity(self._engine) != self._file:
            raise RecordWriteFailed(f"{place(self._engine)}: the file of keys was moved or deleted while in use")

    def take(self) -> Key:
        """A secret for one record, stored ahead if there is one; never waits. From any thread."""
        self._taken += 1
        try:
            return self._ahead.popleft()
        except IndexError:
            return Key(token_hex(16), new_secret(), stored=False)

    def provide(self) -> None:
        """Store secrets ahead when few are left, durably. From one thread. Raises RecordError."""
        wanted = min(RESERVE, self._taken)
        if len(self._ahead) <= wanted // 2:
            made = [Key(token_hex(16), new_secret(), stored=True) for _ in range(wanted)]
            if made:
                self.keep([(key.name, key.secret) for key in made])
                self._ahead.extend(made)

    def secrets(self, names: Sequence[str]) -> Mapping[str, bytes]:
        """The secrets of these names that are there, `DESTROYED` among them. Raises RecordError."""
        with explained(self._engine, RecordUnreadable), self._engine.connect() as connection:
            found = connection.execute(select(keys.c.name, keys.c.secret).where(keys.c.name.in_(names)))
            return {row.name: row.secret for row in found}

    def destroy(self, names: Sequence[str]) -> None:
        """Overwrite these secrets, durably: the point of no return. Raises RecordError."""
        if not names:
            return
        with explained(self._engine, RecordWriteFailed), writing(self._engine) as connection:
            overwrite = update(keys).where(keys.c.name == bindparam("n")).values(secret=DESTROYED)
            connection.execute(overwrite, [{"n": name} for name in names])

    def scrub(self) -> None:
        """Leave nothing of what was destroyed in the write-ahead log. Raises RecordUnavailable: try again."""
        scrub(self._engine)
