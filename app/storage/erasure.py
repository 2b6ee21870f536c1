"""Erases records: their keys are destroyed, then their rows, and the log is told. Nothing else is.

Promise: when `erase` returns, no file of ours holds a word of these records or of a later turn that goes on from
them; interrupted, it is finished by asking again. Their leaves stay, so every receipt still verifies.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, Engine, delete, select

from app.errors import RecordUnavailable, RecordWriteFailed
from app.leaf import erasure_leaf, stands_for
from app.storage.engine import explained, writing
from app.storage.keys import Keyring
from app.storage.leaves import hand_in
from app.storage.reports import drop_reports_on
from app.storage.scrub import scrub
from app.storage.tables import conversations, leaves, records

AT_ONCE = 500
"""Records that are looked for, or erased, in one statement."""


class _Found(NamedTuple):
    record: str
    key: str
    conversation: str


def erase(engine: Engine, keys: Keyring, roots: Sequence[str], why: str, hour: str) -> int:
    """Erase these records and every later turn that goes on from them; how many there were. Raises RecordError.

    Later turns hold the words of the earlier ones. Turns that are being stored meanwhile are refused.
    """
    erased = 0
    for at in range(0, len(roots), AT_ONCE):
        with explained(engine, RecordWriteFailed), writing(engine) as connection:
            found = _with_later(connection, roots[at : at + AT_ONCE])
            keys.destroy([one.key for one in found])  # from here on it can only be finished
            for part in range(0, len(found), AT_ONCE):
                _take_out(connection, found[part : part + AT_ONCE], why, hour)
            erased += len(found)
    left = [*_left_by(keys.scrub), *_left_by(lambda: scrub(engine))]  # the keys first: they are what counts
    if left:
        raise RecordUnavailable(f"the records are erased; run the command again to finish, since {' and '.join(left)}")
    return erased


def _left_by(step: Callable[[], None]) -> list[str]:
    try:
        step()
    except RecordUnavailable as error:
        return [error.message]
    return []


def _with_later(connection: Connection, roots: Sequence[str]) -> list[_Found]:
    """The records and all that go on from them, locked level by level, so that no child comes in between."""
    wanted = select(records.c.record, records.c.key, records.c.conversation).with_for_update()
    found: dict[str, _Found] = {}
    level = list(roots)
    column = records.c.record
    while level:
        rows = [
            _Found(*row)
            for at in range(0, len(level), AT_ONCE)
            for row in connection.execute(wanted.where(column.in_(level[at : at + AT_ONCE])))
        ]
        level = [row.record for row in rows if row.record not in found]
        found |= {row.record: row for row in rows}
        column = records.c.follows
    return list(found.values())


def _take_out(connection: Connection, found: Sequence[_Found], why: str, hour: str) -> None:
    ids = [one.record for one in found]
    entries = connection.scalars(select(leaves.c.entry).where(leaves.c.record.in_(ids)).order_by(leaves.c.number)).all()
    tombs = [(None, erasure_leaf(of, why, hour)) for of in map(stands_for, entries) if of is not None]
    if tombs:
        hand_in(connection, tombs)
    connection.execute(delete(records).where(records.c.record.in_(ids)))
    drop_reports_on(connection, ids)
    held = select(records.c.record).where(records.c.conversation == conversations.c.id).exists()
    touched = {one.conversation for one in found}
    connection.execute(delete(conversations).where(conversations.c.id.in_(touched), ~held))
