"""Whom a verifier trusts (C2SP tlog-policy): the log's keys, the witnesses, and how many of them must have signed.

Promise: a checkpoint passes only when a listed log signed it under its own origin and the quorum cosigned it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from audit.checkpoints import Head, read_checkpoint, read_number
from audit.errors import BadSignature, Malformed
from audit.notes import COSIGNATURE, PLAIN, Key, Note, read_key

NONE = "none"
MOST = 500
"""Lines of a policy; the specification asks for room for 32 of each kind."""
_SPACE = re.compile(r"[ \t]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True)
class Group:
    """Witnesses or groups of which so many must agree."""

    least: int
    members: tuple[str, ...]


@dataclass(frozen=True)
class Policy:
    """Logs, witnesses by name, groups by name, and the name that must be satisfied."""

    logs: tuple[Key, ...]
    witnesses: Mapping[str, Key] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)
    quorum: str = NONE

    def head(self, data: bytes, what: str) -> Head:
        """The head of a checkpoint that is signed as it must be. Raises Malformed or BadSignature about `what`."""
        note, head = read_checkpoint(data, what)
        self.check(note, head.origin, what)
        return head

    def check(self, note: Note, origin: str, what: str) -> None:
        """That a log of this origin and the quorum signed the note. Raises BadSignature about `what`."""
        logs = [key for key in self.logs if key.name == origin]
        if not logs:
            raise BadSignature(what, f"no trusted log is called {origin!r}")
        if not note.signed_by(logs, what):
            raise BadSignature(what, f"not signed by {origin}")
        signed = note.signed_by(self.witnesses.values(), what)
        if not self._satisfied(self.quorum, {name for name, key in self.witnesses.items() if key in signed}):
            raise BadSignature(what, f"the quorum {self.quorum!r} of witnesses is not reached")

    def _satisfied(self, name: str, signed: set[str]) -> bool:
        if name == NONE or name in signed:
            return True
        group = self.groups.get(name)
        return group is not None and sum(self._satisfied(m, signed) for m in group.members) >= group.least


def read_policy(data: bytes, what: str = "the policy") -> Policy:
    """The policy in these lines. Raises Malformed about `what`, with the line."""
    reader = _Reader()
    if data.count(b"\n") > MOST:
        raise Malformed(what, f"more than {MOST} lines")
    for number, line in enumerate(data.decode(errors="surrogateescape").split("\n"), start=1):
        place = f"{what}, line {number}"
        words = [word for word in _SPACE.split(line) if word]
        if _CONTROL.search(line):
            raise Malformed(place, "a control character")
        if words and not words[0].startswith("#"):
            reader.read(words, place)
    if reader.quorum is None:
        raise Malformed(what, "no quorum line")
    return Policy(tuple(reader.logs), reader.witnesses, reader.groups, reader.quorum)


class _Reader:
    """What the lines so far have defined; a line may only name what stands above it."""

    def __init__(self) -> None:
        self.logs: list[Key] = []
        self.witnesses: dict[str, Key] = {}
        self.groups: dict[str, Group] = {}
        self.quorum: str | None = None
        self.taken: set[str] = set()

    def read(self, words: list[str], place: str) -> None:
        match words:
            case ["log", vkey] | ["log", vkey, _]:
                self.logs.append(self._new(read_key(vkey), self.logs, PLAIN, place))
            case ["witness", name, vkey] | ["witness", name, vkey, _]:
                self._name(name, place)
                self.witnesses[name] = self._new(read_key(vkey), list(self.witnesses.values()), COSIGNATURE, place)
            case ["group", name, least, first, *rest]:
                self._name(name, place)
                self.groups[name] = self._group(least, (first, *rest), place)
            case ["quorum", name] if self.quorum is None:
                if name != NONE and name not in self.witnesses and name not in self.groups:
                    raise Malformed(place, f"{name!r} is not defined above")
                self.quorum = name
            case _:
                raise Malformed(place, f"not a line of a policy, or a second quorum: {' '.join(words)[:80]!r}")

    def _new(self, key: Key, known: list[Key], kind: int, place: str) -> Key:
        if key.kind != kind:
            raise Malformed(place, f"a key of type {key.kind}, not {kind}")
        if any(key.public == other.public for other in known):
            raise Malformed(place, f"the key of {key.name} is listed twice")
        return key

    def _name(self, name: str, place: str) -> None:
        if name == NONE or name in self.witnesses or name in self.groups:
            raise Malformed(place, f"the name {name!r} is taken")

    def _group(self, least: str, members: tuple[str, ...], place: str) -> Group:
        for member in members:
            if member not in self.witnesses and member not in self.groups:
                raise Malformed(place, f"{member!r} is not defined above")
            if member in self.taken:
                raise Malformed(place, f"{member!r} is a member twice")
            self.taken.add(member)
        count = {"any": 1, "all": len(members)}.get(least) or read_number(least, place)
        if not 1 <= count <= len(members):
            raise Malformed(place, f"{least!r} of {len(members)} members")
        return Group(count, members)
