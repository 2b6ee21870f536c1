"""The bytes of every source, verified by digest before anyone reads them.

Taken from the pack folder, from bytes kept earlier, from a mirror folder, or fetched from the
publisher; the digest decides, never the name. Only the copy made of the verified bytes is read
afterwards. What is missing or altered is named, all at once.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from app.errors import SourceError
from domain.base import Digest, sha256
from domain.election import Election, Rendition, Source
from ingestion.download import Limits, downloaded

SUFFIXES = frozenset({".pdf", ".md", ".html", ".htm"})


LIMITS = Limits()


@dataclass(frozen=True)
class Shelf:
    """Where documents may be found: the pack folder, those kept earlier, a mirror; and the clock that dates a fetch."""

    pack: Path
    keep: Path
    mirror: Path | None
    clock: Callable[[], datetime]


@dataclass(frozen=True)
class Taken:
    """A document as it was obtained: the verified copy to read, where it came from, for a fetch its URL and time."""

    path: Path
    origin: Literal["pack", "kept", "mirror", "publisher"]
    url: str | None = None
    fetched: str | None = None


@dataclass(frozen=True)
class _Found:
    """Verified bytes, the name under which messages speak of them, and where they come from."""

    data: bytes
    name: str
    origin: Literal["pack", "kept", "mirror", "publisher"]
    url: str | None = None
    fetched: str | None = None


def collect(election: Election, shelf: Shelf, into: Path, limits: Limits = LIMITS) -> dict[Digest, Taken]:
    """A verified copy of every document, each in a folder of its own under `into`, by digest.

    Raises SourceError listing every document that is missing or altered.
    """
    wanted = {s.renditions[0].sha256 for s in election.sources}
    mirrored = _index(shelf.mirror, wanted, limits) if shelf.mirror else {}
    taken: dict[Digest, Taken] = {}
    problems: list[str] = []
    for source in election.sources:
        try:
            found = _one(source, shelf, mirrored, limits)
        except SourceError as error:
            problems.append(error.message)
            continue
        copy = into / source.id / found.name
        copy.parent.mkdir(parents=True)
        copy.write_bytes(found.data)
        taken[source.renditions[0].sha256] = Taken(copy, found.origin, found.url, found.fetched)
    if problems:
        raise SourceError("\n".join(problems))
    return taken


def _one(source: Source, shelf: Shelf, mirrored: Mapping[Digest, Path], limits: Limits) -> _Found:
    rendition = source.renditions[0]
    kept = shelf.keep / rendition.sha256
    if rendition.path is not None:
        path = shelf.pack / rendition.path
        if not path.is_file():
            raise SourceError(f"{source.id}: the file {path} is missing")
        return _Found(_verified(source, path, limits), path.name, "pack")
    if kept.is_file():
        data = _verified(source, kept, limits, "; delete it, and it is taken anew")
        url, fetched = _remembered(kept)
        return _Found(data, _name(rendition), "publisher" if url else "kept", url, fetched)
    if rendition.sha256 in mirrored:
        path = mirrored[rendition.sha256]
        return _Found(_verified(source, path, limits), path.name, "mirror")
    if rendition.url is not None:
        return _fetch(source, rendition, kept, shelf, limits)
    raise SourceError(
        f"{source.id}: no file with sha256 {rendition.sha256} was found and no URL is known; "
        "give a folder that holds it with --mirror"
    )


def _name(rendition: Rendition) -> str:
    ending = {"application/pdf": "pdf", "text/markdown": "md", "text/html": "html"}[rendition.media_type]
    return f"{rendition.sha256[:16]}.{ending}"


def _verified(source: Source, path: Path, limits: Limits, advice: str = "") -> bytes:
    """The bytes of the file, read once. Raises SourceError when they are too many, unreadable or altered."""
    try:
        with path.open("rb") as file:
            data = file.read(limits.size + 1)
    except OSError as error:
        raise SourceError(f"{source.id}: {path} cannot be read ({error.strerror})") from error
    if len(data) > limits.size:
        raise SourceError(f"{source.id}: {path} holds more than {limits.size} bytes")
    _verify(source, data, str(path), advice)
    return data


def _verify(source: Source, data: bytes, where: str, advice: str = "") -> None:
    found, listed = sha256(data), source.renditions[0].sha256
    if found != listed:
        raise SourceError(f"{source.id}: {where} is altered: its sha256 is {found}, sources.yaml says {listed}{advice}")


def _fetch(source: Source, rendition: Rendition, kept: Path, shelf: Shelf, limits: Limits) -> _Found:
    assert rendition.url is not None
    data = asyncio.run(downloaded(source.id, rendition.url, limits))
    _verify(source, data, rendition.url)
    fetched = shelf.clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        # The note first: bytes without it would be bytes of unknown origin.
        _write(_note(kept), json.dumps({"url": rendition.url, "fetched": fetched}).encode())
        _write(kept, data)
    except OSError as error:
        raise SourceError(f"{source.id}: {kept} cannot be written ({error.strerror})") from error
    return _Found(data, _name(rendition), "publisher", rendition.url, fetched)


def _note(kept: Path) -> Path:
    return kept.with_name(kept.name + ".json")


def _remembered(kept: Path) -> tuple[str | None, str | None]:
    """URL and time noted when the kept bytes were fetched; nothing for bytes that somebody else put there."""
    try:
        note = json.loads(_note(kept).read_text(encoding="utf-8"))
        return str(note["url"]), str(note["fetched"])
    except (OSError, ValueError, KeyError, TypeError):
        return None, None


def _write(path: Path, data: bytes) -> None:
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(data)
    os.replace(partial, path)


def _index(mirror: Path, wanted: set[Digest], limits: Limits) -> dict[Digest, Path]:
    """Files of the folder by digest, only those that are wanted; order of names decides between equals.

    A hint where to look: what is taken from there is hashed again as it is read.
    """
    if not mirror.is_dir():
        raise SourceError(f"the mirror {mirror} is not a folder")
    found: dict[Digest, Path] = {}
    for path in sorted(p for p in mirror.rglob("*") if p.suffix.lower() in SUFFIXES):
        try:
            if not path.is_file() or path.stat().st_size > limits.size:
                continue
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            continue  # what cannot be read is not there; the document it may have been is named as missing
        if digest in wanted:
            found.setdefault(digest, path)
    return found
