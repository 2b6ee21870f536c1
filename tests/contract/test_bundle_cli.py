"""From store to stranger: a bundle is exported, verified and replayed by processes that share nothing but the file."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from app.log import log_signer
from app.main import open_recorder
from app.settings import Settings
from tests.small_pack import ELECTIONS, ROOT

OFFLINE = """
import runpy, sys

def watch(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.bind"):
        raise RuntimeError("the network was asked for: " + event)

sys.addaudithook(watch)
sys.argv = ["app", *sys.argv[1:]]
runpy.run_module("app", run_name="__main__", alter_sys=True)
"""
QUESTIONS = (
    "Was sagen die Parteien zur Miete?",
    "What do the parties say about pensions?",
    "Que disent les partis sur la pêche ?",
    "Bis wann muss ich die Briefwahl beantragen?",
    "Wen soll ich wählen?",
)


def run(data: Path, *arguments: str, stdin: str = "") -> tuple[int, str]:
    """Exit code and both outputs of the command, which may ask no network and knows no pack."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ISEGORIA_")}
    elections = ELECTIONS if arguments[0] == "ask" else data / "nothing"
    done = subprocess.run(
        [sys.executable, "-c", OFFLINE, *arguments],
        cwd=ROOT, env=kept | {"ISEGORIA_DATA": str(data), "ISEGORIA_ELECTIONS": str(elections), "PYTHONUTF8": "1"},
        input=stdin, text=True, encoding="utf-8", capture_output=True, timeout=240, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout + done.stderr


def published(settings: Settings) -> str:
    """Have a server, for a moment, give the waiting leaves their places; the log's public key."""

    async def serve() -> None:
        async with open_recorder(settings):
            pass

    asyncio.run(serve())
    return str(log_signer(settings).key)


@pytest.mark.slow
def test_a_bundle_of_the_demo_is_verified_and_replayed_with_nothing_else(demo_data: Path, tmp_path: Path) -> None:
    data, empty, bundle = tmp_path / "data", tmp_path / "empty", tmp_path / "all.zip"
    data.mkdir()
    empty.mkdir()
    (data / "elections").symlink_to(demo_data / "elections")
    rows = "".join(json.dumps({"id": n, "text": text}) + "\n" for n, text in enumerate(QUESTIONS))
    code, said = run(data, "ask", "demo", "--jsonl", stdin=rows)
    assert code == 0, said
    key = published(Settings(data=data))

    code, said = run(data, "audit", "export", str(tmp_path / "young.zip"))
    assert code == 0 and "5 leaves, 0 records revealed, 5 withheld" in said, said
    code, said = run(data, "audit", "export", str(bundle), "--reveal-after-days", "0")
    assert code == 0 and "5 leaves, 5 records revealed, 0 withheld, 0 erased" in said, said
    code, said = run(data, "audit", "export", str(bundle))
    assert code == 2 and "is there already" in said, said
    code, said = run(data, "audit", "export", str(tmp_path / "x.zip"), "--since", "2031-02-02", "--until", "2031-02-01")
    assert code == 2 and "lies before" in said, said

    code, said = run(empty, "replay", str(bundle), "--key", key)
    assert code == 0, said
    assert re.findall(r"^leaf (\d)  grade A, same$", said, flags=re.MULTILINE) == list("01234"), said
    assert "5 of grade A, 0 of grade B, 0 of grade C, 0 of none; 0 cannot be replayed here" in said
    assert list(empty.iterdir()) == [], "nothing is kept of a bundle"

    damaged = bytearray(bundle.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    (tmp_path / "bad.zip").write_bytes(damaged)
    code, said = run(empty, "replay", str(tmp_path / "bad.zip"), "--key", key)
    assert (code, "not valid: elections/demo/" in said or "not valid: objects/" in said) == (1, True), said
    code, said = run(empty, "audit", "verify", str(tmp_path / "none.zip"), "--key", key)
    assert code == 2 and "cannot be read" in said, said
