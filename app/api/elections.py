"""The served elections as published data: who stands, which documents count, what is declined and why.

A build does not change while it is served, so each reply is made once and then only compared by
its entity tag.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from app.api.routes import Here, problems_for, tagged
from app.built import Built
from domain.answer import AnswerStatus
from domain.base import Digest, Language, Localised
from domain.election import Authority, DocumentKind, DocumentStatus, Operator, PartyList, Suggestion
from domain.verdict import Action
from guardrails.policy import Examples

CACHE = "public, max-age=60"

router = APIRouter(prefix="/v1/elections", tags=["elections"])


class ElectionView(BaseModel):
    """One served election, with the digests of what its answers are computed from."""

    id: str
    name: Localised
    country: Localised
    polling_day: date
    time_zone: str
    languages: tuple[Language, ...]
    plain: tuple[Language, ...]
    authority: Authority
    operator: Operator | None
    fictional: bool
    party_order: str
    suggestions: tuple[Suggestion, ...]
    corpus: Digest
    index: Digest
    policy: Digest


class ElectionList(BaseModel):
    """Every served election, by id."""

    elections: tuple[ElectionView, ...]


class PartyView(BaseModel):
    """A party with its lists and the documents it is quoted from; none means none was supplied."""

    id: str
    short: Localised
    name: Localised
    lists: tuple[PartyList, ...]
    documents: tuple[Digest, ...]


class PartyTable(BaseModel):
    """The parties in the published order; with `shuffle` every answer has an order of its own."""

    election: str
    party_order: str
    parties: tuple[PartyView, ...]


class DocumentEntry(BaseModel):
    """A document that can be quoted; `pages` is null where it has none."""

    document: Digest
    id: str
    title: str
    short: str | None
    publisher: str
    party: str | None
    kind: DocumentKind
    status: DocumentStatus
    language: Language
    published: date
    valid_from: date | None
    valid_until: date | None
    note: Localised
    media_type: str
    pages: int | None
    source_url: str | None
    url: str


class DocumentTable(BaseModel):
    """Every document of an election, in pack order."""

    election: str
    documents: tuple[DocumentEntry, ...]


class CategoryView(BaseModel):
    """A kind of question that is not answered. `{party}` and `{other}` in examples stand for any two parties."""

    category: str
    action: Action
    status: AnswerStatus
    title: Localised
    reason: Localised
    examples: dict[Language, Examples]


class PolicyView(BaseModel):
    """The line between what is answered and what is not; everything that is not listed is answered."""

    election: str
    policy: Digest
    categories: tuple[CategoryView, ...]


def election_view(built: Built) -> ElectionView:
    """The election as published."""
    election = built.election
    return ElectionView(
        id=election.id,
        name=election.name,
        country=election.country,
        polling_day=election.polling_day,
        time_zone=election.time_zone,
        languages=election.languages,
        plain=election.plain,
        authority=election.authority,
        operator=election.operator,
        fictional=election.fictional,
        party_order=election.party_order,
        suggestions=election.suggestions,
        corpus=built.corpus.digest,
        index=built.corpus.index_digest,
        policy=built.common.policy.digest,
    )


def party_table(built: Built) -> PartyTable:
    """The parties as published."""
    owned: dict[str | None, list[Digest]] = {}
    for view in built.documents.values():
        owned.setdefault(view.source.party, []).append(view.sha256)
    parties = tuple(
        PartyView(id=p.id, short=p.short, name=p.name, lists=p.lists, documents=tuple(owned.get(p.id, ())))
        for p in built.election.ordered()
    )
    return PartyTable(election=built.election.id, party_order=built.election.party_order, parties=parties)


def document_table(built: Built) -> DocumentTable:
    """The documents as published."""
    entries = []
    for view in built.documents.values():
        shown = view.source.model_dump(exclude={"renditions"})
        shown |= {"document": view.sha256, "url": f"/v1/documents/{view.sha256}"}
        shown |= {"source_url": view.source.renditions[0].url, "media_type": view.media_type, "pages": view.pages}
        entries.append(DocumentEntry.model_validate(shown))
    return DocumentTable(election=built.election.id, documents=tuple(entries))


def policy_view(built: Built) -> PolicyView:
    """The policy as published."""
    policy = built.common.policy
    categories = tuple(
        CategoryView(
            category=name,
            action=category.action,
            status=category.status,
            title=category.title,
            reason=category.reason,
            examples=category.examples,
        )
        for name, category in policy.categories.items()
    )
    return PolicyView(election=built.election.id, policy=policy.digest, categories=categories)


VIEWS: Mapping[str, Callable[[Built], BaseModel]] = {
    "": election_view,
    "parties": party_table,
    "documents": document_table,
    "policy": policy_view,
}


def published(elections: tuple[Built, ...]) -> dict[tuple[str, str], bytes]:
    """Every reply of this module, made once: by election and part; the list stands under `("", "")`."""
    whole = {("", ""): _json(ElectionList(elections=tuple(map(election_view, elections))))}
    return whole | {(b.election.id, part): _json(view(b)) for b in elections for part, view in VIEWS.items()}


def _json(view: BaseModel) -> bytes:
    return view.model_dump_json().encode()


def _reply(request: Request, reception: Here, election: str, part: str) -> Response:
    known = reception.election(election).election.id if election else ""
    kept: dict[tuple[str, str], bytes] = request.app.state.published
    return tagged(request, kept[known, part], CACHE)


_route = partial(router.get, responses={304: {"description": "Not modified"}, **problems_for(404)})


@router.get("", response_model=ElectionList)
async def all_elections(request: Request, reception: Here) -> Response:
    """Every served election."""
    return _reply(request, reception, "", "")


@_route("/{election}", response_model=ElectionView)
async def one_election(election: str, request: Request, reception: Here) -> Response:
    """One election."""
    return _reply(request, reception, election, "")


@_route("/{election}/parties", response_model=PartyTable)
async def parties(election: str, request: Request, reception: Here) -> Response:
    """Its parties, in the published order."""
    return _reply(request, reception, election, "parties")


@_route("/{election}/documents", response_model=DocumentTable)
async def documents(election: str, request: Request, reception: Here) -> Response:
    """Its documents."""
    return _reply(request, reception, election, "documents")


@_route("/{election}/policy", response_model=PolicyView)
async def policy(election: str, request: Request, reception: Here) -> Response:
    """What is declined or redirected, and why."""
    return _reply(request, reception, election, "policy")
