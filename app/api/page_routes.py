"""What all page routes share: the desk, the election and document an address names, and errors as pages.

An error reaches a reader as a page with clear words in their language, never as a trace.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute

from app.api.page_desk import Built, Desk, DocumentView
from app.api.page_shell import Shell, page
from app.errors import IsegoriaError


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


def error_page(request: Request, status: int, code: str) -> HTMLResponse:
    """A page that says what went wrong and what to do; usable as the handler for browsers anywhere."""
    shell: Shell = request.app.state.shell
    known = f"error.{code}.title" in next(iter(shell.messages.values()))
    key = code if known else ("no_such_page" if status == 404 else "unavailable" if status == 503 else "internal")
    built = getattr(request.state, "built", None)
    response = page(request, "error.html", {"built": built, "key": key, "status": status}, status)
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Basic realm="auditor", charset="UTF-8"'
    return response
