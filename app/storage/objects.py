"""Content-addressed files under `objects/`: every lock, index digest, policy, prompt and settings object.

A file that has its final name is complete and on disk; putting the same bytes again changes nothing.
What derives from a person's words never goes here: an unsalted digest of a question can be guessed.
"""

from __future__ import annotations

import json
from pathlib import Path

from app.errors import RecordUnreadable, RecordWriteFailed
from audit.files import make_folder, write_whole
from domain.base import Digest, sha256


def object_path(folder: Path, digest: Digest) -> Path:
    """Where the object with this digest lies: `ab/cdef…` under the folder."""
    return folder / digest[:2] / digest[2:]


def put_object(folder: Path, data: bytes) -> Digest:
    """Store the bytes durably and return their SHA-256. Raises RecordWriteFailed."""
    digest = sha256(data)
    path = object_path(folder, digest)
    try:
        if path.is_file() and path.read_bytes() == data:
            return digest
        make_folder(path.parent)
        write_whole(path, data)
    except OSError as error:
        raise RecordWriteFailed(f"{path}: the object cannot be stored: {error.strerror}") from error
    return digest


def keep_file(folder: Path, file: Path, digest: Digest) -> None:
    """Store a large file under its known digest, unless an object of its length is there. Raises RecordWriteFailed."""
    try:
        if object_path(folder, digest).stat().st_size == file.stat().st_size:
            return
    except OSError:
        pass  # not there yet
    put_object(folder, file.read_bytes())


def get_object(folder: Path, digest: Digest) -> bytes:
    """The bytes of an object. Raises RecordUnreadable when it is missing or altered."""
    path = object_path(folder, digest)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise RecordUnreadable(f"{path}: the object cannot be read: {error.strerror}") from error
    if sha256(data) != digest:
        raise RecordUnreadable(f"{path}: the object does not have the digest it is named by")
    return data


def model_files(policy: bytes) -> set[Digest]:
    """The files of the small model that a policy object names, which are objects too. Raises ValueError or KeyError."""
    classifier = json.loads(policy)["classifier"]
    return set(classifier["files"].values()) if classifier else set()
