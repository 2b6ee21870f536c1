"""A draft as an answer: its status and wording, what was searched for it, and the hits that it uses."""

from __future__ import annotations

from collections.abc import Sequence

from app.answering.desk_view import Room
from app.answering.wording import base, noticed
from app.retrieval.question import expansion_of
from domain.answer import AnswerStatus, Claim
from domain.exchange import Exchange
from domain.passage import Hit


def matter_of(exchange: Exchange) -> str:
    """What is asked for, as understood."""
    assert exchange.scope is not None
    return exchange.scope.matter


def settled(
    exchange: Exchange,
    room: Room,
    claims: tuple[Claim, ...],
    message: str | None,
    hits: Sequence[Hit] = (),
    **parts: object,
) -> Exchange:
    """The draft with its hits marked as used or not."""
    hits = tuple(exchange.hits) or tuple(hits)
    used = {c.passage for claim in claims for c in claim.citations}
    marked = tuple(h.model_copy(update={"used": True}) if h.passage in used else h for h in hits)
    language = exchange.question.spoken_to
    status = _status(exchange, claims, parts)
    words = room.words(language).status[status]
    draft = base(exchange, status, language).model_copy(
        update={
            "claims": claims,
            "message": noticed(message or words.message, exchange, room),
            "reason": words.reason,
            "suggestion": words.suggestion,
            "expansion": _expansion(exchange, room),
            **parts,
        }
    )
    return exchange.with_(hits=marked, draft=draft)


def _status(exchange: Exchange, claims: tuple[Claim, ...], parts: dict[str, object]) -> AnswerStatus:
    """Answered in part when some of the parties that were asked for by name have nothing to quote."""
    scope = exchange.scope
    assert scope is not None
    if not claims:
        return AnswerStatus.UNANSWERABLE_NO_SOURCE
    missing = scope.named and (scope.unknown or parts.get("silent") or parts.get("no_document"))
    return AnswerStatus.ANSWERED_IN_PART if missing else AnswerStatus.ANSWERED


def _expansion(exchange: Exchange, room: Room) -> tuple[str, ...]:
    """Every term that was searched beside the question's own words."""
    asked = exchange.question.language
    languages = sorted({room.built.language_for(h.party, asked) or asked for h in exchange.hits})
    terms = [t for tag in languages for t in expansion_of(matter_of(exchange), room.built.reader(asked, tag))]
    return tuple(dict.fromkeys(terms))
