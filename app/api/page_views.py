"""An answer and its sources arranged for reading: one row for each party, in the published order.

A party with quotations, a party that is silent and a party without a document get a row of the
same kind; nothing here ranks, shortens or colours one of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.api.page_desk import Built, DocumentView
from app.api.page_language import Voice
from app.api.page_marks import Quotation
from app.errors import UnknownDocument
from domain.answer import Answer, Citation, Claim, Silence
from domain.base import Digest, Language, main_language
from domain.election import DocumentKind, Election, Party, Source
from domain.exchange import Exchange
from domain.passage import Hit, Passage

KINDS = (DocumentKind.PROGRAMME, DocumentKind.LAW, DocumentKind.OTHER)


@dataclass(frozen=True)
class Quoted:
    """A citation with what the reader must know about its document (None: no longer in the pack)."""

    citation: Citation
    source: Source | None


@dataclass(frozen=True)
class Said:
    """One claim with its quotations."""

    claim: Claim
    quoted: tuple[Quoted, ...]

    @property
    def own_words(self) -> bool:
        """Whether the claim says more than its quotation, so that both must be shown."""
        return self.claim.kind != "quotation"


@dataclass(frozen=True)
class Row:
    """What one party says; `party` is None for law and procedure."""

    party: Party | None
    said: tuple[Said, ...] = ()
    near: tuple[Said, ...] = ()
    silence: Silence | None = None

    @property
    def anchor(self) -> str:
        """Its place on the page, the same on every page of the answer."""
        return f"party-{self.party.id}" if self.party else "rules"


@dataclass(frozen=True)
class Considered:
    """A passage that was offered to the answer."""

    hit: Hit
    passage: Passage
    source: Source | None


def source_of(built: Built, document: Digest) -> Source | None:
    """The pack's entry for a document, or None when it is not in this build."""
    view = built.documents.get(document)
    return view.source if view else None


def rows(built: Built, answer: Answer) -> tuple[Row, ...]:
    """Law and procedure first, then each party in scope that was searched, in the order of the scope."""
    silences = {s.party: s for s in answer.silent}
    found = []
    for id in _order(built.election, answer):
        said = tuple(_said(built, c) for c in answer.claims if c.party == id)
        near = tuple(_said(built, c) for c in answer.near if c.party == id)
        silence = silences.get(id) if id else None
        if said or near or silence:
            found.append(Row(built.election.party(id) if id else None, said, near, silence))
    return tuple(found)


def summary(voice: Voice, rows: Iterable[Row], without: Iterable[Party]) -> list[str]:
    """How many parties are quoted, were searched without a find, have no document; nothing that is none."""
    of_parties = [row for row in rows if row.party is not None]
    counts = {
        "answer.sum_quoted": sum(bool(row.said) for row in of_parties),
        "answer.sum_silent": sum(not row.said for row in of_parties),
        "answer.sum_without": len(tuple(without)),
    }
    return [voice.n(key, count) for key, count in counts.items() if count]


def parties_named(election: Election, ids: Iterable[str]) -> tuple[Party, ...]:
    """The parties with these ids, in the order given; unknown ids are left out."""
    return tuple(p for p in map(election.party, ids) if p is not None)


def considered(built: Built, exchange: Exchange) -> tuple[Considered, ...]:
    """The passages that were looked at, in the order of the ranking within each party."""
    found = []
    for hit in exchange.hits:
        passage = passage_or_none(built, hit.passage)
        if passage is not None:
            found.append(Considered(hit, passage, source_of(built, passage.document)))
    return tuple(found)


def passage_or_none(built: Built, id: str) -> Passage | None:
    """The passage, or None when this build does not hold it."""
    try:
        return built.passage(id)
    except UnknownDocument:
        return None


def quotation_asked(built: Built, document: Digest, passage: str | None, span: tuple[int, int]) -> Quotation | None:
    """The quotation that an address names, or None unless it lies in a passage of this very document."""
    found = passage_or_none(built, passage) if passage else None
    if found is None or found.document != document:
        return None
    start, end = max(span[0], 0), min(span[1], len(found.text))
    return Quotation(found, start, end) if start < end else Quotation(found, 0, len(found.text))


def basis(built: Built, language: Language) -> dict[str, int]:
    """How many documents of each kind there are; one that comes in several languages counts once."""
    sources = [view.source for view in built.documents.values()]
    own = [s for s in sources if s.language == main_language(language)]
    counts = {kind.value: sum(s.kind is kind for s in own or sources) for kind in KINDS}
    return {kind: count for kind, count in counts.items() if count}


def documents_in_order(built: Built) -> tuple[tuple[Digest, DocumentView], ...]:
    """Documents as the pack lists its parties, then those of no party by title."""
    rank = {party.id: n for n, party in enumerate(built.election.ordered())}

    def key(item: tuple[Digest, DocumentView]) -> tuple[int, str, str]:
        source = item[1].source
        return (rank.get(source.party or "", len(rank)), source.title.casefold(), item[0])

    return tuple(sorted(built.documents.items(), key=key))


def _order(election: Election, answer: Answer) -> list[str | None]:
    """No party, the scope as answered, then any other party with a claim, each once."""
    rest = [p.id for p in election.ordered()]
    return list(dict.fromkeys([None, *answer.scope, *rest]))


def _said(built: Built, claim: Claim) -> Said:
    return Said(claim, tuple(Quoted(c, source_of(built, c.document)) for c in claim.citations))
