"""What a voter receives: claims with verified citations, typed silence, and a status from a closed list."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field

from domain.base import Digest, Frozen, Language


class AnswerStatus(StrEnum):
    """Every way an answer can end. The prefix is the family; `policy.yaml` maps categories to these."""

    ANSWERED = "answered"
    ANSWERED_IN_PART = "answered_in_part"
    CLARIFY = "clarify"
    REFUSED_VOTING_ADVICE = "refused_voting_advice"
    REFUSED_PERSUASION = "refused_persuasion"
    REFUSED_VALUE_JUDGEMENT = "refused_value_judgement"
    REFUSED_LABELLING = "refused_labelling"
    REFUSED_PREDICTION = "refused_prediction"
    REFUSED_OPINION = "refused_opinion"
    REDIRECTED_OFF_TOPIC = "redirected_off_topic"
    REDIRECTED_PRIVATE_PERSON = "redirected_private_person"
    REDIRECTED_INJECTION = "redirected_injection"
    REDIRECTED_ABUSE = "redirected_abuse"
    ABOUT_SERVICE = "about_service"
    UNANSWERABLE_NO_SOURCE = "unanswerable_no_source"
    WITHHELD_UNGROUNDED = "withheld_ungrounded"
    WITHHELD_UNBALANCED = "withheld_unbalanced"
    PAUSED = "paused"
    FAILED_GUARD = "failed_guard"
    FAILED_RETRIEVAL = "failed_retrieval"
    FAILED_CHECK = "failed_check"
    FAILED_RECORD = "failed_record"
    FAILED_INTERNAL = "failed_internal"

    @property
    def family(self) -> str:
        """`answered`, `refused`, `redirected`, `withheld`, `failed`, or the status itself."""
        head = self.value.split("_", 1)[0]
        return head if head in {"answered", "refused", "redirected", "withheld", "failed"} else self.value


class Citation(Frozen):
    """The proof of a claim: the passage, the exact quotation in it, and where a reader finds it.

    `page` is the physical page, counted from 1, on which the quotation starts; `section` is
    set for laws, for example `§ 36 BWahlG`.
    """

    document: Digest
    passage: Digest
    page: int | None = None
    page_end: int | None = None
    page_label: str | None = None
    section: str | None = None
    quote: str
    url: str


class Claim(Frozen):
    """One sentence of an answer with the citations that carry it."""

    kind: Literal["quotation", "card", "composed", "translation"]
    text: str
    party: str | None = None
    citations: tuple[Citation, ...] = Field(min_length=1)


class Searched(Frozen):
    """What was searched before silence was declared."""

    documents: tuple[Digest, ...]
    passages: int
    terms: tuple[str, ...]


class Silence(Frozen):
    """This party's documents were searched and hold nothing on the question. An outage is never this."""

    party: str
    searched: Searched


class Answer(Frozen):
    """The answer object of section 9 of the design; absent is None or an empty list."""

    record: str | None = None
    conversation: str | None = None
    election: str
    status: AnswerStatus
    language: Language
    message: str | None = None
    reason: str | None = None
    suggestion: str | None = None
    resolved_question: str | None = None
    scope: tuple[str, ...] = ()
    claims: tuple[Claim, ...] = ()
    silent: tuple[Silence, ...] = ()
    near: tuple[Claim, ...] = ()
    no_document: tuple[str, ...] = ()
    follow_up: str | None = None
    expansion: tuple[str, ...] = ()
    corpus: Digest | None = None
    index: Digest | None = None
    policy: Digest | None = None
