"""How near an answer that was computed again comes to the recorded one: grade A, B or C, or none.

A: the compared fields have the same RFC 8785 bytes. B: the same status, and every claim cites the same passages with
the same quotations in the same order. C: the checks of a draft still let the recorded answer pass as it stands.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from itertools import zip_longest

import rfc8785

from domain.answer import Answer
from domain.exchange import Exchange

COMPARED = ("status", "language", "message", "claims", "silent", "near", "no_document", "follow_up")
"""The fields that a replay must give again, in their RFC 8785 bytes (section 10 of the design)."""
LEFT_BY = (("understand", "scope"), ("retrieve", "hits"))
"""What a step leaves in the exchange beside its outcome."""


class Grade(StrEnum):
    """The best that can be said of a replay."""

    A = "A"
    B = "B"
    C = "C"
    NONE = "none"


@dataclass(frozen=True)
class Comparison:
    """The grade of one replay; the fields that differ, and the first step that went another way."""

    grade: Grade
    fields: tuple[str, ...] = ()
    step: str = ""

    def __str__(self) -> str:
        if self.grade is Grade.A:
            return "grade A, same"
        grade = "no grade" if self.grade is Grade.NONE else f"grade {self.grade.value}"
        return f"{grade}, differs in {', '.join(self.fields)}; {self.step}"


def compared(recorded: Exchange, again: Exchange, accepts: Callable[[Exchange], bool]) -> Comparison:
    """The recorded exchange beside the one computed again; `accepts` is what the checks of today say of an answer."""
    old, new = recorded.answer, again.answer
    assert old is not None and new is not None
    fields = differing(old, new)
    if not fields:
        return Comparison(Grade.A)
    if old.status is new.status and _cited(old) == _cited(new):
        grade = Grade.B
    else:
        grade = Grade.C if accepts(recorded) else Grade.NONE
    return Comparison(grade, fields, first_difference(recorded, again))


def differing(recorded: Answer, again: Answer) -> tuple[str, ...]:
    """The compared fields whose canonical bytes differ."""
    old, new = recorded.model_dump(mode="json"), again.model_dump(mode="json")
    return tuple(name for name in COMPARED if rfc8785.dumps(old[name]) != rfc8785.dumps(new[name]))


def _cited(answer: Answer) -> list[list[tuple[str, str]]]:
    """Passage and quotation of every citation, claim by claim."""
    return [[(c.passage, c.quote) for c in claim.citations] for claim in (*answer.claims, *answer.near)]


def first_difference(recorded: Exchange, again: Exchange) -> str:
    """The first step that ended otherwise, else the first that left something else, in words."""
    for old, new in zip_longest(recorded.steps, again.steps):
        was, now = (f"{s.name} {s.outcome}" if s else "no further step" for s in (old, new))
        if was != now:
            return f"first other step: {now} instead of {was}"
    for step, name in LEFT_BY:
        if getattr(recorded, name) != getattr(again, name):
            return f"every step ended as before, but {step} left other {name}"
    return "every step ended as before"
