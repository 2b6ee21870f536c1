"""The frame of every page: templates with escaping on, language, and whether it stands in a frame of another site."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import urlencode, urlsplit

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app import links
from app.api.page_assets import PAGE_POLICY, SECURITY_HEADERS, Asset, address_of, read_asset
from app.api.page_desk import Built
from app.api.page_language import Messages, Voice, load_messages, matching, preferred
from domain.base import in_language
from guardrails.personal_data import MARKS

FRONTEND = Path(__file__).resolve().parents[2] / "frontend"

_INVISIBLE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")


@dataclass(frozen=True)
class Shell:
    """What a page is made with, read once at start."""

    environment: Environment
    messages: Messages
    assets: Mapping[str, Asset]
    widgets: Mapping[str, Asset]
    """The loaders that other sites take from here, by file name: every version that was ever published."""
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
    widgets = {p.name: read_asset(p) for p in sorted((folder / "widget").glob("v*.js"))}
    return Shell(environment, load_messages(folder / "messages"), {p.name: read_asset(p) for p in files}, widgets)


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
    framed = built is not None and in_frame(request)
    hosts = hosts_of(request, built) if framed and built else ()

    def url(path: str, **query: str) -> str:
        """An address on this site that keeps the chosen language; from within a frame it opens outside of it."""
        values = {**query, **({"lang": kept} if kept else {})}
        path, mark, fragment = path.partition("#")
        joined = path + ("&" if "?" in path else "?") + urlencode(values) if values else path
        return joined + mark + fragment

    def inside(path: str, **query: str) -> str:
        """The same for what goes on where one is: in the frame of another site's page, if that is here."""
        return url(path, **({"frame": "1"} if framed else {}), **query)

    frame = {
        "framed": framed,
        "hosts": hosts,
        "inside": inside,
        "v": voice,
        "request_lang": kept,
        "t": voice.t,
        "n": voice.n,
        "url": url,
        "asset": lambda name: address_of(shell.assets, name),
        "local_text": lambda texts: in_language(texts, voice.language),
        "base_url": str(request.base_url).rstrip("/"),
        "alternatives": [(tag, shell.messages[tag]["language.self"], _in_language(request, tag)) for tag in offered],
    }
    html = shell.environment.get_template(template).render({"built": None, **frame, **context})
    headers = {**SECURITY_HEADERS, "Content-Security-Policy": " ".join((PAGE_POLICY, *hosts))}
    headers |= {"Content-Language": voice.language, "Vary": "Accept-Language", "Cache-Control": "no-cache"}
    return HTMLResponse(html, status_code=status, headers=headers)


def in_frame(request: Request) -> bool:
    """Whether the page is asked for as the inside of a widget: without what only a page of its own needs."""
    return request.query_params.get("frame") == "1"


def hosts_of(request: Request, built: Built) -> tuple[str, ...]:
    """The origins that may show this election in a frame (settings); none where the pages stand alone."""
    hosts: Mapping[str, tuple[str, ...]] = getattr(request.app.state, "hosts", {})
    return hosts.get(built.election.id, ())


def _in_language(request: Request, tag: str) -> str:
    kept = [(k, value) for k, value in request.query_params.multi_items() if k != "lang"]
    path = request.scope.get("page_path") or request.url.path
    return f"{path}?{urlencode([*kept, ('lang', tag)])}"
