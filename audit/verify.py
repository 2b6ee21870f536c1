"""The whole of a published log checked against its signed checkpoint, from its files alone.

Promise: every entry is hashed and every tile compared; what is wrong is named exactly, as far as one fault lies in
it; no file is read beyond the length it may have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from time import monotonic

from audit.checkpoints import Head
from audit.errors import BadEntry, BadRoot, BadTile, Forked, Malformed, Missing, Unreachable
from audit.merkle import Hash, leaf_hash, range_root, root
from audit.notes import LARGEST
from audit.policy import Policy
from audit.tiles import CHECKPOINT, ENTRIES, HEIGHT, WIDTH, Fetch, Tree, above, levels, parts, tile_path, widths

TIMEOUT = 30.0
"""Seconds that a server may take for a file, and for one more part of it."""
Say = Callable[[int, int], None]
"""Told how many entries of how many have been read."""


def from_folder(folder: Path) -> Fetch:
    """Reads a log from its folder."""

    def fetch(path: str, limit: int) -> bytes:
        try:
            with (folder / path).open("rb") as file:
                return _bounded(file.read(limit + 1), path, limit)
        except OSError as error:
            raise Missing(path, f"cannot be read: {error.strerror}") from error

    return fetch


def from_url(prefix: str, patience: float = TIMEOUT) -> Fetch:
    """Reads a log from a web server, each file within `patience` seconds, however slowly it drips.

    Raises Malformed for an address that is not http or https.
    """
    if not prefix.startswith(("http://", "https://")):
        raise Malformed(prefix, "not an http or https address")
    from http.client import HTTPException
    from urllib.error import HTTPError
    from urllib.request import urlopen  # a fiftieth of a second that a server's start need not pay

    def fetch(path: str, limit: int) -> bytes:
        try:
            until, data = monotonic() + patience, bytearray()
            with urlopen(f"{prefix.rstrip('/')}/{path}", timeout=patience) as reply:  # noqa: S310
                while len(data) <= limit and (part := reply.read1(limit + 1 - len(data))):
                    data += part
                    if monotonic() > until:
                        raise Unreachable(path, f"did not come within {patience:g} seconds")
                if len(data) <= limit and reply.length:
                    raise Unreachable(path, f"was cut off {reply.length} bytes before its end")
            return _bounded(bytes(data), path, limit)
        except HTTPError as error:
            gone = error.code in (404, 410)
            raise (Missing if gone else Unreachable)(path, f"cannot be fetched: {error}") from error
        except (OSError, ValueError, HTTPException) as error:
            raise Unreachable(path, f"cannot be fetched: {error}") from error

    return fetch


def _bounded(data: bytes, path: str, limit: int) -> bytes:
    if len(data) > limit:
        raise Malformed(path, f"longer than {limit} bytes")
    return data


def verify_log(fetch: Fetch, policy: Policy, earlier: Sequence[bytes] = (), say: Say | None = None) -> Head:
    """The head of a log all of whose entries and tiles are right, and which extends the `earlier` checkpoints.

    Raises Missing, Malformed, BadSignature, BadEntry, BadTile, BadRoot or Forked, naming the object.
    """
    head = policy.head(fetch(CHECKPOINT, LARGEST), CHECKPOINT)
    before = [policy.head(data, f"earlier checkpoint {n}") for n, data in enumerate(earlier, start=1)]
    tree = Tree(fetch, head.size)
    derived: list[Hash] = []
    for n, _ in widths(head.size):
        derived += map(leaf_hash, tree.entries(n))
        if say is not None:
            say(len(derived), head.size)
    if root(derived) != head.root:
        raise _culprit(tree, derived, head)
    for level, n, part in _tiles(derived):
        if tree.hashes(level, n) != part:
            raise BadTile(tile_path(level, n, len(part)), "does not hold the hashes of what lies below it")
    for number, old in enumerate(before, start=1):
        if old.origin != head.origin or old.size > head.size or root(derived[: old.size]) != old.root:
            raise Forked(f"earlier checkpoint {number}", f"a tree of {old.size} that this log does not extend")
    return head


def _tiles(row: list[Hash]) -> Iterator[tuple[int, int, Sequence[Hash]]]:
    """Level, number and hashes of every tile over these leaf hashes, from the lowest level upwards."""
    for level, _ in levels(len(row)):
        yield from ((level, n, part) for n, part in enumerate(parts(row)))
        row = above(row)


def _culprit(tree: Tree, derived: list[Hash], head: Head) -> Exception:
    """What keeps the entries from leading to the signed root: the lowest level from which the tiles lead there."""
    below: list[Hash] = derived
    for level, count in levels(head.size):
        published = [h for n, _ in widths(count) for h in tree.hashes(level, n)]
        if _leads(tree, level, published) == head.root:
            wrong = next(i for i, (a, b) in enumerate(zip(published, below, strict=True)) if a != b)
            if level == 0:
                n, width = wrong // WIDTH, min(WIDTH, head.size - wrong // WIDTH * WIDTH)
                place = f"leaf {wrong}, entry {wrong % WIDTH} of {tile_path(ENTRIES, n, width)}"
                return BadEntry(place, "is not the entry that was logged")
            return BadTile(tile_path(level - 1, wrong), "does not hold the hashes that the tile above was made from")
        below = above(published)
    return BadRoot(CHECKPOINT, "neither the entries nor the tiles lead to the root that it states")


def _leads(tree: Tree, level: int, published: Sequence[Hash]) -> Hash:
    """The root that the hashes published on a level lead to, with what is published below for the rest."""

    def node(height: int, n: int) -> Hash:
        inside = height - HEIGHT * level
        return root(published[n << inside : (n + 1) << inside]) if inside >= 0 else tree.node(height, n)

    return range_root(0, tree.size, node)
