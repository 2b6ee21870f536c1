"""The path of one decision, step by step: what was read, which rules spoke, what the classifier heard.

Promise: it calls the very functions that decide, so what it shows is what happened; it decides nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from domain.base import Digest, Frozen, Language
from domain.verdict import Verdict
from guardrails.decode import hidden_readings
from guardrails.gate import MAX_HISTORY, screen
from guardrails.policy import Policy
from guardrails.rules import find
from guardrails.turns import PartyNames, languages_read, read_turn


class RuleSpoke(Frozen):
    """A rule that matched, whether or not it stood in the end."""

    rule: str
    category: str
    score: int
    words: str


class Explanation(Frozen):
    """What led to the verdict. Scores are in thousandths."""

    verdict: Verdict
    read_as: tuple[str, ...]
    """Each sentence as the rules read it, party names as a slot."""
    in_english: tuple[str, ...]
    """The words as the classifier reads them."""
    hidden: tuple[str, ...]
    """What the text hides in a simple encoding."""
    rules: tuple[RuleSpoke, ...]
    classifier: dict[str, int]
    """How likely each label is for the text alone; labels below one in a hundred are left out."""
    lines: dict[str, int]
    """From where on the classifier speaks, and below which a rule alone does not stand (`doubt`)."""
    policy: Digest


def explain(
    text: str, history: Sequence[str], names: PartyNames, policy: Policy, languages: Sequence[Language] = ()
) -> Explanation:
    """The explanation of the verdict on `text` after the earlier turns `history`."""
    verdict = screen(text, history, names, policy, languages)
    turns = [read_turn(t, names, policy) for t in (*history[-MAX_HISTORY:], text)]
    found, language = turns[-1].sentences, languages_read(turns, policy)[-1]
    tokens = turns[-1].words
    contexts = frozenset(policy.contexts) | frozenset(policy.categories)
    matches = [m for s in found for m in find(policy.rules, s, contexts if history else frozenset())]
    model = policy.classifier
    scores = model.read(tokens, language) if model and tokens else {}
    return Explanation(
        verdict=verdict,
        read_as=tuple(" ".join(s.line) for s in found),
        in_english=tuple(model.english(tokens, language)) if model else (),
        hidden=hidden_readings(text, policy.known),
        rules=tuple(
            RuleSpoke(
                rule=m.rule.id,
                category=m.rule.category,
                score=m.rule.score,
                words=text[m.first.start : m.last.end],
            )
            for m in matches
        ),
        classifier={label: score for label, score in scores.items() if score >= 10},
        lines={**model.card.thresholds, "doubt": model.card.doubt} if model else {},
        policy=policy.digest,
    )
