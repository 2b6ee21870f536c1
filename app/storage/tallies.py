"""Every query about counts: added with the records they count, in the same transaction; read for the public page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import cache

from sqlalchemy import Connection, Executable, bindparam, select

from app.storage.leaves import upsert
from app.storage.tables import tallies
from domain.tally import Tally

_KEY = ("day", "election", "party", "outcome")


@cache
def _add(dialect: str) -> Executable:
    names = (*_KEY, "count")
    added = upsert(dialect)(tallies).values({name: bindparam(f"_{name}") for name in names})
    return added.on_conflict_do_update(
        index_elements=list(_KEY), set_={"count": tallies.c.count + added.excluded.count}
    )


def add_tallies(connection: Connection, added: Iterable[Tally]) -> None:
    """Add these to what is counted. Sorted, so that two writers take the row locks in one order."""
    sums: Counter[tuple[str, ...]] = Counter()
    for one in added:
        sums[tuple(getattr(one, name) for name in _KEY)] += one.count
    rows = [{f"_{n}": v for n, v in zip(_KEY, key, strict=True)} | {"_count": n} for key, n in sorted(sums.items())]
    if rows:
        connection.execute(_add(connection.dialect.name), rows)


def all_tallies(connection: Connection, before: str) -> tuple[Tally, ...]:
    """All counts of the days before this one."""
    found = connection.execute(select(tallies).where(tallies.c.day < before).order_by(*tallies.primary_key)).mappings()
    return tuple(Tally.model_validate(dict(row)) for row in found)
