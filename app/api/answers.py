"""Questions and recorded answers over HTTP: one question in, one answer object or its stream out.

Whoever holds a record id may read that record; there is no list. A question counts as put once
it was taken: its record is kept even when the caller has gone.
"""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request, Response
from fastapi.sse import EventSourceResponse
from pydantic import BaseModel, ConfigDict, Field

from app.api.events import Steps, events, failure, stream_content
from app.api.problems import problem, problem_reply
from app.api.reception import Reception
from app.api.routes import Here, problems_for
from app.desk import Ask
from app.errors import IsegoriaError, ServicePaused, UnknownElection
from domain.answer import Answer
from domain.exchange import Exchange

router = APIRouter(prefix="/v1/answers", tags=["answers"])

STREAM_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "Vary": "Accept"}
ANSWER_HEADERS = {"Cache-Control": "no-store", "Vary": "Accept"}
RECEIPT = "text/plain; charset=utf-8"
RECORD_HEADERS = {"Cache-Control": "private, no-cache", "X-Robots-Tag": "noindex"}


class Asking(BaseModel):
    """A question as it is sent. An unknown field is an error, so that a misspelt one is noticed."""

    model_config = ConfigDict(extra="forbid", strict=True)

    election: str = Field(max_length=100, description="Id of the election")
    question: str = Field(description="1 to 1,000 code points after trimming")
    conversation: str | None = Field(default=None, max_length=100, description="From an earlier answer; else a new one")
    after: str | None = Field(default=None, max_length=100, description="Record to go on from, instead of conversation")
    parties: list[str] | None = Field(default=None, max_length=500, description="Party ids; else what is named, or all")
    language: str | None = Field(default=None, max_length=35, description="One of the election's languages (BCP 47)")

    def ask(self) -> Ask:
        """The question as the desk takes it."""
        chosen = tuple(self.parties or ())
        return Ask(self.election, self.question, self.conversation, chosen, self.language, self.after)


@router.post(
    "",
    response_model=Answer,
    responses={
        200: {"description": "The answer, or with `Accept: text/event-stream` its events", "content": stream_content()},
        **problems_for(400, 404, 413, 415, 422, 429, 500, 503),
    },
)
async def put_question(asking: Asking, request: Request, reception: Here) -> Response:
    """Answer a question. Refused, redirected and unanswerable questions are answers too."""
    steps: Steps = asyncio.Queue()
    try:
        work = reception.take(asking.ask(), steps.put_nowait)
        if not wants_events(request.headers.get("accept", "")):
            return _whole(await asyncio.shield(work))
        work.add_done_callback(lambda _: steps.put_nowait(None))
        first = await steps.get()
        if first is None:
            await work
    except ServicePaused as error:
        return _paused(asking, reception, error)
    return EventSourceResponse(events(first, steps, work, reception.receipt), headers=STREAM_HEADERS)


@router.get("/{record}", response_model=Answer, responses=problems_for(404, 410, 500, 503))
async def recorded(record: str, reception: Here) -> Response:
    """A recorded answer, for whoever holds its id; its conversation is told only to the one who asked."""
    answer = await reception.answer(record)
    return Response(answer.model_dump_json(), media_type="application/json", headers=RECORD_HEADERS)


@router.get(
    "/{record}/receipt",
    response_class=Response,
    responses={200: {"description": "C2SP tlog-proof", "content": {RECEIPT: {}}}, **problems_for(404, 500, 503)},
)
async def receipt(record: str, reception: Here) -> Response:
    """The proof that the record stands in the public log, for whoever holds its id (`isegoria audit verify`)."""
    saved = {"Content-Disposition": f'attachment; filename="{record}.tlog-proof"'}
    return Response(await reception.receipt(record), media_type=RECEIPT, headers=RECORD_HEADERS | saved)


class Opened(BaseModel):
    """What shows that a leaf stands for a record: its `commitment` is HMAC-SHA-256 of `body` in UTF-8 under `salt`."""

    body: str = Field(description="The record as it was stored, to the byte")
    salt: str = Field(description="32 bytes in hexadecimal")


class Asked(BaseModel):
    """What only the one who asked knows: a record holds the earlier turns of its conversation."""

    model_config = ConfigDict(extra="forbid", strict=True)

    conversation: str = Field(max_length=100, description="From the answer when it was given")


@router.post("/{record}/opening", response_model=Opened, responses=problems_for(404, 410, 415, 422, 500, 503))
async def opening(record: str, asked: Asked, reception: Here) -> Response:
    """What the record's leaf commits to, so that the one who asked can check it (`isegoria audit verify --opening`)."""
    found = await reception.opening(record, asked.conversation)
    opened = Opened(body=found.body.decode(), salt=found.salt.hex())
    return Response(opened.model_dump_json(), media_type="application/json", headers={"Cache-Control": "no-store"})


def wants_events(accept: str) -> bool:
    """Whether the caller prefers an event stream to JSON (RFC 9110 §12.5.1); JSON when nothing is said."""
    weights: dict[str, float] = {}
    for part in accept.lower().split(","):
        kind, *parameters = (p.strip() for p in part.split(";"))
        given = next((p[2:] for p in parameters if p.startswith("q=")), "1")
        try:
            weights[kind] = float(given)
        except ValueError:
            weights[kind] = 0.0
    stream = weights.get("text/event-stream", 0.0)
    return stream > 0 and stream >= weights.get("application/json", 0.0)


def _whole(exchange: Exchange) -> Response:
    failed = failure(exchange)
    if failed is not None:
        return problem_reply(failed, ANSWER_HEADERS)
    assert exchange.answer is not None, "failure() speaks for an exchange without an answer"
    return Response(exchange.answer.model_dump_json(), media_type="application/json", headers=ANSWER_HEADERS)


def _paused(asking: Asking, reception: Reception, error: IsegoriaError) -> Response:
    """The pause in the reviewed words of the election, where it is one we serve."""
    try:
        built = reception.election(asking.election)
    except UnknownElection:
        return problem_reply(problem("paused", error.message))
    offered = built.election.offered
    language = asking.language if asking.language in offered else offered[0]
    answer = reception.paused(asking.election, language)
    return problem_reply(problem("paused", answer.message, answer=answer), {"Content-Language": language})
