"""Brings the tables to the current version with alembic, configured in code and inside one transaction."""

from __future__ import annotations

import threading
from pathlib import Path

from sqlalchemy import Connection

from app.errors import RecordUnreadable

_alembic = threading.Lock()  # alembic keeps the migration that runs in a global of its own

HEAD = "0002"
"""The newest revision; a database that has it is used without loading alembic (a fifth of a second)."""


def upgrade(connection: Connection, place: str) -> None:
    """Run what is missing, on the caller's transaction. Raises RecordUnreadable for a newer database."""
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    try:
        with _alembic:
            command.upgrade(config, "head")
    except CommandError as error:
        raise RecordUnreadable(f"{place}: the database is of another version of this program ({error})") from error
