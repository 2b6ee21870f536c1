"""An election pack to a sealed, published build: complete or not at all.

Everything is made in a folder of its own, which gets its name when the last file is on disk; only
then is the election pointed at it. No build ever changes or removes another, so whatever ends a
build at whatever moment, what was served before is served on.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from app.common import RetrievalData
from app.errors import BuildError
from app.main import SystemChance
from app.places import publish_current, sources_folder
from app.sealed import REPORT
from domain.base import Digest, sha256
from domain.election import DocumentStatus, Election, Source
from domain.names import Names
from ingestion.embedding import encoder_for
from ingestion.extract import Extracted, extract, extract_apart
from ingestion.fetch import Shelf, Taken, collect
from ingestion.layout import Page
from ingestion.lock import compare, corpus_lock
from ingestion.meaning import centres_for
from ingestion.publish import named, unfinished
from ingestion.register import read_register, usable
from ingestion.seal import Encoder, seal
from ingestion.seal_language import Helps
from ingestion.subjects import Agreement, agreement, read_subjects

READING = "reading"

Progress = Callable[[str, int, int], None]
"""Called with the stage's name, how much is done and how much there is."""


@dataclass(frozen=True)
class Built:
    """The outcome of a build."""

    election: str
    folder: Path
    corpus: Digest
    index: Digest
    extracted: tuple[Extracted, ...]
    taken: Mapping[Digest, Taken]
    subjects: Agreement | None = None
    """How the pack's subject index fits these passages; None for a pack without one."""
    matters: tuple[int, int] = (0, 0)
    """Matters of the pack's register that are used, and those left out because a place no longer exists."""


@dataclass(frozen=True)
class Order:
    """What to build and where: pack folder, data directory, mirror, and whether to replace the committed lock.

    `first` must succeed with the finished folder before the election is pointed at it; `clock` dates what is fetched.
    """

    pack: Path
    data: Path
    mirror: Path | None = None
    update_lock: bool = False
    first: Callable[[Path], None] = lambda _folder: None
    clock: Callable[[], datetime] = SystemChance().now


def build(election: Election, data: RetrievalData, order: Order, progress: Progress) -> Built:
    """Fetch, extract, cut, embed, index and publish one election. Raises SourceError or BuildError."""
    served = [s for s in election.sources if _is_served(s, election)]
    if not served:
        raise BuildError(f"{order.pack / 'sources.yaml'}: no document is in force on {election.polling_day}")
    subjects, register = read_subjects(order.pack), read_register(order.pack)
    with unfinished(order.data, election.id) as folder:
        shelf = Shelf(order.pack, sources_folder(order.data), order.mirror, order.clock)
        taken = collect(election, shelf, folder / READING)
        extracted = _extract_all(served, election, taken, progress)
        encoder = encoder_for(election, data.weights, order.data, progress)
        fits = agreement(subjects, {one.source: one.passages for one in extracted}, order.pack)
        matters = usable(register, [p for one in extracted for p in one.passages], order.pack)
        centres = centres_for(data.meaning, order.data, progress) if matters else None
        pinned = data.pinned() | subjects.pinned() | register.pinned() | (centres.pinned() if centres else {})
        lock = corpus_lock(election, extracted, pinned, encoder.digest if encoder else None)
        committed = order.pack / "corpus.lock"
        if not order.update_lock:
            compare(committed, lock)
        _write(folder, lock, election, extracted, taken)
        (folder / "retrieval.json").write_bytes(data.sealed())
        helps = Helps(subjects.lines, matters, election.rules, centres)
        index = _seal(folder, election, data, extracted, helps, encoder, progress)
        final = named(folder)
        order.first(final)
        if order.update_lock:
            committed.write_bytes(lock)
        publish_current(order.data, election.id, final.name)
    left_out = len(register.matters) - len(matters)
    return Built(election.id, final, sha256(lock), index, extracted, taken, fits, (len(matters), left_out))


def _is_served(source: Source, election: Election) -> bool:
    """A superseded document, or one no longer in force on polling day, is never served as current."""
    expired = source.valid_until is not None and source.valid_until < election.polling_day
    return source.status is not DocumentStatus.SUPERSEDED and not expired


def _extract_all(
    sources: Sequence[Source], election: Election, taken: Mapping[Digest, Taken], progress: Progress
) -> tuple[Extracted, ...]:
    done = 0

    def one(source: Source) -> Extracted:
        nonlocal done
        path = taken[source.renditions[0].sha256].path
        read = extract if source.renditions[0].media_type == "text/markdown" else extract_apart
        result = read(source, path, election.parties)
        done += 1
        progress("reading documents", done, len(sources))
        return result

    progress("reading documents", 0, len(sources))
    with ThreadPoolExecutor(max_workers=max(1, min(4, os.cpu_count() or 1))) as pool:
        return tuple(pool.map(one, sources))


def _seal(
    folder: Path,
    election: Election,
    data: RetrievalData,
    extracted: Sequence[Extracted],
    helps: Helps,
    encoder: Encoder | None,
    progress: Progress,
) -> Digest:
    progress("indexing", 0, 1)
    passages = [p for one in extracted for p in one.passages]
    digest = seal(folder, passages, Names(election.parties), data.stopwords, encoder, helps)
    progress("indexing", 1, 1)
    return digest


def _write(
    folder: Path, lock: bytes, election: Election, extracted: Sequence[Extracted], taken: Mapping[Digest, Taken]
) -> None:
    (folder / "corpus.lock").write_bytes(lock)
    (folder / "election.json").write_text(election.model_dump_json(), encoding="utf-8")
    with (folder / "passages.jsonl").open("w", encoding="utf-8") as out:
        for one in extracted:
            out.writelines(p.model_dump_json() + "\n" for p in one.passages)
    digests = {s.id: s.renditions[0].sha256 for s in election.sources}
    rows = [_row(one, taken[digests[one.source]]) for one in extracted]
    (folder / REPORT).write_text(json.dumps(rows, indent=1), encoding="utf-8")
    (folder / "originals").mkdir()
    for digest, source in sorted(taken.items()):
        source.path.rename(folder / "originals" / digest)
    shutil.rmtree(folder / READING)
    for one in extracted:
        pages = folder / "pages" / digests[one.source]
        pages.mkdir(parents=True)
        texts = json.dumps([page.text for page in one.pages], ensure_ascii=False)
        (pages / "texts.json").write_text(texts, encoding="utf-8")
        for page in one.pages:
            (pages / f"{page.number}.json").write_text(_page(page), encoding="utf-8")


def _page(page: Page) -> str:
    return json.dumps(
        {
            "number": page.number,
            "label": page.label,
            "width": page.width,
            "height": page.height,
            "text": page.text,
            "words": page.words,
            "furniture": page.furniture,
        },
        ensure_ascii=False,
    )


def _row(one: Extracted, taken: Taken) -> dict[str, object]:
    return {
        "document": one.source,
        "origin": taken.origin,
        "url": taken.url,
        "fetched": taken.fetched,
        "pages": len(one.pages),
        "empty_pages": list(one.empty_pages),
        "passages": len(one.passages),
        "characters": one.characters,
        "kept": one.kept,
        "dropped": one.dropped,
    }
