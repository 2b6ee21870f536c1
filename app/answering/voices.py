"""Whose voice a sentence of a programme speaks with: the party's own, a call for votes, or another's view told again.

Promise: only the party's own voice is quoted as its position. A call for votes is never quoted; what a programme says
of other parties or tells as the view of others is shown at most as something near, with the sentences around it. Told
by reviewed patterns per language in which every name is the same word, so that no party is treated otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from app.answering.desk_view import Room
from app.answering.phrases import QUOTING
from app.retrieval.analyse import words
from domain.base import Language

PARTY = "party"
"""What any party's name counts as in a pattern."""
OWN = "ownparty"
"""What the name of the party that speaks counts as, where it matters."""


Voice = Literal["own", "appeal", "others"]


def voice(text: str, party: str | None, language: Language, room: Room) -> Voice:
    """Whose voice it is, read in the sentence's own language.

    Naming others is enough for theirs where nothing speaks for the party itself; a name with a verb of saying or
    wanting is enough in any case.
    """
    rare, beginnings = room.built.kept(("telling", language), lambda: _telling(language, room))
    if not any(word in rare or word.startswith(beginnings) for word in words(text)):
        return "own"  # finding names is slow, and most sentences can hold neither a name nor a pattern
    masked = _masked(text, party, room)
    if "appeal" in _standing([PARTY if word == OWN else word for word in masked], language, room):
        return "appeal"
    found = _standing(masked, language, room)
    if "report" in found:
        return "others"
    named = "others" in found or PARTY in masked
    return "others" if named and not ("own" in found or OWN in masked) else "own"


def _masked(text: str, party: str | None, room: Room) -> list[str]:
    """The words of the text, its own party's names and those of others each as one word."""
    pieces, at = [], 0
    for mention in room.built.names.mentions(text):
        pieces += [text[at : mention.start], OWN if mention.parties == (party,) else PARTY]
        at = mention.end
    return words(" ".join([*pieces, text[at:]]))


def _standing(said: Sequence[str], language: Language, room: Room) -> set[str]:
    """Which kinds of this language stand in the words."""
    start = f"{QUOTING}/{language}/"
    kinds = (kind for kind, _, _ in room.phrases.standing(QUOTING, said))
    return {kind.removeprefix(start) for kind in kinds if kind.startswith(start)}


def _telling(language: Language, room: Room) -> tuple[frozenset[str], tuple[str, ...]]:
    """The rarest word of each name and of each pattern without a name: as it stands, and as a beginning."""
    index = room.built.corpus.languages.get(language)
    counts = index.counts if index else {}
    kinds = [f"{QUOTING}/{language}/{kind}" for kind in ("appeal", "report", "others")]
    patterns = [p for kind in kinds for p in room.phrases.patterns.get(kind, ())]
    told = [[(word, False) for word in words(form)] for form in _forms(room)]
    told += [list(p) for p in patterns if all(word != PARTY for word, _ in p)]
    empty = index.analyser.lists.stop if index else frozenset[str]()
    rarest = [min(one, key=lambda p: (p[0] in empty, counts.get(p[0], 0), -len(p[0]))) for one in told if one]
    return frozenset(w for w, any_ending in rarest if not any_ending), tuple(w for w, ending in rarest if ending)


def _forms(room: Room) -> Iterator[str]:
    """Every form of every name."""
    for party in room.built.election.parties:
        yield from (*party.short.values(), *party.name.values(), *party.forms, *(a.form for a in party.ambiguous))
        for person in party.people:
            yield from (person.name, *person.forms)
