"""An erasure stopped at any write, sync or truncation is finished by asking again, and touches nothing else.

A sample in `make test`; every point with ISEGORIA_SOAK=1.
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

from app.errors import RecordErased
from app.record import Recorder
from app.storage.engine import open_engine
from app.storage.keys import Keyring
from tests.exchanges import new_exchange
from tests.faults.eraser import erase_conversation, vault
from tests.faults.test_kill import ROOT, SOAK

CALLS = "write,pwrite64,fsync,fdatasync,ftruncate,unlink"
"""System calls by which SQLite writes."""
MODES = ("error=EIO", "signal=KILL")
GONE, KEPT = range(3), range(10, 15)

Traced = Callable[..., subprocess.CompletedProcess[str]]


def child(data: Path, *around: str) -> subprocess.CompletedProcess[str]:
    command = [*around, sys.executable, "-m", "tests.faults.eraser", str(data), "gone"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Traced:
    """Runs the child with options of strace; skips where it may not trace."""
    probe = stored(tmp_path_factory.mktemp("probe"))
    if shutil.which("strace") is None or child(probe, "strace", "-f", "-qq", "-o", "/dev/null").returncode != 0:
        pytest.skip("strace cannot be installed or used here")
    return lambda data, *options: child(data, "strace", "-f", "-qq", *options)


def stored(data: Path) -> Path:
    """A store with a conversation that is to go and records that stay; its write-ahead logs are not emptied."""

    async def fill() -> None:
        async with Recorder(open_engine(f"sqlite:///{data}/records.db"), Keyring(data / "keys")) as recorder:
            for n in (*GONE, *KEPT):
                await recorder.append(new_exchange(n, "gone" if n in GONE else f"kept{n}"))

    asyncio.run(fill())
    return data


def secrets_of(data: Path) -> list[bytes]:
    """The secrets of the conversation that is to go."""
    store = vault(data)
    with store.engine.connect() as connection:
        names = list(connection.scalars(text("SELECT key FROM records WHERE conversation = 'gone'")))
    found = list(store.keys.secrets(names).values())
    store.close()
    return found


def test_an_erasure_stopped_anywhere_is_finished_by_asking_again(traced: Traced, tmp_path: Path) -> None:
    whole = stored(tmp_path / "whole")
    secrets = secrets_of(whole)
    counting = shutil.copytree(whole, tmp_path / "counting")
    counted = tmp_path / "calls.txt"
    assert traced(counting, "-e", f"trace={CALLS}", "-o", str(counted)).returncode == 0
    calls = re.findall(r"^\d+ +(\w+)\(", counted.read_text(), flags=re.MULTILINE)
    points = [(name, calls[: i + 1].count(name), mode) for i, name in enumerate(calls) for mode in MODES]
    assert len(points) > 30
    stopped = 0
    chosen = points if SOAK else random.Random(11).sample(points, 6)
    for number, (name, when, mode) in enumerate(chosen):
        data = shutil.copytree(whole, tmp_path / str(number))
        done = traced(data, "-e", f"inject={name}:{mode}:when={when}", "-o", "/dev/null")
        assert "Traceback" not in done.stderr, (name, when, mode, done.stderr)
        stopped += done.returncode != 0
        erase_conversation(data, "gone")  # asked again
        for path in (p for p in data.rglob("*") if p.is_file()):
            raw = path.read_bytes()
            assert not any(s[:32] in raw or s[32:] in raw for s in secrets), (name, when, mode, path.name)
        store = vault(data)
        for n in GONE:
            with pytest.raises(RecordErased):
                store.exchange(new_exchange(n).record)
        for n in KEPT:
            assert store.exchange(new_exchange(n).record) == new_exchange(n, f"kept{n}"), (name, when, mode)
        with store.engine.connect() as connection:
            stones = connection.scalar(text("SELECT count(*) FROM leaves WHERE record IS NULL"))
        store.close()
        assert stones == len(GONE), "each erased record has one tombstone"
        shutil.rmtree(data)
    assert stopped > len(chosen) // 2, "most points must have stopped the child, or nothing was injected"
