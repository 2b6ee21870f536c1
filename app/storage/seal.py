"""A record sealed under a key of its own: without the key its bytes say nothing, and destroying the key erases it.

Promise: a seal is opened whole and unaltered, for the record it was made for, or not at all.
"""

from __future__ import annotations

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY = 32
"""Bytes of a record's key: AES-256."""
SALT = 32
"""Bytes of a record's salt, under which its leaf commits to it."""
DESTROYED = bytes(KEY + SALT)
"""What stands in the place of a secret that was destroyed."""
_NONCE, _TAG = 12, 16


def new_secret() -> bytes:
    """A key and a salt, one behind the other: `KEY + SALT` random bytes."""
    return secrets.token_bytes(KEY + SALT)


def salt_of(secret: bytes) -> bytes:
    """The salt in a secret."""
    return secret[KEY:]


def sealed(secret: bytes, record: str, body: bytes) -> bytes:
    """Nonce and ciphertext, AES-256-GCM (NIST SP 800-38D), bound to the record's id."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(secret[:KEY]).encrypt(nonce, body, record.encode())


def opened(secret: bytes, record: str, seal: bytes) -> bytes:
    """The bytes that were sealed. Raises ValueError when seal, secret or record are not those of each other."""
    if len(seal) < _NONCE + _TAG:
        raise ValueError("the seal was altered, or is not of this record and key")
    try:
        return AESGCM(secret[:KEY]).decrypt(seal[:_NONCE], seal[_NONCE:], record.encode())
    except InvalidTag:
        raise ValueError("the seal was altered, or is not of this record and key") from None
