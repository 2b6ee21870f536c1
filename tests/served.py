"""The real application over the demo election, with records that a test can watch, hold up or break."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.api.application import application
from app.desk import Desk
from app.errors import RecordWriteFailed
from app.main import open_desk
from app.record import MemoryRecorder, Records
from app.settings import Settings
from domain.exchange import Exchange

ELECTIONS = Path(__file__).resolve().parent.parent / "elections"
RENT = {"election": "demo", "question": "What do the parties say about rent?", "language": "en"}
EVENTS = {"accept": "text/event-stream"}


def with_builds(built: Path, data: Path) -> Path:
    """A data directory over the builds of another, with records and a log of its own.

    A build is never replaced, so a link serves; a copy would fill the holes of the index, some two gigabytes.
    """
    shutil.copytree(built, data, ignore=shutil.ignore_patterns("elections"), dirs_exist_ok=True)
    (data / "elections").symlink_to(built / "elections")
    return data


class WatchedRecords(MemoryRecorder):
    """Records in memory; `kept` is what was stored, and nothing is stored while `gate` is shut."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[Exchange] = []
        self.gate: asyncio.Event | None = None

    async def append(self, exchange: Exchange) -> None:
        """Keep the exchange when the gate is open."""
        if self.gate is not None:
            await self.gate.wait()
        await super().append(exchange)
        self.kept.append(exchange)


class BrokenRecords(MemoryRecorder):
    """A store whose disk has failed."""

    @property
    def healthy(self) -> bool:
        """Never again."""
        return False

    async def append(self, exchange: Exchange) -> None:
        """Fail, with a message that must stay inside."""
        raise RecordWriteFailed(f"/srv/secret/records.db: disk full while writing {exchange.question.text}")


class Broken:
    """An index whose engine has gone."""

    def find(self, *_: object) -> list[list[int]]:
        """Fail, with a message that must stay inside."""
        raise RuntimeError("engine at /srv/secret/shard is gone")

    def close(self) -> None:
        """Nothing to close."""


def settings_for(data: Path, **changes: Any) -> Settings:
    """Settings over a built data directory, without a limit per client unless a test asks for one."""
    return Settings(elections=ELECTIONS, data=data, **{"requests_per_minute": 0, **changes})


def app_for(settings: Settings, records: Records, change: Callable[[Desk], None] | None = None) -> FastAPI:
    """The application over these records; `change` may break the desk before it is served."""

    @asynccontextmanager
    async def desks() -> AsyncIterator[Desk]:
        desk = open_desk(settings, records)
        engines = [built.candidates for built in desk.elections()]
        if change is not None:
            change(desk)
        try:
            yield desk
        finally:
            for engine in engines:
                engine.close()

    return application(settings, desks)


@contextmanager
def served(
    settings: Settings, records: Records | None = None, change: Callable[[Desk], None] | None = None
) -> Iterator[TestClient]:
    """A client of the running application."""
    app = app_for(settings, records or MemoryRecorder(), change)
    with TestClient(app, follow_redirects=False, headers={"accept-language": "en"}) as client:
        yield client


def events_of(body: str) -> list[tuple[str, Any]]:
    """Name and data of every event on the wire; every block must be one event."""
    found = []
    for block in body.removesuffix("\n\n").split("\n\n"):
        name, data = block.split("\n")
        found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found
