"""The folders of builds: one is made at a time, gets its name when it is whole, and none touches another."""

from __future__ import annotations

import fcntl
import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.errors import BuildError
from app.places import builds_folder
from app.sealed import intact, seal_folder
from audit.files import sync_folder

UNFINISHED = ".new-"


@contextmanager
def unfinished(data: Path, election: str) -> Iterator[Path]:
    """A fresh folder beside the builds, gone again if anything fails; one build of an election at a time."""
    parent = builds_folder(data, election)
    try:
        parent.mkdir(parents=True, exist_ok=True)
        holder = os.open(parent, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise BuildError(f"{parent}: cannot be written ({error.strerror})") from error
    folder = parent
    try:
        fcntl.flock(holder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for left in parent.glob(UNFINISHED + "*"):  # of a build that was killed: the lock went with its process
            shutil.rmtree(left, ignore_errors=True)
        folder = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=parent))
        yield folder
    except BlockingIOError as error:
        raise BuildError(f"election {election!r} is being built in {data} by another process") from error
    except OSError as error:
        raise BuildError(f"{error.filename or folder}: cannot be written ({error.strerror})") from error
    finally:
        if folder != parent:
            shutil.rmtree(folder, ignore_errors=True)
        os.close(holder)


def named(folder: Path) -> Path:
    """Give the finished folder its name; an undamaged build of the same content is kept, since it may be served."""
    name = seal_folder(folder)
    for number in itertools.count(1):
        final = folder.with_name(name if number == 1 else f"{name}-{number}")
        if intact(final):
            return final
        if not final.exists():
            folder.rename(final)
            sync_folder(final.parent)
            return final
    raise AssertionError("there is always another number")
