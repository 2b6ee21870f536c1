"""The format of an audit bundle: one zip with the published log, the revealed records, and all that a replay needs.

Promise: written and read by these functions alone; a manifest names every other member with its length and digest.
The format is specified in docs/log.md. Version 1.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from hashlib import sha256
from typing import IO, Literal, Self
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import rfc8785
from pydantic import Field

from app.errors import BundleError
from audit.archive import LARGEST_MEMBER, LARGEST_WHOLE, Archive
from audit.errors import Malformed
from domain.base import Digest, Frozen, canonical

VERSION = 1
MANIFEST, LOG, RECORDS = "manifest.json", "log/", "records/"
OBJECTS, BUILDS, MODELS = "objects/", "elections/", "models/"
PART = 1 << 24
"""Bytes after which another part of the records is begun."""
LONGEST_LINE = 1 << 24
LARGEST_MANIFEST = 1 << 25
LEVEL = 6
SALT = 32
"""Bytes of a salt."""
MADE = (1980, 1, 1, 0, 0, 0)
"""The time that every member bears, so that equal content gives equal members."""
FILE = 0o100644 << 16
DAY = r"^\d{4}-\d{2}-\d{2}$"
LONGEST_DELAY = 36_500
TIME = "%Y-%m-%dT%H:%M:%SZ"


class Member(Frozen):
    """What a member unpacks to."""

    sha256: Digest
    size: int = Field(ge=0)


@dataclass(frozen=True)
class Window:
    """Which records are revealed at the time `made` (RFC 3339, UTC): those of certain days, and old enough."""

    made: str
    reveal_after_days: int = 14
    since: str | None = None
    until: str | None = None

    @cached_property
    def newest(self) -> str:
        """The time before which a record is old enough. Raises ValueError or OverflowError where there is none."""
        latest = datetime.strptime(self.made, TIME).replace(tzinfo=UTC) - timedelta(days=self.reveal_after_days)
        return latest.strftime(TIME)

    def reveals(self, at: str) -> bool:
        """Whether a record of this time (RFC 3339, UTC, to the second) is revealed. No delay means all, of any time."""
        day = at[:10]
        if day < (self.since or day) or day > (self.until or day):
            return False
        return self.reveal_after_days == 0 or at <= self.newest

    def owes(self, hour: str) -> bool:
        """Whether every record of this hour is revealed, as far as a leaf tells its time."""
        return self.reveals(f"{hour}:00:00Z") and self.reveals(f"{hour}:59:59Z")


class Counts(Frozen):
    """The leaves of the log, by what the bundle gives of them; they add up to all."""

    revealed: int = Field(ge=0)
    withheld: int = Field(ge=0)
    erased: int = Field(ge=0)
    other: int = Field(ge=0, description="Leaves that stand for no record")


class Manifest(Frozen):
    """`manifest.json`, in RFC 8785 bytes."""

    version: Literal[1] = 1
    origin: str
    leaves: int = Field(ge=0)
    records: Counts
    since: str | None = Field(default=None, pattern=DAY, description="First day whose records are revealed (UTC)")
    until: str | None = Field(default=None, pattern=DAY, description="Last day whose records are revealed (UTC)")
    reveal_after_days: int = Field(ge=0, le=LONGEST_DELAY)
    made: str = Field(description="When the bundle was made, RFC 3339, UTC")
    code: Digest = Field(description="Digest of the program that made it")
    members: dict[str, Member]

    @property
    def window(self) -> Window:
        """Which records the bundle reveals."""
        return Window(self.made, self.reveal_after_days, self.since, self.until)


@dataclass(frozen=True)
class Line:
    """A revealed record: what opens the commitment of the leaf at a place."""

    place: int
    salt: bytes
    body: bytes

    def written(self) -> bytes:
        """Its line in a part of the records (RFC 8785)."""
        data = {"body": self.body.decode(), "place": self.place, "salt": self.salt.hex()}
        return canonical(data) + b"\n"  # texts and a number: the same bytes as RFC 8785's, much sooner

    @classmethod
    def read(cls, line: bytes, what: str) -> Self:
        """What `written` wrote. Raises Malformed about `what`."""
        try:
            data = json.loads(line)
            one = cls(data.pop("place"), bytes.fromhex(data.pop("salt")), data.pop("body").encode())
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise Malformed(what, f"is not a revealed record ({type(error).__name__})") from error
        if data or type(one.place) is not int or len(one.salt) != SALT:
            raise Malformed(what, "is not a revealed record")
        return one


class Writer:
    """Writes the members one after the other, the manifest last. Raises BundleError for what no reader would take."""

    def __init__(self, file: IO[bytes]) -> None:
        self._zip = ZipFile(file, "w", ZIP_DEFLATED, compresslevel=LEVEL)
        self.members: dict[str, Member] = {}
        self._whole = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with suppress(*(() if kind is None else (OSError, ValueError))):  # the first error is the one to tell
            self._zip.close()

    def add(self, name: str, pieces: Iterable[bytes]) -> Digest:
        """A member and its digest."""
        info = ZipInfo(name, MADE)
        info.compress_type, info.external_attr, info.create_system = ZIP_DEFLATED, FILE, 3
        running, size = sha256(), 0
        with self._zip.open(info, "w") as out:
            for piece in pieces:
                size += len(piece)
                if size > LARGEST_MEMBER or self._whole + size > LARGEST_WHOLE:
                    raise BundleError(f"with {name} the bundle is too large; export fewer days (--since, --until)")
                running.update(piece)
                out.write(piece)
        self._whole += size
        self.members[name] = Member(sha256=running.hexdigest(), size=size)
        return running.hexdigest()

    def finish(self, manifest: Manifest) -> None:
        """The last member."""
        self.add(MANIFEST, [bytes(rfc8785.dumps(manifest.model_dump(mode="json")))])


def revealed(archive: Archive) -> Iterator[Line]:
    """Every revealed record, in the order in which they stand. Raises Malformed, naming part and line."""
    for name in archive.under(RECORDS):
        for number, line in enumerate(archive.lines(name, LONGEST_LINE), start=1):
            yield Line.read(line, f"{name}, line {number}")
