"""Documents and their passages: what can be quoted, and where exactly it stands.

A passage id is a digest of the document and the span, so the same bytes read by the same
tools give the same ids on any machine, and an id can never point at other words.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from domain.base import Digest, Frozen, Language, digest_of


class PageSpan(Frozen):
    """Where a piece of text stands on one page.

    `start` and `end` count code points of the page text as extracted, before any cleaning.
    """

    page: int = Field(ge=1, description="Physical page, counted from 1")
    start: int = Field(ge=0)
    end: int = Field(ge=0)


class Sentence(Frozen):
    """One sentence of a passage: code points `[start, end)` of the passage text and its page spans."""

    start: int
    end: int
    spans: tuple[PageSpan, ...]


class Passage(Frozen):
    """A paragraph, list item or legal unit, never cut inside a sentence or across a heading.

    `text` is the page text as a reader sees it: NFC, line-end hyphens joined, white space
    collapsed. Pages are physical pages counted from 1, or None where a source has no pages.
    """

    id: Digest
    document: Digest
    party: str | None
    language: Language
    text: str
    heading: tuple[str, ...] = ()
    section: str | None = None
    page: int | None = None
    page_end: int | None = None
    page_label: str | None = None
    sentences: tuple[Sentence, ...]

    def quoted(self, quote: str) -> tuple[str, ...]:
        """The whole sentences that a quotation of this text holds, in order; the quotation itself if it holds none."""
        at = self.text.find(quote)
        end = at + len(quote)
        held = tuple(self.text[s.start : s.end] for s in self.sentences if at <= s.start and s.end <= end)
        return held if at >= 0 and held else (quote,)


def passage_id(document: Digest, spans: tuple[PageSpan, ...]) -> Digest:
    """Identity of a passage: the document's bytes and the span in them, nothing else."""
    return digest_of([document, [[s.page, s.start, s.end] for s in spans]])


class PassageKind(StrEnum):
    """What a passage does, as the subject index of a pack says."""

    DEMAND = "demand"
    REJECTION = "rejection"
    DESCRIPTION = "description"
    FURNITURE = "furniture"


_PART = r"[^;\x00-\x1f\x7f-\x9f\u2028\u2029]*"
_SEEN = r"[^;\s\x00-\x1f\x7f-\x9f]"
Phrase = Annotated[str, StringConstraints(max_length=80, pattern=f"^{_PART}{_SEEN}{_PART}$")]
"""At most 80 characters, not all white space; no control character, and no semicolon, which parts phrases."""


class SubjectLine(Frozen):
    """A line of a pack's `subjects.jsonl`: what one passage is about, in words that need not stand in it.

    It takes part in ranking alone and is never shown as something that a party said.
    """

    passage: Digest = Field(pattern=r"^[0-9a-f]{64}$")
    kind: PassageKind
    key: Annotated[int, Field(strict=True, ge=0)] | None = Field(
        description="The sentence, from 0, that states the matter best standing alone"
    )
    subjects: tuple[Phrase, ...] = Field(max_length=6, description="What it is about, the main matter first")
    asked: tuple[Phrase, ...] = Field(max_length=4, description="Everyday words under which one would ask for it")


class Hit(Frozen):
    """A passage offered to the answer, with its integer scores per retriever and whether it was used."""

    passage: Digest
    party: str | None
    rank: int
    score: int
    lexical: int
    dense: int
    coverage: int = Field(description="Share of the question's weighted concepts found, in thousandths")
    sentences: tuple[int, ...] = Field(
        default=(),
        description="The same share per sentence, by its own words; of a key sentence also by the subject index",
    )
    through: tuple[str, ...] = Field(
        default=(), description="Words of the subject index that were asked for and that the passage does not say"
    )
    order: tuple[int, ...] = Field(default=(), description="The passage's sentences, the best to quote first")
    listed: int | None = Field(default=None, description="Its place in the register for the matter of the question")
    near: bool = Field(default=False, description="The register calls it near the matter, not a position on it")
    used: bool = False
