"""What the pages need from the rest of the house, as protocols.

The pages read built elections and ask questions; they never see an index, a store or a model.
`app.desk` is the real thing, the tests bring an invented one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from domain.answer import Answer
from domain.base import Digest, Localised
from domain.election import Election, Source
from domain.exchange import Exchange
from domain.passage import Passage

Box = tuple[int, int, float, float, float, float]
"""A word on a page: start and end in the page text, then x0, y0, x1, y1 in points from the bottom left."""


@dataclass(frozen=True)
class Ask:
    """A question as it is put to the desk; empty `parties` means all."""

    election: str
    question: str
    conversation: str | None = None
    parties: tuple[str, ...] = ()
    language: str | None = None


class DocumentView(Protocol):
    """A document of a built pack."""

    @property
    def source(self) -> Source: ...
    @property
    def media_type(self) -> str: ...
    @property
    def pages(self) -> int | None: ...


class PageView(Protocol):
    """One page as extracted; width and height in points."""

    @property
    def label(self) -> str | None: ...
    @property
    def text(self) -> str: ...
    @property
    def width(self) -> float: ...
    @property
    def height(self) -> float: ...
    @property
    def boxes(self) -> tuple[Box, ...]: ...


class SectionView(Protocol):
    """A section of a document without pages."""

    @property
    def slug(self) -> str: ...
    @property
    def heading(self) -> tuple[str, ...]: ...
    @property
    def title(self) -> str: ...
    @property
    def text(self) -> tuple[str, ...]: ...


PolicyEntry = tuple[str, str, Localised, Mapping[str, tuple[str, ...]]]
"""Category, action, reason per language, examples per language."""


class Built(Protocol):
    """One built election pack."""

    @property
    def election(self) -> Election: ...
    @property
    def documents(self) -> Mapping[Digest, DocumentView]: ...
    def page(self, sha256: Digest, n: int) -> PageView: ...
    def page_image(self, sha256: Digest, n: int, scale: float) -> bytes: ...
    def sections(self, sha256: Digest) -> tuple[SectionView, ...]: ...
    def passage(self, id: Digest) -> Passage: ...
    def policy_entries(self) -> tuple[PolicyEntry, ...]: ...


class Desk(Protocol):
    """The one entry to the service."""

    def elections(self) -> tuple[Built, ...]: ...
    def election(self, id: str) -> Built: ...
    async def ask(self, ask: Ask) -> Answer: ...
    async def answer(self, record: str) -> Answer: ...
    async def exchange(self, record: str) -> Exchange: ...
