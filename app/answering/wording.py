"""Answers that consist of reviewed wording alone: refusals, redirections, the service itself, failures."""

from __future__ import annotations

from app.answering.desk_view import Room
from domain.answer import Answer, AnswerStatus
from domain.base import Language
from domain.exchange import Exchange
from guardrails.personal_data import MARKS


def base(exchange: Exchange, status: AnswerStatus, language: Language) -> Answer:
    """An answer object of this exchange with nothing in it but its identity."""
    digests, scope = exchange.digests, exchange.scope
    resolved = scope.resolved if scope and scope.resolved != exchange.question.text else None
    return Answer(
        record=exchange.record,
        conversation=exchange.question.conversation,
        election=exchange.question.election,
        status=status,
        language=language,
        resolved_question=resolved,
        scope=scope.parties if scope else (),
        corpus=digests.corpus,
        index=digests.index,
        policy=digests.policy,
    )


def worded(exchange: Exchange, room: Room, status: AnswerStatus, **changes: object) -> Exchange:
    """The exchange settled with the status's reviewed message, reason and suggestion, and any changes."""
    language = exchange.question.spoken_to
    words = room.words(language).status[status]
    fields = {"message": words.message, "reason": words.reason, "suggestion": words.suggestion} | changes
    fields["message"] = noticed(str(fields["message"]), exchange, room)
    return exchange.with_(answer=base(exchange, status, language).model_copy(update=fields))


def noticed(message: str, exchange: Exchange, room: Room) -> str:
    """The message, after the notice that personal data were masked where the question holds such a mark."""
    if not any(mark in exchange.question.text for mark in MARKS.values()):
        return message
    return f"{room.words(exchange.question.spoken_to).personal_data_masked} {message}"


def failed(exchange: Exchange, room: Room, status: AnswerStatus) -> Exchange:
    """The exchange settled as failed; nothing found so far is shown."""
    return worded(exchange, room, status)


def filled(template: str, **values: str) -> str:
    """The template with its placeholders replaced; text in braces inside a value stays as it is."""
    parts = template
    for name, value in values.items():
        parts = parts.replace("{" + name + "}", value)
    return parts
