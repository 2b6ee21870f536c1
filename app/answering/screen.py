"""The guard's word on the question, before any document is searched."""

from __future__ import annotations

from app.answering.desk_view import Room
from app.answering.wording import filled, worded
from domain.answer import AnswerStatus
from domain.exchange import Exchange
from domain.verdict import Action
from guardrails import gate


def screen(exchange: Exchange, room: Room) -> Exchange:
    """Settle refused and redirected questions with their wording; let the rest pass with the verdict noted."""
    question, built = exchange.question, room.built
    policy = built.common.policy
    verdict = gate.screen(
        question.text, question.history, built.names, policy, built.election.languages, language=question.language
    )
    exchange = exchange.with_(verdicts=(*exchange.verdicts, verdict))
    if verdict.action is Action.ANSWER and verdict.category is None:
        return exchange
    if verdict.category is None or verdict.category not in policy.categories:
        raise ValueError(f"the guard gave action {verdict.action} with category {verdict.category}")
    status = policy.categories[verdict.category].status
    if status is AnswerStatus.ABOUT_SERVICE:
        return worded(exchange, room, status, message=_about(exchange, room), reason=None)
    part = gate.legitimate_part(question.text, built.names, policy, question.history)
    return worded(exchange, room, status, **({"suggestion": part} if part else {}))


def _about(exchange: Exchange, room: Room) -> str:
    operator = room.built.election.operator
    words = room.words(exchange.question.language)
    matter = gate.about_matter(exchange.question.text, room.built.names, room.built.common.policy)
    text = words.about.get(matter, words.about["default"])
    if operator is None:
        return words.about["no_operator"] if "{" in text else text
    return filled(text, operator=operator.name, contact=operator.contact, complaints=operator.complaints)
