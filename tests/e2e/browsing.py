"""What every test in a real browser stands on: a server of ours, Debian's Chromium, and axe-core."""

from __future__ import annotations

import asyncio
import shutil
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse
from playwright.sync_api import Browser, Page

from app.api.page_shell import FRONTEND
from app.desk import Ask
from tests.app.invented_desk import FakeDesk

CHROMIUM = shutil.which("chromium")
PICTURES = Path(__file__).resolve().parents[1] / "artefacts"
AXE = FRONTEND / "node_modules" / "axe-core" / "axe.min.js"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

in_browser = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed: pages were NOT tried in a browser")


built_script = pytest.mark.skipif(
    not (FRONTEND / "dist" / "ask.js").exists(),
    reason="frontend/dist is not built: streaming was NOT tried in a browser",
)


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@dataclass
class Served:
    """An application on a port of this machine, in a thread of its own."""

    port: int
    server: uvicorn.Server
    thread: threading.Thread

    @property
    def url(self) -> str:
        """Its origin."""
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        """End it, now; more than once does no harm."""
        self.server.should_exit = self.server.force_exit = True
        self.thread.join(5)


def start(app: FastAPI, port: int | None = None) -> Served:
    """Serve the application and wait until it answers."""
    port = port or free_port()
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    for _ in range(200):
        if server.started:
            break
        time.sleep(0.02)
    assert server.started, "the server did not start"
    return Served(port, server, thread)


def serve(app: FastAPI) -> Iterator[str]:
    """The application on a free port of this machine, until the test is over."""
    served = start(app)
    yield served.url
    served.stop()


def stream_answers(app: FastAPI, desk: FakeDesk) -> None:
    """The event stream of the HTTP interface over the invented desk; the question says how it shall break."""

    async def answers(request: Request) -> Response:
        body = await request.json()
        for word, status in (("überlastet", 503), ("zu oft", 429)):
            if word in body["question"]:
                return Response(status_code=status)
        exchange = await desk.ask(
            Ask(body["election"], body["question"], None, tuple(body.get("parties", ())), after=body.get("after"))
        )
        answer = exchange.answer
        assert answer is not None
        events = ["event: step\ndata: {}\n\n"]
        events += [f"event: claim\ndata: {claim.model_dump_json()}\n\n" for claim in answer.claims]
        if "Abbruch" not in body["question"]:
            events.append(f"event: answer\ndata: {answer.model_dump_json()}\n\n")

        async def parts() -> AsyncIterator[str]:
            for event in events:
                await asyncio.sleep(0.15)
                middle = len(event) // 2
                yield event[:middle]
                yield event[middle:]

        return StreamingResponse(parts(), media_type="text/event-stream")

    app.add_api_route("/v1/answers", answers, methods=["POST"])


def open_page(browser: Browser, width: int = 1280, **options: Any) -> Page:
    """A page without JavaScript that fails the test when anything leaves this machine."""
    context = browser.new_context(
        viewport={"width": width, "height": 800}, locale="de-DE", **{"java_script_enabled": False, **options}
    )
    page = context.new_page()
    page.route(
        lambda url: not url.startswith("http://127.0.0.1:"),
        lambda route: pytest.fail(f"left the site: {route.request.url}"),
    )
    return page


def violations(page: Page) -> list[str]:
    """What axe-core objects to on the page as it stands, all rules on."""
    page.add_script_tag(path=AXE)
    result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [f"{page.url} {v['id']}: {[n['html'][:150] for n in v['nodes']][:3]}" for v in result["violations"]]
