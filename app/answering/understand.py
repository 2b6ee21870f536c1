"""What a question is taken to mean: language, subject, parties, and what a follow-up refers to.

By rule and reviewed word lists alone, the same for every party.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.answering.desk_view import Room
from app.answering.turn import Turn, has_content, is_rules, refers, speaks_of_them, turn_of
from app.retrieval.analyse import words
from domain.base import Language
from domain.exchange import Exchange, Scope, Subject
from domain.names import Mention


def understand(exchange: Exchange, room: Room) -> Exchange:
    """Fill in the scope. `question.history` holds the earlier turns of the conversation, oldest first."""
    question = exchange.question
    mentions = room.built.names.mentions(question.text)
    before = _earlier(question.history, room)
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


def _earlier(history: Sequence[str], room: Room) -> Scope | None:
    """The scope of the last turn, each turn read after the one before."""
    scope: Scope | None = None
    for text in history:
        scope = read(text, room.built.names.mentions(text), scope, room)
    return scope


def read(
    text: str, mentions: Sequence[Mention], before: Scope | None, room: Room, language: Language | None = None
) -> Scope:
    """The scope of one turn, given the scope of the turn before it; `language` is that of the turn, if known."""
    turn = turn_of(text, mentions, before is not None, language, room)
    follows = None
    if before is not None:
        rules = before.subject is Subject.RULES
        follows = _after_rules(turn, before, room) if rules else _after_parties(turn, before, room)
    if follows is not None:
        return follows
    rules = not turn.addressed and not turn.about and is_rules(turn, room)
    return _scope(turn, Subject.RULES if rules else Subject.PARTIES, turn.named)


def _after_parties(turn: Turn, before: Scope, room: Room) -> Scope | None:
    """The turn as it goes on from a question to parties, or None when it stands alone."""
    rest = not turn.addressed and room.phrases.found("other_parties", turn.asked)
    everyone = rest or (not turn.addressed and room.phrases.found("all_parties", turn.asked))
    parties = _others(before, room) if rest else turn.named
    if turn.bare and (turn.addressed or everyone):
        return _carried(turn, before, parties)
    if rest:
        return _scope(turn, Subject.PARTIES, parties)
    if turn.addressed or everyone or turn.about:
        return None
    topical = room.phrases.opens(turn.asked, "topic")
    if is_rules(turn, room) and not topical and not speaks_of_them(turn.asked, room):
        return None
    # Whoever was asked which topic is meant answers with the topic alone.
    missing = before.named and not turn.bare and not has_content(before.matter, room)
    if not missing and not refers(turn.asked, room):
        return None
    if turn.bare:
        return _carried(turn, before, before.parties, before.people, before.unknown)
    scope = _scope(turn, Subject.PARTIES, before.parties if before.named else ())
    if not before.named:
        return scope
    names = ", ".join((_short(before, turn.language, room), *before.unknown)).strip(", ")
    return scope.model_copy(update={"named": True, "unknown": before.unknown, "resolved": f"{turn.text} ({names})"})


def _after_rules(turn: Turn, before: Scope, room: Room) -> Scope | None:
    """The turn as it goes on from a question of procedure, or None when it stands alone."""
    if turn.addressed or room.phrases.found("all_parties", turn.asked) or room.phrases.found("parties", turn.asked):
        return _carried(turn, before, turn.named) if turn.bare else None
    asks_on = turn.bare and room.phrases.found("asking", turn.asked)
    if room.phrases.opens(turn.asked, "topic") or not (asks_on or refers(turn.asked, room)):
        return None
    if not turn.bare and is_rules(turn, room):
        return None
    kept = [w for w in before.matter.split() if not room.phrases.found("asking", words(w))]
    return Scope(
        subject=Subject.RULES,
        parties=(),
        named=False,
        resolved=f"{turn.text} [{before.resolved}]",
        matter=" ".join([*(w.rstrip("?!.") for w in kept), turn.matter]),
    )


def _scope(turn: Turn, subject: Subject, parties: tuple[str, ...]) -> Scope:
    return Scope(
        subject=subject,
        parties=parties,
        named=bool(parties or turn.unknown),
        people=turn.people,
        unknown=turn.unknown,
        spoken_of=turn.about,
        resolved=turn.text,
        matter=turn.matter,
    )


def _carried(
    turn: Turn,
    before: Scope,
    parties: tuple[str, ...],
    people: tuple[str, ...] = (),
    unknown: tuple[str, ...] = (),
) -> Scope:
    """The matter of the turn before, asked of other parties (none given: all)."""
    return _scope(turn, Subject.PARTIES, parties).model_copy(
        update={
            "named": bool(parties or turn.unknown or unknown),
            "people": turn.people or people,
            "unknown": turn.unknown or unknown,
            "spoken_of": tuple(p for p in turn.about or before.spoken_of if p not in parties),
            "resolved": f"{turn.text} [{before.resolved}]",
            "matter": before.matter,
        }
    )


def _others(before: Scope, room: Room) -> tuple[str, ...]:
    """Every party but those asked before; all, when all were asked."""
    asked = before.parties if before.named else ()
    return tuple(p.id for p in room.built.election.parties if asked and p.id not in asked)


def _short(scope: Scope, language: Language, room: Room) -> str:
    found = [room.built.election.party(p) for p in scope.parties]
    return ", ".join(p.short_in(language) for p in found if p is not None)
