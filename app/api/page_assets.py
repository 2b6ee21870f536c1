"""Static files of our own, and the headers that every page and file carries.

No page carries inline script or style, sets a cookie or loads anything from another host; the
policy below makes the browser enforce it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fastapi import Request, Response

MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)
SECURITY_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": PAGE_POLICY,
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@dataclass(frozen=True)
class Asset:
    """A static file, read once; its digest stands in its address."""

    content: bytes
    media_type: str
    digest: str


def static_file(assets: Mapping[str, Asset], name: str, request: Request) -> Response | None:
    """A static file with its digest as entity tag; kept for a year when the address names the digest."""
    asset = assets.get(name)
    if asset is None:
        return None
    lasting = request.query_params.get("v") == asset.digest[:12]
    headers = {
        **SECURITY_HEADERS,
        "ETag": f'"{asset.digest}"',
        "Cache-Control": "public, max-age=31536000, immutable" if lasting else "no-cache",
    }
    if f'"{asset.digest}"' in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(asset.content, media_type=asset.media_type, headers=headers)


def read_asset(path: Path) -> Asset:
    """The file as it is served."""
    content = path.read_bytes()
    return Asset(content, MEDIA_TYPES.get(path.suffix, "application/octet-stream"), hashlib.sha256(content).hexdigest())


def address_of(assets: Mapping[str, Asset], name: str) -> str | None:
    """The address of a static file with its digest; None for one that was not built."""
    asset = assets.get(name)
    return f"/static/{name}?v={asset.digest[:12]}" if asset else None
