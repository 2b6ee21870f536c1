"""The bytes of every source, verified by digest before anyone reads them.

Taken from the pack folder, from bytes kept earlier, from a mirror folder, or fetched from the
publisher; the digest decides, never the name. What is missing or altered is named, all at once.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import httpx

from app.errors import SourceError
from domain.base import Digest, sha256
from domain.election import Election, Rendition, Source

MAX_BYTES = 200_000_000
TIMEOUT = 60.0


def collect(election: Election, pack: Path, keep: Path, mirror: Path | None = None) -> dict[Digest, Path]:
    """Path per rendition digest for the first rendition of each source, all verified.

    Raises SourceError listing every document that is missing or altered.
    """
    mirrored = _index(mirror, {s.renditions[0].sha256 for s in election.sources}) if mirror else {}
    found: dict[Digest, Path] = {}
    problems: list[str] = []
    for source in election.sources:
        try:
            found[source.renditions[0].sha256] = _one(source, pack, keep, mirrored)
        except SourceError as error:
            problems.append(error.message)
    if problems:
        raise SourceError("\n".join(problems))
    return found


def _one(source: Source, pack: Path, keep: Path, mirrored: Mapping[Digest, Path]) -> Path:
    rendition = source.renditions[0]
    kept = keep / rendition.sha256
    if rendition.path is not None:
        path = pack / rendition.path
        if not path.is_file():
            raise SourceError(f"{source.id}: the file {path} is missing")
        _verify(source, path.read_bytes(), str(path))
        return path
    if kept.is_file():
        return kept
    if rendition.sha256 in mirrored:
        return mirrored[rendition.sha256]
    if rendition.url is not None:
        return _fetch(source, rendition, kept)
    raise SourceError(
        f"{source.id}: no file with sha256 {rendition.sha256} was found and no URL is known; "
        "give a folder that holds it with --mirror"
    )


def _verify(source: Source, data: bytes, where: str) -> None:
    digest = sha256(data)
    if digest != source.renditions[0].sha256:
        raise SourceError(
            f"{source.id}: {where} is altered: its sha256 is {digest}, sources.yaml says {source.renditions[0].sha256}"
        )


def _fetch(source: Source, rendition: Rendition, kept: Path) -> Path:
    assert rendition.url is not None
    try:
        with httpx.Client(follow_redirects=False, timeout=TIMEOUT) as client:
            reply = client.get(rendition.url)
            reply.raise_for_status()
    except httpx.HTTPError as error:
        raise SourceError(f"{source.id}: {rendition.url} could not be fetched ({error})") from error
    if len(reply.content) > MAX_BYTES:
        raise SourceError(f"{source.id}: {rendition.url} holds {len(reply.content)} bytes, more than {MAX_BYTES}")
    _verify(source, reply.content, rendition.url)
    kept.parent.mkdir(parents=True, exist_ok=True)
    partial = kept.with_suffix(".partial")
    partial.write_bytes(reply.content)
    os.replace(partial, kept)
    return kept


def _index(mirror: Path, wanted: set[Digest]) -> dict[Digest, Path]:
    """Files of the folder by digest, only those that are wanted; order of names decides between equals."""
    if not mirror.is_dir():
        raise SourceError(f"the mirror {mirror} is not a folder")
    found: dict[Digest, Path] = {}
    for path in sorted(p for p in mirror.rglob("*") if p.suffix.lower() in {".pdf", ".md", ".html", ".htm"}):
        if path.is_file() and path.stat().st_size <= MAX_BYTES:
            digest = sha256(path.read_bytes())
            if digest in wanted:
                found.setdefault(digest, path)
    return found
