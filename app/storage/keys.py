"""The secrets of the records, apart from them: a small database under `keys/`, which belongs into no backup.

Promise: a secret is on disk before the record that it seals; one that was destroyed is overwritten where it stood,
and after `scrub` no file of this database holds it any more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from sqlalchemy import Column, Integer, LargeBinary, MetaData, String, Table, bindparam, select, update
from sqlalchemy.dialects.sqlite import insert

from app.errors import RecordUnreadable, RecordWriteFailed
from app.storage.engine import explained, file_identity, open_engine, place, private_file, scrub, writing
from app.storage.seal import DESTROYED

FILE = "records.db"

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
        self._path = folder / FILE
        self._engine = open_engine(f"sqlite:///{self._path}", busy_timeout)
        self._file: tuple[int, int] | None = None

    def open(self) -> None:
        """Make the file when there is none. Raises RecordError."""
        private_file(self._path)
        self._path.parent.chmod(0o700)
        with explained(self._engine, RecordUnreadable), writing(self._engine) as connection:
            metadata.create_all(connection)

    def close(self) -> None:
        """Let the file go."""
        self._engine.dispose()

    def keep(self, named: Sequence[tuple[str, bytes]]) -> None:
        """Store secrets under their names, durably; one that is there stays. Raises RecordError."""
        if self._file is None:
            self._file = file_identity(self._engine)
        with explained(self._engine, RecordWriteFailed), writing(self._engine) as connection:
            rows = [{"name": name, "secret": secret} for name, secret in named]
            connection.execute(insert(keys).on_conflict_do_nothing(index_elements=["name"]), rows)
        if file_identity(self._engine) != self._file:  # SQLite goes on writing into a file without a name
            raise RecordWriteFailed(f"{place(self._engine)}: the file of keys was moved or deleted while in use")

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
