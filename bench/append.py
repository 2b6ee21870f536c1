"""Cost of one durable append: p50, p95, CPU and rate at 1 and 8 concurrent appenders.

Run as `python -m bench.append [URL]`; without a URL on SQLite in a temporary folder. The raw
write + fsync of the same bytes, measured in the same run, shows what the disk itself takes.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from app.record import Recorder
from app.storage.engine import open_engine
from app.storage.keys import Keyring
from tests.exchanges import new_exchange

APPENDS = 1500


async def measure(recorder: Recorder, together: int, first: int) -> dict[str, float]:
    """Append `APPENDS` exchanges from `together` tasks; milliseconds per append and appends per second."""
    exchanges = [new_exchange(first + n, f"c{n % 50}", claims=6, hits=30) for n in range(APPENDS)]
    taken: list[float] = []

    async def one(part: int) -> None:
        for exchange in exchanges[part::together]:
            began = time.perf_counter()
            await recorder.append(exchange)
            taken.append(1000 * (time.perf_counter() - began))

    cpu, wall = time.process_time(), time.perf_counter()
    await asyncio.gather(*(one(n) for n in range(together)))
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    taken.sort()
    return {
        "appenders": together,
        "p50_ms": round(statistics.median(taken), 3),
        "p95_ms": round(taken[int(0.95 * len(taken))], 3),
        "cpu_ms": round(1000 * cpu / APPENDS, 3),
        "per_second": round(APPENDS / wall),
    }


def raw_sync(folder: Path, size: int) -> float:
    """Median milliseconds of write + fsync of `size` bytes."""
    taken = []
    with (folder / "raw").open("wb", buffering=0) as file:
        for _ in range(300):
            began = time.perf_counter()
            file.write(b"x" * size)
            os.fsync(file.fileno())
            taken.append(1000 * (time.perf_counter() - began))
    return round(statistics.median(taken), 3)


async def main(url: str | None) -> None:
    """Measure and print one JSON line per case."""
    with tempfile.TemporaryDirectory() as name:
        size = len(new_exchange(1, claims=6, hits=30).model_dump_json())
        print(json.dumps({"body_bytes": size, "raw_write_fsync_p50_ms": raw_sync(Path(name), size)}))
        engine = open_engine(url or f"sqlite:///{name}/records.db")
        async with Recorder(engine, Keyring(Path(name) / "keys")) as recorder:
            first = time.time_ns()
            await measure(recorder, 8, first)
            for round_, together in enumerate((1, 8, 1, 8), start=1):
                print(json.dumps(await measure(recorder, together, first + round_ * 10 * APPENDS)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else None))
