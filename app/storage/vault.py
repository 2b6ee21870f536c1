"""The records and their keys as one store: what is read is opened, what is erased loses its key, the log is told.

Promise: a record is opened whole and unaltered, or an error says why it is not. Blocking calls; `app.record` makes
them from other threads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import Engine

from app.errors import RecordErased, RecordUnavailable, RecordUnreadable, RecordWriteFailed
from app.leaf import Statement, commitment, stands_for
from app.storage.engine import explained, prepare, writing
from app.storage.erasure import erase
from app.storage.keys import Keyring
from app.storage.leaves import PlacedRecord, announce, hand_in, leaf_for, placed_records, was_announced
from app.storage.listing import Place, Wanted, list_records, matches
from app.storage.reports import all_reports, drop_report, insert_report
from app.storage.repository import Sealed, any_key, find_conversation, find_record, find_records, record_ids
from app.storage.scrub import scrub
from app.storage.seal import DESTROYED, KEY, new_secret, opened, salt_of, sealed
from app.storage.tallies import all_tallies
from domain.base import sha256
from domain.exchange import Exchange
from domain.report import Report
from domain.tally import Tally

LOOKED_AT = 500
"""Records that are opened for one page of a listing."""


@dataclass(frozen=True)
class Opening:
    """What shows that a leaf stands for a record: the very bytes that it commits to, and the salt."""

    body: bytes
    salt: bytes


@dataclass(frozen=True)
class Vault:
    """The store of records and the ring of their keys."""

    engine: Engine
    keys: Keyring

    def open(self) -> None:
        """Create or upgrade both. Raises RecordError."""
        self.keys.open()
        if prepare(self.engine, self._sealed_late):
            with suppress(RecordUnavailable):  # others open it too; their next checkpoint does the same
                scrub(self.engine)
        if self.keys.fresh and self._without_keys():
            self.keys.discard()
            raise RecordUnreadable(
                f"{self.keys.path}: the keys of the records are gone, so none can be read or added to; bring the file "
                "back, or, to go on without the old records, make an empty file of this name"
            )

    def close(self) -> None:
        """Let both go."""
        self.engine.dispose()
        self.keys.close()

    def opening(self, record: str) -> Opening | None:
        """A record and its salt, or None. Raises RecordErased, RecordUnavailable or RecordUnreadable."""
        with explained(self.engine, RecordUnreadable), self.engine.connect() as connection:
            found, leaf = find_record(connection, record), leaf_for(connection, record)
        if found is None:
            if leaf is None:
                return None
            raise RecordErased(f"record {record} was erased")
        shown = _unsealed(found, self.keys.secrets([found.key]))
        if leaf is not None and commitment(shown.salt, shown.body) != stands_for(leaf[0]):
            raise RecordUnreadable(f"record {record} is not what its leaf in the log commits to")
        return shown

    def openings(self, records: Sequence[str]) -> dict[str, Opening]:
        """Those of these records that are still there. Raises RecordError."""
        with explained(self.engine, RecordUnreadable), self.engine.connect() as connection:
            found = find_records(connection, records)
        return dict(self._left(found))

    def placed(self, first: int, most: int) -> list[PlacedRecord]:
        """The records whose leaves have the `most` places from `first` on. Raises RecordError."""
        with explained(self.engine, RecordUnreadable), self.engine.connect() as connection:
            return placed_records(connection, first, most)

    def exchange(self, record: str) -> Exchange | None:
        """The exchange with this id, or None. Raises as `opening` does."""
        found = self.opening(record)
        return None if found is None else _exchange(record, found.body)

    def conversation(self, conversation: str, limit: int) -> tuple[Exchange, ...]:
        """The last exchanges of a conversation, oldest first; empty when it is unknown. Raises RecordError."""
        with explained(self.engine, RecordUnreadable), self.engine.connect() as connection:
            found = find_conversation(connection, conversation, limit)
        return tuple(_exchange(record, opening.body) for record, opening in self._left(found))

    def ids(self, conversation: str | None, before: str | None) -> list[str]:
        """Ids of all records, of a conversation, or from before a time, oldest first. Raises RecordError."""
        with explained(self.engine, RecordUnreadable), self.engine.connect() as connection:
            return record_ids(connection, conversation, before)

    def holds(self, record: str) -> bool:
        """Whether there is, or was, such a record, readable or not. Raises RecordError."""
        with explained(self.engine, RecordUnreadable), self.engine.connect() as connection:
            return find_record(connection, record) is not None or leaf_for(connection, record) is not None

    def leaf(self, record: str) -> tuple[bytes, int | None] | None:
        """The leaf of a record and its place, None while it waits; None when there is no leaf. Raises RecordError."""
        with explained(self.engine, RecordUnreadable), self.engine.connect() as connection:
            return leaf_for(connection, record)

    def erase(self, records: Sequence[str], why: str, hour: str) -> int:
        """Erase these records and the later turns that go on from them; how many there were. Raises RecordError."""
        return erase(self.engine, self.keys, records, why, hour)

    def hand_in(self, leaf: bytes) -> None:
        """Give the log a leaf that stands for no record. Raises RecordError."""
        with explained(self.engine, RecordWriteFailed), writing(self.engine) as connection:
            hand_in(connection, [(None, leaf)])

    def announce(self, statement: Statement) -> bool:
        """Hand in this leaf unless the newest one on its subject says the same; whether it was. Raises RecordError."""
        with explained(self.engine, RecordWriteFailed), writing(self.engine) as connection:
            if statement.unremarkable and not was_announced(connection, statement.subject):
                return False
            return announce(connection, statement.subject, statement.digest, statement.entry)

    def report(self, report: Report) -> None:
        """Keep a report. Raises RecordError."""
        with explained(self.engine, RecordWriteFailed), writing(self.engine) as connection:
            insert_report(connection, report)

    def reports(self) -> tuple[Report, ...]:
        """All reports, oldest first. Raises RecordError."""
        with explained(self.engine, RecordUnreadable), self.engine.connect() as connection:
            return all_reports(connection)

    def forget_report(self, id: str) -> bool:
        """Forget one report, also in the files; whether it was there. Raises RecordError."""
        with explained(self.engine, RecordWriteFailed), writing(self.engine) as connection:
            gone = drop_report(connection, id)
        scrub(self.engine)
        return gone

    def tallies(self, before: str) -> tuple[Tally, ...]:
        """What was counted on the days before this one. Raises RecordError."""
        with explained(self.engine, RecordUnreadable), self.engine.connect() as connection:
            return all_tallies(connection, before)

    def listed(self, wanted: Wanted, after: Place | None, most: int) -> tuple[list[Exchange], Place | None]:
        """Up to `most` records as wanted, newest first, and the place to go on from; None when that was all.

        At most `LOOKED_AT` records are opened for it, so the list can be short or empty and still go on.
        """
        with explained(self.engine, RecordUnreadable), self.engine.connect() as connection:
            rows = list_records(connection, wanted, after, LOOKED_AT)
        opened_ones = dict(self._left([sealed_one for _, sealed_one in rows]))
        found: list[Exchange] = []
        for _, one in rows:
            if (opening := opened_ones.get(one.record)) is None:
                continue
            exchange = _exchange(one.record, opening.body)
            if not matches(exchange, wanted):
                continue
            if len(found) == most:
                return found, Place(found[-1].at, found[-1].record)
            found.append(exchange)
        return found, rows[-1][0] if len(rows) == LOOKED_AT else None

    def _left(self, found: Sequence[Sealed]) -> Iterator[tuple[str, Opening]]:
        """Each of these opened, but what an erasure has reached: it is gone, though its row may still be there."""
        secrets = self.keys.secrets([one.key for one in found])
        for one in found:
            if secrets.get(one.key) != DESTROYED:
                yield one.record, _unsealed(one, secrets)

    def _without_keys(self) -> bool:
        with explained(self.engine, RecordUnreadable), self.engine.connect() as connection:
            name = any_key(connection)
        return name is not None and not self.keys.secrets([name])

    def _sealed_late(self, record: str, body: bytes, salt: bytes | None) -> tuple[str, bytes]:
        """Seal a record from before records were sealed: the name of its key, and the seal.

        The name follows from the record, so that a second attempt finds the key of one that was interrupted.
        """
        name, secret = sha256(f"sealed late: {record}".encode())[:32], new_secret()
        self.keys.keep([(name, secret if salt is None else secret[:KEY] + salt)])
        return name, sealed(self.keys.secrets([name])[name], record, body)


def _unsealed(found: Sealed, secrets: Mapping[str, bytes]) -> Opening:
    secret = secrets.get(found.key)
    if secret == DESTROYED:
        raise RecordErased(f"record {found.record} was erased")
    if secret is None:
        raise RecordUnreadable(f"record {found.record} cannot be opened: its key is not among the keys")
    try:
        return Opening(opened(secret, found.record, found.body), salt_of(secret))
    except ValueError as error:
        raise RecordUnreadable(f"record {found.record} cannot be opened: {error}") from error


def _exchange(record: str, body: bytes) -> Exchange:
    try:
        return Exchange.model_validate_json(body)
    except ValueError as error:
        raise RecordUnreadable(f"record {record} cannot be read by this version") from error
