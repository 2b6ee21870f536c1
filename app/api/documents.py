"""The documents behind the quotations: the very bytes, and each page or section as it was read.

A source is somebody else's file. It is served so that nothing in it can act on our origin: no
sniffing, no scripts, mark-up of web pages as plain text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from app.api.reception import Reception
from app.api.routes import Here, held, problems_for, tagged
from app.built import Built, DocumentView
from app.errors import UnknownDocument
from domain.base import Digest

FOR_EVER = "public, max-age=31536000, immutable"
"""The address names the digest of the bytes."""
PER_BUILD = "public, max-age=60"
"""How a page was read can change with the next build."""

SERVED_AS: Mapping[str, tuple[str, str]] = {
    "application/pdf": ("application/pdf", "pdf"),
    "text/markdown": ("text/markdown; charset=utf-8", "md"),
    "text/html": ("text/plain; charset=utf-8", "txt"),
}
"""Media type of a source to the one it is sent with, and the ending of the file's name."""

router = APIRouter(prefix="/v1/documents", tags=["documents"])


class PageText(BaseModel):
    """One page as extracted; points from the bottom left. A word is `[start, end, x0, y0, x1, y1]`."""

    document: Digest
    page: int
    label: str | None
    width: float
    height: float
    text: str
    words: tuple[tuple[int, int, float, float, float, float], ...]
    furniture: tuple[tuple[int, int], ...]


class Paragraph(BaseModel):
    """One passage of a section."""

    passage: Digest
    section: str | None
    text: str


class SectionText(BaseModel):
    """A section of a document without pages; sections that share a slug are given together, in reading order."""

    document: Digest
    slug: str
    heading: tuple[str, ...]
    title: str
    paragraphs: tuple[Paragraph, ...]


def found(reception: Reception, sha256: str) -> tuple[Built, DocumentView]:
    """The document and the first election that has it. Raises UnknownDocument."""
    for built in reception.elections():
        if sha256 in built.documents:
            return built, built.documents[sha256]
    raise UnknownDocument("no document with this digest is served here")


def file_name(view: DocumentView, ending: str) -> str:
    """A name of plain letters, digits and hyphens for saving the file."""
    plain = re.sub(r"[^a-z0-9-]+", "-", view.source.id.lower()).strip("-")
    return f"{plain or 'document'}.{ending}"


@router.get(
    "/{sha256}",
    response_class=Response,
    responses={
        200: {"description": "The bytes", "content": {kind: {} for kind in SERVED_AS if kind != "text/html"}},
        304: {"description": "Not modified"},
        **problems_for(404),
    },
)
async def original(sha256: str, request: Request, reception: Here) -> Response:
    """The bytes of a document, as fetched."""
    _, view = found(reception, sha256)
    media_type, ending = SERVED_AS[view.media_type]
    tag = f'"{sha256}"'
    headers = {
        "ETag": tag,
        "Cache-Control": FOR_EVER,
        "Content-Disposition": f'inline; filename="{file_name(view, ending)}"',
        "Content-Security-Policy": "sandbox; default-src 'none'; base-uri 'none'; form-action 'none'",
    }
    if held(request, tag):
        return Response(status_code=304, headers=headers)
    return FileResponse(view.path, media_type=media_type, headers=headers)


@router.get("/{sha256}/pages/{n}", response_model=PageText, responses=problems_for(404))
async def page(sha256: str, n: int, request: Request, reception: Here) -> Response:
    """One physical page, counted from 1, with the place of every word."""
    built, view = found(reception, sha256)
    if not 1 <= n <= (view.pages or 0):
        raise UnknownDocument("the document has no such page")
    shown = await run_in_threadpool(built.page, sha256, n)
    text = PageText(
        document=sha256,
        page=n,
        label=shown.label,
        width=shown.width,
        height=shown.height,
        text=shown.text,
        words=shown.boxes,
        furniture=shown.furniture,
    )
    return tagged(request, text.model_dump_json().encode(), PER_BUILD)


@router.get("/{sha256}/sections/{slug}", response_model=SectionText, responses=problems_for(404))
async def section(sha256: str, slug: str, request: Request, reception: Here) -> Response:
    """One section of a document without pages, passage by passage."""
    built, view = found(reception, sha256)
    sections = () if view.pages is not None else await run_in_threadpool(built.sections, sha256)
    same = [s for s in sections if s.slug == slug]
    if not same:
        raise UnknownDocument("the document has no such section")
    text = SectionText(
        document=sha256,
        slug=slug,
        heading=same[0].heading,
        title=same[0].title,
        paragraphs=tuple(Paragraph(passage=p.id, section=p.section, text=p.text) for s in same for p in s.paragraphs),
    )
    return tagged(request, text.model_dump_json().encode(), PER_BUILD)
