"""Signed notes (C2SP signed-note): a text, a blank line, and one line per signature.

Promise: a signature of an unknown key is ignored, a wrong one of a known key rejects the note; nothing is read
beyond `LARGEST` bytes. Two kinds of signature are known: plain Ed25519, and the timestamped Ed25519 cosignature
of a witness (C2SP tlog-cosignature).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from audit.errors import BadSignature, Malformed

PLAIN, COSIGNATURE = 0x01, 0x04
"""Signature types (signed-note, "Signature types"): what one key signs in one way is nothing in the other."""
LARGEST = 1 << 18
"""Bytes of a note: far beyond sixteen signatures of any known kind."""
MARK = "\u2014 "
_NAME = re.compile(r"[^\s+]+")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


def from_base64(text: str) -> bytes | None:
    """The bytes of RFC 4648, section 4, in their one canonical spelling; None for anything else.

    The last sign before the padding has bits to spare: a lenient reader would find no alteration there.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if base64.b64encode(data).decode() == text else None


@dataclass(frozen=True)
class Key:
    """A public key under its name, as it stands in a vkey."""

    name: str
    kind: int
    public: bytes

    @property
    def id(self) -> bytes:
        """The four bytes by which a signature names its key (signed-note, "Signatures")."""
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:4]

    def __str__(self) -> str:
        """The vkey: name, key id and key."""
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(bytes([self.kind]) + self.public).decode()}"

    def check(self, text: str, signature: bytes, what: str) -> int | None:
        """The POSIX time of a good cosignature, None for a plain good one. Raises BadSignature about `what`."""
        time, signed = None, text.encode()
        if self.kind == COSIGNATURE:
            time, signature = int.from_bytes(signature[:8]), signature[8:]
            signed = f"cosignature/v1\ntime {time}\n".encode() + signed
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, signed)
        except InvalidSignature:
            raise BadSignature(what, f"the signature of {self.name} does not fit the text") from None
        return time


def read_key(vkey: str) -> Key:
    """A key from its vkey. Raises Malformed."""
    name, _, rest = vkey.strip().partition("+")
    id_, _, encoded = rest.partition("+")
    data = from_base64(encoded) or b""
    if not _NAME.fullmatch(name) or not _is_text(name) or len(data) != 33 or data[0] not in (PLAIN, COSIGNATURE):
        raise Malformed(f"key {vkey[:80]!r}", "not a vkey of an Ed25519 log or witness")
    key = Key(name, data[0], data[1:])
    if key.id.hex() != id_:
        raise Malformed(f"key {vkey[:80]!r}", f"its id should be {key.id.hex()}")
    return key


def _is_text(name: str) -> bool:
    """Whether the name can be written in UTF-8."""
    return not any("\ud800" <= char <= "\udfff" for char in name)


@dataclass(frozen=True)
class Signer:
    """A private key that signs under a name."""

    name: str
    private: Ed25519PrivateKey

    @property
    def key(self) -> Key:
        """The public half. Raises Malformed for a name that a note cannot hold."""
        if not _NAME.fullmatch(self.name):
            raise Malformed(f"key name {self.name!r}", "empty, or with a space or a plus sign")
        return Key(self.name, PLAIN, self.private.public_key().public_bytes_raw())

    def sign(self, text: str) -> str:
        """The note of this text, with this one signature."""
        key = self.key
        signature = base64.b64encode(key.id + self.private.sign(text.encode())).decode()
        return f"{text}\n{MARK}{key.name} {signature}\n"


@dataclass(frozen=True)
class Signature:
    """One signature line: who it says it is by, and its bytes without the key id."""

    name: str
    key_id: bytes
    data: bytes


@dataclass(frozen=True)
class Note:
    """A text with its signatures, none of which has been checked."""

    text: str
    signatures: tuple[Signature, ...]

    def signed_by(self, keys: Iterable[Key], what: str) -> dict[Key, int | None]:
        """Those of the keys that signed, with the time of a cosignature. Raises BadSignature for one that does not fit.

        A key that signed twice counts once.
        """
        found: dict[Key, int | None] = {}
        for key in keys:
            for signature in self.signatures:
                if (signature.name, signature.key_id) == (key.name, key.id):
                    found[key] = key.check(self.text, signature.data, what)
        return found


def read_note(data: bytes, what: str) -> Note:
    """The note in these bytes (signed-note, "Format"). Raises Malformed about `what`."""
    if len(data) > LARGEST:
        raise Malformed(what, f"longer than {LARGEST} bytes")
    try:
        whole = data.decode()
    except UnicodeDecodeError:
        raise Malformed(what, "not UTF-8") from None
    if _CONTROL.search(whole):
        raise Malformed(what, "a control character in a note")
    text, gap, lines = whole.rpartition("\n\n")
    if not gap or not lines.endswith("\n"):
        raise Malformed(what, "no blank line before the signatures, or no end of line after them")
    return Note(text + "\n", _signatures(lines[:-1].split("\n"), what))


def _signatures(lines: Sequence[str], what: str) -> tuple[Signature, ...]:
    found: list[Signature] = []
    for line in lines:
        name, gap, encoded = line.removeprefix(MARK).partition(" ")
        data = from_base64(encoded) or b""
        if not line.startswith(MARK) or not gap or not _NAME.fullmatch(name) or len(data) <= 4:
            raise Malformed(what, f"not a signature line: {line[:80]!r}")
        found.append(Signature(name, data[:4], data[4:]))
    return tuple(found)
