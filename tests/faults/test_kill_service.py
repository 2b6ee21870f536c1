"""kill -9 on the real `isegoria serve`: every answer that reached a client over HTTP is in the record, whole.

Three kills by default, a hundred and twenty with ISEGORIA_SOAK=1; one worker and two, JSON and events.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.record import Recorder
from app.storage.engine import open_engine
from app.storage.keys import Keyring
from tests.served import EVENTS, with_builds
from tests.small_pack import ELECTIONS, ROOT

SOAK = os.environ.get("ISEGORIA_SOAK") == "1"
KILLS = 60 if SOAK else 2
CLIENTS = 6
TOPICS = ("rent", "schools", "taxes", "water", "trains", "farming", "energy", "pensions", "courts", "health")


@dataclass
class Service:
    """The process group of one `isegoria serve`, and the answers its clients received."""

    data: Path
    workers: int
    port: int = 0
    received: list[dict[str, Any]] = field(default_factory=list)

    def start(self) -> subprocess.Popen[bytes]:
        """Start it on a free port and wait until it answers."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        environment = {k: v for k, v in os.environ.items() if not k.startswith("ISEGORIA_")} | {
            "ISEGORIA_DATA": str(self.data), "ISEGORIA_ELECTIONS": str(ELECTIONS), "ISEGORIA_REQUESTS_PER_MINUTE": "0",
        }  # fmt: skip
        command = [sys.executable, "-m", "app", "serve", "--port", str(self.port), "--workers", str(self.workers)]
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        for _ in range(600):
            assert process.poll() is None, "the service did not start"
            try:
                if httpx.get(f"{self.address}/readyz").status_code == 200:
                    return process
            except httpx.TransportError:
                time.sleep(0.1)
        raise AssertionError("the service did not answer within a minute")

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, chance: random.Random, until: threading.Event) -> None:
        """Put questions as one client, some in a conversation, until told to stop; note each whole answer."""
        conversation = None
        with httpx.Client(base_url=self.address, timeout=60) as client:
            while not until.is_set():
                question = f"What do the parties say about {chance.choice(TOPICS)} and {chance.choice(TOPICS)}?"
                body = {"election": "demo", "question": question, "conversation": conversation}
                try:
                    if chance.random() < 0.5:
                        answer = client.post("/v1/answers", json=body).raise_for_status().json()
                    else:
                        answer = streamed(client, body)
                except (httpx.TransportError, StopIteration):
                    continue  # cut off by the kill: nobody was told that it is kept
                self.received.append(answer)
                conversation = answer["conversation"] if chance.random() < 0.5 else None


def streamed(client: httpx.Client, body: dict[str, Any]) -> dict[str, Any]:
    """The answer event of a stream; StopIteration when the stream ends before it."""
    with client.stream("POST", "/v1/answers", json=body, headers=EVENTS) as reply:
        reply.raise_for_status()
        lines = reply.iter_lines()
        while next(lines) != "event: answer":
            pass
        found: dict[str, Any] = json.loads(next(lines).removeprefix("data: "))
        return found


def killed(service: Service, chance: random.Random) -> int:
    """Let clients ask and kill the whole service at a random moment; how many answers had arrived."""
    before = len(service.received)
    process, done = service.start(), threading.Event()
    seeds = [chance.random() for _ in range(CLIENTS)]
    clients = [threading.Thread(target=service.ask, args=(random.Random(seed), done)) for seed in seeds]
    for client in clients:
        client.start()
    try:
        wanted = before + chance.randrange(3, 60)
        started = time.monotonic()
        while len(service.received) < wanted and time.monotonic() - started < 30:
            time.sleep(0.002)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        done.set()
        for client in clients:
            client.join()
    return len(service.received) - before


async def check(data: Path, answers: list[dict[str, Any]]) -> None:
    """Every answer is in the record with the words that the client received."""
    async with Recorder(open_engine(f"sqlite:///{data}/records.db"), Keyring(data / "keys")) as recorder:
        for answer in answers:
            exchange = await recorder.read(answer["record"])
            assert exchange is not None and exchange.answer is not None, answer["record"]
            assert exchange.answer.model_dump(mode="json") == answer


@pytest.mark.parametrize("workers", [1, 2])
def test_no_answer_that_was_given_over_http_is_lost(workers: int, demo_data: Path, tmp_path: Path) -> None:
    data, chance = with_builds(demo_data, tmp_path / "data"), random.Random(20310504 + workers)
    service = Service(data, workers)
    for _ in range(KILLS if workers == 1 or SOAK else 1):
        before = len(service.received)
        assert killed(service, chance) >= 3, "too few answers arrived for the test to mean anything"
        asyncio.run(check(data, service.received[before:]))
    asyncio.run(check(data, service.received))
    process = service.start()  # after all that it still starts, and gives back over HTTP what it had given
    try:
        answer = chance.choice(service.received)
        again = httpx.get(f"{service.address}/v1/answers/{answer['record']}").raise_for_status().json()
        assert again["claims"] == answer["claims"] and again["message"] == answer["message"]
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
