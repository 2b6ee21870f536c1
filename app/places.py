"""Where things lie in the data directory; the only file that knows the layout."""

from __future__ import annotations

import os
from pathlib import Path

from app.errors import IndexUnusable
from domain.base import Digest


def builds_folder(data: Path, election: str) -> Path:
    """All builds of one election."""
    return data / "elections" / election


def build_folder(data: Path, election: str, corpus: Digest) -> Path:
    """The sealed build with this corpus digest."""
    return builds_folder(data, election) / corpus[:16]


def sources_folder(data: Path) -> Path:
    """Fetched documents by digest."""
    return data / "sources"


def model_folder(data: Path, weights: Digest) -> Path:
    """An exported embedding model by the digest of its weights."""
    return data / "models" / weights[:16]


def objects_folder(data: Path) -> Path:
    """Locks, policies, wording and settings that records refer to, by digest."""
    return data / "objects"


def publish_current(data: Path, election: str, corpus: Digest) -> None:
    """Point the election at a build; readers see the old one or the new one."""
    folder = builds_folder(data, election)
    partial = folder / ".current"
    partial.write_text(corpus[:16] + "\n", encoding="utf-8")
    os.replace(partial, folder / "current")


def current_build(data: Path, election: str) -> Path:
    """The build that is served. Raises IndexUnusable when there is none."""
    pointer = builds_folder(data, election) / "current"
    if not pointer.is_file():
        raise IndexUnusable(f"election {election!r} has not been built yet; run: isegoria build {election}")
    return builds_folder(data, election) / pointer.read_text(encoding="utf-8").strip()


def built_elections(data: Path) -> tuple[str, ...]:
    """Ids of all elections with a published build, sorted."""
    return tuple(sorted(p.parent.name for p in (data / "elections").glob("*/current")))
