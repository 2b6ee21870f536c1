"""Recorded answers computed again from their recorded inputs, compared byte for byte.

Clock, ids, seed and what a model said in a second check come from the record, so no model is
asked; corpus, index, election, policy, wording, phrases and settings are the recorded ones, found
by digest, not those in force today. Another build of the code is said first, and then compared
all the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import rfc8785

from app.errors import IsegoriaError, UnknownRecord
from app.main import Loaded, open_recorder
from app.recall import recalled
from app.record import Records
from app.settings import Settings
from domain.answer import Answer
from domain.exchange import Digests, Exchange
from guardrails.second import SECOND

COMPARED = ("status", "language", "message", "claims", "silent", "near", "no_document", "follow_up")
"""The fields that a replay must give again, in their RFC 8785 bytes (section 10 of the design)."""


def fresh(exchange: Exchange) -> Exchange:
    """The exchange as it was before its first step: with the verdict of a second check, if one was given."""
    return Exchange(
        record=exchange.record,
        at=exchange.at,
        seed=exchange.seed,
        question=exchange.question,
        digests=exchange.digests,
        verdicts=tuple(v for v in exchange.verdicts if v.check == SECOND),
    )


def differing(recorded: Answer, again: Answer) -> tuple[str, ...]:
    """The compared fields whose canonical bytes differ."""
    old, new = recorded.model_dump(mode="json"), again.model_dump(mode="json")
    return tuple(name for name in COMPARED if rfc8785.dumps(old[name]) != rfc8785.dumps(new[name]))


@dataclass(frozen=True)
class Outcome:
    """How many records gave the same answer again, another one, or could not be replayed here."""

    same: int = 0
    differing: int = 0
    unusable: int = 0

    @property
    def exit_code(self) -> int:
        """1 when an answer differs, else 2 when a record could not be replayed, else 0."""
        return 1 if self.differing else 2 if self.unusable else 0


class _Worlds:
    """What answers were computed from, opened once for all records that name the same digests."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._open: dict[tuple[str, Digests], Loaded] = {}

    def of(self, exchange: Exchange) -> Loaded:
        """The world of this exchange. Raises RecordUnreadable or IndexUnusable."""
        election = exchange.question.election
        key = (election, exchange.digests.model_copy(update={"code": ""}))
        if key not in self._open:
            loaded = recalled(election, exchange.digests, self._settings)
            loaded.open()
            self._open[key] = loaded
        return self._open[key]

    def close(self) -> None:
        for loaded in self._open.values():
            for built in loaded.elections.values():
                built.close()


async def replay_records(settings: Settings, record: str | None, say: Callable[[str], None]) -> Outcome:
    """Replay one record, or all and go on past those that cannot be.

    Raises UnknownRecord, RecordUnreadable or IndexUnusable when the one record cannot be replayed here.
    """
    same = differ = unusable = 0
    worlds = _Worlds(settings)
    async with open_recorder(settings, serving=False) as recorder:
        try:
            for one in [record] if record is not None else await recorder.ids():
                try:
                    wrong = await _replayed(one, recorder, worlds, say)
                except IsegoriaError as error:
                    if record is not None:
                        raise
                    unusable += 1
                    say(f"{one}  cannot be replayed: {error.message}")
                    continue
                same, differ = same + (not wrong), differ + bool(wrong)
                say(f"{one}  {'differs in ' + ', '.join(wrong) if wrong else 'same'}")
        finally:
            worlds.close()
    if record is None:
        say(f"{same} same, {differ} different, {unusable} that cannot be replayed here")
    return Outcome(same, differ, unusable)


async def _replayed(record: str, records: Records, worlds: _Worlds, say: Callable[[str], None]) -> tuple[str, ...]:
    """The fields in which the answer differs when it is computed again."""
    exchange = await records.read(record)
    if exchange is None or exchange.answer is None:
        raise UnknownRecord(f"no record {record!r} holds an answer")
    loaded = worlds.of(exchange)
    if exchange.digests.code != loaded.house.code:
        say(f"{record}  was answered by another build of the code ({exchange.digests.code[:16]})")
    for verdict in fresh(exchange).verdicts:
        who, said = ", ".join(e.rule for e in verdict.evidence), verdict.category or verdict.action.value
        say(f"{record}  takes from the record what {who} said ({said}); it is not asked again")
    again = loaded.desk(records).answered(fresh(exchange))
    assert again.answer is not None
    return differing(exchange.answer, again.answer)
