"""Recorded answers computed again from their recorded inputs, compared byte for byte.

Clock, ids and seed come from the record; corpus, index, policy, wording and settings must be the
recorded ones by digest. Another build of the code is said first, and then compared all the same.
"""

from __future__ import annotations

from collections.abc import Callable

import rfc8785

from app.errors import IsegoriaError, RecordUnreadable, UnknownRecord
from app.main import open_desk, open_recorder
from app.settings import Settings
from domain.answer import Answer
from domain.exchange import Digests, Exchange

COMPARED = ("status", "language", "message", "claims", "silent", "near", "no_document", "follow_up")
"""The fields that a replay must give again, in their RFC 8785 bytes (section 10 of the design)."""


def fresh(exchange: Exchange) -> Exchange:
    """The exchange as it was before its first step."""
    return Exchange(
        record=exchange.record,
        at=exchange.at,
        seed=exchange.seed,
        question=exchange.question,
        digests=exchange.digests,
    )


def differing(recorded: Answer, again: Answer) -> tuple[str, ...]:
    """The compared fields whose canonical bytes differ."""
    old, new = recorded.model_dump(mode="json"), again.model_dump(mode="json")
    return tuple(name for name in COMPARED if rfc8785.dumps(old[name]) != rfc8785.dumps(new[name]))


async def replay_records(settings: Settings, record: str | None, say: Callable[[str], None]) -> int:
    """Replay one record, or all; the number that differ. Raises when a record cannot be replayed here."""
    count = unusable = 0
    async with open_recorder(settings) as recorder:
        desk = open_desk(settings, recorder)
        wanted = [record] if record is not None else await recorder.ids()
        for one in wanted:
            exchange = await recorder.read(one)
            if exchange is None or exchange.answer is None:
                raise UnknownRecord(f"no record {one!r} holds an answer")
            try:
                _usable(exchange, desk.digests(exchange.question.election), say)
            except IsegoriaError as error:
                if record is not None:
                    raise
                unusable += 1
                say(error.message)
                continue
            again = desk.answered(fresh(exchange))
            assert again.answer is not None
            wrong = differing(exchange.answer, again.answer)
            count += bool(wrong)
            say(f"{one}  {'differs in ' + ', '.join(wrong) if wrong else 'same'}")
        for built in desk.elections():
            built.close()
    if unusable and unusable == len(wanted):
        raise RecordUnreadable(f"none of the {unusable} records can be replayed here")
    return count


def _usable(exchange: Exchange, here: Digests, say: Callable[[str], None]) -> None:
    """Raise when what the answer was computed from is not what stands here."""
    recorded = exchange.digests
    for name in ("corpus", "index", "policy", "settings", "wording"):
        if getattr(recorded, name) != getattr(here, name):
            raise RecordUnreadable(
                f"record {exchange.record} was answered with {name} {getattr(recorded, name)[:16]}; "
                f"here stands {getattr(here, name)[:16]}"
            )
    if recorded.code != here.code:
        say(f"{exchange.record}  was answered by another build of the code ({recorded.code[:16]})")
