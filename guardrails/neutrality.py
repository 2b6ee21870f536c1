"""Checks that a draft gives every party in scope the same hearing.

Promise: a party in scope is quoted, or declared silent, or declared without document, exactly one
of the three; nobody outside the scope speaks; no party has more claims than the budget of the others allows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from domain.answer import Claim
from domain.verdict import Action, Evidence, Verdict
from guardrails.policy import Policy

UNBALANCED = "unbalanced"


@dataclass(frozen=True, slots=True)
class Coverage:
    """Party ids: who was asked for, who said nothing (searched), who has no document."""

    scope: tuple[str, ...]
    silent: tuple[str, ...]
    no_document: tuple[str, ...]


def partial(claims: Sequence[Claim], coverage: Coverage, policy: Policy) -> tuple[Verdict, ...]:
    """One verdict for each party that was not heard, heard twice over, or not asked for."""
    speaking = Counter(claim.party for claim in claims if claim.party is not None)
    found: list[Verdict] = []
    for party in sorted({*coverage.scope, *coverage.silent, *coverage.no_document, *speaking}):
        states = (speaking[party] > 0) + (party in coverage.silent) + (party in coverage.no_document)
        if party not in coverage.scope:
            found.append(_verdict(party, "not-in-scope", policy))
        elif states == 0:
            found.append(_verdict(party, "not-heard", policy))
        elif states > 1:
            found.append(_verdict(party, "heard-and-declared-silent", policy))
    return (*found, *_uneven(claims, policy))


def _uneven(claims: Sequence[Claim], policy: Policy) -> list[Verdict]:
    """Composed sentences may not give one party far more words than the parties have on average."""
    words: Counter[str] = Counter()
    for claim in claims:
        if claim.kind == "composed" and claim.party is not None:
            words[claim.party] += len(claim.text.split())
    if len(words) < 2:
        return []
    limit = policy.draft.max_words_ratio * sum(words.values())
    return [_verdict(p, "more-words", policy) for p in sorted(words) if words[p] * 100 * len(words) > limit]


def _verdict(party: str, rule: str, policy: Policy) -> Verdict:
    return Verdict(
        check="coverage",
        action=Action.REFUSE,
        category=UNBALANCED,
        language=policy.languages[0],
        evidence=(Evidence(start=0, end=len(party), text=party, rule=rule),),
        score=1000,
        threshold=1000,
        policy=policy.digest,
    )
