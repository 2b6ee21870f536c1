"""One follow-up from the reviewed templates: it opens another look and never steers."""

from __future__ import annotations

from app.answering.desk_view import Room
from app.answering.wording import filled
from app.retrieval.analyse import words
from domain.answer import AnswerStatus
from domain.base import in_language
from domain.exchange import Exchange, Subject


def ask_back(exchange: Exchange, room: Room) -> Exchange:
    """Add a follow-up to an answered question; the template is drawn by the recorded seed.

    Topics come from the pack's neutral list, so no party and no position is ever suggested.
    """
    answer = exchange.answer
    about_parties = exchange.scope is not None and exchange.scope.subject is Subject.PARTIES
    if answer is None or answer.status is not AnswerStatus.ANSWERED or not about_parties:
        return exchange
    language = exchange.question.spoken_to
    templates = room.words(language).follow_up
    topics = _others(exchange, [in_language(s.topic, language) for s in room.built.election.suggestions])
    template = templates[exchange.seed % len(templates)]
    if "{topic}" in template and not topics:
        return exchange
    topic = topics[(exchange.seed // len(templates)) % len(topics)] if topics else ""
    return exchange.with_(answer=answer.model_copy(update={"follow_up": filled(template, topic=topic)}))


def _others(exchange: Exchange, topics: list[str]) -> list[str]:
    """The topics that share no word with what was asked: nobody is asked back for what has just been shown."""
    asked = set(words(exchange.scope.matter)) if exchange.scope is not None else set[str]()
    return [topic for topic in topics if asked.isdisjoint(words(topic))]
