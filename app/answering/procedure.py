"""What a question of procedure is about: concepts of voting, heard by reviewed word lists in every language.

Cards name the concepts that cue them. Words of reform turn a question to the programmes, unless
the asker speaks of voting oneself: how to vote is a matter for the rules alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.answering.desk_view import Room
from app.answering.phrases import PROCEDURE
from app.answering.sense import CERTAIN, OPEN, SURE
from app.retrieval.analyse import words
from domain.base import Language
from domain.election import RuleCard
from domain.exchange import Exchange, Scope, Subject

ASKED = frozenset({"how", "when", "where", "which", "who", "for", "clock", "need", "without", "inside"})
SLIGHT = ASKED | {"vote", "election", "me", "may"}
"""Concepts that almost every question of procedure holds: beside the others they hardly tell one card from another."""
PLACES = frozenset({"vote", "station", "booth", "ballot", "card", "postal", "certificate"})
"""Concepts of casting a vote: who asks about oneself and one of these asks about procedure."""
FEW = 2
"""Most content words beside the known concepts with which a question without "I" still asks how to vote."""


@dataclass(frozen=True)
class Heard:
    """The concepts that one language's word lists find in a question; `left` counts content words beside them."""

    language: Language
    concepts: frozenset[str]
    left: int

    @property
    def elsewhere(self) -> bool:
        """Whether the question is for the programmes: about a reform, or a choice that is no election."""
        personal = {"me", "may", "vote"} <= self.concepts
        return "other" in self.concepts or ("policy" in self.concepts and not personal)

    @property
    def voting(self) -> bool:
        """Whether somebody asks how, where or whether one can vote."""
        who = "me" in self.concepts or (bool(self.concepts & {"may", "kin"}) and self.left <= FEW)
        return bool(self.concepts & PLACES) and who and not self.elsewhere


def asks_for_the_whole(asked: Sequence[str], room: Room) -> bool:
    """Whether a matter of voting is asked for as such ("How do I vote by post?"), and no step or case of it."""
    heard = listen(asked, room)
    return bool(heard) and all(len(h.concepts - SLIGHT) == 1 and h.left == 0 for h in heard)


def listen(asked: Sequence[str], room: Room) -> tuple[Heard, ...]:
    """What is heard by the language that hears most of the words, or by several that hear as much."""
    concepts: dict[Language, set[str]] = {}
    covered: dict[Language, set[int]] = {}
    for kind, start, length in room.phrases.standing(PROCEDURE, asked):
        _, language, concept = kind.split("/")
        concepts.setdefault(language, set()).add(concept)
        covered.setdefault(language, set()).update(range(start, start + length))
    most = max((len(places) for places in covered.values()), default=0)
    return tuple(
        Heard(language, frozenset(found), _left(asked, covered[language], language, room))
        for language, found in sorted(concepts.items())
        if len(covered[language]) == most
    )


def _left(asked: Sequence[str], covered: set[int], language: Language, room: Room) -> int:
    lists = room.built.retrieval.stopwords.get(language)
    empty = lists.stop | lists.frame if lists else frozenset()
    return sum(
        1
        for i, word in enumerate(asked)
        if i not in covered and word not in empty and not room.phrases.found("asking", [word])
    )


def sensed(text: str, heard: Sequence[Heard], room: Room) -> bool:
    """Whether what was learnt from phrasings is sure that the text is about the rules, more so against a word."""
    return room.phrases.sense.of(text) >= (CERTAIN if any(h.elsewhere for h in heard) else SURE)


def for_programmes(text: str, heard: Sequence[Heard], room: Room) -> bool:
    """Whether a word turns the question to the programmes, and nothing learnt speaks against it."""
    return any(h.elsewhere for h in heard) and not sensed(text, heard, room)


def concerned(asked: Sequence[str], room: Room) -> bool:
    """Whether the words ask about procedure, so that no programme may answer them."""
    heard = listen(asked, room)
    if any(h.elsewhere for h in heard):
        return False
    cards = room.built.election.rules
    if room.phrases.found("parties", asked):
        return any(cue_fit(card, h, strict=True) for card in cards for h in heard)
    if room.phrases.found("rules", asked) or any(h.voting for h in heard):
        return True
    return any(cue_fit(card, h) for card in cards for h in heard)


def leaves_open(exchange: Exchange, room: Room) -> bool:
    """Whether a question to the programmes leaves open that it is about procedure."""
    scope = exchange.scope
    assert scope is not None
    return to_nobody(exchange, room) and room.phrases.sense.of(scope.matter) >= OPEN


def to_nobody(exchange: Exchange, room: Room) -> bool:
    """Whether a question names no party, does not speak of parties, and does not ask for a reform."""
    scope = exchange.scope
    assert scope is not None
    asked = words(f"{exchange.question.text} {scope.matter}")
    return (
        not scope.named
        and not exchange.question.explicit_parties
        and not room.phrases.found("parties", asked)
        and any(word.isalpha() for word in words(scope.matter))
        and not for_programmes(scope.matter, listen(asked, room), room)
    )


def as_rules(scope: Scope) -> Scope:
    """The same question, asked of the rules of voting."""
    return scope.model_copy(update={"subject": Subject.RULES, "parties": ()})


def cue_fit(card: RuleCard, heard: Heard, strict: bool = False) -> int:
    """How much of the question the card's best cue explains: 1 per slight concept, 3 per other; 0 when none fits.

    A cue that opens with `=` asks that no content word is left over, a concept with `!` that it
    is absent. A cue of one concept fits only a question that says little else. `strict` takes only
    cues on parties: the question speaks of parties, and yet it may ask which of them stand.
    """
    if heard.elsewhere:
        return 0
    cues = [c for c in card.cues if not strict or "party" in c.lstrip("=").split()]
    return max((_fit(cue, heard) for cue in cues), default=0)


def _fit(cue: str, heard: Heard) -> int:
    parts = cue.lstrip("=").split()
    wanted = [p for p in parts if not p.startswith("!")]
    if not heard.concepts.issuperset(wanted) or any(p[1:] in heard.concepts for p in parts if p.startswith("!")):
        return 0
    if heard.left > (0 if cue.startswith("=") else 1 if len(wanted) == 1 else 99):
        return 0
    return sum(1 if concept in SLIGHT else 3 for concept in wanted)
