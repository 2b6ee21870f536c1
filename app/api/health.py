"""What an operator asks: is the process up, can it answer, what has it counted; and what a problem means."""

from __future__ import annotations

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel

from app.api.problems import PROBLEMS, problem, problem_reply
from app.api.reception import Reception
from app.api.routes import Here, problems_for
from app.errors import IsegoriaError

router = APIRouter(tags=["operation"])


class Health(BaseModel):
    """The process answers."""

    status: str = "up"


class Ready(BaseModel):
    """Questions can be answered about these elections."""

    status: str = "ready"
    elections: tuple[str, ...]


class ProblemKind(BaseModel):
    """What one kind of problem means."""

    type: str
    title: str
    status: int
    code: str


class NotFound(IsegoriaError):
    """Nothing has this address."""

    code = "not_found"
    status = 404


def reasons(reception: Reception) -> list[str]:
    """Why questions cannot be answered; empty when they can."""
    found = []
    if not reception.desk.records.healthy or reception.metrics.write_failed:
        found.append("the record store does not take records; a restart is needed")
    if not reception.elections():
        found.append("no election has been built")
    return found


@router.get("/healthz", response_model=Health)
async def healthz() -> Response:
    """The process is up."""
    return Response(Health().model_dump_json(), media_type="application/json", headers={"Cache-Control": "no-store"})


@router.get("/readyz", response_model=Ready, responses=problems_for(503))
async def readyz(reception: Here) -> Response:
    """Records can be stored and at least one election is served."""
    missing = reasons(reception)
    if missing:
        return problem_reply(problem("not_ready", reasons=missing))
    ready = Ready(elections=tuple(b.election.id for b in reception.elections()))
    return Response(ready.model_dump_json(), media_type="application/json", headers={"Cache-Control": "no-store"})


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def metrics(reception: Here) -> Response:
    """Counts in the Prometheus text format."""
    return Response(reception.metrics.text(), media_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})


@router.get("/problems/{code}", response_model=ProblemKind, responses=problems_for(404))
async def problem_kind(code: str) -> ProblemKind:
    """What a problem's `type` means."""
    if code not in PROBLEMS:
        raise NotFound("no problem has this code")
    kind = PROBLEMS[code]
    return ProblemKind(type=f"/problems/{code}", title=kind.title, status=kind.status, code=code)
