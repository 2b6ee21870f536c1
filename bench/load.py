"""A load generator that costs little itself: plain asyncio streams, kept-alive connections, prepared bytes."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

TIMEOUT = 600.0


@dataclass(frozen=True)
class Reply:
    """One answered request: milliseconds from the first byte sent to the last received."""

    ms: float
    status: int
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def request(path: str, body: object) -> bytes:
    """The bytes of a POST."""
    data = json.dumps(body, ensure_ascii=False).encode()
    lines = (
        f"POST {path} HTTP/1.1",
        "Host: localhost",
        "Content-Type: application/json",
        f"Content-Length: {len(data)}",
    )
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + data


async def _one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, data: bytes) -> Reply:
    began = time.perf_counter()
    writer.write(data)
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    at = head.index(b"content-length:") + 15
    length = int(head[at : head.index(b"\r", at)])
    body = await reader.readexactly(length)
    return Reply(1000 * (time.perf_counter() - began), int(head[9:12]), body)


async def _drive(port: int, requests: Sequence[bytes], clients: int) -> tuple[list[Reply], float]:
    waiting = iter(requests)
    replies: list[Reply] = []

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**22)
        try:
            for data in waiting:
                replies.append(await _one(reader, writer, data))
        finally:
            writer.close()

    began = time.perf_counter()
    async with asyncio.timeout(TIMEOUT):
        await asyncio.gather(*(client() for _ in range(clients)))
    return replies, time.perf_counter() - began


def drive(port: int, requests: Sequence[bytes], clients: int) -> tuple[list[Reply], float]:
    """Send every request once, `clients` at a time; the replies and the seconds it took. Raises TimeoutError."""
    return asyncio.run(_drive(port, requests, clients))
