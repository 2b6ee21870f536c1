"""What an auditor sees: the log and its counts, any record by its id as the story of its steps, and, with a token, all.

Promise: the public part holds counts and nothing that was asked; a story is for whoever holds the record's id, as the
answer is; the list is for those whom the operator has given a token, and is never stored by a browser.
"""

from __future__ import annotations

import re
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from app import links
from app.api import page_views
from app.api.auditors import Auditor
from app.api.page_assets import SECURITY_HEADERS
from app.api.page_desk import Built
from app.api.page_plot import bars
from app.api.page_routes import BuiltHere, DeskHere, PageRoute
from app.api.page_shell import page, voice_for
from app.errors import UnknownRecord
from app.log import published_head
from app.storage.listing import Place, Wanted
from domain.answer import AnswerStatus
from domain.tally import FEWEST, OUTCOMES

DAYS = 60
"""Days that the plot of an election shows."""
ROWS = 50
"""Exchanges on one page of the list."""
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_IDENTITY = re.compile(r"[0-9a-f]{32}")

router = APIRouter(route_class=PageRoute, include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/audit")
async def audit(request: Request, desk: DeskHere) -> Response:
    """The log, what was counted, and how to check all of it."""
    folder = getattr(request.app.state, "log", None)
    head = published_head(folder) if folder is not None else None
    text = head[0] if head is not None else ""
    counts = await desk.counts()
    shown = [(built, counts[built.election.id]) for built in desk.elections()]
    context = {
        "built": shown[0][0] if len(shown) == 1 else None,
        "head": head,
        "witnesses": max(0, text.count("\n\u2014 ") - 1),
        "shown": [(built, count, bars(count.days[-DAYS:])) for built, count in shown],
        "outcomes": OUTCOMES,
        "fewest": FEWEST,
        "listed": bool(getattr(request.app.state, "tokens", {})),
    }
    return page(request, "audit.html", context)


@router.get("/audit/record")
async def by_id(request: Request, desk: DeskHere) -> Response:
    """Lead from a record's id to its story."""
    record = request.query_params.get("id", "").strip().lower()
    exchange = await desk.exchange(record)
    address = links.story_path(exchange.question.election, record)
    language = request.query_params.get("lang")
    return RedirectResponse(address + (f"?{urlencode({'lang': language})}" if language else ""), 303, SECURITY_HEADERS)


@router.get("/e/{election}/a/{record}/story")
async def story(record: str, request: Request, built: BuiltHere, desk: DeskHere) -> Response:
    """Every step that led to a recorded answer, with what was found and not used."""
    exchange = await desk.exchange(record)
    if exchange.question.election != built.election.id:
        raise UnknownRecord("the record belongs to another election")
    by_party: dict[str | None, list[page_views.Considered]] = {}
    for one in page_views.considered(built, exchange):
        by_party.setdefault(one.hit.party, []).append(one)
    slowest = max((step.wall_us for step in exchange.steps), default=1) or 1
    context = {
        "built": built,
        "exchange": exchange,
        "answer": exchange.answer,
        "hits": [(built.election.party(party) if party else None, found) for party, found in by_party.items()],
        "gone": len(exchange.hits) - sum(map(len, by_party.values())),
        "shares": [round(100 * step.wall_us / slowest) for step in exchange.steps],
    }
    return _private(page(request, "story.html", context))


@router.get("/audit/exchanges")
async def exchanges(request: Request, desk: DeskHere, auditor: Auditor) -> Response:
    """What was asked, masked, newest first, for an auditor with a token."""
    query = request.query_params
    elections = {built.election.id: built for built in desk.elections()}
    wanted = _wanted(request, elections)
    at, _, record = query.get("after", "").partition(" ")
    after = Place(at, record) if _DAY.match(at) and _IDENTITY.fullmatch(record) else None
    found, goes_on = await desk.listed(wanted, after, ROWS)
    kept = {name: value for name, value in vars(wanted).items() if value is not None}
    _note(auditor, kept, len(found))
    voice = voice_for(request, request.app.state.shell, None)
    context = {
        "auditor": auditor,
        "elections": elections,
        "wanted": wanted,
        "found": found,
        "further": urlencode({**kept, "after": f"{goes_on.at} {goes_on.record}"}) if goes_on else None,
        "statuses": [(status.value, voice.outcome(status.value)) for status in AnswerStatus],
        "categories": sorted(
            {(e.category, e.category) for built in elections.values() for e in built.policy_entries()}
        ),
        "parties": {p.id: p for built in elections.values() for p in built.election.ordered()},
    }
    return _private(page(request, "exchanges.html", context))


def _wanted(request: Request, elections: dict[str, Built]) -> Wanted:
    """The filter in the address; what cannot be read counts as not given."""
    given = {name: value.strip() for name, value in request.query_params.items() if value.strip()}
    days = {name: given[name] for name in ("since", "until") if _DAY.fullmatch(given.get(name, ""))}
    election = given.get("election")
    return Wanted(
        election=election if election in elections else None,
        status=given.get("status"),
        category=given.get("category"),
        party=given.get("party"),
        **days,
    )


def _note(auditor: str, wanted: dict[str, str], found: int) -> None:
    """For the operator's own log: who listed what, and never a question."""
    import structlog  # only here: it costs a tenth of a second to load

    structlog.get_logger("isegoria").info("exchanges listed", auditor=auditor, wanted=wanted, found=found)


def _private(response: HTMLResponse) -> HTMLResponse:
    response.headers.update({"X-Robots-Tag": "noindex", "Cache-Control": "private, no-store"})
    return response
