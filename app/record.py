"""Every exchange is on disk before it is acknowledged, or the caller gets an error and no answer goes out.

`Recorder` keeps the promise on SQLite or PostgreSQL, `MemoryRecorder` is its twin for tests. Ids
and times come from outside; nothing about the person is stored. Each exchange lies sealed under a key of its own,
and its leaf is handed to the log with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol, Self

from sqlalchemy import Engine

from app.errors import NoReceipt, RecordError, RecordExists, RecordUnavailable, RecordWriteFailed
from app.leaf import Statement
from app.log import receipt
from app.storage.keys import Keyring
from app.storage.leaves import PlacedRecord
from app.storage.listing import Place, Wanted, matches
from app.storage.repository import row_of
from app.storage.sequencer import Sequencer
from app.storage.vault import Opening, Vault
from app.storage.writer import Writer
from audit.writer import Writer as LogWriter
from domain.exchange import Exchange
from domain.report import Report
from domain.tally import Tally, tallied

CONVERSATION_LIMIT = 50
NO_LEAF = "this record has no leaf in a log"


class Records(Protocol):
    """The record as the pipeline sees it. `append` returns only when the exchange is durable."""

    async def append(self, exchange: Exchange) -> None:
        """Store the exchange. Raises RecordUnavailable, RecordWriteFailed or RecordExists."""

    async def read(self, record: str) -> Exchange | None:
        """The exchange with this id, or None. Raises RecordErased."""

    async def opening(self, record: str) -> Opening | None:
        """What the leaf of this record commits to, or None. Raises RecordErased."""

    async def conversation(self, conversation: str) -> tuple[Exchange, ...]:
        """The last fifty exchanges of a conversation, oldest first; empty when it is unknown."""

    async def receipt(self, record: str) -> bytes | None:
        """The `.tlog-proof` of a record; None while no checkpoint covers it. Raises NoReceipt."""

    async def report(self, report: Report) -> None:
        """Keep what a reader reports. Raises RecordError."""

    async def tallies(self, before: str) -> tuple[Tally, ...]:
        """What was counted on the days (UTC) before this one, for the public. Raises RecordError."""

    async def listed(self, wanted: Wanted, after: Place | None, most: int) -> tuple[list[Exchange], Place | None]:
        """Records for an auditor with a token, newest first, and where the list goes on. Raises RecordError."""

    @property
    def healthy(self) -> bool:
        """Whether an append can succeed, as far as is known."""


class MemoryRecorder:
    """The record in memory, for tests: same promises except durability."""

    def __init__(self) -> None:
        self._exchanges: dict[str, Exchange] = {}
        self.reports: list[Report] = []

    @property
    def healthy(self) -> bool:
        """Always: memory does not fail."""
        return True

    async def append(self, exchange: Exchange) -> None:
        """Keep the exchange. Raises RecordExists."""
        if exchange.record in self._exchanges:
            raise RecordExists(f"record {exchange.record} was already stored")
        self._exchanges[exchange.record] = exchange

    async def read(self, record: str) -> Exchange | None:
        """The exchange with this id, or None."""
        return self._exchanges.get(record)

    async def opening(self, record: str) -> Opening | None:
        """None: memory has no leaves."""
        return None

    async def conversation(self, conversation: str) -> tuple[Exchange, ...]:
        """The last fifty exchanges of a conversation, oldest first; empty when it is unknown."""
        found = [e for e in self._exchanges.values() if e.question.conversation == conversation]
        return tuple(found[-CONVERSATION_LIMIT:])

    async def receipt(self, record: str) -> bytes | None:
        """Raises NoReceipt: memory has no log."""
        raise NoReceipt(NO_LEAF)

    async def report(self, report: Report) -> None:
        """Keep the report."""
        self.reports.append(report)

    async def tallies(self, before: str) -> tuple[Tally, ...]:
        """Counted anew from what is kept."""
        found = (one for exchange in self._exchanges.values() for one in tallied(exchange))
        return tuple(one for one in found if one.day < before)

    async def listed(self, wanted: Wanted, after: Place | None, most: int) -> tuple[list[Exchange], Place | None]:
        """All in memory that are wanted, newest first."""
        found = [e for e in self._exchanges.values() if matches(e, wanted)]
        found = [e for e in found if after is None or (e.at, e.record) < (after.at, after.record)]
        found.sort(key=lambda e: (e.at, e.record), reverse=True)
        more = len(found) > most
        return found[:most], Place(found[most - 1].at, found[most - 1].record) if more else None


class Recorder:
    """The durable record on SQLite or PostgreSQL. Open it before use and close it after; or use `async with`."""

    def __init__(self, engine: Engine, keys: Keyring, waiting: int = 256, log: LogWriter | None = None) -> None:
        """`waiting` is how many appends may queue before callers are told to come back later.

        Without a `log` leaves are kept and wait.
        """
        self._vault = Vault(engine, keys)
        self._writer = Writer(engine, keys, waiting)
        self._log = log
        self._sequencer = Sequencer(engine, log) if log is not None else None

    async def open(self) -> None:
        """Create or upgrade the tables and start the writer. Raises RecordError."""
        try:
            await asyncio.to_thread(self._vault.open)
        except RecordError:
            self._vault.close()
            raise
        self._writer.start()
        if self._sequencer is not None:
            self._sequencer.start()

    async def close(self) -> None:
        """Write and publish what waits, stop the writers, let the database go. Later appends are refused."""
        await asyncio.to_thread(self._writer.stop)
        if self._sequencer is not None:
            await asyncio.to_thread(self._sequencer.stop)
        self._vault.close()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def healthy(self) -> bool:
        """Open, no write has failed, and the log goes on."""
        return self._writer.healthy and self.log_failure is None and not self._stalled

    @property
    def log_failure(self) -> str | None:
        """Why the log cannot go on until a restart, or None."""
        return None if self._sequencer is None else self._sequencer.failure

    @property
    def _stalled(self) -> bool:
        return self._sequencer is not None and self._sequencer.stalled

    async def append(self, exchange: Exchange) -> None:
        """Store the exchange; returns when it is durable.

        Raises RecordUnavailable (busy, full queue, closed: may pass), RecordExists, or
        RecordWriteFailed (the writer has stopped for good).
        """
        if (failure := self.log_failure) is not None:
            raise RecordWriteFailed(failure)
        if self._stalled:
            raise RecordUnavailable("the log does not go on: leaves wait for too long")
        await self._writer.submit(row_of(exchange, self._vault.keys.take()))

    async def read(self, record: str) -> Exchange | None:
        """The exchange with this id, or None. Raises RecordErased, RecordUnavailable or RecordUnreadable."""
        return await asyncio.to_thread(self._vault.exchange, record)

    async def opening(self, record: str) -> Opening | None:
        """What the leaf of this record commits to, or None. Raises as `read` does."""
        return await asyncio.to_thread(self._vault.opening, record)

    async def conversation(self, conversation: str) -> tuple[Exchange, ...]:
        """The last fifty exchanges of a conversation, oldest first; empty when it is unknown."""
        return await asyncio.to_thread(self._vault.conversation, conversation, CONVERSATION_LIMIT)

    async def receipt(self, record: str) -> bytes | None:
        """The `.tlog-proof` of a record; None while no checkpoint covers it. Raises NoReceipt or RecordUnreadable."""
        return await asyncio.to_thread(self._receipt, record)

    async def report(self, report: Report) -> None:
        """Keep what a reader reports; returns when it is durable. Raises RecordError."""
        await asyncio.to_thread(self._vault.report, report)

    async def tallies(self, before: str) -> tuple[Tally, ...]:
        """What was counted on the days (UTC) before this one. Raises RecordError."""
        return await asyncio.to_thread(self._vault.tallies, before)

    async def listed(self, wanted: Wanted, after: Place | None, most: int) -> tuple[list[Exchange], Place | None]:
        """Records for an auditor with a token, newest first, and where the list goes on. Raises RecordError."""
        return await asyncio.to_thread(self._vault.listed, wanted, after, most)

    # What follows is not part of the seam: no page and no reply can erase or announce.

    async def ids(self, conversation: str | None = None, before: str | None = None) -> list[str]:
        """Ids of all records, of a conversation, or from before a time (RFC 3339, UTC), oldest first."""
        return await asyncio.to_thread(self._vault.ids, conversation, before)

    async def holds(self, record: str) -> bool:
        """Whether there is, or was, such a record, readable or not. Raises RecordError."""
        return await asyncio.to_thread(self._vault.holds, record)

    async def erase(self, records: Sequence[str], why: str, hour: str) -> int:
        """Erase these records and the later turns that go on from them; how many there were. Raises RecordError."""
        return await asyncio.to_thread(self._vault.erase, records, why, hour)

    async def announce(self, statement: Statement) -> bool:
        """Hand in this leaf unless the newest one on its subject says the same; whether it was. Raises RecordError."""
        return await asyncio.to_thread(self._vault.announce, statement)

    async def reports(self) -> tuple[Report, ...]:
        """All that readers have reported, oldest first. Raises RecordError."""
        return await asyncio.to_thread(self._vault.reports)

    async def forget_report(self, id: str) -> bool:
        """Forget one report; whether it was there. Raises RecordError."""
        return await asyncio.to_thread(self._vault.forget_report, id)

    async def hand_in(self, leaf: bytes) -> None:
        """Give the log a leaf that stands for no record. Raises RecordError."""
        await asyncio.to_thread(self._vault.hand_in, leaf)

    async def placed(self, first: int, most: int) -> list[PlacedRecord]:
        """The records whose leaves have the `most` places from `first` on. Raises RecordError."""
        return await asyncio.to_thread(self._vault.placed, first, most)

    async def openings(self, ids: Sequence[str]) -> dict[str, Opening]:
        """What opens the leaf's commitment of each record that is still there. Raises RecordError."""
        return await asyncio.to_thread(self._vault.openings, ids)

    def _receipt(self, record: str) -> bytes | None:
        leaf = self._vault.leaf(record)
        if leaf is None or self._log is None:
            raise NoReceipt(NO_LEAF)
        entry, place = leaf
        return None if place is None else receipt(self._log.folder, entry, place)
