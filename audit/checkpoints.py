"""Checkpoints (C2SP tlog-checkpoint): the signed statement of how large the tree is and what its root is.

Promise: one text per head and one head per text; extension lines are refused, because nobody could audit them.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass

from audit.errors import Malformed
from audit.merkle import SIZE, Hash
from audit.notes import Note, from_base64, read_note

_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True)
class Head:
    """The tree of a log: its origin, how many leaves it has, and their root."""

    origin: str
    size: int
    root: Hash

    def text(self) -> str:
        """The note text (tlog-checkpoint, "Note text")."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def read_checkpoint(data: bytes, what: str) -> tuple[Note, Head]:
    """The note in these bytes, its signatures unchecked, and the head that it states. Raises Malformed about `what`."""
    note = read_note(data, what)
    return note, read_head(note.text, what)


def read_head(text: str, what: str) -> Head:
    """The head that a note text states. Raises Malformed about `what`."""
    lines = text.split("\n")
    if len(lines) != 4 or lines[3] or not lines[0]:
        raise Malformed(what, "a checkpoint has three lines: origin, size and root")
    return Head(lines[0], read_number(lines[1], what), read_hash(lines[2], what))


def read_number(text: str, what: str) -> int:
    """A decimal number without leading zeros, below 10^19. Raises Malformed about `what`."""
    if not _NUMBER.fullmatch(text):
        raise Malformed(what, f"not a decimal number without leading zeros: {text[:40]!r}")
    return int(text)


def read_hash(text: str, what: str) -> Hash:
    """A hash in base64 (RFC 4648, section 4), in its one canonical spelling. Raises Malformed about `what`."""
    data = from_base64(text)
    if data is None or len(data) != SIZE:
        raise Malformed(what, f"not a hash in base64: {text[:60]!r}")
    return data
