"""What the pages need from the rest of the house, as protocols.

The pages read built elections and ask questions; they never see an index, a store or a model.
`app.desk` and `app.built` are the real thing, the tests bring an invented one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from app.desk import Ask
from app.storage.listing import Place, Wanted
from domain.answer import Answer
from domain.base import Digest, Language, Localised
from domain.election import Election, Source
from domain.exchange import Exchange
from domain.names import Names
from domain.passage import Passage
from domain.report import Report, ReportKind
from domain.tally import Counts

Box = tuple[int, int, float, float, float, float]
"""A word on a page: start and end in the page text, then x0, y0, x1, y1 in points from the bottom left."""


class DocumentView(Protocol):
    """A document of a built pack."""

    @property
    def source(self) -> Source:
        """The pack's entry for it."""
        ...

    @property
    def media_type(self) -> str:
        """Media type of the file that was read."""
        ...

    @property
    def pages(self) -> int | None:
        """Number of pages, or None where a document has none."""
        ...


class PageView(Protocol):
    """One page as extracted; width and height in points."""

    @property
    def label(self) -> str | None:
        """The page number as printed."""
        ...

    @property
    def text(self) -> str:
        """The text as extracted."""
        ...

    @property
    def width(self) -> float:
        """Points."""
        ...

    @property
    def height(self) -> float:
        """Points."""
        ...

    @property
    def boxes(self) -> tuple[Box, ...]:
        """Every word with its place."""
        ...


class SectionView(Protocol):
    """A section of a document without pages."""

    @property
    def slug(self) -> str:
        """Its address form."""
        ...

    @property
    def heading(self) -> tuple[str, ...]:
        """Headings from the outermost to its own."""
        ...

    @property
    def title(self) -> str:
        """Its own heading."""
        ...

    @property
    def paragraphs(self) -> tuple[Passage, ...]:
        """Its passages in reading order."""
        ...


class PolicyEntry(Protocol):
    """One kind of question that is not answered from the sources."""

    @property
    def category(self) -> str:
        """Its id in the policy."""
        ...

    @property
    def action(self) -> str:
        """What happens instead: `refuse`, `redirect` or `answer`."""
        ...

    @property
    def title(self) -> Localised:
        """Its name for readers."""
        ...

    @property
    def reason(self) -> Localised:
        """Why it is not answered."""
        ...

    @property
    def declined(self) -> Mapping[Language, tuple[str, ...]]:
        """Questions of this kind."""
        ...

    @property
    def answered(self) -> Mapping[Language, tuple[str, ...]]:
        """Questions close by that are answered."""
        ...


class Built(Protocol):
    """One built election pack."""

    @property
    def election(self) -> Election:
        """The pack as checked data."""
        ...

    @property
    def documents(self) -> Mapping[Digest, DocumentView]:
        """Documents by digest."""
        ...

    @property
    def names(self) -> Names:
        """All names of the election, to be found in texts."""
        ...

    def page(self, sha256: Digest, n: int, /) -> PageView:
        """One page, counted from 1."""
        ...

    def page_image(self, sha256: Digest, n: int, scale: float, /) -> bytes:
        """PNG of one page; `scale` is pixels per point."""
        ...

    def sections(self, sha256: Digest, /) -> Sequence[SectionView]:
        """Sections in reading order; empty for a document with pages."""
        ...

    def passage(self, id: Digest, /) -> Passage:
        """The passage with this id; UnknownDocument when this build has none."""
        ...

    def policy_entries(self) -> Sequence[PolicyEntry]:
        """What is declined, and why."""
        ...


class Desk(Protocol):
    """The one entry to the service."""

    def elections(self) -> Sequence[Built]:
        """Every built pack."""
        ...

    def election(self, id: str, /) -> Built:
        """One built pack; UnknownElection when there is none."""
        ...

    async def ask(self, ask: Ask, /) -> Exchange:
        """Answer a question and record the exchange. Raises BadQuestion, UnknownConversation, ServicePaused."""
        ...

    async def answer(self, record: str, /) -> Answer:
        """A recorded answer; UnknownRecord when there is none."""
        ...

    async def exchange(self, record: str, /) -> Exchange:
        """The whole recorded exchange."""
        ...

    async def report(self, election: str, kind: ReportKind, text: str, record: str | None = None, /) -> Report:
        """Keep what a reader says is wrong. Raises BadReport or UnknownRecord."""
        ...

    async def counts(self) -> dict[str, Counts]:
        """What may be told of the answers of each election."""
        ...

    async def listed(self, wanted: Wanted, after: Place | None, most: int, /) -> tuple[list[Exchange], Place | None]:
        """Records for an auditor with a token, newest first, and where the list goes on."""
        ...

    def paused(self, election: str, language: Language, /) -> Answer:
        """What is said instead of an answer while the operator has paused the service; not recorded."""
        ...
