"""The loaders that other sites put the service on their pages with, under `/widget/`.

`v1.0.0.js` never changes and may be pinned by its integrity hash (W3C Subresource Integrity); `v1.js` is the newest
of its line and keeps its meaning. Any site may load them: who may show an election is decided by its pages
(`frame-ancestors`), not here.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from app.api.page_assets import SECURITY_HEADERS, Asset
from app.api.page_routes import NoSuchPage, PageRoute
from app.api.page_shell import Shell

router = APIRouter(route_class=PageRoute, include_in_schema=False, default_response_class=HTMLResponse)

FOR_EVER = "public, max-age=31536000, immutable"
AN_HOUR = "public, max-age=3600"
VERSION = re.compile(r"v([0-9]+)\.([0-9]+)\.([0-9]+)\.js")
OPEN_TO_ALL = {**SECURITY_HEADERS, "Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
"""A module script of another origin is fetched with CORS (HTML, section 4.12.1)."""


@router.get("/widget/integrity.json")
async def integrity(request: Request) -> Response:
    """The integrity hash of every version."""
    found = {name: integrity_of(asset) for name, asset in _shell(request).widgets.items() if VERSION.fullmatch(name)}
    return JSONResponse(found, headers={**OPEN_TO_ALL, "Cache-Control": AN_HOUR})


@router.get("/widget/{name}")
async def loader(name: str, request: Request) -> Response:
    """One version, or the newest of a line."""
    widgets = _shell(request).widgets
    asset = widgets.get(name) if VERSION.fullmatch(name) else newest(widgets, name)
    if asset is None:
        raise NoSuchPage(f"no loader {name}")
    lasting = FOR_EVER if VERSION.fullmatch(name) else AN_HOUR
    headers = {**OPEN_TO_ALL, "ETag": f'"{asset.digest}"', "Cache-Control": lasting}
    if f'"{asset.digest}"' in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(asset.content, media_type=asset.media_type, headers=headers)


def newest(widgets: Mapping[str, Asset], name: str) -> Asset | None:
    """The newest version of the line that a name as `v1.js` means; None when there is no such line."""
    parts = {file: tuple(map(int, found.groups())) for file in widgets if (found := VERSION.fullmatch(file))}
    line = [file for file, numbers in parts.items() if name == f"v{numbers[0]}.js"]
    return widgets[max(line, key=parts.__getitem__)] if line else None


def integrity_of(asset: Asset) -> str:
    """The hash as the attribute `integrity` takes it."""
    return "sha384-" + base64.b64encode(hashlib.sha384(asset.content).digest()).decode()


def _shell(request: Request) -> Shell:
    shell: Shell = request.app.state.shell
    return shell
