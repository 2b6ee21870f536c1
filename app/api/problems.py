"""One place turns every error into a reply: RFC 9457 problems for programs, pages for readers.

A problem has a stable `type` that can be opened, a code, and words that say what to do. Of what
went wrong inside, nothing but the code leaves the house.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from app.api.pages import error_page
from app.errors import IsegoriaError
from domain.answer import Answer

MEDIA_TYPE = "application/problem+json"
PROGRAM_PATHS = ("/v1", "/problems", "/log", "/healthz", "/readyz", "/metrics")
"""Where programs ask and get problems; everywhere else people read pages."""


class Kind(NamedTuple):
    """One kind of problem: its HTTP status and a title that never changes."""

    status: int
    title: str


PROBLEMS: Mapping[str, Kind] = {
    "malformed_request": Kind(400, "The request body is not JSON in UTF-8."),
    "not_found": Kind(404, "Nothing has this address."),
    "no_receipt": Kind(404, "The record has no leaf in a log, so there is no receipt."),
    "receipt_pending": Kind(404, "No checkpoint of the log covers the record yet."),
    "unknown_conversation": Kind(404, "No conversation has this id."),
    "unknown_document": Kind(404, "No document, page or section has this address."),
    "unknown_election": Kind(404, "No election with this id is served here."),
    "unknown_record": Kind(404, "No record has this id."),
    "method_not_allowed": Kind(405, "This address does not take this method."),
    "record_erased": Kind(410, "The record was erased; its leaf stays in the log."),
    "content_too_large": Kind(413, "The request body is too large."),
    "unsupported_media_type": Kind(415, "The request body must be sent as application/json."),
    "bad_question": Kind(422, "The question cannot be taken."),
    "bad_report": Kind(422, "The report cannot be taken."),
    "invalid_request": Kind(422, "The request does not have the published form."),
    "unknown_party": Kind(422, "The election has no party with this id."),
    "too_many_questions": Kind(429, "Too many questions came from this network in the last minute."),
    "failed_check": Kind(500, "The draft could not be checked, so it was not shown."),
    "failed_guard": Kind(500, "The question could not be screened, so it was not answered."),
    "failed_internal": Kind(500, "The question could not be answered."),
    "internal": Kind(500, "Something went wrong on the side of the service."),
    "record": Kind(500, "The exchange could not be stored or read, so nothing was answered."),
    "record_exists": Kind(500, "The record id was already in use, so nothing was answered."),
    "record_unreadable": Kind(500, "The record store cannot be read."),
    "record_write_failed": Kind(500, "The exchange could not be stored, so nothing was answered."),
    "busy": Kind(503, "The service works on as many questions as it can at once."),
    "failed_record": Kind(503, "The exchange could not be stored, so nothing was answered."),
    "failed_retrieval": Kind(503, "The documents could not be searched."),
    "index_unusable": Kind(503, "The index of the election cannot be used."),
    "not_ready": Kind(503, "The service cannot answer questions yet, or no longer."),
    "paused": Kind(503, "The operator has paused the service."),
    "record_unavailable": Kind(503, "The record store is busy, so nothing was answered."),
}

RETRY_AFTER: Mapping[str, int] = {
    "busy": 1, "failed_record": 5, "failed_retrieval": 5, "not_ready": 5, "paused": 300, "receipt_pending": 1,
    "record_unavailable": 2,
}  # fmt: skip
"""Seconds after which the same request may succeed."""

_BY_STATUS = {400: "malformed_request", 404: "not_found", 405: "method_not_allowed", 413: "content_too_large"}


class FieldError(BaseModel):
    """What is wrong with one field of the request."""

    field: str
    message: str


class Problem(BaseModel):
    """An RFC 9457 problem. Members after `code` are there only when they say something."""

    model_config = ConfigDict(extra="forbid")

    type: str = Field(description="URI reference of this kind of problem; it can be opened")
    title: str
    status: int
    detail: str | None = None
    code: str = Field(description="The last part of `type`, for programs")
    record: str | None = Field(default=None, description="The record of the failed exchange")
    errors: list[FieldError] | None = Field(default=None, description="What is wrong with the request, by field")
    reasons: list[str] | None = Field(default=None, description="Why the service is not ready")
    answer: Answer | None = Field(default=None, description="The reviewed words for a paused or failed answer")


def problem(code: str, detail: str | None = None, **members: Any) -> Problem:
    """The problem with this code; `members` are its further fields."""
    kind = PROBLEMS.get(code) or PROBLEMS["internal"]
    named = code if code in PROBLEMS else "internal"
    return Problem(
        type=f"/problems/{named}", title=kind.title, status=kind.status, detail=detail, code=named, **members
    )


def problem_json(found: Problem) -> str:
    """The problem as JSON in ASCII (a field name in it may hold a lone surrogate), absent members left out."""
    shown = {k: v for k, v in found.model_dump(exclude={"answer"}).items() if v is not None}
    if found.answer is not None:
        shown["answer"] = found.answer.model_dump(mode="json")
    return json.dumps(shown)


def problem_reply(found: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """The reply that carries the problem, with Retry-After where waiting helps."""
    sent = {"Cache-Control": "no-store", **(headers or {})}
    if found.code in RETRY_AFTER:
        sent.setdefault("Retry-After", str(RETRY_AFTER[found.code]))
    return Response(problem_json(found), found.status, sent, MEDIA_TYPE)


def problem_of(error: IsegoriaError) -> Problem:
    """The problem of an error of ours. Words of inner errors may name files, so they stay inside."""
    outward = error.status < 500 or error.code in ("paused", "busy")
    return problem(error.code, error.message if outward else None)


def for_programs(path: str) -> bool:
    """Whether this address belongs to the interface for programs."""
    return any(path == p or path.startswith(f"{p}/") for p in PROGRAM_PATHS)


def reply_for(request: Request, found: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """A problem where programs ask, a page where people read."""
    if for_programs(request.url.path):
        return problem_reply(found, headers)
    # Readers have one page for "come back in a moment"; the status still says which it was.
    page = error_page(request, found.status, "unavailable" if found.status == 429 else found.code)
    page.headers.update(headers or {})
    return page


async def on_our_error(request: Request, error: Exception) -> Response:
    """Handler for IsegoriaError."""
    assert isinstance(error, IsegoriaError)
    return reply_for(request, problem_of(error))


async def on_http_error(request: Request, error: Exception) -> Response:
    """Handler for what the framework refuses: unknown address, wrong method, body too large."""
    assert isinstance(error, HTTPException)
    code = _BY_STATUS.get(error.status_code, "invalid_request" if error.status_code < 500 else "internal")
    return reply_for(request, problem(code), error.headers)


async def on_invalid_request(request: Request, error: Exception) -> Response:
    """Handler for a request that has not the published form; never repeats what was sent as a value."""
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    if all(e["loc"][0] == "path" for e in found):
        return reply_for(request, problem("not_found"))
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method == "POST" and media_type != "application/json":
        return reply_for(request, problem("unsupported_media_type"))
    if any(e["type"] == "json_invalid" for e in found):
        return reply_for(request, problem("malformed_request"))
    return reply_for(request, problem("invalid_request", errors=_field_errors(found)))


def _field_errors(found: Sequence[Any]) -> list[FieldError]:
    return [
        FieldError(field=".".join(str(part)[:60] for part in e["loc"][1:]) or "body", message=e["msg"])
        for e in found[:20]
    ]
