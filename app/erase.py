"""`isegoria erase`: forgets records by id, by conversation or by age, and says how many and what it did not find.

Promise: a record that was asked for is gone when the command ends well; asking again finishes what was interrupted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from app.desk import Chance
from app.errors import BadErasure, UnknownConversation, UnknownRecord
from app.leaf import hour_of
from app.main import existing_recorder
from app.record import Recorder
from app.settings import Settings


@dataclass(frozen=True)
class Which:
    """One of: a record, a conversation, or what is older than so many days."""

    record: str | None = None
    conversation: str | None = None
    older_than: int | None = None

    def __post_init__(self) -> None:
        """Raises BadErasure unless exactly one is given."""
        if sum(one is not None for one in (self.record, self.conversation, self.older_than)) != 1:
            raise BadErasure("give one of: the id of a record, --conversation, --older-than")

    @property
    def why(self) -> str:
        """What the tombstone says: asked for, or the rule."""
        return "request" if self.older_than is None else "retention"


async def erase_records(settings: Settings, which: Which, say: Callable[[str], None], chance: Chance) -> None:
    """Erase and say what was erased. Raises UnknownRecord, UnknownConversation or RecordError."""
    now = chance.now().astimezone(UTC)
    async with existing_recorder(settings) as recorder:
        chosen = await _chosen(recorder, which, now)
        # Also with nothing to erase: what an interrupted run has left in the write-ahead logs is emptied.
        erased = await recorder.erase(chosen, which.why, hour_of(now))
    if which.conversation is not None and not erased:
        raise UnknownConversation("no conversation has this id, or all of it was erased")
    if which.record is not None and not erased:
        say("this record was erased before; nothing of it is left in the files of the service")
        return
    more = erased - len(chosen)
    later = f", of which later turns that held words of earlier ones: {more}" if more > 0 else ""
    say(f"records erased: {erased}{later}; their leaves stay, and every receipt still verifies")
    if settings.database_url is not None and not settings.database_url.startswith("sqlite"):
        say("the server's own log and backups hold sealed bytes of them, whose keys are destroyed")


async def _chosen(recorder: Recorder, which: Which, now: datetime) -> list[str]:
    if which.record is not None:
        if not await recorder.holds(which.record):
            raise UnknownRecord("no record has this id")
        return [which.record]
    if which.conversation is not None:
        return await recorder.ids(conversation=which.conversation)
    assert which.older_than is not None
    cutoff = now - timedelta(days=which.older_than)
    return await recorder.ids(before=cutoff.strftime("%Y-%m-%dT%H:%M:%SZ"))
