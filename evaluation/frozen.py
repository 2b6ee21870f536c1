"""A part kept aside is the one that was frozen, or nothing is measured on it."""

from __future__ import annotations

from pathlib import Path

from domain.base import Digest, sha256


def frozen_digest(file: Path) -> Digest:
    """The digest by which the file was frozen; it stands beside it, in `.sha256`."""
    return file.with_suffix(".sha256").read_text(encoding="utf-8").split()[0]


def frozen_bytes(file: Path) -> bytes:
    """The file. Raises ValueError when it is not the frozen one."""
    data = file.read_bytes()
    if sha256(data) != frozen_digest(file):
        raise ValueError(f"{file.name} is not the frozen file: its digest is not the one in {file.stem}.sha256")
    return data
