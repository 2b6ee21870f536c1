"""The register of an election: for each matter of policy the places where each programme takes a position on it.

As at the back of a book. It says what is quoted first and where a programme says nothing; it is never
quoted itself, and every party with a document stands in every entry, if only with no place at all.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from domain.base import Digest, Frozen, Language
from domain.passage import Phrase

Told = Annotated[str, StringConstraints(max_length=300, pattern=r"^[^\x00-\x1f\x7f-\x9f]*\S[^\x00-\x1f\x7f-\x9f]*$")]
"""At most 300 characters on one line, not all white space."""


class Place(Frozen):
    """A sentence of a passage, counted from 0."""

    passage: Digest = Field(pattern=r"^[0-9a-f]{64}$")
    sentence: Annotated[int, Field(strict=True, ge=0)]
    near: bool = Field(default=False, description="It speaks of something beside the matter and is no position on it")


class Matter(Frozen):
    """A line of a pack's `register.jsonl`."""

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    names: dict[Language, Annotated[tuple[Phrase, ...], Field(min_length=1)]] = Field(
        min_length=1, description="Ways in which a question names this very matter, the plain one first"
    )
    told: dict[Language, tuple[Told, ...]] = Field(
        default={}, description="Words and sentences in which people tell what happens to them that it is about"
    )
    about: str = Field(max_length=400, description="For reviewers: what counts as a position on it, what is only near")
    places: dict[str, tuple[Place, ...]] = Field(
        description="Party id to the sentences that state its position, the best first, one of a passage; then those "
        "that are only near; [] for none"
    )
