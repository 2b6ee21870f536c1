"""The pages that people read, rendered on the server and whole without JavaScript.

Ask, read, and open the cited page with the quotation marked. Every route answers with a page,
errors included, in the reader's language and with the same security headers.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from app.api import links, page_marks, page_views
from app.api.page_desk import Ask, Built, Desk, DocumentView
from app.api.page_shell import FRONTEND, SECURITY_HEADERS, Shell, open_shell, page, static_file
from app.errors import BadQuestion, IsegoriaError, UnknownConversation, UnknownElection, UnknownRecord
from domain.answer import Answer

QUESTION_LIMIT = 1000
"""Code points of a question after trimming (design, section 9)."""
FORM_LIMIT = 64 * 1024
"""Bytes of a form: a thousand code points, percent-encoded, with every party ticked, and room to spare."""
IMAGE_SCALES = {"1": 1.5, "2": 3.0}
"""Pixels per point on offer: for reading beside the text, and for a closer look."""
SUGGESTED = 6


class NoSuchPage(IsegoriaError):
    """The address names a document, page or section that this election does not have."""

    code = "no_such_page"
    status = 404


class PageRoute(APIRoute):
    """A route whose errors are pages too."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler of the route, with errors turned into pages."""
        inner = super().get_route_handler()

        async def handler(request: Request) -> Response:
            try:
                return await inner(request)
            except IsegoriaError as error:
                return error_page(request, error.status, error.code)
            except RequestValidationError:
                return error_page(request, 404, NoSuchPage.code)

        return handler


def desk_of(request: Request) -> Desk:
    """The desk that the application was put together with."""
    desk: Desk = request.app.state.desk
    return desk


def built_of(election: str, request: Request) -> Built:
    """The built election that the address names."""
    built = desk_of(request).election(election)
    request.state.built = built
    return built


def document_of(sha256: str, built: Annotated[Built, Depends(built_of)]) -> DocumentView:
    """The document that the address names."""
    if sha256 not in built.documents:
        raise NoSuchPage(f"{built.election.id}: no document {sha256}")
    return built.documents[sha256]


DeskHere = Annotated[Desk, Depends(desk_of)]
BuiltHere = Annotated[Built, Depends(built_of)]
DocumentHere = Annotated[DocumentView, Depends(document_of)]
From = Annotated[int, Query(alias="from")]

router = APIRouter(route_class=PageRoute, include_in_schema=False, default_response_class=HTMLResponse)


def install_pages(app: FastAPI, desk: Desk, frontend: Path = FRONTEND) -> None:
    """Add all pages and static files to the application; reads templates and messages once."""
    app.state.desk = desk
    app.state.shell = open_shell(frontend)
    app.include_router(router)


def error_page(request: Request, status: int, code: str) -> HTMLResponse:
    """A page that says what went wrong and what to do; usable as the handler for browsers anywhere."""
    shell: Shell = request.app.state.shell
    known = f"error.{code}.title" in next(iter(shell.messages.values()))
    key = code if known else ("no_such_page" if status == 404 else "unavailable" if status == 503 else "internal")
    built = getattr(request.state, "built", None)
    return page(request, "error.html", {"built": built, "key": key, "status": status}, status)


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
    found = static_file(request.app.state.shell, name, request)
    if found is None:
        raise NoSuchPage(f"no static file {name}")
    return found


@router.get("/e/{election}")
async def election_home(request: Request, built: BuiltHere) -> Response:
    """The question box; `q` puts words into it without asking them."""
    return ask_page(request, built, typed=request.query_params.get("q", "")[: 2 * QUESTION_LIMIT])


def ask_page(request: Request, built: Built, typed: str = "", **more: object) -> HTMLResponse:
    """The page with the question box; `error` names the message that the field shows, with status 422."""
    context = {"typed": typed, "chosen": (), "conversation": None, "error": None, **more, "built": built}
    context["suggested"] = built.election.suggestions[:SUGGESTED]
    return page(request, "ask.html", context, 422 if context["error"] else 200)


@router.post("/e/{election}/ask")
async def ask(request: Request, built: BuiltHere, desk: DeskHere) -> Response:
    """Take a question and lead to its recorded answer."""
    form = await _form(request)
    request.scope["page_path"] = links.election_path(built.election.id)
    if form is None:
        return ask_page(request, built, error="too_long")
    typed = form.get("question", [""])[0]
    chosen = tuple(p.id for p in built.election.ordered() if p.id in form.get("party", []))
    conversation = form.get("conversation", [""])[0][:64] or None
    kept = {"typed": typed, "chosen": chosen, "conversation": conversation}
    question = typed.strip()
    if not question or len(question) > QUESTION_LIMIT:
        return ask_page(request, built, **kept, error="too_long" if question else "empty")
    language = request.query_params.get("lang")
    offered = language if language in built.election.languages else None
    try:
        answer = await desk.ask(Ask(built.election.id, question, conversation, chosen, offered))
    except BadQuestion:
        return ask_page(request, built, **kept, error="unreadable")
    except UnknownConversation:
        return ask_page(request, built, **{**kept, "conversation": None}, error="conversation")
    if answer.record is None:
        status = 503 if answer.status.family in {"paused", "failed"} else 200
        return answer_page(request, built, answer, question=question, status=status)
    query = f"?lang={offered}" if offered else ""
    return RedirectResponse(links.answer_path(built.election.id, answer.record) + query, 303, SECURITY_HEADERS)


