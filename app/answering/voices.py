"""Whose voice a sentence of a programme speaks with: the party's own, a call for votes, or another's view told again.

Promise: only the party's own voice is quoted as its position. A call for votes is never quoted; what a programme says
of other parties or tells as the view of others is shown at most as something near, with the sentences around it. Told
by reviewed patterns per language in which every name is the same word, so that no party is treated otherwise.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from app.answering.desk_view import Room
from app.answering.phrases import QUOTING, Pattern
from app.retrieval.analyse import words
from domain.base import Language

PARTY = "party"
"""What any party's name counts as in a pattern."""
OWN = "ownparty"
"""What the name of the party that speaks counts as, where it matters."""


def appeals(text: str, language: Language, room: Room) -> bool:
    """Whether the sentence asks for votes, read in its own language."""
    if not _may(text, ("appeal",), language, room):
        return False
    return bool(_stand(words(room.built.names.mask(text, f" {PARTY} ")), ("appeal",), language, room))


def reports(text: str, party: str | None, language: Language, room: Room) -> bool:
    """Whether the sentence tells what others want, do or say, instead of what its party wants.

    Naming others is enough where nothing speaks for the party itself; a name with a verb of saying or wanting is
    enough in any case.
    """
    if not _may(text, ("report", "others"), language, room) and not _may_name(text, room):
        return False
    masked = _masked(text, party, room)
    found = _stand(masked, ("report", "others", "own"), language, room)
    if "report" in found:
        return True
    return ("others" in found or PARTY in masked) and not ("own" in found or OWN in masked)


def _masked(text: str, party: str | None, room: Room) -> list[str]:
    """The words of the text, its own party's names and those of others each as one word."""
    pieces, at = [], 0
    for mention in room.built.names.mentions(text):
        pieces += [text[at : mention.start], OWN if mention.parties == (party,) else PARTY]
        at = mention.end
    return words(" ".join([*pieces, text[at:]]))


def _stand(said: Sequence[str], kinds: Collection[str], language: Language, room: Room) -> set[str]:
    """Which of the kinds stand in the words."""
    wanted = {f"{QUOTING}/{language}/{kind}": kind for kind in kinds}
    return {wanted[found] for found, _, _ in room.phrases.standing(QUOTING, said) if found in wanted}


def _may(text: str, kinds: Sequence[str], language: Language, room: Room) -> bool:
    """Whether the text holds a word that such a pattern needs; most sentences hold none, and finding names is slow."""
    patterns = [p for kind in kinds for p in room.phrases.patterns.get(f"{QUOTING}/{language}/{kind}", ())]
    whole, beginnings = room.built.kept(("telling", tuple(kinds), language), lambda: _telling(patterns))
    return any(word in whole or word.startswith(beginnings) for word in words(text))


def _may_name(text: str, room: Room) -> bool:
    """Whether the text holds a word that stands in the name of a party or of a leading person."""
    held = room.built.kept("words of names", lambda: _name_words(room))
    return not held.isdisjoint(words(text))


def _name_words(room: Room) -> frozenset[str]:
    forms: list[str] = []
    for party in room.built.election.parties:
        forms += [*party.short.values(), *party.name.values(), *party.forms, *(a.form for a in party.ambiguous)]
        for person in party.people:
            forms += [person.name, *person.forms]
    empty = frozenset().union(*room.built.common.policy.function_words.values())
    return frozenset(word for form in forms for word in words(form)) - empty


def _telling(patterns: Sequence[Pattern]) -> tuple[frozenset[str], tuple[str, ...]]:
    """Of each pattern its longest word beside the name: words as they stand, and beginnings of words."""
    told = [max((p for p in pattern if p[0] != PARTY), key=lambda p: len(p[0])) for pattern in patterns]
    return frozenset(w for w, any_ending in told if not any_ending), tuple(w for w, any_ending in told if any_ending)
