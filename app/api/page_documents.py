"""The pages of the sources: what can be quoted, and each cited page or section with the quotation marked.

Only documents of the pack are shown, by digest; an address given by a reader is never fetched.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool

from app.api import page_marks, page_views
from app.api.page_assets import SECURITY_HEADERS
from app.api.page_desk import DocumentView
from app.api.page_routes import BuiltHere, DocumentHere, NoSuchPage, PageRoute
from app.api.page_shell import Shell, page

IMAGE_SCALES = {"1": 1.5, "2": 3.0}
"""Pixels per point on offer: for reading beside the text, and for a closer look."""

From = Annotated[int, Query(alias="from")]

router = APIRouter(route_class=PageRoute, include_in_schema=False, default_response_class=HTMLResponse)


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
    context["elsewhere"] = page_marks.other_pages(quotation, number) if quotation else ()
    context |= {"quotation": quotation, "lines": page_marks.lines_on_page(shown, spans)}
    context["pieces"] = page_marks.pieces(shown.text, spans)
    if quotation:
        context["passage_pieces"] = page_marks.marked_passage(quotation.passage, quotation)
    return page(request, "page.html", context)


@router.get("/e/{election}/documents/{sha256}/pages/{number}/image.png")
def page_image(number: int, sha256: str, request: Request, built: BuiltHere, view: DocumentHere) -> Response:
    """The picture of a page, the same bytes for ever, since the address names the document's digest."""
    _need_page(view, number)
    shell: Shell = request.app.state.shell
    scale = IMAGE_SCALES.get(request.query_params.get("size", "1"))
    if scale is None:
        raise NoSuchPage("no such size")
    headers = {**SECURITY_HEADERS, "Cache-Control": "public, max-age=86400"}
    with shell.drawing:
        picture = built.page_image(sha256, number, scale)
    return Response(picture, media_type="image/png", headers=headers)


@router.get("/e/{election}/documents/{sha256}/sections/{slug}")
async def document_section(
    slug: str, sha256: str, request: Request, built: BuiltHere, view: DocumentHere,
    passage: str | None = None, start: From = 0, to: int = 0,
) -> Response:  # fmt: skip
    """One section of a document without pages, the quotation marked."""
    sections = await run_in_threadpool(built.sections, sha256)
    quotation = page_views.quotation_asked(built, sha256, passage, (start, to))
    found = [n for n, s in enumerate(sections) if s.slug == slug]
    if not found:
        raise NoSuchPage(f"no section {slug}")
    cited = [n for n in found if quotation and any(p.id == quotation.passage.id for p in sections[n].paragraphs)]
    at = (cited or found)[0]
    section = sections[at]
    context = {"built": built, "sha256": sha256, "view": view, "section": section, "quotation": quotation}
    context["paragraphs"] = tuple(page_marks.marked_passage(p, quotation) for p in section.paragraphs)
    context["previous"] = sections[at - 1] if at else None
    context["following"] = sections[at + 1] if at + 1 < len(sections) else None
    return page(request, "section.html", context)


def _need_page(view: DocumentView, number: int) -> None:
    if not 1 <= number <= (view.pages or 0):
        raise NoSuchPage(f"no page {number}")
