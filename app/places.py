"""Where things lie in the data directory; the only file that knows the layout."""

from __future__ import annotations

import os
from pathlib import Path

from app.errors import IndexUnusable
from audit.files import sync_folder
from domain.base import Digest

MANIFEST = "files.json"
"""The file of a build that lists all others; see `app/sealed.py`."""


def builds_folder(data: Path, election: str) -> Path:
    """All builds of one election."""
    return data / "elections" / election


def sources_folder(data: Path) -> Path:
    """Fetched documents by digest."""
    return data / "sources"


def model_folder(data: Path, weights: Digest) -> Path:
    """An exported embedding model by the digest of its weights."""
    return data / "models" / weights[:16]


def objects_folder(data: Path) -> Path:
    """Locks, policies, wording and settings that records refer to, by digest."""
    return data / "objects"


def log_folder(data: Path) -> Path:
    """The public log, as it is served under `/log/`."""
    return data / "log"


def keys_folder(data: Path) -> Path:
    """The key that signs the log, and what it has signed last; it is in no backup."""
    return data / "keys"


def publish_current(data: Path, election: str, build: str) -> None:
    """Point the election at a build by its name; readers see the old one or the new one, also after a power cut."""
    folder = builds_folder(data, election)
    partial = folder / ".current"
    with partial.open("w", encoding="utf-8") as file:
        file.write(build + "\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(partial, folder / "current")
    sync_folder(folder)


def current_build(data: Path, election: str) -> Path:
    """The build that is served. Raises IndexUnusable when there is none."""
    pointer = builds_folder(data, election) / "current"
    if not pointer.is_file():
        raise IndexUnusable(f"election {election!r} has not been built yet; run: isegoria build {election}")
    return builds_folder(data, election) / pointer.read_text(encoding="utf-8").strip()


def all_builds(data: Path, election: str) -> tuple[Path, ...]:
    """Every finished build of one election, served or not, by name."""
    return tuple(sorted(p.parent for p in builds_folder(data, election).glob(f"[!.]*/{MANIFEST}")))


def built_elections(data: Path) -> tuple[str, ...]:
    """Ids of all elections with a published build, sorted."""
    return tuple(sorted(p.parent.name for p in (data / "elections").glob("*/current")))
