"""The public leaf of an exchange: a commitment to its record, and facts that tell nothing about a person.

Promise: whoever holds a record and its salt can show that the leaf stands for it; whoever holds only the leaf can
guess nothing, not even the length of a question. All leaves are equally long.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import rfc8785

from domain.exchange import Exchange

VERSION = 1
LENGTH = 1024
"""Bytes of every leaf."""
SALT = 32
"""Bytes of a record's salt."""


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


def padded(facts: dict[str, Any]) -> bytes:
    """The facts as RFC 8785 JSON of `LENGTH` bytes, filled up under `pad`. Raises ValueError when they are longer."""
    bare = len(rfc8785.dumps(facts | {"pad": ""}))
    if bare > LENGTH:
        raise ValueError(f"a leaf of {bare} bytes, and {LENGTH} is the length of all")
    return bytes(rfc8785.dumps(facts | {"pad": "0" * (LENGTH - bare)}))
