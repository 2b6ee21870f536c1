"""Files and folders that survive a power cut: what has its final name is whole and on disk."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

NEW = ".new-"
"""How the name of a file begins that is not whole yet."""


def make_folder(path: Path) -> None:
    """Create the folder and those above it, durably. Raises OSError.

    The one above is synced even where the folder is there: who made it may have been killed before that.
    """
    fresh = [p for p in (path, *path.parents) if not p.exists()]
    path.mkdir(parents=True, exist_ok=True)
    for made in reversed(fresh or [path]):
        sync_folder(made.parent)


def sync_folder(path: Path) -> None:
    """Wait until the folder's entries are on disk. Raises OSError."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def whole_file(path: Path, mode: int = 0o600) -> Iterator[BinaryIO]:
    """A file that has its name when the block has ended well: synced, renamed, folder synced. Raises OSError.

    Whatever ends the block otherwise leaves the old state and no file beside it.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=NEW)
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(handle, mode)
            yield file
            file.flush()
            os.fsync(handle)
        os.replace(name, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise
    sync_folder(path.parent)


def write_whole(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Write beside, fsync, rename, fsync the folder: a crash leaves the old state or the new one. Raises OSError."""
    with whole_file(path, mode) as file:
        file.write(data)