@router.get("/e/{election}/a/{record}")
async def recorded(record: str, request: Request, built: BuiltHere, desk: DeskHere) -> Response:
    """A recorded answer, for whoever holds its address."""
    answer = await desk.answer(record)
    if answer.election != built.election.id:
        raise UnknownRecord("the record belongs to another election")
    exchange = await desk.exchange(record)
    more = {"exchange": exchange, "language": exchange.question.language}
    more["considered"] = page_views.considered(built, exchange)
    return answer_page(request, built, answer, question=exchange.question.text, **more)


def answer_page(request: Request, built: Built, answer: Answer, **more: Any) -> HTMLResponse:
    """An answer with its question; what was not recorded has no steps to show."""
    context = {"exchange": None, "considered": (), "language": answer.language, **more, "answer": answer}
    context |= {"built": built, "rows": page_views.rows(built, answer)}
    context["without"] = page_views.parties_named(built.election, answer.no_document)
    response = page(request, "answer.html", context, more.get("status", 200))
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@router.get("/e/{election}/documents")
async def documents(request: Request, built: BuiltHere) -> Response:
    """Every document that can be quoted, with its digest."""
    return page(request, "documents.html", {"built": built, "documents": page_views.documents_in_order(built)})


@router.get("/e/{election}/documents/{sha256}")
async def document(sha256: str, request: Request, built: BuiltHere, view: DocumentHere) -> Response:
    """The contents of one document."""
    sections = () if view.pages else await run_in_threadpool(built.sections, sha256)
    return page(request, "document.html", {"built": built, "sha256": sha256, "view": view, "sections": sections})


@router.get("/e/{election}/documents/{sha256}/pages/{number}")
async def document_page(
    number: int, sha256: str, request: Request, built: BuiltHere, view: DocumentHere,
    passage: str | None = None, start: From = 0, to: int = 0,
) -> Response:  # fmt: skip
    """One page of a document: its picture and its text, the quotation marked in both."""
    _need_page(view, number)
    shown = await run_in_threadpool(built.page, sha256, number)
    quotation = page_views.quotation_asked(built, sha256, passage, (start, to))
    spans = page_marks.spans_on_page(quotation, number) if quotation else ()
    context = {"built": built, "sha256": sha256, "view": view, "number": number, "shown": shown}
    context |= {"quotation": quotation, "lines": page_marks.lines_on_page(shown, spans)}
    context["pieces"] = page_marks.pieces(shown.text, spans)
    if quotation:
        context["passage_pieces"] = page_marks.pieces(quotation.passage.text, [(quotation.start, quotation.end)])
    return page(request, "page.html", context)


@router.get("/e/{election}/documents/{sha256}/pages/{number}/image.png")
def page_image(number: int, sha256: str, request: Request, built: BuiltHere, view: DocumentHere) -> Response:
    """The picture of a page, the same bytes for ever, since the address names the document's digest."""
    _need_page(view, number)
    scale = IMAGE_SCALES.get(request.query_params.get("size", "1"))
    if scale is None:
        raise NoSuchPage("no such size")
    headers = {**SECURITY_HEADERS, "Cache-Control": "public, max-age=86400"}
    return Response(built.page_image(sha256, number, scale), media_type="image/png", headers=headers)


@router.get("/e/{election}/documents/{sha256}/sections/{slug}")
async def document_section(
    slug: str, sha256: str, request: Request, built: BuiltHere, view: DocumentHere,
    passage: str | None = None, start: From = 0, to: int = 0,
) -> Response:  # fmt: skip
    """One section of a document without pages, the quotation marked."""
    sections = await run_in_threadpool(built.sections, sha256)
    quotation = page_views.quotation_asked(built, sha256, passage, (start, to))
    at = next((n for n, s in enumerate(sections) if s.slug == slug), None)
    if at is None:
        raise NoSuchPage(f"no section {slug}")
    section = sections[at]
    paragraphs = page_marks.marked_paragraphs(section.text, quotation) if quotation else None
    context = {"built": built, "sha256": sha256, "view": view, "section": section, "quotation": quotation}
    context["paragraphs"] = paragraphs or tuple(page_marks.pieces(p, ()) for p in section.text)
    context["previous"] = sections[at - 1] if at else None
    context["following"] = sections[at + 1] if at + 1 < len(sections) else None
    return page(request, "section.html", context)


@router.get("/e/{election}/method")
async def method(request: Request, built: BuiltHere) -> Response:
    """How an answer is made."""
    return page(request, "method.html", {"built": built})


@router.get("/e/{election}/refusals")
async def refusals(request: Request, built: BuiltHere) -> Response:
    """What is not answered, and why, from the policy itself."""
    return page(request, "refusals.html", {"built": built, "entries": built.policy_entries()})


def _need_page(view: DocumentView, number: int) -> None:
    if not 1 <= number <= (view.pages or 0):
        raise NoSuchPage(f"no page {number}")


async def _form(request: Request) -> dict[str, list[str]] | None:
    """The fields of a URL-encoded form, or None when it is larger than any question needs."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_LIMIT:
            return None
    try:
        return parse_qs(body.decode("ascii", "replace"), keep_blank_values=True, max_num_fields=2000)
    except ValueError:
        return {}


__all__ = ["UnknownElection", "error_page", "install_pages", "router"]
