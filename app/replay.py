"""Recorded answers computed again from their recorded inputs, compared byte for byte and graded.

Clock, ids, seed and what models said come from the record, so none is asked; corpus, index, election, policy, wording,
phrases and settings are the recorded ones, found by digest. Another build of the code is said, and compared anyway.
"""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from app.auditor import CannotCheck, Trust, checked_bundle
from app.bars import Show
from app.bundle import revealed
from app.errors import IsegoriaError, RecordUnreadable, UnknownRecord
from app.grades import Comparison, Grade, compared
from app.main import Loaded, existing_recorder
from app.recall import recalled
from app.record import MemoryRecorder, Records
from app.settings import Settings
from app.unbundle import unpack
from audit.archive import Archive
from audit.errors import AuditError
from domain.exchange import Digests, Exchange
from guardrails.second import SECOND

Say = Callable[[str], None]
Found = tuple[str, Exchange | IsegoriaError]
"""What a record is called, and the exchange, or why it cannot be read."""


def fresh(exchange: Exchange) -> Exchange:
    """The exchange as it was before its first step, with what models said: a second check, a dictation."""
    return Exchange(
        record=exchange.record,
        at=exchange.at,
        seed=exchange.seed,
        question=exchange.question,
        digests=exchange.digests,
        verdicts=tuple(v for v in exchange.verdicts if v.check == SECOND),
        dictation=exchange.dictation,
    )


@dataclass(frozen=True)
class Outcome:
    """How many records were given each grade, and how many could not be replayed here."""

    grades: Mapping[Grade, int] = field(default_factory=dict)
    unusable: int = 0

    def of(self, grade: Grade) -> int:
        """How many records were given this grade."""
        return self.grades.get(grade, 0)

    @property
    def exit_code(self) -> int:
        """1 when an answer differs, else 2 when a record could not be replayed, else 0."""
        return 1 if any(self.of(g) for g in Grade if g is not Grade.A) else 2 if self.unusable else 0

    def __str__(self) -> str:
        counts = [f"{self.of(g)} of grade {g.value}" for g in Grade if g is not Grade.NONE]
        return f"{', '.join(counts)}, {self.of(Grade.NONE)} of none; {self.unusable} cannot be replayed here"


class _Worlds:
    """What answers were computed from, opened once for all records that name the same digests."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._open: dict[tuple[str, Digests], Loaded] = {}
        self._other: set[str] = set()

    def of(self, exchange: Exchange) -> Loaded:
        """The world of this exchange. Raises RecordUnreadable or IndexUnusable."""
        election = exchange.question.election
        key = (election, exchange.digests.model_copy(update={"code": ""}))
        if key not in self._open:
            loaded = recalled(election, exchange.digests, self._settings)
            loaded.open()
            self._open[key] = loaded
        return self._open[key]

    def other_code(self, exchange: Exchange) -> bool:
        """Whether another build of the code answered, of which nothing was said before."""
        code = exchange.digests.code
        new = code != self.of(exchange).house.code and code not in self._other
        self._other.add(code)
        return new

    def close(self) -> None:
        for loaded in self._open.values():
            for built in loaded.elections.values():
                built.close()


async def replay_records(settings: Settings, record: str | None, say: Say) -> Outcome:
    """Replay one record of the store, or all and go on past those that cannot be.

    Raises UnknownRecord, RecordUnreadable or IndexUnusable when the one record cannot be replayed here.
    """
    async with existing_recorder(settings) as recorder:
        ids = [record] if record is not None else await recorder.ids()
        return await replay_each(settings, _stored(recorder, ids), say, alone=record is not None)


async def replay_each(settings: Settings, found: AsyncIterator[Found], say: Say, alone: bool = False) -> Outcome:
    """Replay these records from what lies in the data directory, each with its grade, and sum up.

    One that stands `alone` is not summed up, and what is wrong with it is raised.
    """
    grades = dict.fromkeys(Grade, 0)
    unusable = 0
    worlds = _Worlds(settings)
    try:
        async for name, exchange in found:
            try:
                comparison = _replayed(name, exchange, worlds, say)
            except IsegoriaError as error:
                if alone:
                    raise
                unusable += 1
                say(f"{name}  cannot be replayed: {error.message}")
                continue
            except (ValueError, LookupError, OSError) as error:  # a bundle may hold what no service would write
                unusable += 1
                say(f"{name}  cannot be replayed: what it was answered from is damaged ({type(error).__name__})")
                continue
            grades[comparison.grade] += 1
            say(f"{name}  {comparison}")
    finally:
        worlds.close()
    outcome = Outcome({g: n for g, n in grades.items() if n}, unusable)
    if not alone:
        say(str(outcome))
    return outcome


async def replay_bundle(bundle: Path, trust: Trust, say: Say, show: Show) -> int:
    """Check a bundle and replay every record that it reveals, from nothing else; the exit code. Raises CannotCheck."""
    try:
        with (
            checked_bundle(bundle, trust, (), say, show) as (archive, checked),
            tempfile.TemporaryDirectory(prefix="isegoria-") as folder,
        ):
            say(f"valid: {checked.told()}")
            _laid_out(archive, Path(folder))
            alone = Settings.model_construct(data=Path(folder))  # nothing of the environment
            given = _given(archive, checked.manifest.records.revealed, show)
            return (await replay_each(alone, given, say)).exit_code
    except AuditError as error:
        say(f"not valid: {error}")
        return 1


def _laid_out(archive: Archive, folder: Path) -> None:
    try:
        unpack(archive, folder)
    except OSError as error:
        raise CannotCheck(f"the bundle cannot be unpacked into {folder}: {error.strerror}") from error


async def _given(archive: Archive, count: int, show: Show) -> AsyncIterator[Found]:
    """The revealed records of a bundle, called after their leaves."""
    for done, line in enumerate(revealed(archive), start=1):
        name = f"leaf {line.place}"
        try:
            yield name, Exchange.model_validate_json(line.body)
        except ValueError:
            yield name, RecordUnreadable("it cannot be read by this version")
        show("replayed", done, count)


async def _stored(records: Records, ids: list[str]) -> AsyncIterator[Found]:
    for record in ids:
        try:
            exchange = await records.read(record)
        except IsegoriaError as error:
            yield record, error
        else:
            yield record, exchange or UnknownRecord(f"there is no record {record!r}")


def _replayed(name: str, exchange: Exchange | IsegoriaError, worlds: _Worlds, say: Say) -> Comparison:
    """The recorded exchange beside the one that is computed now."""
    if isinstance(exchange, IsegoriaError):
        raise exchange
    if exchange.answer is None:
        raise UnknownRecord(f"the record {name!r} holds no answer")
    loaded = worlds.of(exchange)
    if worlds.other_code(exchange):
        say(f"{name}  was answered by another build of the code ({exchange.digests.code[:16]})")
    said = [(", ".join(e.rule for e in v.evidence), v.category or v.action.value) for v in fresh(exchange).verdicts]
    said += [(f"model:{exchange.dictation.model}", "sentences")] if exchange.dictation is not None else []
    for who, what in said:
        say(f"{name}  takes from the record what {who} said ({what}); it is not asked again")
    desk = loaded.desk(MemoryRecorder())
    return compared(exchange, desk.answered(fresh(exchange)), desk.accepts)
