"""The web application, put together in one place: pages for readers, an interface for programs, one door.

The desk is opened when the server starts and closed after the last question is recorded.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema
from starlette.exceptions import HTTPException

from app.api import answers, documents, elections, health, log
from app.api.door import Door
from app.api.events import EVENTS
from app.api.limits import Allowance
from app.api.metrics import Metrics
from app.api.pages import install_pages
from app.api.problems import on_http_error, on_invalid_request, on_our_error
from app.api.reception import Reception
from app.desk import Desk
from app.errors import IsegoriaError, where
from app.places import log_folder
from app.settings import Settings

Desks = Callable[[], AbstractAsyncContextManager[Desk]]

VERSION = "0.1.0"


def application(settings: Settings, desks: Desks) -> FastAPI:
    """The application over the desk that `desks` opens."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with desks() as desk:
            reception = Reception(desk, settings.in_flight, Metrics(), _trouble)
            app.state.desk = reception
            app.state.allowance = Allowance(settings.requests_per_minute)
            app.state.log = log_folder(settings.data)
            app.state.hosts = settings.hosts()
            app.state.tokens = settings.tokens()
            app.state.published = elections.published(reception.elections())
            try:
                yield
            finally:
                await reception.close()

    app = FastAPI(
        title="Isegoria",
        version=VERSION,
        description="Neutral election information: every sentence of an answer carries a verified quotation.",
        lifespan=lifespan,
        openapi_url="/v1/openapi.json",
        docs_url=None,  # they would load scripts from another host
        redoc_url=None,
        exception_handlers={
            IsegoriaError: on_our_error,
            HTTPException: on_http_error,
            RequestValidationError: on_invalid_request,
        },
    )
    app.add_middleware(Door, trouble=_trouble)
    for part in (answers.router, elections.router, documents.router, log.router, health.router):
        app.include_router(part)
    install_pages(app)
    _publish_schemas(app)
    return app


def _publish_schemas(app: FastAPI) -> None:
    """Serve the OpenAPI document with the schemas of problems and events, which no plain reply carries."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            made = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
            _, extra = models_json_schema(
                [(kind, "serialization") for kind in EVENTS.values()], ref_template="#/components/schemas/{model}"
            )
            for operation in (o for path in made["paths"].values() for o in path.values()):
                if "HTTPValidationError" in str(operation["responses"].get("422", "")):
                    del operation["responses"]["422"]  # the framework's own form, which is never sent
            known = made["components"]["schemas"]
            for unused in ("HTTPValidationError", "ValidationError"):
                known.pop(unused, None)
            known.update({name: schema for name, schema in extra["$defs"].items() if name not in known})
            app.openapi_schema = made
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def _trouble(error: Exception) -> None:
    """Say that a request failed and where, without a word of what was sent."""
    import structlog  # only when something fails: it costs a tenth of a second to load

    structlog.get_logger("isegoria").error("request failed", error=type(error).__name__, where=where(error))
