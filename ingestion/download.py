"""A download that ends: never more bytes than allowed, never longer than allowed, and no redirect is followed."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import httpx

from app.errors import SourceError


@dataclass(frozen=True)
class Limits:
    """What one document may cost: bytes, and for a download seconds from the first packet to the last."""

    size: int = 200_000_000
    seconds: float = 300.0
    silence: float = 30.0


async def downloaded(name: str, url: str, limits: Limits) -> bytes:
    """The body behind the URL, never more of it than allowed. Raises SourceError."""
    data = bytearray()
    try:
        async with (
            asyncio.timeout(limits.seconds),
            httpx.AsyncClient(follow_redirects=False, timeout=limits.silence) as client,
            client.stream("GET", url, headers={"accept-encoding": "identity"}) as reply,
        ):
            reply.raise_for_status()
            async for part in reply.aiter_bytes():
                data += part
                if len(data) > limits.size:
                    raise SourceError(f"{name}: {url} holds more than {limits.size} bytes")
    except TimeoutError as error:
        raise SourceError(f"{name}: {url} took more than {limits.seconds:g} seconds") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise SourceError(f"{name}: {url} could not be fetched ({reason})") from error
    return bytes(data)
