"""Child of the kill test: appends exchanges, several at a time, and prints the id of each acknowledged one."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from app.log import log_writer
from app.record import Recorder
from app.settings import Settings
from app.storage.engine import open_engine
from app.storage.keys import Keyring
from tests.exchanges import new_exchange


async def append_for_ever(url: str, data: Path, first: int, together: int, logged: bool) -> None:
    """Numbers from `first` on, spread over `together` tasks; keys, and the log, under `data`. Ends only by a signal."""
    log = log_writer(Settings(data=data)) if logged else None
    async with Recorder(open_engine(url), Keyring(data / "keys"), log=log) as recorder:

        async def one(number: int) -> None:
            while True:
                exchange = new_exchange(number, f"c{number % 5}")
                await recorder.append(exchange)
                print(exchange.record, flush=True)
                number += together

        await asyncio.gather(*(one(first + n) for n in range(together)))


if __name__ == "__main__":
    where, folder, start, tasks, *rest = sys.argv[1:]
    asyncio.run(append_for_ever(where, Path(folder), int(start), int(tasks), rest == ["logged"]))
