"""Tiles and entry bundles (C2SP tlog-tiles): the tree and its entries as plain files of 256 each.

Promise: the same tree is always the same files; a reader asks for no more bytes than the file may have, and a
file of another length is refused by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import TypeVar

from audit.errors import Malformed, Missing
from audit.merkle import SIZE, Hash, range_root, root

HEIGHT, WIDTH = 8, 256
CHECKPOINT, ENTRIES = "checkpoint", "entries"
LARGEST_ENTRY = (1 << 16) - 1
"""Bytes that the length of an entry can state."""
LARGEST_BUNDLE = WIDTH * (2 + LARGEST_ENTRY)
Piece = TypeVar("Piece")
Fetch = Callable[[str, int], bytes]
"""The bytes under a path, of which no more than so many are wanted; raises Missing."""


def tile_path(level: int | str, n: int, width: int = WIDTH) -> str:
    """Where the n-th tile of a level, or bundle of `ENTRIES`, lies (tlog-tiles, "Merkle Tree")."""
    groups = [f"{n % 1000:03d}"]
    while n := n // 1000:
        groups.insert(0, f"x{n % 1000:03d}")
    whole = f"tile/{level}/{'/'.join(groups)}"
    return whole if width == WIDTH else f"{whole}.p/{width}"


def widths(count: int) -> Iterator[tuple[int, int]]:
    """Number and width of each tile that holds `count` hashes or entries."""
    yield from ((n, WIDTH) for n in range(count // WIDTH))
    if count % WIDTH:
        yield count // WIDTH, count % WIDTH


def parts(row: Sequence[Piece]) -> Iterator[Sequence[Piece]]:
    """The row cut into what one file holds."""
    return (row[at : at + WIDTH] for at in range(0, len(row), WIDTH))


def above(row: Sequence[Hash]) -> list[Hash]:
    """The hashes on the next level: one for each full tile of the row."""
    return [root(part) for part in parts(row) if len(part) == WIDTH]


def levels(size: int) -> Iterator[tuple[int, int]]:
    """Each level of the tiles of a tree, with how many hashes it holds."""
    level = 0
    while size:
        yield level, size
        level, size = level + 1, size // WIDTH


def pack(entries: Sequence[bytes]) -> bytes:
    """A bundle: each entry behind its length in two bytes (tlog-tiles, "Log entries"). Raises Malformed."""
    for entry in entries:
        if len(entry) > LARGEST_ENTRY:
            raise Malformed("an entry", f"{len(entry)} bytes, and at most {LARGEST_ENTRY} can be stated")
    return b"".join(len(entry).to_bytes(2) + entry for entry in entries)


def unpack(bundle: bytes, count: int, what: str) -> list[bytes]:
    """The `count` entries of a bundle. Raises Malformed about `what`."""
    found, at = list[bytes](), 0
    while at < len(bundle):
        end = at + 2 + int.from_bytes(bundle[at : at + 2])
        if at + 2 > len(bundle) or end > len(bundle):
            raise Malformed(what, f"ends within entry {len(found)}")
        found.append(bundle[at + 2 : end])
        at = end
    if len(found) != count:
        raise Malformed(what, f"holds {len(found)} entries, not {count}")
    return found


def split_hashes(tile: bytes, count: int, what: str) -> list[Hash]:
    """The `count` hashes of a tile. Raises Malformed about `what`."""
    if len(tile) != count * SIZE:
        raise Malformed(what, f"{len(tile)} bytes, not those of {count} hashes")
    return [tile[at : at + SIZE] for at in range(0, len(tile), SIZE)]


class Tree:
    """A published tree of a known size, read tile by tile as far as it is asked for."""

    def __init__(self, fetch: Fetch, size: int) -> None:
        self._fetch, self.size = fetch, size
        self.hashes = lru_cache(maxsize=1024)(self._hashes)

    def _hashes(self, level: int, n: int) -> list[Hash]:
        """The hashes of one tile, as far as the tree reaches. Raises Missing or Malformed."""
        data, held, width, path = self._read(level, n, self.size >> HEIGHT * level, WIDTH * SIZE)
        return split_hashes(data, held, path)[:width]

    def entries(self, n: int) -> list[bytes]:
        """The entries of one bundle, as far as the tree reaches. Raises Missing or Malformed."""
        data, held, width, path = self._read(ENTRIES, n, self.size, LARGEST_BUNDLE)
        return unpack(data, held, path)[:width]

    def entry(self, index: int) -> bytes:
        """One entry. Raises Missing or Malformed."""
        return self.entries(index // WIDTH)[index % WIDTH]

    def _read(self, level: int | str, n: int, count: int, limit: int) -> tuple[bytes, int, int, str]:
        """The n-th file of a level of `count` hashes or entries: bytes, how many it holds, how many count, and path.

        A partial file may have been deleted once the full one was there (tlog-tiles, "Partial Tiles").
        """
        width = min(WIDTH, count - n * WIDTH)
        path, full = tile_path(level, n, width), tile_path(level, n)
        try:
            return self._fetch(path, limit), width, width, path
        except Missing:
            with suppress(Missing):
                if path != full:
                    return self._fetch(full, limit), WIDTH, width, full
            raise

    def node(self, level: int, n: int) -> Hash:
        """The hash over the leaves `[n << level, (n + 1) << level)`. Raises Missing or Malformed."""
        tile, inside = divmod(level, HEIGHT)
        start, count = n << inside, 1 << inside
        hashes = self.hashes(tile, start // WIDTH)
        return root(hashes[start % WIDTH : start % WIDTH + count])

    def root(self, size: int | None = None) -> Hash:
        """The root of the first `size` leaves, or of all. Raises Missing or Malformed."""
        return range_root(0, self.size if size is None else size, self.node)
