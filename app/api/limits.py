"""How much one network, and all together, may ask at once; what is above is turned away at the door.

A client is known only by a truncated address, hashed with a salt that lives for one day in the
memory of this process. Neither the address nor the key is stored or logged.
"""

from __future__ import annotations

import math
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import blake2b
from ipaddress import IPv6Address, ip_address, ip_network

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from app.errors import IsegoriaError


class TooManyQuestions(IsegoriaError):
    """One network asked more than its share in the last minute; `seconds` until it may ask again."""

    code = "too_many_questions"
    status = 429

    def __init__(self, seconds: int) -> None:
        super().__init__(f"please ask again in {seconds} seconds")
        self.seconds = seconds


class Busy(IsegoriaError):
    """As many questions as the settings allow are being worked on."""

    code = "busy"
    status = 503


def network(address: str | None) -> str:
    """The network of a client address: IPv4 /24, IPv6 /48, or `unknown` for anything else."""
    try:
        parsed = ip_address((address or "").partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return str(ip_network(f"{parsed}/{24 if parsed.version == 4 else 48}", strict=False))


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


class Allowance:
    """So many questions per network and minute, counted over a sliding window in memory; 0 is no limit.

    The sliding counter keeps two numbers per network. The library's moving window would keep every
    question's time and visit every network at each question.
    """

    def __init__(self, per_minute: int, today: Callable[[], str] = _today) -> None:
        self._item = RateLimitItemPerMinute(per_minute) if per_minute else None
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._today = today
        self._day = ""
        self._salt = b""

    async def take(self, address: str | None) -> None:
        """Count one question. Raises TooManyQuestions."""
        if self._item is None:
            return
        key = self._key(network(address))
        if await self._limiter.hit(self._item, key):
            return
        window = await self._limiter.get_window_stats(self._item, key)
        raise TooManyQuestions(max(1, math.ceil(window.reset_time - time.time())))

    def _key(self, client: str) -> str:
        day = self._today()
        if day != self._day:
            self._day, self._salt = day, secrets.token_bytes(32)
        return blake2b(client.encode(), key=self._salt, digest_size=16).hexdigest()
