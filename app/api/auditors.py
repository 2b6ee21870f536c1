"""Who may list what was asked: an auditor with a token that the operator has issued, and nobody else.

The token is the password of HTTP Basic authentication (RFC 7617), so no cookie and no script is needed. Of a token
only its SHA-256 is known here; where no token was issued, the pages are not there at all.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import Annotated

from fastapi import Depends, Request

from app.api.page_routes import NoSuchPage
from app.errors import IsegoriaError
from domain.base import Digest, sha256


class NotAnAuditor(IsegoriaError):
    """No token, or one that was not issued."""

    code = "not_an_auditor"
    status = 401


def auditor_of(request: Request) -> str:
    """The name of the auditor whose token came with the request. Raises NoSuchPage or NotAnAuditor."""
    tokens: dict[str, Digest] = getattr(request.app.state, "tokens", {})
    if not tokens:
        raise NoSuchPage("no auditor has a token here")
    given = sha256(_password(request.headers.get("authorization", "")))
    found = [name for name, digest in tokens.items() if hmac.compare_digest(digest, given)]
    if not found:
        raise NotAnAuditor("this page needs a token that the operator has issued")
    return found[0]


def _password(header: str) -> bytes:
    scheme, _, credentials = header.partition(" ")
    if scheme.lower() != "basic":
        return b""
    try:
        return base64.b64decode(credentials.strip(), validate=True).partition(b":")[2]
    except (binascii.Error, ValueError):
        return b""


Auditor = Annotated[str, Depends(auditor_of)]
