"""Child of the kill test: appends exchanges, several at a time, and prints the id of each acknowledged one."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from app.log import log_writer
from app.record import Recorder
from app.settings import Settings
from app.storage.engine import open_engine
from tests.exchanges import new_exchange


async def append_for_ever(url: str, first: int, together: int, data: str | None = None) -> None:
    """Numbers from `first` on, spread over `together` tasks; with a log under `data`. Ends only by a signal."""
    log = None if data is None else log_writer(Settings(data=Path(data)))
    async with Recorder(open_engine(url), log=log) as recorder:

        async def one(number: int) -> None:
            while True:
                exchange = new_exchange(number, f"c{number % 5}")
                await recorder.append(exchange)
                print(exchange.record, flush=True)
                number += together

        await asyncio.gather(*(one(first + n) for n in range(together)))


if __name__ == "__main__":
    asyncio.run(append_for_ever(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:]))
