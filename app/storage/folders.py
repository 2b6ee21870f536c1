"""Folders that survive a power cut: a new entry counts only when the folder that holds it was synced."""

from __future__ import annotations

import os
from pathlib import Path


def make_folder(path: Path) -> None:
    """Create the folder and those above it, durably. Raises OSError."""
    fresh = [p for p in (path, *path.parents) if not p.exists()]
    path.mkdir(parents=True, exist_ok=True)
    for made in reversed(fresh):
        sync_folder(made.parent)


def sync_folder(path: Path) -> None:
    """Wait until the folder's entries are on disk. Raises OSError."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
