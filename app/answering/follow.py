"""What a turn means that goes on from earlier ones: the same matter, the same parties, more of it, or one from before.

Promise: by rule and reviewed word lists alone, the same for every party. A turn that says nothing of its own but
such words names the turn whose question it asks again (`repeats`), and the guard judges that one.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.answering.cards import LIKELY, likelihood
from app.answering.desk_view import Room
from app.answering.procedure import for_programmes, listen
from app.answering.sense import AFTER, UNLED
from app.answering.turn import Turn, has_content, is_rules, refers, speaks_of_them
from app.retrieval.analyse import words
from domain.base import Language
from domain.exchange import Scope, Subject

ORDINALS = ("first", "second", "third")


def go_on(turn: Turn, before: Sequence[Scope], room: Room) -> Scope | None:
    """The turn as it goes on from the turns before, oldest first; None when it stands alone."""
    if not before:
        return None
    back = _back(turn, before, room)
    if back is not None:
        return back
    rules = before[-1].subject is Subject.RULES
    return _after_rules(turn, before, room) if rules else _after_parties(turn, before, room)


def _back(turn: Turn, before: Sequence[Scope], room: Room) -> Scope | None:
    """The first, second or third party or question of the conversation once more."""
    place = next((n for n, kind in enumerate(ORDINALS) if room.phrases.found(kind, turn.asked)), None)
    if place is None or not turn.bare:
        return None
    if room.phrases.found("turns", turn.asked):
        asked = [n for n, scope in enumerate(before) if scope.repeats is None]
        if place >= len(asked):
            return _nothing(turn)
        source = asked[place]
        again = turn.named or (before[source].parties if before[source].named else ())
        return _carried(turn, before, room, source, again, before[source].people, before[source].unknown)
    heard: dict[str, int] = {}
    for n, scope in enumerate(before):
        shown = scope.parties if scope.named else _all_in_order(room)
        for party in shown if scope.subject is Subject.PARTIES else ():
            heard.setdefault(party, n)
    if turn.addressed:
        return None
    if place >= len(heard):
        return _nothing(turn)
    party, source = list(heard.items())[place]
    return _carried(turn, before, room, source, (party,))


def _nothing(turn: Turn) -> Scope:
    """A step to where nothing is: the reader is asked back, and the words of the step are not searched for."""
    return turn.alone(Subject.PARTIES, ()).model_copy(update={"matter": ""})


def _after_parties(turn: Turn, before: Sequence[Scope], room: Room) -> Scope | None:
    last = before[-1]
    if turn.excepted and not turn.addressed and turn.bare:
        return _carried(turn, before, room, len(before) - 1, _left(turn, last, room))
    rest = not turn.addressed and room.phrases.found("other_parties", turn.asked)
    everyone = rest or (not turn.addressed and room.phrases.found("all_parties", turn.asked))
    more = turn.bare and room.phrases.found("more", turn.asked)
    parties = _others(last, room) if rest else turn.named
    if turn.bare and (turn.addressed or everyone):
        same = more and last.named and set(turn.named) == set(last.parties)
        return _carried(turn, before, room, len(before) - 1, parties, more=last.more + 1 if same else 0)
    if rest:
        return turn.alone(Subject.PARTIES, parties)
    if turn.addressed or everyone or turn.about:
        return None
    topical = room.phrases.opens(turn.asked, "topic")
    if is_rules(turn, room) and not topical and not speaks_of_them(turn.asked, room):
        return None
    # Whoever was asked which topic is meant answers with the topic alone.
    missing = last.named and not turn.bare and not has_content(last.matter, room)
    if not missing and not more and not refers(turn.asked, room):
        return None
    if turn.bare:
        named = last.parties if last.named else ()
        step = last.more + 1 if more else 0
        return _carried(turn, before, room, len(before) - 1, named, last.people, last.unknown, step)
    scope = turn.alone(Subject.PARTIES, last.parties if last.named else ())
    if not last.named:
        return scope
    names = ", ".join((_short(last.parties, turn.language, room), *last.unknown)).strip(", ")
    return scope.model_copy(update={"named": True, "unknown": last.unknown, "resolved": f"{turn.text} ({names})"})


def _after_rules(turn: Turn, before: Sequence[Scope], room: Room) -> Scope | None:
    last = before[-1]
    if turn.addressed or room.phrases.found("all_parties", turn.asked) or room.phrases.found("parties", turn.asked):
        return _carried(turn, before, room, len(before) - 1, turn.named) if turn.bare else None
    if room.phrases.opens(turn.asked, "topic"):
        return None
    if turn.bare:
        follows = room.phrases.found("asking", turn.asked) or refers(turn.asked, room)
    elif is_rules(turn, room):
        follows = refers(turn.asked, room) and room.phrases.found("it", turn.asked)
    else:
        follows = _stays(turn, room)
    if not follows:
        return None
    kept = [w for w in last.matter.split() if not room.phrases.found("asking", words(w))]
    return Scope(
        subject=Subject.RULES,
        parties=(),
        named=False,
        resolved=f"{turn.text} [{last.resolved}]",
        matter=" ".join([*(w.rstrip("?!.") for w in kept), turn.matter]),
    )


def _stays(turn: Turn, room: Room) -> bool:
    """Whether a turn after one about the rules, which does not say what it is about, goes on with them.

    What was learnt from phrasings may say so, or a card for which its words speak.
    """
    if for_programmes(turn.matter, listen(turn.asked, room), room):
        return False
    if refers(turn.asked, room):
        return room.phrases.sense.of(turn.matter) >= AFTER or likelihood(turn.matter, turn.language, room) >= LIKELY
    return room.phrases.sense.of(turn.matter) >= UNLED and not _known_matter(turn, room)


def _known_matter(turn: Turn, room: Room) -> bool:
    """Whether the words name a matter of the register."""
    everyone = tuple(p.id for p in room.built.election.parties)
    documents = next(iter(room.built.by_language(everyone, turn.language)), None)
    if documents is None:
        return False
    asked = room.built.reader(turn.language, documents).asked
    return room.built.corpus.register.matter(turn.matter, asked) is not None


def _carried(
    turn: Turn,
    before: Sequence[Scope],
    room: Room,
    source: int,
    parties: tuple[str, ...],
    people: tuple[str, ...] = (),
    unknown: tuple[str, ...] = (),
    more: int = 0,
) -> Scope:
    """The matter of an earlier turn, asked of other parties (none given: all), or asked for more."""
    earlier = before[source]
    root = earlier.repeats if earlier.repeats is not None else source
    of_whom = f" ({_short(parties, turn.language, room)})" if len(parties) == 1 and not turn.addressed else ""
    return turn.alone(Subject.PARTIES, parties).model_copy(
        update={
            "named": bool(parties or turn.unknown or unknown),
            "people": turn.people or people,
            "unknown": turn.unknown or unknown,
            "spoken_of": tuple(p for p in turn.about or earlier.spoken_of if p not in parties),
            "resolved": f"{turn.text} [{before[root].resolved}]{of_whom}",
            "matter": earlier.matter,
            "repeats": root if turn.stepping else None,
            "more": more,
        }
    )


def _left(turn: Turn, before: Scope, room: Room) -> tuple[str, ...]:
    """Those in question without those that were excepted; all others where nobody would be left."""
    everyone = tuple(p.id for p in room.built.election.parties)
    rest = room.phrases.found("other_parties", turn.asked)
    asked = _others(before, room) if rest else before.parties if before.named else everyone
    left = tuple(p for p in asked or everyone if p not in turn.excepted)
    return left or tuple(p for p in everyone if p not in turn.excepted)


def _others(before: Scope, room: Room) -> tuple[str, ...]:
    """Every party but those asked before; all, when all were asked."""
    asked = before.parties if before.named else ()
    return tuple(p.id for p in room.built.election.parties if asked and p.id not in asked)


def _all_in_order(room: Room) -> tuple[str, ...]:
    """The parties with a document in the published order, as answers show them; none where each answer shuffles."""
    election, languages = room.built.election, room.built.election.languages
    heard = (p.id for p in election.ordered() if room.built.language_for(p.id, languages[0]) is not None)
    return () if election.party_order == "shuffle" else tuple(heard)


def _short(parties: Sequence[str], language: Language, room: Room) -> str:
    found = [room.built.election.party(p) for p in parties]
    return ", ".join(p.short_in(language) for p in found if p is not None)
