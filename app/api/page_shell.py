"""The frame of every page: templates with escaping on, language, static files and security headers.

No page carries inline script or style, sets a cookie or loads anything from another host; the
policy below makes the browser enforce it.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import urlencode, urlsplit

from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app import links
from app.api.page_desk import Built
from app.api.page_language import Messages, Voice, load_messages, matching, preferred
from domain.base import in_language
from guardrails.personal_data import MARKS

MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
FRONTEND = Path(__file__).resolve().parents[2] / "frontend"

SECURITY_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
    ),
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

_INVISIBLE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")


@dataclass(frozen=True)
class Asset:
    """A static file, read once; its digest stands in its address."""

    content: bytes
    media_type: str
    digest: str


@dataclass(frozen=True)
class Shell:
    """What a page is made with, read once at start."""

    environment: Environment
    messages: Messages
    assets: Mapping[str, Asset]
    drawing: Lock = field(default_factory=Lock)
    """Held while a page is drawn: PDFium is not safe for several threads at once."""


def open_shell(folder: Path = FRONTEND) -> Shell:
    """Read templates, messages and static files; the built scripts in `dist` may be absent."""
    environment = Environment(
        loader=FileSystemLoader(folder / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(plain=plain, local=local)
    environment.globals.update(links=links, contact_href=contact_href, ring=ring, masked_kinds=tuple(MARKS))
    files = [p for name in ("static", "dist") for p in sorted((folder / name).glob("*")) if p.is_file()]
    return Shell(environment, load_messages(folder / "messages"), {p.name: _asset(p) for p in files})


def plain(text: str) -> str:
    """Text without control, zero-width and direction characters, for places that cannot isolate them."""
    return _INVISIBLE.sub(" ", text).strip()


def local(url: str) -> str:
    """The address if it stays on this site, else nothing: a pack cannot make a page link to a script."""
    parts = urlsplit(url)
    return url if not parts.scheme and not parts.netloc and url.startswith("/") and "\\" not in url else ""


def contact_href(address: str) -> str:
    """A link for a contact: web or electronic mail address, or nothing for a postal one."""
    if re.fullmatch(r"https?://\S+", address):
        return address
    return f"mailto:{address}" if re.fullmatch(r"[^@\s/:]+@[^@\s/:]+", address) else ""


def ring(count: int) -> list[tuple[str, str]]:
    """Places of `count` equal dots on a circle of radius 50, the first at the top: as many as there are parties."""
    turns = (2 * math.pi * n / count for n in range(count))
    return [(f"{50 * math.sin(turn):.2f}", f"{-50 * math.cos(turn):.2f}") for turn in turns]


def voice_for(request: Request, shell: Shell, built: Built | None) -> Voice:
    """The interface language: `?lang=` if offered, else the browser's preference, else the pack's first."""
    offered = languages(shell, built)
    asked = request.query_params.get("lang")
    chosen = matching(asked, offered) if asked else None
    language = chosen or preferred(request.headers.get("accept-language", ""), offered)
    return Voice(language, shell.messages[language])


def languages(shell: Shell, built: Built | None) -> list[str]:
    """Languages a page can be read in: those of the pack for which messages exist."""
    known = list(shell.messages)
    if built is None:
        return known
    return [tag for tag in built.election.offered if tag in shell.messages] or ["en"]


def page(request: Request, template: str, context: Mapping[str, Any], status: int = 200) -> HTMLResponse:
    """Render a page with its frame; `built` in the context gives election, operator and languages."""
    shell: Shell = request.app.state.shell
    built: Built | None = context.get("built")
    voice = voice_for(request, shell, built)
    offered = languages(shell, built)
    kept = voice.language if request.query_params.get("lang") else None

    def url(path: str, **query: str) -> str:
        """An address on this site that keeps the chosen language."""
        values = {**query, **({"lang": kept} if kept else {})}
        path, mark, fragment = path.partition("#")
        joined = path + ("&" if "?" in path else "?") + urlencode(values) if values else path
        return joined + mark + fragment

    frame = {
        "v": voice,
        "request_lang": kept,
        "t": voice.t,
        "n": voice.n,
        "url": url,
        "asset": lambda name: _asset_url(shell, name),
        "local_text": lambda texts: in_language(texts, voice.language),
        "base_url": str(request.base_url).rstrip("/"),
        "alternatives": [(tag, shell.messages[tag]["language.self"], _in_language(request, tag)) for tag in offered],
    }
    html = shell.environment.get_template(template).render({"built": None, **frame, **context})
    headers = {**SECURITY_HEADERS, "Content-Language": voice.language, "Vary": "Accept-Language"}
    return HTMLResponse(html, status_code=status, headers={**headers, "Cache-Control": "no-cache"})


def static_file(shell: Shell, name: str, request: Request) -> Response | None:
    """A static file with its digest as entity tag; kept for a year when the address names the digest."""
    asset = shell.assets.get(name)
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


def _asset(path: Path) -> Asset:
    content = path.read_bytes()
    return Asset(content, MEDIA_TYPES.get(path.suffix, "application/octet-stream"), hashlib.sha256(content).hexdigest())


def _asset_url(shell: Shell, name: str) -> str | None:
    asset = shell.assets.get(name)
    return f"/static/{name}?v={asset.digest[:12]}" if asset else None


def _in_language(request: Request, tag: str) -> str:
    kept = [(k, value) for k, value in request.query_params.multi_items() if k != "lang"]
    path = request.scope.get("page_path") or request.url.path
    return f"{path}?{urlencode([*kept, ('lang', tag)])}"
