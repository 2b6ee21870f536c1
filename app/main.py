"""The composition root: the only place that decides what stands behind each seam.

Importing this module stays light: engines, models and the web framework load when they are used.
"""

from __future__ import annotations

import gc
import hashlib
import secrets
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import make_url

from app.answering.dictation import MOST_BYTES
from app.answering.phrases import Phrases, read_phrases
from app.built import Built
from app.common import Common, load_common
from app.desk import Desk, House
from app.errors import IndexUnusable, RecordUnreadable, ServiceUnavailable, where
from app.leaf import Statement, hour_of
from app.llm.chat import ChatModel
from app.llm.leash import Leash
from app.log import log_writer
from app.places import built_elections, current_build, keys_folder, model_folder, objects_folder
from app.record import Recorder, Records
from app.retrieval.index import Candidates, ClientCandidates, EdgeCandidates
from app.retrieval.meaning import Meaning, digest_of_files, open_meaning, stored
from app.settings import Settings
from app.storage.engine import open_engine
from app.storage.keys import Keyring
from app.storage.objects import keep_file, put_object
from domain.base import Digest, canonical

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
    for package in ("audit", "domain", "guardrails", "app"):
        for path in sorted((root / package).rglob("*.py")):
            running.update(f"{path.relative_to(root)}\n".encode() + path.read_bytes())
    return running.hexdigest()


def load_election(election: str, common: Common, settings: Settings) -> Built:
    """The published build of one election without its engine and model. Raises IndexUnusable."""
    return Built(current_build(settings.data, election), common)


def open_engines(built: Built, settings: Settings) -> None:
    """Give the election its engine and model, which have threads of their own. Raises IndexUnusable."""
    built.candidates = _candidates(built.corpus.folder, built.election.id, settings)
    if built.corpus.model is not None:
        from app.retrieval.embed import OnnxEmbedder

        model = model_folder(settings.data, built.corpus.model)
        built.embedder = OnnxEmbedder(model / "model.onnx", model / "tokenizer.json", built.corpus.model)
    if built.corpus.meaning is not None:
        built.meaning = _meaning(model_folder(settings.data, built.corpus.meaning), built.corpus.meaning)


def _meaning(folder: Path, digest: Digest) -> Meaning:
    """The encoder that a build names. Raises IndexUnusable."""
    try:
        files = stored(folder)
        if digest_of_files(files) != digest:
            raise IndexUnusable(f"the files in {folder} are not those that the build was read with; build it again")
        return open_meaning(files)
    except (OSError, ValueError, KeyError) as error:
        raise IndexUnusable(f"the encoder in {folder} cannot be used ({error}); build it again") from error


def open_election(election: str, common: Common, settings: Settings) -> Built:
    """The published build of one election, ready to be searched. Raises IndexUnusable."""
    built = load_election(election, common, settings)
    open_engines(built, settings)
    return built


def _candidates(folder: Path, election: str, settings: Settings) -> Candidates:
    if settings.qdrant_url is None:
        return EdgeCandidates(folder / "index" / "qdrant")
    from qdrant_client import QdrantClient

    client = QdrantClient(url=settings.qdrant_url, check_compatibility=False)
    return ClientCandidates(client, collection_name(election, folder.name))


def second_model(settings: Settings) -> ChatModel | None:
    """The model of the second check; None when none is set. Raises ServiceUnavailable when half set."""
    url, name = settings.guard_url, settings.guard_model
    if not _both_set("a second check", "GUARD_URL", url, "GUARD_MODEL", name) or url is None or name is None:
        return None
    from app.llm.client import HttpChat, Server

    return HttpChat(Server(url, settings.guard_key, settings.guard_timeout), name)


def composing_model(settings: Settings) -> Leash | None:
    """The model that composes; None when none is set. Raises ServiceUnavailable when half set."""
    url, name = settings.llm_base_url, settings.llm_model
    if not _both_set("a composing model", "LLM_BASE_URL", url, "LLM_MODEL", name) or url is None or name is None:
        return None
    from app.llm.client import HttpWire, Server

    wire = HttpWire(Server(url, settings.llm_key, settings.llm_timeout), MOST_BYTES)
    return Leash(wire, name, settings.llm_timeout, settings.llm_parallel, time.monotonic)


def _both_set(what: str, first: str, one: str | None, second: str, other: str | None) -> bool:
    if (one is None) != (other is None):
        raise ServiceUnavailable(f"{what} needs both ISEGORIA_{first} and ISEGORIA_{second}")
    return one is not None


def collection_name(election: str, build: str) -> str:
    """The Qdrant collection of one build; a new build is a new collection."""
    return f"isegoria-{election}-{build}"


def keep_objects(common: Common, phrases: Phrases, built: Iterable[Built], settings: Settings) -> None:
    """Keep what records refer to by digest, so that a replay finds it when the files have moved on."""
    folder = objects_folder(settings.data)
    put_object(folder, canonical(settings.answering()))
    put_object(folder, common.policy.canonical)
    if common.policy.classifier is not None:
        for name, digest in common.policy.classifier.card.files.items():
            keep_file(folder, common.policy.classifier.folder / name, digest)
    put_object(folder, phrases.canonical)
    put_object(folder, canonical([w.model_dump(mode="json") for _, w in sorted(common.wording.items())]))
    for one in built:
        put_object(folder, (one.corpus.folder / "corpus.lock").read_bytes())
        put_object(folder, (one.corpus.folder / "election.json").read_bytes())


