"""An election pack to a sealed, published build: complete or not at all.

Everything is made in a folder of its own and renamed into place when the last file is written;
a build that fails leaves what was served before untouched.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.common import RetrievalData
from app.errors import BuildError
from app.places import build_folder, builds_folder, publish_current, sources_folder
from domain.base import Digest, sha256
from domain.election import DocumentStatus, Election, Source
from domain.names import Names
from ingestion.embedding import encoder_for
from ingestion.extract import Extracted, extract, extract_apart
from ingestion.fetch import collect
from ingestion.layout import Page
from ingestion.lock import compare, corpus_lock
from ingestion.seal import Encoder, seal

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


@dataclass(frozen=True)
class Order:
    """What to build and where: pack folder, data directory, mirror, and whether to replace the committed lock."""

    pack: Path
    data: Path
    mirror: Path | None = None
    update_lock: bool = False


def build(election: Election, data: RetrievalData, order: Order, progress: Progress) -> Built:
    """Fetch, extract, cut, embed, index and publish one election. Raises SourceError or BuildError."""
    served = [s for s in election.sources if _is_served(s, election)]
    if not served:
        raise BuildError(f"{order.pack / 'sources.yaml'}: no document is in force on {election.polling_day}")
    files = collect(election, order.pack, sources_folder(order.data), order.mirror)
    extracted = _extract_all(served, election, files, progress)
    encoder = encoder_for(election, data.weights, order.data, progress)
    lock = corpus_lock(election, extracted, data.pinned(), encoder.digest if encoder else None)
    committed = order.pack / "corpus.lock"
    if not order.update_lock:
        compare(committed, lock)
    corpus = sha256(lock)
    with _staging(order.data, election.id) as folder:
        _write(folder, lock, election, extracted, files)
        (folder / "retrieval.json").write_bytes(data.sealed())
        index = _seal(folder, election, data, extracted, encoder, progress)
        final = build_folder(order.data, election.id, corpus)
        if final.exists():
            shutil.rmtree(final)
        os.replace(folder, final)
    publish_current(order.data, election.id, corpus)
    if order.update_lock:
        committed.write_bytes(lock)
    return Built(election.id, final, corpus, index, extracted)


def _is_served(source: Source, election: Election) -> bool:
    """A superseded document, or one no longer in force on polling day, is never served as current."""
    expired = source.valid_until is not None and source.valid_until < election.polling_day
    return source.status is not DocumentStatus.SUPERSEDED and not expired


def _extract_all(
    sources: Sequence[Source], election: Election, files: dict[Digest, Path], progress: Progress
) -> tuple[Extracted, ...]:
    done = 0

    def one(source: Source) -> Extracted:
        nonlocal done
        path = files[source.renditions[0].sha256]
        plain = source.renditions[0].media_type == "text/markdown"
        read = extract if plain else extract_apart
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
    encoder: Encoder | None,
    progress: Progress,
) -> Digest:
    progress("indexing", 0, 1)
    passages = [p for one in extracted for p in one.passages]
    digest = seal(folder, passages, Names(election.parties), data.stopwords, encoder)
    progress("indexing", 1, 1)
    return digest


def _write(
    folder: Path, lock: bytes, election: Election, extracted: Sequence[Extracted], files: dict[Digest, Path]
) -> None:
    (folder / "corpus.lock").write_bytes(lock)
    (folder / "election.json").write_text(election.model_dump_json(), encoding="utf-8")
    with (folder / "passages.jsonl").open("w", encoding="utf-8") as out:
        for one in extracted:
            out.writelines(p.model_dump_json() + "\n" for p in one.passages)
    (folder / "report.json").write_text(json.dumps([_row(one) for one in extracted], indent=1), encoding="utf-8")
    (folder / "originals").mkdir()
    for digest, path in sorted(files.items()):
        shutil.copyfile(path, folder / "originals" / digest)
    sources = {s.id: s for s in election.sources}
    for one in extracted:
        digest = sources[one.source].renditions[0].sha256
        pages = folder / "pages" / digest
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


def _row(one: Extracted) -> dict[str, object]:
    return {
        "document": one.source,
        "pages": len(one.pages),
        "empty_pages": list(one.empty_pages),
        "passages": len(one.passages),
        "characters": one.characters,
        "kept": one.kept,
        "dropped": one.dropped,
    }


@contextmanager
def _staging(data: Path, election: str) -> Iterator[Path]:
    """A fresh folder beside the builds, gone again if anything fails."""
    parent = builds_folder(data, election)
    try:
        parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=".new-", dir=parent))
    except OSError as error:
        raise BuildError(f"{parent}: cannot be written ({error.strerror})") from error
    try:
        yield folder
    except OSError as error:
        raise BuildError(f"{error.filename or folder}: cannot be written ({error.strerror})") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
