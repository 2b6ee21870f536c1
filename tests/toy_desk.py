"""Puts questions to a built small pack, nothing recorded."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from app.desk import Ask
from app.main import open_desk
from app.record import MemoryRecorder
from app.settings import Settings
from domain.answer import Answer
from domain.exchange import Exchange
from tests.small_pack import ELECTIONS


def asker(folder: Path) -> Callable[..., Exchange]:
    """Puts a question to the build in `folder/which`; by default the one called `data`."""

    def ask(question: str, which: str = "data") -> Exchange:
        desk = open_desk(Settings(elections=ELECTIONS, data=folder / which), MemoryRecorder(), ("toy",))
        try:
            return asyncio.run(desk.ask(Ask("toy", question), record=False))
        finally:
            desk.election("toy").close()

    return ask


def answer(exchange: Exchange) -> Answer:
    """The answer of an exchange that has one."""
    assert exchange.answer is not None
    return exchange.answer
