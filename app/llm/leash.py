"""A model on a leash: so many calls at once, one retry, one limit of time for all of it, and a rest after failures.

Promise: whoever asks waits no longer than the limit, and a server that is down is left alone for a while.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from app.llm.chat import ModelUnusable

ATTEMPTS = 2
FAILURES = 5
"""Calls that fail one after the other before the model is left alone."""
REST = 30.0
"""Seconds for which it is left alone; then one call tries again."""


class Wire(Protocol):
    """Where a body is sent and a body comes back."""

    async def send(self, body: bytes) -> bytes:
        """The reply. Raises ModelUnusable."""
        ...


@dataclass(frozen=True)
class Sent:
    """What came back of one request: the last body, if any, how often it was sent, and why none can be used."""

    response: bytes | None
    attempts: int
    trouble: str | None


class Leash:
    """One model behind a wire, shared by all questions of a process."""

    def __init__(self, wire: Wire, name: str, timeout: float, parallel: int, clock: Callable[[], float]) -> None:
        """`timeout` in seconds, for waiting, both attempts and all; `clock` gives seconds that only grow."""
        self._wire = wire
        self._name = name
        self._timeout = timeout
        self._places = asyncio.Semaphore(parallel)
        self._clock = clock
        self._failures = 0
        self._rests_until = 0.0

    @property
    def name(self) -> str:
        """The name by which records know the model."""
        return self._name

    async def ask(self, body: bytes, readable: Callable[[bytes], bool]) -> Sent:
        """Send the body, and once more when nothing readable comes back. Never raises for what the server does."""
        if self._failures >= FAILURES and self._clock() < self._rests_until:
            return Sent(None, 0, "left alone after failures")
        if self._failures >= FAILURES:
            self._rests_until = self._clock() + REST  # this call tries; the others go on waiting
        tries = _Tries(self._wire, body, readable)
        try:
            async with asyncio.timeout(self._timeout), self._places:
                await tries.make()
        except TimeoutError:
            tries.trouble = "out of time"
        if tries.made:  # time spent waiting for a place says nothing of the server
            self._note(tries.trouble is None)
        return Sent(tries.response, tries.made, tries.trouble)

    def _note(self, well: bool) -> None:
        self._failures = 0 if well else self._failures + 1
        if self._failures >= FAILURES:
            self._rests_until = self._clock() + REST


class _Tries:
    """The attempts at one request; what they have found so far outlives a limit of time."""

    def __init__(self, wire: Wire, body: bytes, readable: Callable[[bytes], bool]) -> None:
        self._wire, self._body, self._readable = wire, body, readable
        self.response: bytes | None = None
        self.made = 0
        self.trouble: str | None = "not asked"

    async def make(self) -> None:
        """Ask until something can be read, at most so often."""
        while self.trouble is not None and self.made < ATTEMPTS:
            self.made += 1
            try:
                self.response = await self._wire.send(self._body)
            except ModelUnusable as error:
                self.trouble = str(error)
            else:
                self.trouble = None if self._readable(self.response) else "not readable"
