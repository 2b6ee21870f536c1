"""How long an audit bundle of fifty thousand records takes to write and to check, and how large it is.

Run as `python -m bench.bundled [RECORDS]` over the built election `demo`: a few real exchanges are stored again and
again under new ids and salts in a temporary data directory, logged, exported, and verified by another process.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from app.desk import Ask
from app.log import log_signer
from app.main import open_desk, open_recorder
from app.places import builds_folder, current_build, keys_folder
from app.record import MemoryRecorder
from app.settings import Settings
from app.storage.engine import open_engine, writing
from app.storage.keys import Keyring
from app.storage.leaves import waiting_leaves
from app.storage.repository import insert_rows, row_of
from bench.questions import generated
from domain.exchange import Exchange

RECORDS, REAL, BATCH = 50_000, 40, 500


async def real(settings: Settings) -> list[Exchange]:
    """A few answers of the demo election."""
    desk = open_desk(settings, MemoryRecorder(), ("demo",))
    questions = [*generated("de")[: REAL // 2], *generated("en")[: REAL // 2]]
    found = [await desk.ask(Ask("demo", question)) for question in questions]
    desk.election("demo").close()
    return found


def again(exchange: Exchange) -> Exchange:
    """The same exchange under new ids."""
    record, conversation = secrets.token_hex(16), secrets.token_hex(16)
    assert exchange.answer is not None
    return exchange.with_(
        record=record,
        question=exchange.question.model_copy(update={"conversation": conversation}),
        answer=exchange.answer.model_copy(update={"record": record, "conversation": conversation}),
    )


async def filled(settings: Settings, exchanges: list[Exchange], count: int) -> None:
    """Store so many records and have their leaves published."""
    async with open_recorder(settings):
        engine, ring = open_engine(settings.database), Keyring(keys_folder(settings.data))
        ring.open()
        for start in range(0, count, BATCH):
            many = range(start, min(start + BATCH, count))
            rows = [row_of(again(exchanges[n % len(exchanges)]), ring.take()) for n in many]
            ring.keep([(row.key, row.secret) for row in rows if row.secret])
            with writing(engine) as connection:
                insert_rows(connection, rows)
        waits = True
        while waits:
            await asyncio.sleep(0.5)
            with engine.connect() as connection:
                waits = bool(waiting_leaves(connection, 1))
        engine.dispose()
        ring.close()


def run(data: Path, *arguments: str) -> tuple[float, int]:
    """Seconds that a command took, and the most memory that it used, in MB."""
    began = time.perf_counter()
    child = subprocess.Popen([sys.executable, "-m", "app", *arguments], env=os.environ | {"ISEGORIA_DATA": str(data)})
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0
    return time.perf_counter() - began, used.ru_maxrss // 1024


def main(count: int) -> None:
    """Measure and print one JSON line."""
    with tempfile.TemporaryDirectory() as name:
        data, bundle = Path(name) / "data", Path(name) / "all.zip"
        settings = Settings().model_copy(update={"data": data})
        build = current_build(Settings().data, "demo")
        folder = builds_folder(data, "demo")
        folder.mkdir(parents=True)
        (folder / "current").write_text(build.name + "\n")
        subprocess.run(["cp", "-r", "--sparse=always", str(build), str(folder)], check=True)
        asyncio.run(filled(settings, asyncio.run(real(settings)), count))
        written, exporting = run(data, "audit", "export", str(bundle), "--reveal-after-days", "0")
        key = str(log_signer(settings).key)
        checked, verifying = run(Path(name) / "empty", "audit", "verify", str(bundle), "--key", key)
        figures = {
            "records": count,
            "export_seconds": round(written, 1),
            "export_megabytes_of_memory": exporting,
            "verify_seconds": round(checked, 1),
            "verify_megabytes_of_memory": verifying,
            "bundle_megabytes": bundle.stat().st_size >> 20,
        }
        print(json.dumps(figures))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else RECORDS)
