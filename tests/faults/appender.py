"""Child of the kill test: appends exchanges, several at a time, and prints the id of each acknowledged one."""

from __future__ import annotations

import asyncio
import sys

from app.record import Recorder
from app.storage.engine import open_engine
from tests.exchanges import new_exchange


async def append_for_ever(url: str, first: int, together: int) -> None:
    """Numbers from `first` on, spread over `together` tasks; ends only by a signal."""
    async with Recorder(open_engine(url)) as recorder:

        async def one(number: int) -> None:
            while True:
                exchange = new_exchange(number, f"c{number % 5}")
                await recorder.append(exchange)
                print(exchange.record, flush=True)
                number += together

        await asyncio.gather(*(one(first + n) for n in range(together)))


if __name__ == "__main__":
    asyncio.run(append_for_ever(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
