"""Verdicts: the outcome of one check with the evidence for it, so that every refusal can be explained."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from domain.base import Digest, Frozen, Language


class Action(StrEnum):
    """What the service does with a question."""

    ANSWER = "answer"
    REFUSE = "refuse"
    REDIRECT = "redirect"


class Evidence(Frozen):
    """The words that decided: code points `[start, end)` of the input of turn `turn`.

    Turn 0 is the question itself; -1 is the turn before it, and so on.
    """

    start: int
    end: int
    text: str
    turn: int = 0
    rule: str = ""


class Verdict(Frozen):
    """Outcome of one check. `category` is None exactly when the action is to answer."""

    check: str = Field(description="Which check spoke, for example `question` or `quotation`")
    action: Action
    category: str | None = None
    language: Language
    evidence: tuple[Evidence, ...] = ()
    score: int = Field(default=0, description="Strength in thousandths")
    threshold: int = Field(default=0, description="What the score had to reach, in thousandths")
    policy: Digest
