"""Small logs for the tests: a key made from a seed, entries of many lengths, a log written in steps."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.notes import Signer
from audit.policy import Policy
from audit.writer import Writer, begin

ORIGIN = "log.example/isegoria"


def signer(seed: str = "log", name: str = ORIGIN) -> Signer:
    """A key that is the same in every run."""
    return Signer(name, Ed25519PrivateKey.from_private_bytes(sha256(seed.encode()).digest()))


def policy(*signers: Signer) -> Policy:
    """Trust in these logs, without witnesses."""
    return Policy(tuple(one.key for one in signers or (signer(),)))


def entry(index: int) -> bytes:
    """An entry of 1 to 90 bytes; no two are alike."""
    return f"{index}:".encode() + random.Random(index).randbytes(index % 90)


def entries(count: int, first: int = 0) -> list[bytes]:
    return [entry(i) for i in range(first, first + count)]


def writer(root: Path, one: Signer | None = None) -> Writer:
    """A writer of the log in `root / "log"`, whose key remembers in `root / "keys"` from the day it is made."""
    memory = root / "keys" / "signed"
    if not memory.exists() and not (root / "log").exists():  # the key is kept only after this
        begin(one or signer(), memory)
    return Writer(root / "log", one or signer(), memory)


def written(root: Path, steps: Iterable[int]) -> Path:
    """The folder of a log that grew in these steps."""
    done = 0
    with writer(root) as log:
        for step in steps:
            log.append(entries(step, done))
            done += step
    return root / "log"


def published(folder: Path) -> dict[str, bytes]:
    """Every file of the log that others read."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    }


def plain_root(leaves: Sequence[bytes]) -> bytes:
    """MTH as RFC 6962, section 2.1, defines it, word for word and slow."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return sha256(b"\x01" + plain_root(leaves[:k]) + plain_root(leaves[k:])).digest()
