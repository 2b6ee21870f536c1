"""`isegoria serve` as processes: several workers answer as one service, and none outlives it."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.errors import ServiceUnavailable
from app.serve import SHORT_LIFE, bound
from tests.served import ELECTIONS, RENT

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Service:
    """A served demo election in processes of its own."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process, self.port = process, port

    def get(self, path: str, body: object = None) -> str:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data)
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=30) as reply:
            return str(reply.read().decode())

    def workers(self) -> list[int]:
        pid = self.process.pid
        return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def until(self, what: str, path: str = "/healthz") -> None:
        """Wait until the service answers with these words."""
        for _ in range(300):
            try:
                if what in self.get(path):
                    return
            except (urllib.error.URLError, ConnectionError):
                assert self.process.poll() is None, "the service ended"
            time.sleep(0.1)
        raise AssertionError(f"{path} never said {what}")


@contextmanager
def serving(demo_data: Path, records: Path, workers: int = 2) -> Iterator[Service]:
    data = records.parent / "data"  # the log belongs to the records, so they share what is built and nothing else
    data.mkdir()
    (data / "elections").symlink_to(demo_data / "elections")
    env = {k: v for k, v in os.environ.items() if not k.startswith("ISEGORIA_")}
    env |= {
        "ISEGORIA_DATA": str(data),
        "ISEGORIA_ELECTIONS": str(ELECTIONS),
        "ISEGORIA_DATABASE_URL": f"sqlite:///{records}",
        "ISEGORIA_REQUESTS_PER_MINUTE": "0",
    }
    port = free_port()
    command = [sys.executable, "-m", "app", "serve", "--port", str(port), "--workers", str(workers)]
    process = subprocess.Popen(command, cwd=ROOT, env=env, text=True, stderr=subprocess.PIPE)
    service = Service(process, port)
    try:
        service.until("up")
        yield service
    finally:
        process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()


def gone(pids: list[int]) -> bool:
    """Whether all these processes end soon."""
    for _ in range(100):
        if not any(Path(f"/proc/{pid}/cmdline").exists() and Path(f"/proc/{pid}/cmdline").read_bytes() for pid in pids):
            return True
        time.sleep(0.1)
    return False


pytestmark = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="processes are watched through /proc")


def test_workers_answer_as_one_service_and_stop_together(demo_data: Path, tmp_path: Path) -> None:
    with serving(demo_data, tmp_path / "records.db") as service:
        workers = service.workers()
        assert len(workers) == 2
        with ThreadPoolExecutor(8) as pool:
            replies = [json.loads(r) for r in pool.map(lambda _: service.get("/v1/answers", RENT), range(24))]
        assert len({r["record"] for r in replies}) == 24
        for _ in range(6):  # each on a connection of its own, so now one worker says it and now the other
            counted = re.findall(r'isegoria_answers_total\{status="answered"\} (\S+)', service.get("/metrics"))
            assert counted == ["24.0"]
            assert json.loads(service.get(f"/v1/answers/{replies[0]['record']}"))["claims"]
            assert json.loads(service.get("/readyz"))["status"] == "ready"
        with pytest.raises(ServiceUnavailable, match="is already taken"):
            bound("127.0.0.1", service.port, 2)
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(20) == 0
        assert gone(workers)


def test_a_worker_that_falls_is_replaced_and_none_outlives_the_parent(demo_data: Path, tmp_path: Path) -> None:
    with serving(demo_data, tmp_path / "records.db") as service:
        service.get("/v1/answers", RENT)
        time.sleep(SHORT_LIFE)
        first, kept = service.workers()
        os.kill(first, signal.SIGKILL)
        assert gone([first])
        for _ in range(8):
            assert json.loads(service.get("/v1/answers", RENT))["status"] == "answered"
        after = service.workers()
        assert len(after) == 2 and kept in after and first not in after
        assert 'isegoria_answers_total{status="answered"} 9.0' in service.get("/metrics"), "what it counted stays"
        service.process.kill()
        service.process.wait()
        assert gone(after), "workers outlive their parent"


def test_a_worker_that_cannot_begin_ends_the_service(demo_data: Path, tmp_path: Path) -> None:
    broken = tmp_path / "data"
    election = broken / "elections" / "demo"
    build = (demo_data / "elections" / "demo" / "current").read_text().strip()
    election.mkdir(parents=True)
    (election / "current").write_text(build + "\n")
    (election / build).symlink_to(tmp_path / "copy")
    (tmp_path / "copy").mkdir()
    for path in (demo_data / "elections" / "demo" / build).iterdir():
        (tmp_path / "copy" / path.name).symlink_to(path)
    (tmp_path / "copy" / "index").unlink()
    (tmp_path / "copy" / "index").mkdir()
    for path in (demo_data / "elections" / "demo" / build / "index").iterdir():
        if path.name != "qdrant":
            (tmp_path / "copy" / "index" / path.name).symlink_to(path)
    env = {k: v for k, v in os.environ.items() if not k.startswith("ISEGORIA_")}
    env |= {"ISEGORIA_DATA": str(broken), "ISEGORIA_ELECTIONS": str(ELECTIONS)}
    command = [sys.executable, "-m", "app", "serve", "--port", str(free_port()), "--workers", "2"]
    done = subprocess.run(command, cwd=ROOT, env=env, text=True, capture_output=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "cannot be opened" in done.stderr and "Traceback" not in done.stderr


def test_a_taken_port_is_said_for_one_process_and_for_several() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        for count in (1, 3):
            with pytest.raises(ServiceUnavailable, match=rf"127\.0\.0\.1:{port} is already taken"):
                bound("127.0.0.1", port, count)
    sockets = bound("127.0.0.1", port, 3)
    assert {one.getsockname()[1] for one in sockets} == {port}
    for one in sockets:
        one.close()


@pytest.mark.parametrize("before", [1, 2])
@pytest.mark.parametrize("after", [1, 2])
def test_a_service_begins_on_the_port_of_one_that_has_just_stopped(before: int, after: int) -> None:
    port = free_port()
    served = bound("127.0.0.1", port, before)
    served[0].listen()
    with socket.create_connection(("127.0.0.1", port)) as asking:
        answering, _ = served[0].accept()
        answering.close()  # the side that closes first keeps the connection lingering
        assert asking.recv(1) == b""
    for one in served:
        one.close()
    for one in bound("127.0.0.1", port, after):
        one.close()
