"""The guard's word on the question, before any document is searched."""

from __future__ import annotations

from app.answering.desk_view import Room
from app.answering.wording import filled, worded
from domain.answer import AnswerStatus
from domain.exchange import Exchange
from domain.verdict import Action, Verdict
from guardrails import gate, second


def screen(exchange: Exchange, room: Room) -> Exchange:
    """Settle refused and redirected questions with their wording; let the rest pass with the verdict noted."""
    question, built = exchange.question, room.built
    policy = built.common.policy
    local = guarded(exchange, room)
    verdict = second.standing(local, exchange.verdicts, question.text, bool(question.history), built.names, policy)
    exchange = exchange.with_(verdicts=(local, *exchange.verdicts))
    if verdict.action is Action.ANSWER and verdict.category is None:
        return exchange
    if verdict.category is None or verdict.category not in policy.categories:
        raise ValueError(f"the guard gave action {verdict.action} with category {verdict.category}")
    status = policy.categories[verdict.category].status
    if status is AnswerStatus.ABOUT_SERVICE:
        return worded(exchange, room, status, message=_about(exchange, room), reason=None)
    # Only the guard's own verdict knows which sentence it declines; the model's is on the question as a whole.
    own = verdict is local
    part = gate.legitimate_part(question.text, built.names, policy, question.history) if own else None
    return worded(exchange, room, status, **({"suggestion": part} if part else {}))


def guarded(exchange: Exchange, room: Room) -> Verdict:
    """The guard's own verdict on the question, without any model server.

    A turn without words of its own ("And the others?") is judged as the question that it asks again.
    """
    question, built = exchange.question, room.built
    languages = built.election.languages
    policy = built.common.policy
    repeats = exchange.scope.repeats if exchange.scope is not None else None
    if repeats is None:
        return gate.screen(question.text, question.history, built.names, policy, languages, language=question.language)
    text, before = question.history[repeats], question.history[:repeats]
    verdict = gate.screen(text, before, built.names, policy, languages, language=question.language)
    return verdict.model_copy(update={"evidence": ()})


def _about(exchange: Exchange, room: Room) -> str:
    operator = room.built.election.operator
    words = room.words(exchange.question.spoken_to)
    matter = gate.about_matter(exchange.question.text, room.built.names, room.built.common.policy)
    text = words.about.get(matter, words.about["default"])
    if operator is None:
        return words.about["no_operator"] if "{" in text else text
    return filled(text, operator=operator.name, contact=operator.contact, complaints=operator.complaints)
