"""A zip file made by a stranger, read without trusting it.

Promise: before anything is unpacked, every member has a plain relative path of its own, is a file and no link, and
states a size within the limits; no more bytes are unpacked than were stated. Raises `NotAnArchive` for what is no
zip file, and otherwise errors that name the member.
"""

from __future__ import annotations

import io
import re
import stat
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Self
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from audit.errors import Malformed, Missing, NotAnArchive
from audit.tiles import Fetch

LARGEST_MEMBER = 1 << 30
"""Bytes that one member may unpack to."""
LARGEST_WHOLE = 16 << 30
"""Bytes that all members together may unpack to; the engine of an index alone maps one or two thousand million."""
LONGEST_DIRECTORY = 1 << 24
"""Bytes of the list of members: Python reads it whole and makes an object of every 46 bytes."""
PIECE = 1 << 20
_NAME = re.compile(r"(?!\.{1,2}(?:/|$))[A-Za-z0-9._+-]{1,255}(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._+-]{1,255}){0,15}")
_ENCIPHERED = 0x1
_BROKEN = (BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError, struct.error)
"""What `zipfile` raises for members that are not what the directory says."""


class _Wary(io.BufferedReader):
    """A file that is never asked for more than the longest directory at once."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > LONGEST_DIRECTORY:
            raise Malformed("the list of members", f"is longer than {LONGEST_DIRECTORY} bytes")
        return super().read(size)


class Archive:
    """The members of a zip file. Close it after use; or use `with`."""

    def __init__(self, path: Path) -> None:
        """Raises NotAnArchive, or Malformed about the member that must not be there."""
        try:
            self._file = _Wary(io.FileIO(path))
        except OSError as error:
            raise NotAnArchive(str(path), f"cannot be read: {error.strerror}") from error
        try:
            self._zip = ZipFile(self._file)
            self._members = _checked(self._zip.infolist())
        except BaseException as error:
            self._file.close()
            if isinstance(error, _BROKEN):
                raise NotAnArchive(str(path), f"is not a whole zip file: {error}") from error
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the file go."""
        self._zip.close()
        self._file.close()

    @property
    def names(self) -> tuple[str, ...]:
        """Every member, sorted."""
        return tuple(sorted(self._members))

    def under(self, *prefixes: str) -> tuple[str, ...]:
        """The members whose names begin with one of these, sorted."""
        return tuple(name for name in self.names if name.startswith(prefixes))

    def pieces(self, name: str) -> Iterator[bytes]:
        """What a member holds, piece by piece. Raises Missing, or Malformed when it does not unpack."""
        if name not in self._members:
            raise Missing(name, "is not in the archive")
        rest = self._members[name].file_size
        try:
            with self._zip.open(self._members[name]) as file:
                while piece := file.read(PIECE):
                    rest -= len(piece)
                    yield piece
        except _BROKEN as error:
            raise Malformed(name, f"cannot be unpacked: {error}") from error
        if rest:
            raise Malformed(name, f"is {rest} bytes shorter than the list of members says")

    def read(self, name: str, limit: int) -> bytes:
        """A whole member of at most so many bytes. Raises Missing or Malformed."""
        if name in self._members and self._members[name].file_size > limit:
            raise Malformed(name, f"longer than {limit} bytes")
        return b"".join(self.pieces(name))

    def lines(self, name: str, longest: int) -> Iterator[bytes]:
        """The lines of a member, each without its end. Raises Missing, or Malformed about a line without end."""
        rest = b""
        for piece in self.pieces(name):
            *whole, rest = (rest + piece).split(b"\n")
            yield from whole
            if len(rest) > longest:
                raise Malformed(name, f"a line is longer than {longest} bytes")
        if rest:
            raise Malformed(name, "does not end with the end of a line")

    def fetch(self, prefix: str) -> Fetch:
        """Reads a log from the members under a prefix."""

        def fetch(path: str, limit: int) -> bytes:
            return self.read(prefix + path, limit)

        return fetch


def _checked(members: list[ZipInfo]) -> dict[str, ZipInfo]:
    """The members by name. Raises Malformed about the first that must not be unpacked."""
    found: dict[str, ZipInfo] = {}
    folded: set[str] = set()
    whole = 0
    for member in members:
        if why := _wrong(member):
            raise Malformed(f"member {member.orig_filename[:200]!r}", why)
        if member.filename.lower() in folded:  # some file systems cannot tell a from A
            raise Malformed(f"member {member.filename!r}", "is there twice")
        whole += member.file_size
        if whole > LARGEST_WHOLE:
            raise Malformed(f"member {member.filename!r}", f"makes the whole unpack to more than {LARGEST_WHOLE} bytes")
        found[member.filename] = member
        folded.add(member.filename.lower())
    return found


def _wrong(member: ZipInfo) -> str:
    """Why the member must not be unpacked, or nothing."""
    kind = stat.S_IFMT(member.external_attr >> 16)
    if member.filename != member.orig_filename or not _NAME.fullmatch(member.filename):
        return "is not a plain relative path"
    if kind not in (0, stat.S_IFREG):
        return "is not a file"
    if member.flag_bits & _ENCIPHERED:
        return "is enciphered"
    if member.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        return f"is packed by method {member.compress_type}; only stored and deflated are read"
    if member.file_size > LARGEST_MEMBER:
        return f"unpacks to {member.file_size} bytes, and {LARGEST_MEMBER} are allowed"
    return ""
