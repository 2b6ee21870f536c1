"""The form with which a reader tells the operator of an error, a bias or a barrier; kept for review.

It needs no address and no name, works without JavaScript, and is bounded like a question.
"""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from app import links
from app.api.page_assets import SECURITY_HEADERS
from app.api.page_desk import Built
from app.api.page_form import read_form
from app.api.page_routes import BuiltHere, DeskHere, PageRoute
from app.api.page_shell import page
from app.desk import LONGEST_REPORT
from app.errors import BadReport, RecordErased, UnknownRecord
from domain.report import ReportKind

router = APIRouter(route_class=PageRoute, include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/e/{election}/report")
async def form(request: Request, built: BuiltHere) -> Response:
    """The form, about the answer that `record` names if there is one; or, after sending, the thanks."""
    query = request.query_params
    return _page(request, built, record=query.get("record", "")[:64], sent=query.get("sent") == "1")


@router.post("/e/{election}/report")
async def take(request: Request, built: BuiltHere, desk: DeskHere) -> Response:
    """Keep what was written, and say so."""
    fields = await read_form(request) or {}
    text, record, chosen = (fields.get(name, [""])[0] for name in ("text", "record", "kind"))
    record = record.strip()[:64]
    known = {kind.value: kind for kind in ReportKind}
    try:
        await desk.report(built.election.id, known.get(chosen, ReportKind.OTHER), text, record or None)
    except BadReport:
        error = "too_long" if text.strip() else "empty"
        return _page(request, built, record=record, text=text[: 2 * LONGEST_REPORT], kind=chosen, error=error)
    except (UnknownRecord, RecordErased):
        return _page(request, built, record=record, text=text, kind=chosen, error="record")
    language = request.query_params.get("lang")
    kept = f"&lang={language}" if language in built.election.offered else ""
    return RedirectResponse(f"{links.report_path(built.election.id)}?sent=1{kept}", 303, SECURITY_HEADERS)


def _page(request: Request, built: Built, **shown: object) -> HTMLResponse:
    context = {"record": "", "text": "", "kind": "", "error": None, "sent": False, **shown, "built": built}
    context |= {"kinds": [kind.value for kind in ReportKind], "longest": LONGEST_REPORT}
    return page(request, "report.html", context, 422 if context["error"] else 200)
