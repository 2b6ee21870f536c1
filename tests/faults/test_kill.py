"""kill -9 at any moment loses no acknowledged record. ISEGORIA_SOAK=1 kills three hundred times."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from app.record import Recorder
from app.storage.engine import open_engine
from app.storage.keys import Keyring
from tests.exchanges import new_exchange

SOAK = os.environ.get("ISEGORIA_SOAK") == "1"
STRIDE = 1_000_000
ROOT = Path(__file__).resolve().parents[2]


def killed_appender(url: str, data: Path, first: int, chance: random.Random, *logged: str) -> list[str]:
    """Run a child that appends, kill it at a random moment, and return the ids it acknowledged."""
    numbers = [str(first), str(chance.choice([1, 3, 8]))]
    command = [sys.executable, "-m", "tests.faults.appender", url, str(data), *numbers, *logged]
    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    acknowledged: list[str] = []
    started = threading.Event()

    def listen() -> None:
        assert child.stdout is not None
        for line in child.stdout:
            if line.endswith("\n"):  # the last line may be cut by the kill
                acknowledged.append(line.strip())
                started.set()

    listener = threading.Thread(target=listen)
    listener.start()
    try:
        if chance.random() < 0.85:
            assert started.wait(60), "the child acknowledged nothing"
            time.sleep(chance.uniform(0, 0.25))
        else:
            time.sleep(chance.uniform(0.1, 0.9))  # may fall into opening and migrating
    finally:
        child.kill()
        child.wait()
        listener.join()
        child.stdout.close()
    return acknowledged


async def check(url: str, data: Path, acknowledged: list[str]) -> None:
    """Every acknowledged record is there, whole."""
    async with Recorder(open_engine(url), Keyring(data / "keys")) as recorder:
        for record in acknowledged:
            number = int(record, 16)
            assert await recorder.read(record) == new_exchange(number, f"c{number % 5}"), record


def kill_often(url: str, data: Path, rounds: int, seed: int) -> None:
    chance = random.Random(seed)
    everything: list[str] = []
    for number in range(rounds):
        acknowledged = killed_appender(url, data, number * STRIDE, chance)
        asyncio.run(check(url, data, acknowledged))
        everything += acknowledged
    asyncio.run(check(url, data, chance.sample(everything, min(len(everything), 2000))))
    assert len(everything) > 8 * rounds, "too few records were acknowledged for the test to mean anything"


def test_sqlite_loses_nothing_when_the_writer_is_killed(tmp_path: Path) -> None:
    kill_often(f"sqlite:///{tmp_path}/records.db", tmp_path, 300 if SOAK else 12, seed=20310504)


def test_two_processes_that_write_one_file_lose_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/records.db"
    with ThreadPoolExecutor(2) as pool:
        for round_ in range(20 if SOAK else 2):
            firsts = (2 * round_ * STRIDE, (2 * round_ + 1) * STRIDE)
            both = pool.map(lambda first: killed_appender(url, tmp_path, first, random.Random(first)), firsts)
            for acknowledged in both:
                asyncio.run(check(url, tmp_path, acknowledged))


def test_postgresql_loses_nothing_when_the_client_is_killed(postgres_url: str, tmp_path: Path) -> None:
    kill_often(postgres_url, tmp_path, 30 if SOAK else 3, seed=1)
