"""Forms as browsers send them, read within a limit."""

from __future__ import annotations

from urllib.parse import parse_qs

from fastapi import Request

FORM_LIMIT = 64 * 1024
"""Bytes: a thousand code points, percent-encoded, with every party ticked, and room to spare."""


async def read_form(request: Request) -> dict[str, list[str]] | None:
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
