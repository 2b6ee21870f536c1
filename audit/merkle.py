"""The Merkle tree of RFC 6962, section 2.1: hashes, roots, paths of inclusion and proofs of consistency.

Promise: functions of bytes and numbers alone; a verifying function either returns or raises `BadProof`,
and takes no more steps than the tree is high. Consistency proofs are for those who hold heads and no tiles:
witnesses, and readers of this package; whoever has the tiles compares roots.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from hashlib import sha256

from audit.errors import BadProof

Hash = bytes
"""32 bytes of SHA-256."""
SIZE = 32
Node = Callable[[int, int], Hash]
"""The hash over the leaves `[n << level, (n + 1) << level)`, by level and n."""
LEAF, INNER = b"\x00", b"\x01"


def leaf_hash(entry: bytes) -> Hash:
    """Hash of one entry (section 2.1)."""
    return sha256(LEAF + entry).digest()


def node_hash(left: Hash, right: Hash) -> Hash:
    """Hash of two subtrees (section 2.1)."""
    return sha256(INNER + left + right).digest()


def range_root(start: int, end: int, node: Node) -> Hash:
    """MTH(D[start:end]) (section 2.1); `start` is a multiple of a power of two that is no less than the length."""
    if start == end:
        return sha256(b"").digest()
    peaks: list[Hash] = []
    while start < end:
        level = (end - start).bit_length() - 1
        peaks.append(node(level, start >> level))
        start += 1 << level
    return reduce(lambda right, left: node_hash(left, right), reversed(peaks))


def root(hashes: Sequence[Hash]) -> Hash:
    """The root over these leaf hashes."""
    row = list(hashes)
    if not row:
        return sha256(b"").digest()
    while len(row) > 1:
        paired = [node_hash(left, right) for left, right in zip(row[::2], row[1::2], strict=False)]
        row = paired + row[len(row) & ~1 :]
    return row[0]


def inclusion_path(index: int, size: int, node: Node) -> list[Hash]:
    """PATH(index, D[size]) (section 2.1.1), from the leaf's sibling upwards."""
    start, end, path = 0, size, list[Hash]()
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(range_root(middle, end, node))
            end = middle
        else:
            path.append(range_root(start, middle, node))
            start = middle
    return path[::-1]


def consistency_path(old: int, new: int, node: Node) -> list[Hash]:
    """PROOF(old, D[new]) (section 2.1.2) for 0 < old <= new."""
    start, end, path, whole = 0, new, list[Hash](), True
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(range_root(middle, end, node))
            end = middle
        else:
            path.append(range_root(start, middle, node))
            start, whole = middle, False
    if not whole:
        path.append(range_root(start, end, node))
    return path[::-1]


def _split(length: int) -> int:
    """The largest power of two below the length."""
    return 1 << (length - 1).bit_length() - 1


def check_inclusion(what: str, leaf: Hash, index: int, size: int, path: Sequence[Hash], expected: Hash) -> None:
    """That the leaf stands at `index` of the tree (RFC 9162, section 2.1.3.2). Raises BadProof about `what`."""
    if not 0 <= index < size:
        raise BadProof(what, f"there is no index {index} in a tree of {size}")
    place, last, found = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise BadProof(what, "the path is longer than the tree is high")
        if place & 1 or place == last:
            found = node_hash(sibling, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        place, last = place >> 1, last >> 1
    if last:
        raise BadProof(what, "the path is shorter than the tree is high")
    if found != expected:
        raise BadProof(what, f"the path does not lead from leaf {index} to the root of the tree of {size}")


def check_consistency(what: str, old: int, new: int, path: Sequence[Hash], before: Hash, after: Hash) -> None:
    """That the tree of `new` leaves extends that of `old` (RFC 9162, section 2.1.4.2). Raises BadProof about `what`."""
    if not 0 < old <= new:
        raise BadProof(what, f"a tree of {new} cannot be shown to extend one of {old}")
    if old == new:
        if path or before != after:
            raise BadProof(what, f"two trees of {new} are not the same")
        return
    rest = list(path) if old & (old - 1) else [before, *path]
    if not rest:
        raise BadProof(what, "the proof is empty")
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    first = second = rest[0]
    for sibling in rest[1:]:
        if last == 0:
            raise BadProof(what, "the proof is longer than the tree is high")
        if place & 1 or place == last:
            first, second = node_hash(sibling, first), node_hash(sibling, second)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            second = node_hash(second, sibling)
        place, last = place >> 1, last >> 1
    if last or (first, second) != (before, after):
        raise BadProof(what, f"the tree of {new} is not shown to extend that of {old}")
