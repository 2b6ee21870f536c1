"""The desk with a door: a bounded number of questions at once, each worked on to its end.

Work that has begun is finished and recorded even when the one who asked has gone; closing waits
for it. Page and API come through the same door.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from app.api.limits import Busy
from app.api.metrics import Metrics
from app.built import Built
from app.desk import Ask, Desk
from app.errors import IsegoriaError, ServicePaused
from app.storage.listing import Place, Wanted
from app.storage.vault import Opening
from domain.answer import Answer
from domain.base import Language
from domain.exchange import Exchange, Step
from domain.report import Report, ReportKind
from domain.tally import Counts


class Reception:
    """Takes questions for one desk while the application lives."""

    def __init__(self, desk: Desk, most: int, metrics: Metrics, trouble: Callable[[Exception], None]) -> None:
        """At most `most` questions at once; `trouble` is told of what went wrong, since the caller may be gone."""
        self.desk = desk
        self.metrics = metrics
        self._most = most
        self._trouble = trouble
        self._work: set[asyncio.Task[Exchange]] = set()

    def take(self, ask: Ask, on_step: Callable[[Step], None] | None = None) -> asyncio.Task[Exchange]:
        """Begin work on a question; the task goes on whatever becomes of the caller. Raises Busy."""
        if len(self._work) >= self._most:
            self.metrics.turned_away("busy")
            raise Busy(f"{self._most} questions are being worked on; please ask again in a moment")
        task = asyncio.create_task(self._ask(ask, on_step))
        self._work.add(task)
        self.metrics.in_flight.set(len(self._work))
        task.add_done_callback(self._done)
        return task

    async def ask(self, ask: Ask, /) -> Exchange:
        """The recorded exchange; a caller who leaves does not stop the work. Raises what the desk raises, and Busy."""
        return await asyncio.shield(self.take(ask))

    def elections(self) -> tuple[Built, ...]:
        """Every built election, by id."""
        return self.desk.elections()

    def election(self, election: str, /) -> Built:
        """One built election. Raises UnknownElection."""
        return self.desk.election(election)

    async def answer(self, record: str, /) -> Answer:
        """A recorded answer. Raises UnknownRecord."""
        return await self.desk.answer(record)

    async def exchange(self, record: str, /) -> Exchange:
        """The whole recorded exchange. Raises UnknownRecord."""
        return await self.desk.exchange(record)

    async def opening(self, record: str, conversation: str, /) -> Opening:
        """What the leaf of a record commits to. Raises UnknownRecord or RecordErased."""
        return await self.desk.opening(record, conversation)

    async def receipt(self, record: str, /) -> bytes:
        """The `.tlog-proof` of a record. Raises UnknownRecord or NoReceipt."""
        return await self.desk.receipt(record)

    async def report(self, election: str, kind: ReportKind, text: str, record: str | None = None, /) -> Report:
        """Keep what a reader says is wrong. Raises BadReport or UnknownRecord."""
        return await self.desk.report(election, kind, text, record)

    async def counts(self) -> dict[str, Counts]:
        """What may be told of the answers of each election. Raises RecordError."""
        return await self.desk.counts()

    async def listed(self, wanted: Wanted, after: Place | None, most: int, /) -> tuple[list[Exchange], Place | None]:
        """Records for an auditor with a token. Raises RecordError."""
        return await self.desk.listed(wanted, after, most)

    def paused(self, election: str, language: Language, /) -> Answer:
        """What is said while the service is paused. Raises UnknownElection."""
        return self.desk.paused(election, language)

    async def close(self) -> None:
        """Wait until everything that was begun is recorded."""
        await asyncio.gather(*self._work, return_exceptions=True)

    async def _ask(self, ask: Ask, on_step: Callable[[Step], None] | None) -> Exchange:
        begun = time.perf_counter()
        try:
            exchange = await self.desk.ask(ask, on_step)
        except IsegoriaError as error:
            self.metrics.failed(error.code)
            if error.status >= 500 and error.code != ServicePaused.code:
                self._trouble(error)
            raise
        except Exception as error:
            self.metrics.failed(IsegoriaError.code)
            self._trouble(error)
            raise IsegoriaError("the question could not be answered") from error
        self.metrics.seconds.observe(time.perf_counter() - begun)
        self.metrics.answered(exchange)
        return exchange

    def _done(self, task: asyncio.Task[Exchange]) -> None:
        self._work.discard(task)
        self.metrics.in_flight.set(len(self._work))
        if not task.cancelled():
            task.exception()  # seen here, for the one who asked may have gone
