"""What the public log costs the answers, and how soon a receipt follows: 8 clients, with the log and without, one run.

Run as `python -m bench.logged [ELECTION]` over a built election (default `demo`); records and logs are made in a
temporary folder, rounds with and without the log take turns, and the medians are compared.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

from app.desk import Ask
from app.log import log_writer
from app.main import load
from app.record import Recorder
from app.settings import Settings
from app.storage.engine import open_engine
from app.storage.keys import Keyring
from bench.questions import generated

ROUNDS, ANSWERS, CLIENTS = 5, 200, 8


async def answered(election: str, folder: Path, logged: bool, questions: list[str], waits: list[float]) -> float:
    """Answers per second; with the log, seconds from each acknowledged answer to its receipt go to `waits`."""
    settings = Settings()
    loaded = load(settings, (election,))
    loaded.open()
    log = log_writer(settings.model_copy(update={"data": folder})) if logged else None
    async with Recorder(open_engine(f"sqlite:///{folder}/records.db"), Keyring(folder / "keys"), log=log) as recorder:
        desk = loaded.desk(recorder)
        await desk.ask(Ask(election, questions[0]))

        waiting: list[asyncio.Task[None]] = []

        async def follow(record: str, since: float) -> None:
            while await recorder.receipt(record) is None:
                await asyncio.sleep(0.02)
            waits.append(time.perf_counter() - since)

        async def client(mine: list[str]) -> None:
            for place, question in enumerate(mine):
                record = (await desk.ask(Ask(election, question))).record
                if logged and place % 8 == 0:  # some, so that looking for receipts is not what is measured
                    waiting.append(asyncio.create_task(follow(record, time.perf_counter())))

        began = time.perf_counter()
        await asyncio.gather(*(client(questions[n::CLIENTS]) for n in range(CLIENTS)))
        taken = time.perf_counter() - began
        await asyncio.gather(*waiting)
    for built in loaded.elections.values():
        built.close()
    return len(questions) / taken


async def main(election: str) -> None:
    """Measure and print one JSON line."""
    questions = (generated("de") + generated("en"))[: 2 * ANSWERS]
    rates: dict[bool, list[float]] = {True: [], False: []}
    waits: list[float] = []
    for round_ in range(ROUNDS):
        for logged in (True, False) if round_ % 2 else (False, True):
            with tempfile.TemporaryDirectory() as name:
                rates[logged].append(await answered(election, Path(name), logged, questions[:ANSWERS], waits))
    with_log, without = (statistics.median(rates[logged]) for logged in (True, False))
    print(
        json.dumps(
            {
                "answers_per_second_with_log": round(with_log, 1),
                "answers_per_second_without": round(without, 1),
                "cost": round(1 - with_log / without, 3),
                "receipt_p95_seconds": round(statistics.quantiles(waits, n=20)[-1], 2),
                "rounds": {str(k): [round(r, 1) for r in v] for k, v in rates.items()},
            }
        )
    )


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "demo"))
