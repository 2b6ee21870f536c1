"""Receipts (C2SP tlog-proof): an index, the path from that leaf to the root, and the checkpoint that signs it.

Promise: checked offline against a policy; what is proved is the entry that the verifier holds, never one that
the receipt brings along.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

from audit.checkpoints import Head, read_hash, read_number
from audit.errors import Malformed
from audit.merkle import Hash, check_inclusion, leaf_hash
from audit.notes import LARGEST, from_base64
from audit.policy import Policy

FIRST = "c2sp.org/tlog-proof@v1"
HIGHEST = 64
"""Lines of index and path: no tree is higher."""


@dataclass(frozen=True)
class Proof:
    """A receipt as read; `extra` is not authenticated."""

    index: int
    path: tuple[Hash, ...]
    checkpoint: bytes
    extra: bytes | None = None

    def text(self) -> str:
        """The `.tlog-proof` file (tlog-proof, "Format")."""
        lines = [FIRST]
        if self.extra is not None:
            lines.append(f"extra {base64.b64encode(self.extra).decode()}")
        lines += [f"index {self.index}", *(base64.b64encode(h).decode() for h in self.path), ""]
        return "\n".join([*lines, self.checkpoint.decode()])


def read_proof(data: bytes, what: str = "the receipt") -> Proof:
    """The receipt in these bytes. Raises Malformed about `what`."""
    if len(data) > LARGEST:
        raise Malformed(what, f"longer than {LARGEST} bytes")
    try:
        above, gap, checkpoint = data.decode().partition("\n\n")
    except UnicodeDecodeError:
        raise Malformed(what, "not UTF-8") from None
    lines = above.split("\n")
    if not gap or lines.pop(0) != FIRST:
        raise Malformed(what, f"does not begin with {FIRST}, or holds no checkpoint")
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = from_base64(lines.pop(0).removeprefix("extra "))
        if extra is None:
            raise Malformed(what, "the extra data is not base64")
    if not lines or not lines[0].startswith("index ") or len(lines) > HIGHEST:
        raise Malformed(what, "no index, or a path that is too long")
    index = read_number(lines.pop(0).removeprefix("index "), what)
    return Proof(index, tuple(read_hash(line, what) for line in lines), checkpoint.encode(), extra)


def check_proof(proof: Proof, entry: bytes, policy: Policy, what: str = "the receipt") -> Head:
    """The signed head under which the entry stands at the receipt's index.

    Raises BadSignature, BadProof or Malformed about `what`.
    """
    head = policy.head(proof.checkpoint, what)
    check_inclusion(what, leaf_hash(entry), proof.index, head.size, proof.path, head.root)
    return head
