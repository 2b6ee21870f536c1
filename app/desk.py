"""The one entry for page, API and CLI: a question comes in, a recorded answer goes out.

Nothing is acknowledged before its record is durable. What is random or timed is injected here
and recorded, so that every answer can be computed again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from app.answering.check import objections
from app.answering.desk_view import Room
from app.answering.dictation import dictated
from app.answering.phrases import Phrases
from app.answering.pipeline import FOUND, STEPS, walk
from app.answering.second import second_opinion
from app.built import Built
from app.errors import (
    BadQuestion,
    BadReport,
    NoReceipt,
    ReceiptPending,
    RecordErased,
    ServicePaused,
    UnknownConversation,
    UnknownDocument,
    UnknownElection,
    UnknownParty,
    UnknownRecord,
)
from app.llm.chat import ChatModel
from app.llm.leash import Leash
from app.record import CONVERSATION_LIMIT, Records
from app.settings import Settings
from app.storage.listing import Place, Wanted
from app.storage.vault import Opening
from domain.answer import Answer, AnswerStatus
from domain.base import Language, main_language
from domain.exchange import Digests, Exchange, Question, Step
from domain.report import Report, ReportKind
from domain.tally import Counts, told
from guardrails.language import detect
from guardrails.personal_data import mask_personal_data

LONGEST = 1000
LONGEST_REPORT = 2000
TIME = "%Y-%m-%dT%H:%M:%SZ"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|[\ud800-\udfff]")
_IDENTITY = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Ask:
    """A question as it is put to the desk; empty `parties` means what the question names, or all.

    `conversation` goes on with all turns of it, for the one who holds its id; `after` is the record of an
    answer that may have been shared, and goes on from there without what else was asked in its conversation.
    """

    election: str
    question: str
    conversation: str | None = None
    parties: tuple[str, ...] = ()
    language: str | None = None
    after: str | None = None


class Chance(Protocol):
    """What differs from one call to the next: time and chance, injected so that tests and replay can fix it."""

    def now(self) -> datetime: ...
    def identity(self) -> str:
        """A random 128-bit id in hexadecimal."""
        ...

    def seed(self) -> int:
        """A random non-negative integer below 2**31."""
        ...


@dataclass(frozen=True)
class House:
    """What every desk of a process shares."""

    settings: Settings
    phrases: Phrases
    code: str
    trouble: Callable[[str, Exception], None]
    second: ChatModel | None = None
    """The model that is asked about what the guard lets pass; None, the default, is nobody."""
    composer: Leash | None = None
    """The model that composes sentences from quotations; None, the default, is nobody."""


class Desk:
    """Answers questions over the built elections and keeps every exchange. Opened and closed by `app.main`."""

    def __init__(self, built: Mapping[str, Built], records: Records, chance: Chance, house: House) -> None:
        self._built = dict(built)
        self._records = records
        self._chance = chance
        self._house = house

    @property
    def records(self) -> Records:
        return self._records

    def elections(self) -> tuple[Built, ...]:
        """Every built election, by id."""
        return tuple(self._built[i] for i in sorted(self._built))

    def election(self, election: str) -> Built:
        """One built election. Raises UnknownElection."""
        if election not in self._built:
            known = ", ".join(sorted(self._built)) or "none"
            raise UnknownElection(f"no election {election!r} is served here; served: {known}")
        return self._built[election]

    async def ask(self, ask: Ask, on_step: Callable[[Step], None] | None = None, record: bool = True) -> Exchange:
        """The whole exchange of one question, recorded unless `record` is False.

        Raises BadQuestion, UnknownElection, UnknownParty, UnknownConversation, ServicePaused, and
        RecordError when the exchange could not be stored: then there is no answer.
        """
        if self._house.settings.paused:
            raise ServicePaused("the service is paused at present")
        exchange = await self.opened(ask)
        if self._house.second is not None:
            exchange = await second_opinion(exchange, self._room(exchange), self._house.second)
        if self._house.composer is not None:
            exchange = await self._composed(exchange, self._house.composer, on_step)
        else:
            exchange = self.answered(exchange, on_step)
        if record:
            try:
                await self._records.append(exchange)
            except RecordErased as error:
                raise UnknownConversation(error.message) from error
        return exchange

    async def _composed(self, exchange: Exchange, composer: Leash, on_step: Callable[[Step], None] | None) -> Exchange:
        """The exchange walked through all steps, a model asked once what can be quoted is known."""
        room = self._room(exchange)
        exchange = walk(exchange, room, on_step, STEPS[:FOUND])
        if exchange.answer is not None:
            return exchange
        return walk(await dictated(exchange, room, composer), room, on_step, STEPS[FOUND:])

    async def opened(self, ask: Ask) -> Exchange:
        """A new exchange with the question checked, masked and placed in its conversation."""
        built = self.election(ask.election)
        text = checked(ask.question)
        for party in ask.parties:
            if built.election.party(party) is None:
                raise UnknownParty(f"election {ask.election!r} has no party {party!r}")
        if ask.language is not None and ask.language not in built.election.offered:
            offered = ", ".join(built.election.offered)
            raise BadQuestion(f"language {ask.language!r} is not offered in this election; offered: {offered}")
        earlier = await self._earlier(ask, built)
        masked, _ = mask_personal_data(text)
        asked = main_language(ask.language) if ask.language is not None else None
        fallback = asked or (earlier[-1].question.language if earlier else built.election.languages[0])
        words = built.common.policy.function_words
        language = asked or detect(masked, built.election.languages, fallback, words)
        question = Question(
            election=ask.election,
            text=masked,
            language=language,
            conversation=ask.conversation or self._chance.identity(),
            explicit_parties=ask.parties,
            explicit_language=ask.language,
            history=_turns(earlier[-1].question) if earlier else (),
        )
        return Exchange(
            record=self._chance.identity(),
            at=self._chance.now().astimezone(UTC).strftime(TIME),
            seed=self._chance.seed(),
            question=question,
            follows=earlier[-1].record if earlier else None,
            digests=self.digests(ask.election),
        )

    def answered(self, exchange: Exchange, on_step: Callable[[Step], None] | None = None) -> Exchange:
        """The exchange walked through all steps. Pure: the same exchange gives the same answer."""
        return walk(exchange, self._room(exchange), on_step)

    def accepts(self, exchange: Exchange) -> bool:
        """Whether the checks of a draft let the exchange's answer pass as it stands; one without a quotation never."""
        answer = exchange.answer
        if answer is None or not (answer.claims or answer.near):
            return False
        try:
            return objections(answer, self._room(exchange)) == ((), ())
        except UnknownDocument:
            return False

    def _room(self, exchange: Exchange) -> Room:
        built = self.election(exchange.question.election)
        at = datetime.strptime(exchange.at, TIME).replace(tzinfo=UTC)
        today = at.astimezone(ZoneInfo(built.election.time_zone)).date().isoformat()
        house = self._house
        return Room(built, house.settings, house.phrases, house.trouble, today)

    async def exchange(self, record: str) -> Exchange:
        """The recorded exchange. Raises UnknownRecord or RecordErased."""
        found = await self._records.read(record) if _IDENTITY.fullmatch(record) else None
        if found is None:
            raise UnknownRecord("no record has this id")
        return found

    async def answer(self, record: str) -> Answer:
        """The recorded answer without its conversation, which belongs to whoever asked. Raises UnknownRecord."""
        exchange = await self.exchange(record)
        if exchange.answer is None:
            raise UnknownRecord("this record holds no answer")
        return exchange.answer.model_copy(update={"conversation": None})

    async def opening(self, record: str, conversation: str) -> Opening:
        """The bytes that the leaf of a record commits to, and their salt, for the one who asked.

        They hold the conversation, so its id must be known; and a conversation that went on from a shared answer
        holds the words of somebody else. Raises UnknownRecord or RecordErased.
        """
        found = await self._records.opening(record) if _IDENTITY.fullmatch(record) else None
        turns = await self._records.conversation(conversation) if _IDENTITY.fullmatch(conversation) else ()
        question = next((e.question for e in turns if e.record == record), None)
        if found is None or question is None:
            raise UnknownRecord("no record of this conversation has this id")
        if not {e.question.text for e in turns}.issuperset(question.history):
            raise UnknownRecord("this record goes on from a shared answer and holds words of another conversation")
        return found

    async def receipt(self, record: str) -> bytes:
        """The `.tlog-proof` of a record. Raises UnknownRecord, NoReceipt or ReceiptPending."""
        try:
            found = await self._records.receipt(record)
        except NoReceipt:
            await self.exchange(record)  # no record, or one without a leaf
            raise
        if found is None:
            raise ReceiptPending("no checkpoint covers this record yet; ask again in a moment")
        return found

    async def report(self, election: str, kind: ReportKind, text: str, record: str | None = None) -> Report:
        """Keep what a reader says is wrong, of an answer or at all. Raises BadReport, UnknownElection, UnknownRecord.

        Personal data is masked as in questions; nothing is kept of who sent it.
        """
        self.election(election)
        words = text.strip()
        if not words or len(words) > LONGEST_REPORT or _CONTROL.search(words):
            raise BadReport(f"a report has 1 to {LONGEST_REPORT} characters of text")
        if record is not None and (await self.exchange(record)).question.election != election:
            raise UnknownRecord("the record belongs to another election")
        at = self._chance.now().astimezone(UTC).strftime(TIME)
        masked, _ = mask_personal_data(words)
        report = Report(id=self._chance.identity(), at=at, election=election, record=record, kind=kind, text=masked)
        await self._records.report(report)
        return report

    async def counts(self) -> dict[str, Counts]:
        """What may be told of the answers of each election up to yesterday (UTC). Raises RecordError."""
        tallies = await self._records.tallies(self._chance.now().astimezone(UTC).date().isoformat())
        return {election: told(tallies, election) for election in sorted(self._built)}

    async def listed(self, wanted: Wanted, after: Place | None, most: int) -> tuple[list[Exchange], Place | None]:
        """Records for an auditor with a token. Raises RecordError."""
        return await self._records.listed(wanted, after, most)

    def paused(self, election: str, language: Language) -> Answer:
        """The answer object that says the service is paused; it is not recorded."""
        built = self.election(election)
        words = built.common.words(language).status[AnswerStatus.PAUSED]
        return Answer(
            election=election,
            status=AnswerStatus.PAUSED,
            language=language,
            message=words.message,
            reason=words.reason,
            suggestion=words.suggestion,
        )

    async def _earlier(self, ask: Ask, built: Built) -> tuple[Exchange, ...]:
        """The exchanges that this one goes on from, oldest first."""
        if ask.after is not None:
            return await self._up_to(ask, built)
        if ask.conversation is None:
            return ()
        known = _IDENTITY.fullmatch(ask.conversation)
        earlier = await self._records.conversation(ask.conversation) if known else ()
        if not earlier or earlier[0].question.election != built.election.id:
            raise UnknownConversation("no conversation of this election has this id; leave it out to begin a new one")
        return earlier

    async def _up_to(self, ask: Ask, built: Built) -> tuple[Exchange, ...]:
        """The exchange of the record `after`; its question holds the turns before it and none that came later."""
        if ask.conversation is not None:
            raise BadQuestion("a question goes on either with a conversation or after an answer, not both")
        assert ask.after is not None
        try:
            found = await self._records.read(ask.after) if _IDENTITY.fullmatch(ask.after) else None
        except RecordErased:
            found = None
        if found is None or found.question.election != built.election.id:
            raise UnknownConversation("no answer of this election has this id; leave it out to begin anew")
        return (found,)

    def digests(self, election: str) -> Digests:
        """What an answer of this election is computed from, by digest."""
        built = self.election(election)
        return Digests(
            corpus=built.corpus.digest,
            index=built.corpus.index_digest,
            election=built.election_digest,
            policy=built.common.policy.digest,
            settings=self._house.settings.answering_digest(),
            understand=self._house.phrases.digest,
            wording=built.common.wording_digest,
            code=self._house.code,
        )


def _turns(last: Question) -> tuple[str, ...]:
    """The words of all earlier turns, oldest first: those that the last one held, and its own; so that a record
    holds the words of those alone that it goes on from."""
    return (*last.history, last.text)[-CONVERSATION_LIMIT:]


def checked(question: str) -> str:
    """The question trimmed. Raises BadQuestion when it is empty, too long, or no text."""
    text = question.strip()
    if not text:
        raise BadQuestion("the question is empty")
    if len(text) > LONGEST:
        raise BadQuestion(f"the question has {len(text)} characters; at most {LONGEST} can be answered")
    found = _CONTROL.search(text)
    if found is not None:
        raise BadQuestion(f"the question holds the control character U+{ord(found.group()):04X} at {found.start()}")
    return text
