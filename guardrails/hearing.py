"""What the classifier hears in a turn: alone, sentence by sentence, and after the turn before.

Promise: a sentence that asks for what is declined is heard beside any number that do not; a short last
turn takes its meaning from the one before, and only that which it adds is held against it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from domain.base import Language
from domain.verdict import Action
from guardrails.classifier import Classifier
from guardrails.normalise import Token
from guardrails.policy import Policy
from guardrails.rules import Sentence

ELLIPTIC = 9
"""Words up to which a turn may take its meaning from the turn before."""

Unit = tuple[Token, ...]
Scores = Mapping[str, int]


@dataclass(frozen=True)
class Heard:
    """Scores of a turn in thousandths: of the part that asks most for a refusal, and of the whole."""

    refused: int
    refusal: str
    unit: Unit
    redirected: int
    redirection: str


def labels(policy: Policy, model: Classifier, action: Action) -> tuple[str, ...]:
    """The model's labels of one action."""
    return tuple(c for c in model.card.labels if c in policy.categories and policy.categories[c].action is action)


def hear(
    turn: Sequence[Sentence], before: Sequence[Sentence], language: Language, policy: Policy, model: Classifier
) -> Heard:
    """Scores of the turn's sentences, said after those `before`; a turn without words asks for nothing."""
    refusals, redirections = labels(policy, model, Action.REFUSE), labels(policy, model, Action.REDIRECT)
    whole = _joined(turn)
    if not whole:
        return Heard(0, refusals[0], (), 0, redirections[0])
    readings = [(model.read(unit, language), unit) for unit in _units(turn)]
    readings += _added(whole, _joined(before), language, refusals, model, policy)
    scores, unit = max(readings, key=lambda r: _sum(r[0], refusals))
    said = readings[0][0]
    return Heard(
        refused=_sum(scores, refusals),
        refusal=max(refusals, key=scores.__getitem__),
        unit=unit,
        redirected=_sum(said, redirections),
        redirection=max(redirections, key=said.__getitem__),
    )


def _units(turn: Sequence[Sentence]) -> Iterator[Unit]:
    """The whole turn, then each of its sentences."""
    yield _joined(turn)
    if len(turn) > 1:
        yield from (s.tokens for s in turn)


def _added(
    last: Unit, before: Unit, language: Language, refusals: Sequence[str], model: Classifier, policy: Policy
) -> list[tuple[Scores, Unit]]:
    """A short turn read together with the turn before, unless that one was to be declined by itself."""
    if not before or len(last) > ELLIPTIC:
        return []
    if _sum(model.read(before, language), refusals) >= model.card.thresholds["refuse"] // 2:
        return []
    return [(model.read((*before, *last), language), last)]


def _joined(turn: Sequence[Sentence]) -> Unit:
    return tuple(chain.from_iterable(s.tokens for s in turn))


def _sum(scores: Scores, names: Sequence[str]) -> int:
    return sum(scores[name] for name in names)
