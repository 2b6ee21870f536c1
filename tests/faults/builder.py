"""Child of the kill test of `build`: forks builds and kills each at one of its own changes to the data directory.

Reads lines `pack number`, builds the pack in a fork, which kills itself just before its `number`th change to a
file or folder (0: never), and prints what it was about to do, or `done` and how many changes there were.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from app.packs import load_pack
from ingestion.build import Order, build
from ingestion.sentences import sentence_spans
from tests.small_pack import retrieval_data

CHANGES = {"os.rename", "os.mkdir", "os.rmdir", "os.remove", "os.link", "os.symlink", "shutil.rmtree"}


def changes(event: str, arguments: tuple[object, ...], data: str) -> bool:
    """Whether the audit event changes something under the data directory (PEP 578)."""
    if event == "open":
        path, _, flags = arguments
        return isinstance(path, str) and path.startswith(data) and bool(int(str(flags)) & (os.O_WRONLY | os.O_RDWR))
    return event in CHANGES and str(arguments[0]).startswith(data)


def build_until(pack: Path, data: Path, number: int, pipe: int) -> None:
    """Build, and be killed before the change of that number."""
    count = 0

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal count
        if changes(event, arguments, str(data)):
            count += 1
            if count == number:
                os.write(pipe, f"{event} {str(arguments[0]).removeprefix(str(data))}".encode())
                os.kill(os.getpid(), signal.SIGKILL)

    election, retrieval = load_pack(pack), retrieval_data()
    sys.addaudithook(watch)
    build(election, retrieval, Order(pack, data), lambda _stage, _done, _all: None)
    os.write(pipe, f"done {count}".encode())


def main(data: Path) -> None:
    """Serve one build for each line; what every build loads is loaded before the first fork."""
    retrieval_data()
    sentence_spans("Ein Satz. Noch ein Satz.", "de")
    for line in sys.stdin:
        pack, number = line.rsplit(" ", 1)
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                build_until(Path(pack), data, int(number), write)
                code = 0
            finally:
                os._exit(code)
        os.close(write)
        os.waitpid(pid, 0)
        print(os.read(read, 4096).decode() or "failed", flush=True)
        os.close(read)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
