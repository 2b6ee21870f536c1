"""What every route of the interface needs from the application: its reception, and headers for replies."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Request, Response

from app.api.problems import MEDIA_TYPE, Problem
from app.api.reception import Reception
from domain.base import sha256


async def reception_of(request: Request) -> Reception:
    """The reception that was opened with the application. Async, or each request would visit a thread for it."""
    reception: Reception = request.app.state.desk
    return reception


Here = Annotated[Reception, Depends(reception_of)]


def problems_for(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The published problem replies of a route."""
    schema = {"schema": {"$ref": f"#/components/schemas/{Problem.__name__}"}}
    return {s: {"description": "Problem (RFC 9457)", "content": {MEDIA_TYPE: schema}} for s in statuses}


def tagged(request: Request, body: bytes, cache: str) -> Response:
    """JSON with its digest as entity tag; 304 without a body when the caller has it (RFC 9110 §13.1.2)."""
    tag = f'"{sha256(body)[:32]}"'
    headers = {"ETag": tag, "Cache-Control": cache}
    if held(request, tag):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="application/json")


def held(request: Request, tag: str) -> bool:
    """Whether If-None-Match names this entity tag; weak and strong compare alike for GET."""
    sent = [t.strip().removeprefix("W/") for t in request.headers.get("if-none-match", "").split(",")]
    return tag in sent or "*" in sent
