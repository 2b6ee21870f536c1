"""What the classifier hears in a turn: alone, sentence by sentence, and as the last of a conversation.

Promise: a sentence that asks for what is declined is heard beside any number that do not; a short turn is
read with the turns before it, a long one speaks for itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from itertools import chain

from domain.base import Language
from domain.verdict import Action
from guardrails.classifier import LINES, Classifier, Said
from guardrails.normalise import Token
from guardrails.policy import Policy
from guardrails.rules import Sentence

SHORT = 12
"""Words up to which the turns before can change what a turn means."""
NOTHING = 300
"""Thousandths of a refusal below which a story as a whole asks for nothing that is declined."""
CLEARLY = 970
"""Thousandths of a refusal from which a sentence that tells of oneself is refused beside one that only asks."""
FEW = 5
"""Words from which one known word is not enough to be read."""

Unit = tuple[Token, ...]
Scores = Mapping[str, int]


class Part(Enum):
    """What a sentence does in a turn that holds one which only asks what a party says or does."""

    ASKS = "asks"
    TELLS = "tells of the one who asks, and neither of a party nor of the election"
    SAYS = "anything else"


@dataclass(frozen=True)
class Heard:
    """What a turn asks for, in thousandths: `score` for what is declined, and the `line` it was held against.

    `refused` and `redirected` say how much of either is heard at all; `unit` is the part of the turn that asks.
    """

    action: Action
    category: str
    score: int
    line: int
    unit: Unit
    refused: int
    redirected: int
    language: Language
    hangs: bool
    """Whether it was read with the turns before it."""


@dataclass(frozen=True)
class Reading:
    """Scores of a stretch of words, label by label and summed by action."""

    unit: Unit
    scores: Scores
    refused: int
    redirected: int


@dataclass(frozen=True)
class Ear:
    """The model with the policy's labels."""

    model: Classifier
    refusals: tuple[str, ...]
    redirections: tuple[str, ...]

    def reading(self, unit: Unit, scores: Scores) -> Reading:
        """The scores of one stretch of words, summed."""
        refused, redirected = (sum(scores[c] for c in of) for of in (self.refusals, self.redirections))
        return Reading(unit, scores, refused, redirected)

    def knows(self, unit: Unit, language: Language) -> bool:
        """Whether there is something to read: a word the model knows, and not the same one over and over."""
        known = {word for word in self.model.english(unit, language) if len(word) > 2 and word in self.model.words}
        return len(known) > 1 or (len(known) == 1 and len(unit) < FEW)


def hear(
    turn: Sequence[Sentence],
    language: Language,
    before: Sequence[Said],
    policy: Policy,
    model: Classifier,
    story: bool = False,
    asking: Sequence[Part] = (),
) -> Heard | None:
    """What the turn asks for after the turns `before`, oldest first; None when the model knows none of its words.

    In a `story` with a question at its end ("Does X help me there?") no sentence speaks for itself: where next to
    nothing is heard in the whole, that decides. Where a sentence is only asking, the others decide what is refused,
    each by itself; what tells of oneself must be heard more clearly.
    """
    ear = Ear(model, _labels(policy, model, Action.REFUSE), _labels(policy, model, Action.REDIRECT))
    whole = tuple(chain.from_iterable(s.tokens for s in turn))
    if not ear.knows(whole, language):
        return None
    if before and len(whole) <= SHORT:
        after = ear.reading(whole, model.read_after(before, whole, language))
        return _settled(ear, after, after, language, hangs=True)
    said = ear.reading(whole, model.read(whole, language))
    parts = [ear.reading(s.tokens, model.read(s.tokens, language)) for s in turn] if len(turn) > 1 else []
    worst = max([said, *parts], key=lambda r: r.refused)
    if Part.ASKS in asking:
        judged = [(r, part) for r, part in zip(parts, asking, strict=True) if part is not Part.ASKS]
        heard = (replace(r, refused=0) if part is Part.TELLS and r.refused < CLEARLY else r for r, part in judged)
        most = max(heard, key=lambda r: r.refused)
        return replace(_settled(ear, most, said, language, hangs=False), refused=worst.refused)
    if story and said.refused < NOTHING:
        return replace(_settled(ear, said, said, language, hangs=False), refused=worst.refused)
    return _settled(ear, worst, said, language, hangs=False)


def _settled(ear: Ear, worst: Reading, said: Reading, language: Language, hangs: bool) -> Heard:
    """Refused for its worst part, else redirected as a whole, else let pass."""
    refuse, redirect = (ear.model.card.thresholds[name] for name in (LINES[2:] if hangs else LINES[:2]))
    refused, redirected = worst.refused, said.redirected
    if refused >= refuse:
        category = max(ear.refusals, key=worst.scores.__getitem__)
        return Heard(Action.REFUSE, category, refused, refuse, worst.unit, refused, redirected, language, hangs)
    category = max(ear.redirections, key=said.scores.__getitem__)
    # A single word may be anything: what the rules do not know is asked back.
    action = Action.REDIRECT if redirected >= redirect and len(said.unit) > 1 else Action.ANSWER
    return Heard(action, category, redirected, redirect, said.unit, refused, redirected, language, hangs)


def _labels(policy: Policy, model: Classifier, action: Action) -> tuple[str, ...]:
    """The model's labels of one action."""
    return tuple(c for c in model.card.labels if c in policy.categories and policy.categories[c].action is action)
