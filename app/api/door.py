"""Around every request: its size and rate are bounded, headers protect the reply, and no fault shows its inside.

Written for ASGI directly, so that streams pass through unbuffered.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.limits import TooManyQuestions
from app.api.page_assets import SECURITY_HEADERS
from app.api.problems import for_programs, problem, problem_of, reply_for

BODY_LIMIT = 2 * 1024 * 1024
"""Bytes of a request for programs: a hundred thousand code points, escaped, are still told that they are too many."""
QUESTION_PATH = re.compile(r"/v1/answers|/e/[^/]+/(?:ask|report)")
"""Where questions are put, by programs and by the form, and what is wrong is told."""

API_HEADERS: Mapping[str, str] = {
    **SECURITY_HEADERS,
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}

Trouble = Callable[[Exception], None]


class Door:
    """The outermost layer of ours. `trouble` is told of a fault; the client only that there was one."""

    def __init__(self, app: ASGIApp, trouble: Trouble) -> None:
        self._app = app
        self._trouble = trouble

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False
        if scope["method"] == "HEAD":  # RFC 9110, section 9.3.2: what GET would say, without its content
            scope, send = {**scope, "method": "GET"}, _headers_only(send)

        async def guarded(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(raw=message.setdefault("headers", []))
                for name, value in API_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._pass(scope, receive, guarded)
        except ClientDisconnect:
            return  # whoever asked has gone; what was taken is still recorded
        except Exception as error:
            self._trouble(error)
            if begun:
                return  # too late for a reply; the server closes the connection, which the client sees as cut short
            await reply_for(Request(scope), problem("internal"))(scope, receive, guarded)

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        if scope["method"] == "POST" and QUESTION_PATH.fullmatch(scope["path"]):
            try:
                await scope["app"].state.allowance.take(scope["client"][0] if scope.get("client") else None)
            except TooManyQuestions as error:
                scope["app"].state.desk.metrics.turned_away("rate")
                reply = reply_for(request, problem_of(error), {"Retry-After": str(error.seconds)})
                await reply(scope, receive, send)
                return
        if for_programs(scope["path"]):
            if _length(scope) > BODY_LIMIT:
                await reply_for(request, problem("content_too_large"), {"Connection": "close"})(scope, receive, send)
                return
            receive = _bounded(receive)
        await self._app(scope, receive, send)


def _headers_only(send: Send) -> Send:
    """The same reply without its content; the length that it would have stays."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return sending


def _length(scope: Scope) -> int:
    given = Headers(scope=scope).get("content-length", "")
    return int(given) if given.isascii() and given.isdigit() else 0


def _bounded(receive: Receive) -> Receive:
    """The same body, cut off with 413 when it grows beyond the limit without having said so."""
    total = 0

    async def limited() -> Any:
        nonlocal total
        message = await receive()
        total += len(message.get("body", b""))
        if total > BODY_LIMIT:
            raise HTTPException(413)
        return message

    return limited