@dataclass(frozen=True)
class Loaded:
    """All that a process answers from, read and not opened: no thread, file or database, so it may be forked."""

    house: House
    elections: Mapping[str, Built]

    def open(self) -> None:
        """Open every engine, in the process that will use it. Raises IndexUnusable."""
        for built in self.elections.values():
            open_engines(built, self.house.settings)

    def desk(self, records: Records) -> Desk:
        """The desk over these elections and records."""
        return Desk(self.elections, records, SystemChance(), self.house)


def load(settings: Settings, elections: tuple[str, ...] | None = None) -> Loaded:
    """Read the given elections, or every built one. Raises PackError or IndexUnusable."""
    common = load_common(settings.elections)
    wanted = built_elections(settings.data) if elections is None else elections
    built = {name: load_election(name, common, settings) for name in wanted}
    phrases = read_phrases(settings.elections / "common" / "understand")
    keep_objects(common, phrases, built.values(), settings)
    return Loaded(
        House(settings, phrases, code_digest(), trouble(), second_model(settings), composing_model(settings)), built
    )


def open_desk(settings: Settings, records: Records, elections: tuple[str, ...] | None = None) -> Desk:
    """A desk over the given elections, or over every built one."""
    loaded = load(settings, elections)
    loaded.open()
    return loaded.desk(records)


def trouble() -> Callable[[str, Exception], None]:
    """Report a failing step without a word of the question."""

    def report(step: str, error: Exception) -> None:
        import structlog

        # To standard error: standard output belongs to the answers of the batch commands.
        log = structlog.wrap_logger(structlog.PrintLogger(sys.stderr))
        log.error("step failed", step=step, error=type(error).__name__, where=where(error))

    return report


def open_recorder(settings: Settings, serving: bool = True) -> Recorder:
    """The record store of these settings, not yet opened.

    Only what is `serving` sequences the log: a command could be halted while it holds it, or be another user's.
    """
    settings.data.mkdir(parents=True, exist_ok=True)
    log = log_writer(settings) if serving else None
    keys = Keyring(keys_folder(settings.data), settings.busy_timeout)
    return Recorder(open_engine(settings.database, settings.busy_timeout), keys, log=log)


def existing_recorder(settings: Settings) -> Recorder:
    """The record store as `open_recorder` gives it, for a command that is about records that are there.

    Raises RecordUnreadable where there is no store: a mistyped data directory must not look like an empty one.
    """
    store = make_url(settings.database)
    if store.get_backend_name() == "sqlite" and not Path(str(store.database)).is_file():
        raise RecordUnreadable(f"{store.database}: there is no record store (ISEGORIA_DATA, ISEGORIA_DATABASE_URL)")
    if store.get_backend_name() != "sqlite" and not keys_folder(settings.data).is_dir():
        raise RecordUnreadable(f"{keys_folder(settings.data)}: there are no keys of records here (ISEGORIA_DATA)")
    return open_recorder(settings, serving=False)


def statements(loaded: Loaded, now: datetime) -> list[Statement]:
    """What this service answers from, and whether it is paused, as leaves of the log."""
    hour, house = hour_of(now), loaded.house
    said = []
    for name, built in sorted(loaded.elections.items()):
        corpus = {"corpus": built.corpus.digest, "index": built.corpus.index_digest, "pack": built.election_digest}
        said.append(Statement(f"corpus/{name}", "corpus", {"election": name} | corpus, hour))
    if loaded.elections:
        common = next(iter(loaded.elections.values())).common  # which all elections share
        policy = {
            "policy": common.policy.digest,
            "wording": common.wording_digest,
            "understand": house.phrases.digest,
            "settings": house.settings.answering_digest(),
            "code": house.code,
        }
        said.append(Statement("policy", "policy", policy, hour))
    paused = house.settings.paused
    return [*said, Statement("pause", "pause", {"paused": paused}, hour, unremarkable=not paused)]


def web_app(loaded: Loaded) -> FastAPI:
    """The web application over what is loaded; opens its records when the server starts, its engines must be open."""
    from app.api.application import application

    @asynccontextmanager
    async def desks() -> AsyncIterator[Desk]:
        async with open_recorder(loaded.house.settings) as recorder:
            for statement in statements(loaded, datetime.now(UTC)):
                await recorder.announce(statement)
            # What is loaded now stays: without this, full collections walk it all and cost up to 0.1 s each.
            gc.freeze()
            gc.enable()
            try:
                yield loaded.desk(recorder)
            finally:
                for built in loaded.elections.values():
                    built.close()

    return application(loaded.house.settings, desks)


def create_app(settings: Settings | None = None) -> FastAPI:
    """The web application of one process. Raises PackError or IndexUnusable."""
    settings = settings or Settings()
    if not built_elections(settings.data):
        raise IndexUnusable(f"no election has been built in {settings.data}; run: isegoria build demo")
    loaded = load(settings)
    loaded.open()
    return web_app(loaded)
