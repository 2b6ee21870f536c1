"""Brings the tables to the current version with alembic, configured in code and inside one transaction."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection

from app.errors import RecordUnreadable

_alembic = threading.Lock()  # alembic keeps the migration that runs in a global of its own

HEAD = "0005"
"""The newest revision; a database that has it is used without loading alembic (a fifth of a second)."""


Sealing = Callable[[str, bytes, bytes | None], tuple[str, bytes]]
"""Seals a record from before records were sealed: from id, bytes and salt to the name of its key and the seal."""


def upgrade(connection: Connection, place: str, seal: Sealing | None = None) -> None:
    """Run what is missing, on the caller's transaction. Raises RecordUnreadable for a newer database."""
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config(attributes={"connection": connection, "seal": seal})
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    try:
        with _alembic:
            command.upgrade(config, "head")
    except CommandError as error:
        raise RecordUnreadable(f"{place}: the database is of another version of this program ({error})") from error
