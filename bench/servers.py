"""The servers under test as processes of their own, each on a free loopback port, ended whatever happens."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.load import Reply, drive

ROOT = Path(__file__).resolve().parent.parent
START_LIMIT = 240.0
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
THREADS = (*ONE_THREAD, "TOKENIZERS_PARALLELISM")


@dataclass(frozen=True)
class Kind:
    """How a server is started: `command` after the interpreter, `{port}` filled in."""

    name: str
    command: tuple[str, ...]
    env: Mapping[str, str]


@dataclass(frozen=True)
class Running:
    """A started server and the moment it was started."""

    kind: Kind
    process: subprocess.Popen[bytes]
    port: int
    began: float

    def memory(self) -> float:
        """Resident megabytes of the process and its children; a page that several share counts once."""
        return sum(_status(pid, "smaps_rollup", "Pss:") for pid in _family(self.process.pid)) / 1024

    def cpu(self) -> float:
        """CPU seconds used so far by the process and its children."""
        ticks = os.sysconf("SC_CLK_TCK")
        total = 0
        for pid in _family(self.process.pid):
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
        return total / ticks


def uvicorn(target: str, factory: bool) -> tuple[str, ...]:
    """The command of a one-worker uvicorn."""
    extra = ("--factory",) if factory else ()
    return ("-m", "uvicorn", target, *extra, "--port", "{port}", "--log-level", "warning", "--no-access-log")


@contextmanager
def running(kind: Kind, log: Path) -> Iterator[Running]:
    """The server from start to end; its output goes to `log`."""
    port = free_port()
    clean = {k: v for k, v in os.environ.items() if k not in THREADS and not k.startswith("ISEGORIA_")}
    command = [sys.executable, *(part.format(port=port) for part in kind.command)]
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        began = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=ROOT, env=clean | dict(kind.env), stdout=out, stderr=out, start_new_session=True
        )
        try:
            yield Running(kind, process, port, began)
        finally:
            _end(process)


def first_answer(server: Running, data: bytes, log: Path) -> tuple[float, Reply]:
    """Seconds from process start to the first complete answer. Raises RuntimeError when the server ends or hangs."""
    while time.perf_counter() - server.began < START_LIMIT:
        if server.process.poll() is not None:
            raise RuntimeError(f"{server.kind.name} ended with {server.process.returncode}; see {log}")
        with socket.socket() as probe:
            open_ = probe.connect_ex(("127.0.0.1", server.port)) == 0
        if open_:
            (reply,), _ = drive(server.port, [data], 1)
            if reply.status != 200:
                raise RuntimeError(f"{server.kind.name} answered {reply.status}: {reply.body[:300]!r}")
            return time.perf_counter() - server.began, reply
        time.sleep(0.005)
    raise RuntimeError(f"{server.kind.name} did not answer within {START_LIMIT:.0f} s; see {log}")


def free_port() -> int:
    """A loopback port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def run_cli(arguments: Sequence[str], env: Mapping[str, str], stdin: bytes | None = None) -> bytes:
    """Run the `isegoria` command; its standard output. Raises RuntimeError with its last words."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("ISEGORIA_")}
    done = subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        cwd=ROOT,
        env=clean | dict(env),
        input=stdin,
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"isegoria {' '.join(arguments)} failed: {done.stderr.decode(errors='replace')[-2000:]}")
    return done.stdout


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children")
    try:
        direct = [int(child) for child in children.read_text().split()]
    except OSError:
        return [pid]
    return [pid, *(one for child in direct for one in _family(child))]


def _status(pid: int, file: str, field: str) -> int:
    lines = Path(f"/proc/{pid}/{file}").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(field)).split()[1])
