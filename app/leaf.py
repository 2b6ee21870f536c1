"""The public leaves: of an exchange a commitment to its record and facts about nobody, and of what else befell.

Promise: whoever holds a record and its salt can show that the leaf stands for it; whoever holds only the leaf can
guess nothing, not even the length of a question. All leaves are equally long.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import rfc8785

from domain.base import Digest, digest_of
from domain.exchange import Exchange

VERSION = 1
LENGTH = 1024
"""Bytes of every leaf."""


def commitment(salt: bytes, body: bytes) -> str:
    """HMAC-SHA-256 (RFC 2104) of the record's bytes under its salt, in hexadecimal.

    A digest without salt could be found by trying likely questions.
    """
    return hmac.new(salt, body, hashlib.sha256).hexdigest()


def leaf_of(exchange: Exchange, salt: bytes, body: bytes) -> bytes:
    """The leaf of this exchange, stored as `body`: RFC 8785 JSON, padded to `LENGTH` bytes."""
    answer, digests = exchange.answer, exchange.digests
    facts = {
        "v": VERSION,
        "kind": exchange.kind,
        "commitment": commitment(salt, body),
        "election": exchange.question.election,
        "status": answer.status.value if answer else None,
        "hour": exchange.at[:13],
        "corpus": digests.corpus,
        "index": digests.index,
        "policy": digests.policy,
        "settings": digests.settings,
        "understand": digests.understand,
        "wording": digests.wording,
        "code": digests.code,
    }
    return padded(facts)


def hour_of(at: datetime) -> str:
    """The hour that a leaf tells, in UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H")


def padded(facts: dict[str, Any]) -> bytes:
    """The facts as RFC 8785 JSON of `LENGTH` bytes, filled up under `pad`. Raises ValueError when they are longer."""
    bare = len(rfc8785.dumps(facts | {"pad": ""}))
    if bare > LENGTH:
        raise ValueError(f"a leaf of {bare} bytes, and {LENGTH} is the length of all")
    return bytes(rfc8785.dumps(facts | {"pad": "0" * (LENGTH - bare)}))


def stands_for(entry: bytes) -> str | None:
    """The commitment that a leaf of ours holds; None for a leaf that stands for no record."""
    commits: str | None = json.loads(entry).get("commitment")
    return commits


@dataclass(frozen=True)
class Statement:
    """A leaf about what is in force: handed in when it changes, by subject.

    `unremarkable` is what need not be said before the contrary was.
    """

    subject: str
    kind: str
    facts: dict[str, Any]
    hour: str
    unremarkable: bool = False

    @property
    def digest(self) -> Digest:
        """Of the facts without the hour."""
        return digest_of(self.facts)

    @property
    def entry(self) -> bytes:
        """The leaf."""
        return padded({"v": VERSION, "kind": self.kind, "hour": self.hour} | self.facts)


def erasure_leaf(of: str, why: str, hour: str) -> bytes:
    """The tombstone of the leaf with this commitment."""
    return padded({"v": VERSION, "kind": "erasure", "of": of, "why": why, "hour": hour})


def incident_leaf(text: str, hour: str) -> bytes:
    """What the operator tells the public about an incident. Raises ValueError when it is too long."""
    return padded({"v": VERSION, "kind": "incident", "text": text, "hour": hour})
