"""The steps an answer goes through, in order. A step takes an exchange and returns a new one.

A step that settles the answer ends the walk: a refusal never reaches the documents, and a draft
never reaches the voter unchecked. An exception in a step is a `failed_*` answer, never an answer.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from app.answering.ask_back import ask_back
from app.answering.check import check
from app.answering.compose import compose
from app.answering.desk_view import Room
from app.answering.retrieve import retrieve
from app.answering.screen import screen
from app.answering.understand import understand
from app.answering.wording import failed
from domain.answer import AnswerStatus
from domain.exchange import Exchange, Step

Walk = Callable[[Exchange, Room], Exchange]

STEPS: tuple[Walk, ...] = (understand, screen, retrieve, compose, check, ask_back)

FAILURES = {
    "understand": AnswerStatus.FAILED_INTERNAL,
    "screen": AnswerStatus.FAILED_GUARD,
    "retrieve": AnswerStatus.FAILED_RETRIEVAL,
    "compose": AnswerStatus.FAILED_INTERNAL,
    "check": AnswerStatus.FAILED_CHECK,
    "ask_back": AnswerStatus.FAILED_INTERNAL,
}


FOUND = 3
"""After so many steps it is known what can be quoted; a composing model is asked here, where there is one."""


def walk(
    exchange: Exchange,
    room: Room,
    on_step: Callable[[Step], None] | None = None,
    steps: Sequence[Walk] = STEPS,
) -> Exchange:
    """The exchange with its answer. `room` is everything a step may use; nothing else is in reach."""
    for step in steps:
        wall, cpu = time.perf_counter_ns(), time.thread_time_ns()
        try:
            exchange = step(exchange, room)
        except Exception as error:
            room.trouble(step.__name__, error)
            exchange = failed(exchange, room, FAILURES[step.__name__])
        taken = Step(
            name=step.__name__,
            outcome=exchange.answer.status.value if exchange.answer else "passed",
            wall_us=(time.perf_counter_ns() - wall) // 1000,
            cpu_us=(time.thread_time_ns() - cpu) // 1000,
        )
        exchange = exchange.with_(steps=(*exchange.steps, taken))
        if on_step is not None:
            on_step(taken)
        if exchange.answer is not None and step is not check:
            break
    joules = sum(s.cpu_us for s in exchange.steps) * room.settings.watts / 1_000_000
    return exchange.with_(joules=round(joules, 6))
