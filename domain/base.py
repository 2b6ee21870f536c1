"""The frozen base of all domain types: immutable, strict about unknown fields, canonical when hashed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict

Language = str
"""A BCP 47 tag as a pack lists it, for example `de` or `en`."""

Localised = dict[Language, str]
"""One text per language."""

Digest = str
"""Lower-case hexadecimal SHA-256 (FIPS 180-4), 64 characters."""


PLAIN = "-simple"
"""Ending of a tag for the simplified form of a language (variant `simple` of the IANA language subtag registry)."""


def main_language(language: Language) -> Language:
    """The language that a simplified form is read and searched as: `de` for `de-simple`; any other is its own."""
    return language.removesuffix(PLAIN)


def in_language(texts: Mapping[Language, str], language: Language) -> str:
    """The text in the language, else in its main language, else the first there is; empty without any."""
    return texts.get(language) or texts.get(main_language(language)) or next(iter(texts.values()), "")


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
