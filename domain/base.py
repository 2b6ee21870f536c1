"""The frozen base of all domain types: immutable, strict about unknown fields, canonical when hashed."""

from __future__ import annotations

import hashlib
import json

from pydantic import BaseModel, ConfigDict

Language = str
"""A BCP 47 tag as a pack lists it, for example `de` or `en`."""

Localised = dict[Language, str]
"""One text per language."""

Digest = str
"""Lower-case hexadecimal SHA-256 (FIPS 180-4), 64 characters."""


class Frozen(BaseModel):
    """Immutable value; an unknown field is an error, so a misspelt key in a pack cannot pass."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def sha256(data: bytes) -> Digest:
    """Hexadecimal SHA-256 of the bytes."""
    return hashlib.sha256(data).hexdigest()


def canonical(value: object) -> bytes:
    """JSON bytes with sorted keys and no white space: equal values give equal bytes.

    For digests of settings and packs. The log uses RFC 8785 proper.
    """
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def digest_of(value: object) -> Digest:
    """SHA-256 of the canonical JSON of a value made of JSON types."""
    return sha256(canonical(value))
