"""What a question is taken to mean: language, subject, parties, and what a follow-up refers to.

By rule and reviewed word lists alone, the same for every party.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.answering.cards import matching_cards
from app.answering.desk_view import Room
from app.answering.follow import go_on
from app.answering.nearer import nearer_to_a_card
from app.answering.procedure import as_rules, leaves_open
from app.answering.turn import is_rules, turn_of
from domain.base import Language
from domain.exchange import Exchange, Scope, Subject
from domain.names import Mention


def understand(exchange: Exchange, room: Room) -> Exchange:
    """Fill in the scope. `question.history` holds the earlier turns of the conversation, oldest first."""
    question = exchange.question
    mentions = room.built.names.mentions(question.text)
    before = _earlier(exchange, room)
    scope = read(question.text, mentions, before, room, question.language)
    if question.explicit_parties:
        chosen = tuple(p for p in _order(exchange, room) if p in question.explicit_parties)
        scope = scope.model_copy(update={"parties": chosen, "named": True, "subject": Subject.PARTIES})
    else:
        ordered = tuple(p for p in _order(exchange, room) if p in scope.parties or not scope.named)
        scope = scope.model_copy(update={"parties": ordered if scope.subject is Subject.PARTIES else ()})
    return exchange.with_(scope=scope)


def _order(exchange: Exchange, room: Room) -> tuple[str, ...]:
    return tuple(p.id for p in room.built.election.ordered(exchange.seed))


def _earlier(exchange: Exchange, room: Room) -> tuple[Scope, ...]:
    """The scopes of the earlier turns, each read after those before it; what a card has answered was of the rules."""
    scopes: list[Scope] = []
    for text in exchange.question.history:
        scope = read(text, room.built.names.mentions(text), scopes, room)
        asked = exchange.question.model_copy(update={"text": text, "explicit_parties": ()})
        turn = exchange.with_(question=asked, scope=scope)
        parties = scope.subject is Subject.PARTIES
        by_card = (leaves_open(turn, room) and matching_cards(turn, room)) or nearer_to_a_card(turn, room)
        scopes.append(as_rules(scope) if parties and by_card else scope)
    return tuple(scopes)


def read(
    text: str, mentions: Sequence[Mention], before: Sequence[Scope], room: Room, language: Language | None = None
) -> Scope:
    """The scope of one turn, given the scopes of those before it; `language` is that of the turn, if known."""
    turn = turn_of(text, mentions, bool(before), language, room)
    follows = go_on(turn, before, room)
    if follows is not None:
        return follows
    rules = not turn.addressed and not turn.about and is_rules(turn, room)
    if turn.excepted and not turn.addressed and not rules:
        everyone = (p.id for p in room.built.election.parties)
        return turn.alone(Subject.PARTIES, tuple(p for p in everyone if p not in turn.excepted))
    return turn.alone(Subject.RULES if rules else Subject.PARTIES, turn.named)
