"""A build that is killed, at whatever moment, leaves a served build that is whole and answers.

Sampled by default; ISEGORIA_SOAK=1 kills before every single change that a build makes to its folder.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from app.answering.phrases import read_phrases
from app.built import Built
from app.common import Common, load_common
from app.desk import Ask, House
from app.errors import IndexUnusable
from app.main import Loaded, trouble
from app.places import builds_folder, current_build
from app.record import MemoryRecorder
from app.retrieval.index import EdgeCandidates
from app.sealed import intact
from domain.answer import AnswerStatus
from tests.served import settings_for
from tests.small_pack import ELECTIONS, ROOT, Doc, build_quietly, write_pack

SOAK = os.environ.get("ISEGORIA_SOAK") == "1"
SEED = 20310504
LATE = 6
"""The last changes of a build, where it gets its name and is published; all of them are tried every time."""


def pack(folder: Path, years: int) -> Path:
    """A small pack whose programme says a number; other numbers are another corpus."""
    text = f"# Deiche\n\nJeder Deich wird in den nächsten {years} Jahren erhöht, und die Kosten trägt das ganze Land.\n"
    return write_pack(folder, [Doc("deich", text.encode())])


@cache
def shared() -> tuple[House, Common]:
    """What all elections share, read once."""
    settings = settings_for(Path("nowhere"))
    phrases = read_phrases(ELECTIONS / "common" / "understand")
    return House(settings, phrases, "0", trouble()), load_common(ELECTIONS)


def answered(data: Path) -> str:
    """What the service quotes from the build that is served now; the build must be whole."""
    folder = current_build(data, "toy")
    assert intact(folder)
    built = Built(folder, shared()[1], EdgeCandidates(folder / "index" / "qdrant"))
    try:
        desk = Loaded(shared()[0], {"toy": built}).desk(MemoryRecorder())
        exchange = asyncio.run(desk.ask(Ask("toy", "Was sagen die Parteien zu den Deichen?")))
    finally:
        built.close()
    assert exchange.answer is not None and exchange.answer.status is AnswerStatus.ANSWERED
    return " ".join(claim.text for claim in exchange.answer.claims)


@contextmanager
def builder(data: Path) -> Iterator[Callable[[Path, int], str]]:
    """Builds a pack and kills the build before its change number n; says before what."""
    command = [sys.executable, "-m", "tests.faults.builder", str(data)]
    child = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdin is not None and child.stdout is not None
    stdin, stdout = child.stdin, child.stdout

    def until(packed: Path, number: int) -> str:
        stdin.write(f"{packed} {number}\n")
        stdin.flush()
        return stdout.readline().strip()

    try:
        yield until
    finally:
        stdin.close()
        child.wait(60)
        stdout.close()


def test_a_build_killed_before_any_of_its_changes_leaves_the_served_one_usable(tmp_path: Path) -> None:
    data, chance = tmp_path / "data", random.Random(SEED)
    with builder(data) as build_until:
        done, _, changes = build_until(pack(tmp_path / "three", 3), 0).partition(" ")
        first = current_build(data, "toy")
        assert done == "done" and int(changes) >= 20, "a build makes more changes than that"
        late = range(int(changes) - LATE, int(changes) + 2)
        early = range(1, late.start)
        known, now, current = set[str](), answered(data), tmp_path / "three"
        for years, number in enumerate([*(early if SOAK else chance.sample(early, 3)), *late], 4):
            before = now
            assert build_until(current, number) != "failed"
            assert answered(data) == before, f"building again what is served, killed at {number}"
            said = build_until(pack(tmp_path / f"pack{years}", years), number)
            assert said != "failed"
            known.add(said.split(" ")[0])
            now = answered(data)
            current = current if now == before else tmp_path / f"pack{years}"
            assert now == before or f"in den nächsten {years} Jahren" in now, (number, said)
            assert (said.startswith("done")) <= (now != before), (number, said)
        assert intact(first), "the first build was touched"
        assert {"os.rename", "open", "done"} <= known
        assert build_until(tmp_path / "three", 0).startswith("done")
    assert "in den nächsten 3 Jahren" in answered(data)
    assert current_build(data, "toy") == first
    assert not list(builds_folder(data, "toy").glob(".new-*"))


def test_the_build_command_killed_at_random_beside_a_reader(tmp_path: Path) -> None:
    """The whole command with all its processes; somebody opens what is served all the while."""
    data, chance = tmp_path / "data", random.Random(SEED)
    build_quietly(pack(tmp_path / "pack0", 3), data)
    environment = {**os.environ, "ISEGORIA_DATA": str(data), "PYTHONDONTWRITEBYTECODE": "1"}
    troubles: list[str] = []
    finished = threading.Event()

    def look() -> None:
        while not finished.is_set():
            try:
                folder = current_build(data, "toy")
                if not intact(folder):
                    troubles.append(f"{folder.name} is not whole")
            except (OSError, IndexUnusable) as error:
                troubles.append(str(error))
            time.sleep(0.01)

    reader = threading.Thread(target=look)
    reader.start()
    try:
        longest = 5.0
        for number in range(1, 60 if SOAK else 4):
            command = [sys.executable, "-m", "app", "build", str(pack(tmp_path / f"pack{number}", 3 + number // 2 % 2))]
            child = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                start_new_session=True,
            )  # fmt: skip
            started = time.monotonic()
            if number == 1:
                assert child.wait(120) == 0
                longest = time.monotonic() - started
                continue
            time.sleep(chance.uniform(0.3, 1.0) * longest)
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
    finally:
        finished.set()
        reader.join()
    assert troubles == []
    assert answered(data)
