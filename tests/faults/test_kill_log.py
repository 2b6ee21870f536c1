"""The log through kills and failing calls: every acknowledged record one leaf, no head that forks an earlier one.

A seeded sample; ISEGORIA_SOAK=1 kills five hundred times and makes every single call fail.
"""

from __future__ import annotations

import asyncio
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from app.log import log_signer, log_writer
from app.record import Recorder
from app.settings import Settings
from app.storage.engine import open_engine
from app.storage.keys import Keyring
from audit.policy import Policy
from audit.tiles import CHECKPOINT, WIDTH, Tree, widths
from audit.verify import from_folder, verify_log
from tests.audit.logs import entries, policy, writer
from tests.faults.test_kill import ROOT, SOAK, STRIDE, killed_appender

CALLS = "write,fsync,rename,fchmod,mkdir,flock"
"""System calls by which a log is written."""
MODES = ("error=EIO", "signal=KILL")


def logged(url: str, data: Path, earlier: list[bytes]) -> set[str]:
    """Let the log catch up, verify it against all earlier checkpoints, and return the records it has leaves of."""
    settings = Settings(data=data)

    async def catch_up() -> None:
        async with Recorder(open_engine(url), Keyring(data / "keys"), log=log_writer(settings)) as recorder:
            pass
        assert recorder.log_failure is None

    asyncio.run(catch_up())
    folder = data / "log"
    head = verify_log(from_folder(folder), Policy((log_signer(settings).key,)), earlier)
    engine = open_engine(url)
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT record, entry, place FROM leaves ORDER BY place")).all()
        stored = connection.execute(text("SELECT count(*) FROM records")).scalar()
    engine.dispose()
    tree = Tree(from_folder(folder), head.size)
    assert [row.place for row in rows] == list(range(head.size)) == list(range(stored or 0))
    assert [bytes(row.entry) for row in rows] == [e for n, _ in widths(head.size) for e in tree.entries(n)[:WIDTH]]
    earlier.append((folder / CHECKPOINT).read_bytes())
    return {row.record for row in rows}


def test_every_acknowledged_record_is_one_leaf_however_often_it_is_killed(tmp_path: Path) -> None:
    chance, url = random.Random(20250223), f"sqlite:///{tmp_path}/records.db"
    acknowledged: list[str] = []
    earlier: list[bytes] = []
    for number in range(500 if SOAK else 12):
        acknowledged += killed_appender(url, tmp_path, number * STRIDE, chance, "logged")
        if number % 4 == 3:
            assert set(acknowledged) <= logged(url, tmp_path, earlier)
    assert len(acknowledged) > 100, "too few records were acknowledged for the test to mean anything"


def child(root: Path, *around: str) -> subprocess.CompletedProcess[str]:
    """Append twice to the log under `root` in a process of its own, started by the program `around`."""
    command = [*around, sys.executable, "-m", "tests.faults.logger", str(root)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def strace(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the child with options of strace; skips where it may not trace."""
    probe = tmp_path_factory.mktemp("probe")
    if shutil.which("strace") is None or child(probe, "strace", "-f", "-qq", "-o", "/dev/null").returncode != 0:
        pytest.skip("strace cannot be installed or used here")
    return lambda root, *options: child(root, "strace", "-f", "-qq", *options)


def test_a_call_that_fails_or_kills_leaves_a_log_that_goes_on(
    strace: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    counted = tmp_path / "calls.txt"
    assert strace(tmp_path / "whole", "-e", f"trace={CALLS}", "-o", str(counted)).returncode == 0
    calls = re.findall(r"^\d+ +(\w+)\(", counted.read_text(), flags=re.MULTILINE)
    points = [(name, calls[: i + 1].count(name), mode) for i, name in enumerate(calls) for mode in MODES]
    assert len(points) > 60
    chosen = points if SOAK else random.Random(7).sample(points, 14)
    stopped = 0
    for number, (name, when, mode) in enumerate(chosen):
        root = tmp_path / str(number)
        done = strace(root, "-e", f"inject={name}:{mode}:when={when}", "-o", "/dev/null")
        stopped += done.returncode != 0
        assert "Traceback" not in done.stderr, (name, when, mode)
        signed = root / "keys" / "signed"
        earlier = [path.read_bytes() for path in (signed, root / "log" / CHECKPOINT) if path.exists()]
        with writer(root) as log:  # goes on where the child was stopped
            said = int(done.stdout.split()[-1]) if done.stdout.split() else 0
            assert log.head.size >= said, (name, when, mode)
            log.append(entries(300 - log.head.size, log.head.size))
        assert verify_log(from_folder(root / "log"), policy(), earlier).size == 300, (name, when, mode)
        shutil.rmtree(root)
    assert stopped > len(chosen) * 0.9, "nearly every point must have stopped the child, or nothing was injected"
