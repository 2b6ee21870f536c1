"""A finished build knows its own files: it is named after what it holds, and damage to it is found.

Equal content gets an equal name, so a build that is being served need never be replaced. What the
index engine keeps beside the content differs from build to build and takes no part in the name.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

from app.places import MANIFEST
from audit.files import sync_folder
from domain.base import Digest, canonical, digest_of

ENGINE = "index/qdrant/"
REPORT = "report.json"


def seal_folder(folder: Path) -> str:
    """List every file with its digest in `files.json`, put all on disk, and return the build's name."""
    digests = _digests(folder)
    (folder / MANIFEST).write_bytes(canonical(digests))
    for path in sorted(folder.rglob("*")):
        _sync(path)
    sync_folder(folder)
    named = {name: d for name, d in digests.items() if not name.startswith(ENGINE) and name != REPORT}
    return digest_of(named)[:16]


def intact(folder: Path) -> bool:
    """Whether every listed file stands there with its digest.

    The engine rewrites JSON files of its own whenever it opens the index: those only have to be JSON.
    """
    try:
        listed: dict[str, Digest] = json.loads((folder / MANIFEST).read_bytes())
        return all(
            _is_json(folder / name) if rewritten(name) else _digest(folder / name) == digest
            for name, digest in listed.items()
        )
    except (OSError, ValueError, AttributeError):
        return False


def _digests(folder: Path) -> dict[str, Digest]:
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {p.relative_to(folder).as_posix(): _digest(p) for p in files}


def rewritten(name: str) -> bool:
    """Whether the engine may have written the file anew since the build was listed."""
    return name.startswith(ENGINE) and name.endswith(".json")


def _is_json(path: Path) -> bool:
    json.loads(path.read_bytes())
    return True


def _digest(path: Path) -> Digest:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
