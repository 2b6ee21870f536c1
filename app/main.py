"""The composition root: the only place that decides what stands behind each seam.

Importing this module stays light: engines, models and the web framework load when they are used.
"""

from __future__ import annotations

import gc
import hashlib
import secrets
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from app.answering.phrases import read_phrases
from app.built import Built
from app.common import Common, load_common
from app.desk import Desk, House
from app.errors import IndexUnusable
from app.places import built_elections, current_build, model_folder, objects_folder
from app.record import Recorder, Records
from app.retrieval.index import Candidates, ClientCandidates, EdgeCandidates
from app.settings import Settings
from app.storage.engine import open_engine
from app.storage.objects import put_object
from domain.base import canonical

if TYPE_CHECKING:
    from fastapi import FastAPI


class SystemChance:
    """The clock and the random source of this machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def identity(self) -> str:
        return secrets.token_hex(16)

    def seed(self) -> int:
        return secrets.randbelow(2**31)


def code_digest() -> str:
    """Digest of the program's own source, so that a record says which code answered."""
    root = Path(__file__).parent.parent
    running = hashlib.sha256()
    for package in ("domain", "guardrails", "app"):
        for path in sorted((root / package).rglob("*.py")):
            running.update(f"{path.relative_to(root)}\n".encode() + path.read_bytes())
    return running.hexdigest()


def open_election(election: str, common: Common, settings: Settings) -> Built:
    """The published build of one election with its engine and model. Raises IndexUnusable."""
    folder = current_build(settings.data, election)
    built = Built(folder, common, _candidates(folder, election, settings), None)
    if built.corpus.model is not None:
        from app.retrieval.embed import OnnxEmbedder

        model = model_folder(settings.data, built.corpus.model)
        built.embedder = OnnxEmbedder(model / "model.onnx", model / "tokenizer.json", built.corpus.model)
    return built


def _candidates(folder: Path, election: str, settings: Settings) -> Candidates:
    if settings.qdrant_url is None:
        return EdgeCandidates(folder / "index" / "qdrant")
    from qdrant_client import QdrantClient

    return ClientCandidates(QdrantClient(url=settings.qdrant_url), collection_name(election, folder.name))


def collection_name(election: str, build: str) -> str:
    """The Qdrant collection of one build; a new build is a new collection."""
    return f"isegoria-{election}-{build}"


def keep_objects(built: Built, settings: Settings) -> None:
    """Keep what records refer to by digest: lock, settings and wording, so that a replay finds them."""
    folder = objects_folder(settings.data)
    put_object(folder, (built.corpus.folder / "corpus.lock").read_bytes())
    put_object(folder, canonical(settings.answering()))
    put_object(folder, built.common.policy.canonical)
    put_object(folder, canonical([w.model_dump(mode="json") for _, w in sorted(built.common.wording.items())]))


def prepare_desk(settings: Settings, elections: tuple[str, ...] | None = None) -> Callable[[Records], Desk]:
    """Load the given elections, or every built one; what comes back only needs a record store.

    Raises PackError or IndexUnusable.
    """
    common = load_common(settings.elections)
    wanted = built_elections(settings.data) if elections is None else elections
    built = {name: open_election(name, common, settings) for name in wanted}
    for one in built.values():
        keep_objects(one, settings)
    phrases = read_phrases(settings.elections / "common" / "understand")
    house = House(settings, phrases, code_digest(), _trouble())
    return lambda records: Desk(built, records, SystemChance(), house)


def open_desk(settings: Settings, records: Records, elections: tuple[str, ...] | None = None) -> Desk:
    """A desk over the given elections, or over every built one."""
    return prepare_desk(settings, elections)(records)


def _trouble() -> Callable[[str, Exception], None]:
    """Report a failing step without a word of the question."""

    def report(step: str, error: Exception) -> None:
        import structlog

        # To standard error: standard output belongs to the answers of the batch commands.
        log = structlog.wrap_logger(structlog.PrintLogger(sys.stderr))
        log.error("step failed", step=step, error=type(error).__name__, where=_where(error))

    return report


def _where(error: Exception) -> str:
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    return f"{Path(frame.tb_frame.f_code.co_filename).name}:{frame.tb_lineno}" if frame else ""


def open_recorder(settings: Settings) -> Recorder:
    """The record store of these settings, not yet opened."""
    settings.data.mkdir(parents=True, exist_ok=True)
    return Recorder(open_engine(settings.database, settings.busy_timeout))


def create_app(settings: Settings | None = None) -> FastAPI:
    """The web application. Raises IndexUnusable when no election has been built."""
    from app.api.application import application

    settings = settings or Settings()
    if not built_elections(settings.data):
        raise IndexUnusable(f"no election has been built in {settings.data}; run: isegoria build demo")

    desk_over = prepare_desk(settings)

    @asynccontextmanager
    async def desks() -> AsyncIterator[Desk]:
        async with open_recorder(settings) as recorder:
            desk = desk_over(recorder)
            # What is loaded now stays: without this, full collections walk it all and cost up to 0.1 s each.
            gc.collect()
            gc.freeze()
            gc.enable()
            try:
                yield desk
            finally:
                for built in desk.elections():
                    built.close()

    return application(settings, desks)
