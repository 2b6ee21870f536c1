"""Appeals for votes are never quoted: they ask for something instead of saying what a party wants.

Told by reviewed patterns per language in which every party name is the same word, so that no
party can be treated otherwise than another.
"""

from __future__ import annotations

from app.answering.desk_view import Room
from app.answering.phrases import QUOTING
from app.retrieval.analyse import words
from domain.base import Language

PARTY = "party"
"""What any party's name counts as in a pattern."""


def appeals(text: str, language: Language, room: Room) -> bool:
    """Whether the sentence asks for votes, read in its own language."""
    asked = words(room.built.names.mask(text, f" {PARTY} "))
    return any(kind == f"{QUOTING}/{language}/appeal" for kind, _, _ in room.phrases.standing(QUOTING, asked))
