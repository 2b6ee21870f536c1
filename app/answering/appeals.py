"""Appeals for votes are never quoted: they ask for something instead of saying what a party wants.

Told by reviewed patterns per language in which every party name is the same word, so that no
party can be treated otherwise than another.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.answering.desk_view import Room
from app.answering.phrases import QUOTING, Pattern
from app.retrieval.analyse import words
from domain.base import Language

PARTY = "party"
"""What any party's name counts as in a pattern."""


def appeals(text: str, language: Language, room: Room) -> bool:
    """Whether the sentence asks for votes, read in its own language."""
    kind = f"{QUOTING}/{language}/appeal"
    patterns = room.phrases.patterns.get(kind, ())
    whole, beginnings = room.built.kept(("appeal words", language), lambda: _telling(patterns))
    # Finding names takes longer than all the rest, and most sentences hold no word of an appeal.
    if not any(word in whole or word.startswith(beginnings) for word in words(text)):
        return False
    asked = words(room.built.names.mask(text, f" {PARTY} "))
    return any(found == kind for found, _, _ in room.phrases.standing(QUOTING, asked))


def _telling(patterns: Sequence[Pattern]) -> tuple[frozenset[str], tuple[str, ...]]:
    """Of each pattern its longest word beside the name: words as they stand, and beginnings of words."""
    told = [max((part for part in p if part[0] != PARTY), key=lambda part: len(part[0])) for p in patterns]
    return frozenset(w for w, any_ending in told if not any_ending), tuple(w for w, any_ending in told if any_ending)
