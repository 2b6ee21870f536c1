"""The whole story of one question, from the masked words to the answer, in one frozen value.

A step of the pipeline takes an exchange and returns a new one; what was decided, found, used
and left aside stays in it, with the digests that a replay needs.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, Self

from pydantic import Field

from domain.answer import Answer
from domain.base import Digest, Frozen, Language
from domain.passage import Hit
from domain.verdict import Verdict


class Subject(StrEnum):
    """What a question is about."""

    PARTIES = "parties"
    RULES = "rules"
    SERVICE = "service"


class Question(Frozen):
    """The voter's words after personal data were masked.

    `language` is read and searched; `explicit_parties` and `explicit_language` are what the caller
    asked for, the latter possibly the simplified form of `language`; `history` holds the
    earlier masked questions of the conversation, oldest first, as the server kept them.
    """

    election: str
    text: str
    language: Language
    conversation: str
    explicit_parties: tuple[str, ...] = ()
    explicit_language: Language | None = None
    history: tuple[str, ...] = ()

    @property
    def spoken_to(self) -> Language:
        """The language in which the voter is answered: the one asked for, else that of the question."""
        return self.explicit_language or self.language


class Scope(Frozen):
    """What the question is taken to mean: its subject, its parties, and the question as resolved."""

    subject: Subject
    parties: tuple[str, ...] = Field(description="Party ids in published order")
    named: bool = Field(description="Parties were named, by the question, its context or the caller")
    people: tuple[str, ...] = Field(default=(), description="Names of leading people that were mapped to a party")
    unknown: tuple[str, ...] = Field(default=(), description="Names of parties as written that no party here has")
    spoken_of: tuple[str, ...] = Field(default=(), description="Ids of parties that were named but not asked")
    resolved: str = Field(description="The question with what follow-up words refer to")
    matter: str = Field(description="The resolved question with party names masked: all that retrieval may see")
    registered: str | None = Field(default=None, description="Id of the matter of the register that it is")
    touches: str | None = Field(default=None, description="Id of the matter that it names with something beside")
    told: tuple[str, ...] = Field(default=(), description="Ids of the matters that a story was taken to be about")
    repeats: int | None = Field(default=None, description="Place of the earlier turn whose question it asks again")
    more: int = Field(default=0, description="How often more was asked for: so many shares of quotations are skipped")


class Step(Frozen):
    """One hop of the pipeline as it was taken."""

    name: str
    outcome: str
    wall_us: int
    cpu_us: int


class Digests(Frozen):
    """What the answer was computed from; each names an object kept in the data directory."""

    corpus: Digest
    index: Digest
    election: Digest = Field(description="The pack as built: procedure cards, polling day, parties, sources, operator")
    policy: Digest
    settings: Digest
    understand: Digest = Field(description="The phrases by which questions say what they are about")
    wording: Digest
    code: str = Field(description="Digest of the program's own source")


class Dictation(Frozen):
    """What a language model was sent and what it sent back, byte for byte, as one of the inputs of the answer."""

    model: str = Field(description="Its name in the settings")
    request: str = Field(description="The body as sent; empty when nothing was sent")
    response: str | None = Field(default=None, description="The body as received; None when there was none")
    attempts: int = Field(default=0, description="How often it was asked")
    trouble: str | None = Field(default=None, description="Why there is nothing to read, in one or two words")


class Exchange(Frozen):
    """One question and everything that led to its answer."""

    record: str = Field(description="Random 128-bit id in hexadecimal: whoever holds it may read the record")
    kind: Literal["exchange"] = "exchange"
    at: str = Field(description="UTC time of the question, RFC 3339, to the second")
    seed: int
    question: Question
    follows: str | None = Field(default=None, exclude=True, description="The record that the question goes on from")
    digests: Digests
    scope: Scope | None = None
    verdicts: tuple[Verdict, ...] = ()
    hits: tuple[Hit, ...] = ()
    query_code: str | None = Field(default=None, description="The integer query as computed, for exact replay")
    dictation: Dictation | None = Field(default=None, description="What a model was asked for, where one composes")
    draft: Answer | None = Field(default=None, exclude=True, description="The answer before it was checked")
    answer: Answer | None = None
    steps: tuple[Step, ...] = ()
    joules: float = Field(default=0.0, description="Estimate: CPU seconds times stated watts")

    def with_(self, **changes: object) -> Self:
        """A copy with the given fields replaced."""
        return self.model_copy(update=changes)
