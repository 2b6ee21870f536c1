"""The server's processes: one that answers, or a parent that loads once and forks workers that share it.

Each worker listens on a socket of its own on one port, and the kernel deals the connections out; on one
shared socket the first to wake takes them all. A worker that falls is replaced; one that cannot begin ends
the service; when the parent ends, in whatever way, all end.
"""

from __future__ import annotations

import asyncio
import errno
import gc
import os
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import TextIO
from urllib.parse import urlsplit

from app.errors import IsegoriaError, RecordWriteFailed, ServiceUnavailable
from app.main import Loaded, load, open_recorder, web_app
from app.places import built_elections
from app.settings import Settings

METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Read by prometheus-client when it is imported: the folder in which workers add up what they count."""
SHORT_LIFE = 3.0
"""Seconds: a worker that ends sooner was never well, and another would fare no better."""
STOP = frozenset({signal.SIGTERM, signal.SIGINT})
HEARD = STOP | {signal.SIGCHLD}

Work = Callable[[socket.socket], None]


def serve(settings: Settings, host: str, port: int, workers: int) -> None:
    """Answer on this address until told to stop. Raises ServiceUnavailable, RecordError, PackError, IndexUnusable."""
    if not built_elections(settings.data):
        raise ServiceUnavailable(f"no election has been built in {settings.data}; run: isegoria build demo")
    with ExitStack() as stack:
        sockets = [stack.enter_context(one) for one in bound(host, port, workers)]
        asyncio.run(_store_opens(settings))
        if workers > 1:
            os.environ[METRICS_FOLDER] = stack.enter_context(tempfile.TemporaryDirectory(prefix="isegoria-"))
        work = _work(settings)
        _say(f"Isegoria answers at http://{host}:{port}/  (stop with Ctrl-C)", sys.stdout)
        if workers == 1:
            work(sockets[0])
        else:
            supervise(work, sockets)


def _work(settings: Settings) -> Work:
    """What a worker does with its socket; all that workers can share is loaded here, before they part."""
    import uvicorn

    loaded = load(settings)
    for line in warnings_for(loaded):
        _say(line)
    app = web_app(loaded)

    def work(listening: socket.socket) -> None:
        loaded.open()
        config = uvicorn.Config(
            app, log_level="warning", access_log=False, server_header=False, timeout_graceful_shutdown=10
        )
        uvicorn.Server(config).run(sockets=[listening])

    return work


def warnings_for(loaded: Loaded) -> list[str]:
    """What should be put right before the public is let in, a line each."""
    nobody = sorted(name for name, built in loaded.elections.items() if built.election.operator is None)
    lines = [f"warning: {name} names no operator; enter one in its election.yaml and build it again" for name in nobody]
    settings = loaded.house.settings
    for url, model in ((settings.guard_url, settings.guard_model), (settings.llm_base_url, settings.llm_model)):
        if url is not None:
            lines.append(f"warning: masked questions go to {model} at {urlsplit(url).hostname}; tell those who ask")
    return lines


async def _store_opens(settings: Settings) -> None:
    """Open and close the record store and the log, so that what is wrong with them is said in one line."""
    async with open_recorder(settings) as recorder:
        pass
    if recorder.log_failure is not None:
        raise RecordWriteFailed(recorder.log_failure)


def bound(host: str, port: int, count: int) -> list[socket.socket]:
    """So many sockets on one address. Raises ServiceUnavailable when it is taken or cannot be used."""
    first = _bind(host, port, shared=False)
    if count == 1:
        return [first]
    first.close()  # it only found out whether another program listens here, which a shared port would hide
    return [_bind(host, port, shared=True) for _ in range(count)]


def _bind(host: str, port: int, shared: bool) -> socket.socket:
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    # Connections of a service that has just stopped here linger for a minute and would keep the port.
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        made.bind((host, port))
    except OSError as error:
        made.close()
        taken = "is already taken" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
        raise ServiceUnavailable(f"{host}:{port} {taken}; choose another with --port") from error
    return made


def supervise(work: Work, sockets: Sequence[socket.socket]) -> None:
    """Keep one worker on each socket until a signal says stop. Raises ServiceUnavailable when one cannot begin."""
    from prometheus_client.multiprocess import mark_process_dead

    gc.freeze()  # a later collection would write into every page that the workers share
    watched, held = os.pipe()
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.pthread_sigmask(signal.SIG_BLOCK, HEARD)

    def begin(listening: socket.socket) -> tuple[int, tuple[socket.socket, float]]:
        pid = os.fork()
        if pid == 0:
            os.close(held)
            _be_worker(work, listening, watched)
        return pid, (listening, time.monotonic())

    alive = dict(map(begin, sockets))
    stopping, failed = False, False
    while alive:
        stop = signal.sigwait(HEARD) in STOP
        for pid, code in _ended(list(alive)):
            listening, began = alive.pop(pid)
            mark_process_dead(pid)  # type: ignore[no-untyped-call]
            if stopping or stop:
                continue
            _say(f"worker {pid} ended unasked ({code})")
            if time.monotonic() - began < SHORT_LIFE:
                stop = failed = True
            else:
                alive |= [begin(listening)]
        if stop and not stopping:
            stopping = True
            for one in sockets:
                one.close()
            for pid in alive:
                os.kill(pid, signal.SIGTERM)
    if failed:
        raise ServiceUnavailable("a worker ended as soon as it had begun; the service is stopped")


def _say(line: str, stream: TextIO = sys.stderr) -> None:
    stream.write(line + "\n")
    stream.flush()


def _ended(pids: Sequence[int]) -> list[tuple[int, int]]:
    """Which of these processes have ended, with their exit codes (negative: the signal)."""
    found = (os.waitpid(pid, os.WNOHANG) for pid in pids)
    return [(pid, os.waitstatus_to_exitcode(status)) for pid, status in found if pid]


def _be_worker(work: Work, listening: socket.socket, watched: int) -> None:
    """Be one worker to the end; never returns into the parent's code."""
    code = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        # Ctrl-C reaches the whole group; it is the parent that tells the workers, once.
        signal.pthread_sigmask(signal.SIG_SETMASK, {signal.SIGINT})
        threading.Thread(target=_end_with_parent, args=(watched,), daemon=True).start()
        work(listening)
        code = 0
    except IsegoriaError as error:
        _say(error.message)
        code = 2
    except SystemExit as left:
        code = left.code if isinstance(left.code, int) else 1
    except Exception as error:
        _say(f"a worker failed: {type(error).__name__}: {error}")
    finally:
        os._exit(code)


def _end_with_parent(watched: int) -> None:
    """Wait until nobody holds the other end of the pipe: the parent was killed, and this worker closes in order."""
    os.read(watched, 1)
    os.kill(os.getpid(), signal.SIGTERM)
