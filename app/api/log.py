"""The public log as plain files under `/log/` (C2SP tlog-tiles): what is served is what was published, byte for byte.

Only names of the specification, and the public key, are looked for: nothing else of the folder can be reached. Any
page may read them, so that a verifier can run in somebody else's. No time of a file is told: a leaf says the hour.
"""

from __future__ import annotations

import re

from fastapi import APIRouter, Request, Response

from app.api.routes import problems_for
from app.errors import UnknownDocument
from app.log import PUBLIC_KEY
from audit.tiles import CHECKPOINT, ENTRIES

router = APIRouter(prefix="/log", tags=["log"])

FOR_EVER = "public, max-age=31536000, immutable"
A_MOMENT = "public, max-age=1"
_NUMBER = r"(?:x[0-9]{3}/){0,6}[0-9]{3}(?:\.p/(?:[1-9][0-9]{0,2}))?"
TILE = re.compile(rf"tile/(?:{ENTRIES}|[0-9]|[1-5][0-9]|6[0-3])/{_NUMBER}")


@router.get("/{path:path}", response_class=Response, responses=problems_for(404))
async def published(path: str, request: Request) -> Response:
    """The checkpoint, a tile, a bundle of entries, or `log.vkey`."""
    changes = path in (CHECKPOINT, PUBLIC_KEY)
    try:
        data = (request.app.state.log / path).read_bytes() if changes or TILE.fullmatch(path) else None
    except OSError:
        data = None
    if data is None:
        raise UnknownDocument("the log has no such file")
    media_type = "text/plain; charset=utf-8" if changes else "application/octet-stream"
    headers = {"Cache-Control": A_MOMENT if changes else FOR_EVER, "Access-Control-Allow-Origin": "*"}
    return Response(data, media_type=media_type, headers=headers)
