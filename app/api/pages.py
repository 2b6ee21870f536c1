"""The pages that people read, rendered on the server and whole without JavaScript.

Ask, read, and open the cited page with the quotation marked. Every route answers with a page,
errors included, in the reader's language and with the same security headers.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from app import links
from app.api import page_audit, page_compare, page_documents, page_report, page_views, page_widget
from app.api.page_assets import SECURITY_HEADERS, static_file
from app.api.page_desk import Built, Desk
from app.api.page_form import read_form
from app.api.page_routes import BuiltHere, DeskHere, NoSuchPage, PageRoute, error_page
from app.api.page_shell import FRONTEND, in_frame, open_shell, page, voice_for
from app.desk import Ask
from app.errors import BadQuestion, ServicePaused, UnknownConversation, UnknownRecord
from domain.answer import Answer

QUESTION_LIMIT = 1000
"""Code points of a question after trimming (design, section 9)."""
SUGGESTED = 6


router = APIRouter(route_class=PageRoute, include_in_schema=False, default_response_class=HTMLResponse)
last = APIRouter(route_class=PageRoute, include_in_schema=False)


def install_pages(app: FastAPI, desk: Desk | None = None, frontend: Path = FRONTEND) -> None:
    """Add all pages and static files to the application; reads templates and messages once.

    Without a desk here, `app.state.desk` must be set before the first request.
    """
    if desk is not None:
        app.state.desk = desk
    app.state.shell = open_shell(frontend)
    for part in (
        router,
        page_audit.router,
        page_compare.router,
        page_documents.router,
        page_report.router,
        page_widget.router,
        last,
    ):
        app.include_router(part)


@router.get("/")
async def home(request: Request, desk: DeskHere) -> Response:
    """All elections, or the page of the only one."""
    elections = desk.elections()
    if len(elections) == 1:
        request.state.built = elections[0]
        return ask_page(request, elections[0])
    return page(request, "elections.html", {"elections": elections})


@router.get("/about")
async def about(request: Request, desk: DeskHere) -> Response:
    """Who runs the service, what is stored, how to complain."""
    elections = desk.elections()
    only = elections[0] if len(elections) == 1 else None
    return page(request, "about.html", {"elections": elections, "built": only})


@router.get("/static/{name}")
async def static(name: str, request: Request) -> Response:
    """A style sheet, picture or script of our own."""
    found = static_file(request.app.state.shell.assets, name, request)
    if found is None:
        raise NoSuchPage(f"no static file {name}")
    return found


@router.get("/e/{election}")
async def election_home(request: Request, built: BuiltHere) -> Response:
    """The question box; `q` puts words into it without asking them."""
    return ask_page(request, built, typed=request.query_params.get("q", "")[: 2 * QUESTION_LIMIT])


def ask_page(request: Request, built: Built, **shown: object) -> HTMLResponse:
    """The page with the question box; `error` names the message that the field shows, with status 422."""
    context = {"typed": "", "chosen": (), "after": None, "error": None, **shown, "built": built}
    voice = voice_for(request, request.app.state.shell, built)
    context["basis"] = page_views.basis(built, voice.language)
    heard = {view.source.party for view in built.documents.values()}
    context["without_document"] = sum(party.id not in heard for party in built.election.parties)
    context["suggested"] = built.election.suggestions[:SUGGESTED]
    return page(request, "ask.html", context, 422 if context["error"] else 200)


@router.get("/e/{election}/ask")
async def ask_again(request: Request, built: BuiltHere) -> Response:
    """Someone reloaded or typed the address of the form: lead to the question box."""
    return RedirectResponse(links.election_path(built.election.id), 303, SECURITY_HEADERS)


@router.post("/e/{election}/ask")
async def ask(request: Request, built: BuiltHere, desk: DeskHere) -> Response:
    """Take a question and lead to its recorded answer."""
    form = await read_form(request)
    request.scope["page_path"] = links.election_path(built.election.id)
    if form is None:
        return ask_page(request, built, error="too_long")
    typed = form.get("question", [""])[0]
    chosen = tuple(p.id for p in built.election.ordered() if p.id in form.get("party", []))
    after = form.get("after", [""])[0][:64] or None
    kept: dict[str, object] = {"typed": typed, "chosen": chosen, "after": after}
    question = typed.strip()
    if not question or len(question) > QUESTION_LIMIT:
        return ask_page(request, built, **kept, error="too_long" if question else "empty")
    language = request.query_params.get("lang")
    offered = language if language in built.election.offered else None
    try:
        exchange = await desk.ask(Ask(built.election.id, question, None, chosen, offered, after))
    except BadQuestion:
        return ask_page(request, built, **kept, error="unreadable")
    except UnknownConversation:
        return ask_page(request, built, **{**kept, "after": None}, error="conversation")
    except ServicePaused:
        answer = desk.paused(built.election.id, offered or voice_for(request, request.app.state.shell, built).language)
        return answer_page(request, built, answer, question=question, status=503)
    kept = {"frame": "1"} if in_frame(request) else {}
    query = urlencode({**kept, **({"lang": offered} if offered else {})})
    address = links.answer_path(built.election.id, exchange.record) + (f"?{query}" if query else "")
    return RedirectResponse(address, 303, SECURITY_HEADERS)


@router.get("/e/{election}/a/{record}")
async def recorded(record: str, request: Request, built: BuiltHere, desk: DeskHere) -> Response:
    """A recorded answer, for whoever holds its address."""
    answer = await desk.answer(record)
    if answer.election != built.election.id:
        raise UnknownRecord("the record belongs to another election")
    exchange = await desk.exchange(record)
    return answer_page(
        request, built, answer,
        question=exchange.question.text, language=exchange.question.language,
        exchange=exchange, considered=page_views.considered(built, exchange),
    )  # fmt: skip


def answer_page(request: Request, built: Built, answer: Answer, *, status: int = 200, **shown: object) -> HTMLResponse:
    """An answer with its question; what was not recorded has no steps to show."""
    context = {"exchange": None, "considered": (), "language": answer.language, **shown, "answer": answer}
    context |= {"built": built}
    without = context["without"] = page_views.parties_named(built.election, answer.no_document)
    rows = context["rows"] = page_views.rows(built, answer)
    context["said_by"] = [row for row in rows if row.party is not None]
    context["summary"] = lambda voice: page_views.summary(voice, rows, without)
    context["suggested"] = built.election.suggestions[:SUGGESTED]
    response = page(request, "answer.html", context, status)
    response.headers.update({"X-Robots-Tag": "noindex", "Cache-Control": "private, no-cache"})
    return response


@router.get("/e/{election}/method")
async def method(request: Request, built: BuiltHere) -> Response:
    """How an answer is made."""
    return page(request, "method.html", {"built": built})


@router.get("/e/{election}/refusals")
async def refusals(request: Request, built: BuiltHere) -> Response:
    """What is not answered, and why, from the policy itself."""
    return page(request, "refusals.html", {"built": built, "entries": built.policy_entries()})


@last.get("/e/{election}/{rest:path}")
async def anything_else(rest: str, built: BuiltHere) -> Response:
    """Whatever else is asked of an election is not there."""
    raise NoSuchPage(f"{built.election.id} has no page {rest!r}")


__all__ = ["error_page", "install_pages"]
