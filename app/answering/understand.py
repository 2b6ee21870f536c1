"""What a question is taken to mean: language, subject, parties, and what a follow-up refers to.

By rule and reviewed word lists alone, the same for every party. The words that retrieval may
see (`matter`) hold no name.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.answering.desk_view import Room
from app.retrieval.analyse import SLOT, words
from domain.exchange import Exchange, Scope, Subject
from domain.names import Mention


def understand(exchange: Exchange, room: Room) -> Exchange:
    """Fill in the scope. `question.history` holds the earlier turns of the conversation, oldest first."""
    question = exchange.question
    mentions = room.built.names.mentions(question.text)
    before = _earlier(question.history, room)
    scope = read(question.text, mentions, before, room)
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


def read(text: str, mentions: Sequence[Mention], before: Scope | None, room: Room) -> Scope:
    """The scope of one turn, given the scope of the turn before it."""
    phrases = room.phrases
    asked = words(text)
    named = tuple(dict.fromkeys(p for m in mentions for p in m.parties))
    people = tuple(dict.fromkeys(m.person for m in mentions if m.person))
    matter = room.built.names.mask(text, SLOT)
    bare = [w for w in words(matter) if not _empty(w, room)]
    if before is not None and before.subject is Subject.PARTIES:
        everyone = not named and phrases.found("all_parties", asked)
        if not bare and (named or everyone):
            return _carried(text, before, named if named else (), people)
        if not named and not everyone and _refers(asked, room):
            if not bare:
                return _carried(text, before, before.parties if before.named else (), before.people)
            parties = before.parties if before.named else ()
            resolved = f"{text} ({_short(before, room)})" if before.named else text
            return Scope(
                subject=Subject.PARTIES,
                parties=parties,
                named=before.named,
                people=(),
                resolved=resolved,
                matter=matter,
            )
    subject = Subject.RULES if not named and _is_rules(asked, room) else Subject.PARTIES
    return Scope(subject=subject, parties=named, named=bool(named), people=people, resolved=text, matter=matter)


def _carried(text: str, before: Scope, parties: tuple[str, ...], people: tuple[str, ...]) -> Scope:
    """The matter of the turn before, asked of other parties (none given: all)."""
    return Scope(
        subject=Subject.PARTIES,
        parties=parties,
        named=bool(parties),
        people=people,
        resolved=f"{text} [{before.resolved}]",
        matter=before.matter,
    )


def _refers(asked: Sequence[str], room: Room) -> bool:
    """Whether the turn leans on the one before: it opens like a follow-up or speaks of "they" or "that"."""
    return room.phrases.opens(asked) or any(room.phrases.found(kind, asked) for kind in ("same_parties", "same_matter"))


def _empty(word: str, room: Room) -> bool:
    """Whether a word carries no matter in any language of the service, or only leans on the turn before."""
    lists = room.built.retrieval.stopwords.values()
    if any(word in one.stop or word in one.frame for one in lists):
        return True
    return any(room.phrases.found(kind, [word]) for kind in ("same_parties", "same_matter", "all_parties", "parties"))


def _is_rules(asked: Sequence[str], room: Room) -> bool:
    return room.phrases.found("rules", asked) and not room.phrases.found("parties", asked)


def _short(scope: Scope, room: Room) -> str:
    language = room.built.election.languages[0]
    found = [room.built.election.party(p) for p in scope.parties]
    return ", ".join(p.short_in(language) for p in found if p is not None)
