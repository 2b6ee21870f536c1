"""The server-sent events of an answer: steps as they pass, checked claims one by one, the whole answer.

Nothing a check could still take back is ever sent: claims go out when their record is durable. A
stream that fails ends with one `problem`; one that is well with `answer`, and with `receipt` as soon as a checkpoint
of the log covers the record.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Literal

from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event
from pydantic import BaseModel

from app.api.problems import Problem, problem, problem_json, problem_of
from app.errors import IsegoriaError, ReceiptPending
from domain.answer import Answer, Claim
from domain.exchange import Exchange, Step

QUIET = 15.0
"""Seconds after which a comment keeps the connection open."""

LOOK, LOOKS = 0.2, 20
"""Seconds between two looks for the receipt, and how many looks before the stream ends without it."""

Steps = asyncio.Queue[Step | None]
"""Steps as they pass; None when the work is done."""


class StepPassed(BaseModel):
    """A step of the pipeline has passed; `outcome` is `passed` or the status that settled the answer."""

    name: Literal["understand", "screen", "retrieve", "compose", "check", "ask_back"]
    outcome: str


class Receipt(BaseModel):
    """The record stands in the public log: its `.tlog-proof` (C2SP tlog-proof), with the leaf as extra data."""

    record: str
    proof: str


EVENTS: dict[str, type[BaseModel]] = {
    "step": StepPassed,
    "claim": Claim,
    "answer": Answer,
    "receipt": Receipt,
    "problem": Problem,
}
"""The events that are sent, with the type of their data."""


def event(name: str, data: str) -> bytes:
    """One event on the wire; `data` is JSON on one line."""
    return format_sse_event(event=name, data_str=data)


async def events(
    first: Step | None, steps: Steps, work: asyncio.Task[Exchange], receipt_of: Callable[[str], Awaitable[bytes]]
) -> AsyncIterator[bytes]:
    """All events of one answer. `first` was already taken from `steps`."""
    step = first
    while step is not None:
        passed = {"name": step.name, "outcome": step.outcome}
        yield event("step", StepPassed.model_validate(passed).model_dump_json())
        while True:
            try:
                step = await asyncio.wait_for(steps.get(), QUIET)
                break
            except TimeoutError:
                yield KEEPALIVE_COMMENT
    try:
        exchange = work.result()
    except IsegoriaError as error:
        yield event("problem", problem_json(problem_of(error)))
        return
    failed = failure(exchange)
    if failed is not None:
        yield event("problem", problem_json(failed))
        return
    answer = exchange.answer
    assert answer is not None, "failure() speaks for an exchange without an answer"
    for claim in answer.claims:
        yield event("claim", claim.model_dump_json())
    yield event("answer", answer.model_dump_json())
    for _ in range(LOOKS):
        try:
            proof = await receipt_of(exchange.record)
        except ReceiptPending:
            await asyncio.sleep(LOOK)
            continue
        except IsegoriaError:
            return  # the answer stands, with a receipt later or without one
        yield event("receipt", Receipt(record=exchange.record, proof=proof.decode()).model_dump_json())
        return


def failure(exchange: Exchange) -> Problem | None:
    """The problem of an exchange that failed, with its record and the reviewed words; None for an answer."""
    answer = exchange.answer
    if answer is None:
        return problem("failed_internal", record=exchange.record)
    if answer.status.family != "failed":
        return None
    return problem(answer.status.value, answer.message, record=exchange.record, answer=answer)


def stream_content() -> dict[str, Any]:
    """The event stream in OpenAPI: each event's name with the schema of its data (OpenAPI 3.2, §4.14.4)."""
    kinds = [
        {
            "type": "object",
            "required": ["event", "data"],
            "properties": {
                "event": {"const": name},
                "data": {
                    "type": "string",
                    "contentMediaType": "application/json",
                    "contentSchema": {"$ref": f"#/components/schemas/{kind.__name__}"},
                },
            },
        }
        for name, kind in EVENTS.items()
    ]
    return {"text/event-stream": {"itemSchema": {"oneOf": kinds}}}
