"""A model server on loopback for tests: it speaks OpenAI's chat completions and says what a test scripts."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Write = Callable[[BaseHTTPRequestHandler], None]


def completion(content: Any) -> bytes:
    """The body of a chat completion that says this."""
    return json.dumps({"choices": [{"index": 0, "message": {"role": "assistant", "content": content}}]}).encode()


def sends(body: bytes, status: int = 200, **headers: str) -> Write:
    """A server that sends this."""

    def write(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return write


def says(content: Any) -> Write:
    """A server whose model says this."""
    return sends(completion(content))


class Server:
    """A model server on loopback: its address, and what reached it."""

    def __init__(self, write: Write) -> None:
        self.requests: list[tuple[str, dict[str, str], dict[str, Any]]] = []
        requests = self.requests

        class Handler(BaseHTTPRequestHandler):
            requests = self.requests

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                requests.append((self.path, {k.lower(): v for k, v in self.headers.items()}, json.loads(body)))
                try:
                    write(self)
                except (BrokenPipeError, ConnectionResetError):
                    return

            def log_message(self, *_: object) -> None:
                return

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.block_on_close = False
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}/v1"
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self) -> Server:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()
