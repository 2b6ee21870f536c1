"""What the batch commands do with one row: the same desk, guard and search that the service uses."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any, Self, TypeVar

from pydantic import Field, ValidationError

from app.answering.desk_view import Room
from app.answering.phrases import read_phrases
from app.answering.retrieve import find
from app.answering.understand import read
from app.built import Built
from app.common import Common, load_common
from app.desk import Ask, Desk, checked
from app.errors import BadQuestion, IsegoriaError, UnknownDocument, UnknownParty
from app.main import open_desk, open_election, open_recorder
from app.packs import find_pack, load_pack
from app.record import MemoryRecorder
from app.settings import Settings
from domain.base import Frozen
from domain.election import Party
from domain.exchange import Subject
from domain.names import Names
from guardrails import gate
from guardrails.explain import explain
from guardrails.grounding import comparable
from guardrails.language import detect

Row = dict[str, Any]
R = TypeVar("R", bound=Frozen)


class GuardRow(Frozen):
    """A line for `guard`. `history` holds the earlier turns of the same user, oldest first."""

    id: str | int
    text: str
    history: tuple[str, ...] = ()


class AskRow(Frozen):
    """A line for `ask`."""

    id: str | int
    text: str
    history: tuple[str, ...] = ()
    parties: tuple[str, ...] = ()
    language: str | None = None


class SearchRow(Frozen):
    """A line for `search`."""

    id: str | int
    text: str
    parties: tuple[str, ...] = ()
    k: int = Field(default=5, ge=1, le=40)


def safely(model: type[R], answer: Callable[[R], Row]) -> Callable[[Row], Row]:
    """A handler that turns a bad row or a failure into `{"id", "error"}`."""

    def handle(row: Row) -> Row:
        try:
            return answer(model.model_validate(row))
        except (ValidationError, IsegoriaError) as error:
            return {"id": row.get("id"), "error": _plain(error)}
        except Exception as error:
            return {"id": row.get("id"), "error": f"failed ({type(error).__name__})"}

    return handle


def _plain(error: ValidationError | IsegoriaError) -> str:
    if isinstance(error, IsegoriaError):
        return error.message
    return "; ".join(f"{'.'.join(map(str, e['loc'])) or 'row'}: {e['msg']}" for e in error.errors())


def all_parties(settings: Settings) -> tuple[Party, ...]:
    """The parties of every pack, each id once per pack."""
    packs = sorted(p.parent for p in settings.elections.glob("*/election.yaml"))
    return tuple(party for pack in packs for party in load_pack(pack).parties)


def guard_rows(settings: Settings, election: str | None, explained: bool = False) -> Callable[[Row], Row]:
    """The handler of `guard`: the guard alone, without a built election; `explained` adds the path of each decision."""
    common = load_common(settings.elections)
    parties: tuple[Party, ...]
    if election is None:
        parties = all_parties(settings)
    else:
        parties = load_pack(find_pack(election, settings.elections)).parties
    names = Names(parties)

    def answer(row: GuardRow) -> Row:
        text = checked(row.text)
        offset = row.text.index(text)
        verdict = gate.screen(text, row.history, names, common.policy)
        return {
            "id": row.id,
            "action": verdict.action.value,
            "category": verdict.category,
            "language": verdict.language,
            "evidence": [
                {
                    "start": e.start + (offset if e.turn == 0 else 0),
                    "end": e.end + (offset if e.turn == 0 else 0),
                    "text": e.text,
                    "turn": e.turn,
                }
                for e in verdict.evidence
            ],
        } | (explain(text, row.history, names, common.policy).model_dump(mode="json") if explained else {})

    return safely(GuardRow, answer)


class Asking:
    """The handler of `ask` with its desk open; earlier turns run first in a fresh conversation."""

    def __init__(self, settings: Settings, election: str, record: bool) -> None:
        self._settings = settings
        self._election = election
        self._record = record
        self._stack = AsyncExitStack()
        self._desk: Desk | None = None

    async def __aenter__(self) -> Self:
        if self._record:
            recorder = await self._stack.enter_async_context(open_recorder(self._settings, serving=False))
            self._desk = open_desk(self._settings, recorder, (self._election,))
        else:
            self._desk = open_desk(self._settings, MemoryRecorder(), (self._election,))
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._desk is not None:
            self._desk.election(self._election).close()
        await self._stack.aclose()

    async def __call__(self, row: Row) -> Row:
        try:
            return await self._answer(AskRow.model_validate(row))
        except (ValidationError, IsegoriaError) as error:
            return {"id": row.get("id"), "error": _plain(error)}

    async def _answer(self, row: AskRow) -> Row:
        assert self._desk is not None
        conversation = None
        for turn in row.history:
            earlier = await self._desk.ask(Ask(self._election, turn, conversation, (), row.language))
            conversation = earlier.question.conversation
        exchange = await self._desk.ask(Ask(self._election, row.text, conversation, row.parties, row.language))
        assert exchange.answer is not None
        return {"id": row.id} | exchange.answer.model_dump(mode="json")


def search_rows(settings: Settings, election: str) -> Callable[[Row], Row]:
    """The handler of `search`: k passages per party in scope, in party order; the law's have party null."""
    common: Common = load_common(settings.elections)
    built = open_election(election, common, settings)
    phrases = read_phrases(settings.elections / "common" / "understand")
    room = Room(built, settings, phrases, lambda _step, _error: None, "")

    def answer(row: SearchRow) -> Row:
        text = checked(row.text)
        unknown = [p for p in row.parties if built.election.party(p) is None]
        if unknown:
            raise UnknownParty(f"election {election!r} has no party {unknown[0]!r}")
        languages = built.election.languages
        asked = detect(text, languages, languages[0], common.policy.function_words)
        scope = read(text, built.names.mentions(text), (), room)
        order = [p.id for p in built.election.ordered()]
        chosen = row.parties or scope.parties
        parties: list[str | None] = [p for p in order if not chosen or p in chosen]
        if (not row.parties and scope.subject is Subject.RULES) or not built.election.parties:
            parties = [None]
        found, _ = find(scope.matter, asked, parties, room, row.k)
        hits = [_shown(built, h.passage, h.rank, h.score) for group in found.values() for h in group]
        return {"id": row.id, "hits": hits}

    return safely(SearchRow, answer)


def _shown(built: Built, passage_id: str, rank: int, score: int) -> Row:
    passage = built.passage(passage_id)
    return {
        "document": passage.document,
        "page": passage.page,
        "section": passage.section,
        "party": passage.party,
        "passage": passage.id,
        "rank": rank,
        "score": score,
        "text": passage.text,
    }


def quote_stands(settings: Settings, election: str, document: str, page: int, quote: str) -> bool:
    """Whether the quotation stands on the page; it may run on to the next one."""
    built = open_election(election, load_common(settings.elections), settings)
    view = built.document(document)
    if not comparable(quote):
        raise BadQuestion("the quotation is empty")
    last = view.pages or 1
    if not 1 <= page <= last:
        raise UnknownDocument(f"document {document[:16]} has pages 1 to {last}, not {page}")
    return built.quote_on(document, page, quote)
