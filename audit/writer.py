"""The one that writes a log: entries in, tiles and a signed checkpoint out, in an order that no crash can turn.

Promise: tiles are on disk before the head over them is signed; what was signed is remembered beside the key before
it is published; a head that does not extend the remembered one is never signed, also when the folder or the
entries come from an old backup. After the first failed write nothing more is written.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from audit.checkpoints import Head, read_checkpoint
from audit.errors import AuditError, BadEntry, Busy, Forked, Missing, Stopped
from audit.files import NEW, make_folder, write_whole
from audit.merkle import Hash, leaf_hash, root
from audit.notes import LARGEST, Signer
from audit.tiles import CHECKPOINT, ENTRIES, WIDTH, Tree, above, pack, parts, tile_path
from audit.verify import from_folder

LOCK = ".lock"
PASSING = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EINTR})
"""Errors of opening a file that say nothing about the disk."""
PUBLIC = 0o644


class Writer:
    """One log in a folder, from `open` to `close`."""

    def __init__(self, folder: Path, signer: Signer, memory: Path) -> None:
        """`memory` is the file, beside the key and outside every backup, that holds the last checkpoint signed."""
        self.folder, self._signer, self._memory = folder, signer, memory
        self._fetch = from_folder(folder)
        self._lock: int | None = None
        self._failed: str | None = None
        self.note = b""
        """The last checkpoint, as signed."""
        self.head = Head(signer.name, 0, root([]))

    def open(self) -> None:
        """Take the lock and go on where the log stands.

        Raises Busy (may pass), Forked, BadSignature, Malformed or Stopped.
        """
        try:
            if self._lock is None:
                make_folder(self.folder)
                make_folder(self._memory.parent)
                self._lock = os.open(self.folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for left in (*self._memory.parent.glob(f"{NEW}*"), *self.folder.glob(f"{NEW}*")):
                left.unlink()  # of a writer that was killed
            self._recover()
        except BlockingIOError:
            # The file stays open for the next try.
            raise Busy(str(self.folder), "another writer holds this log") from None
        except OSError as error:
            self.close()
            if _passes(error):
                raise Busy(str(self.folder), f"nothing can be opened now: {error.strerror}") from error
            raise Stopped(str(self.folder), f"cannot be read or written: {error.strerror}") from error
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let the log go."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def append(self, entries: Sequence[bytes]) -> Head:
        """Add the entries, in their order, and publish the head over them. Raises Stopped, Forked or Malformed."""
        if self._failed is not None or self._lock is None:
            raise Stopped(str(self.folder), self._failed or "the log is not open")
        if not entries:
            return self.head
        try:
            full = self._extend(entries)
        except (OSError, Missing) as error:
            if _passes(error):  # nothing was signed: the same entries can be given again
                raise Busy(str(self.folder), f"nothing can be opened now: {error}") from error
            raise self._stopped(error) from error
        try:
            self._publish(self.head.size + len(entries))
        except (OSError, Missing) as error:
            raise self._stopped(error) from error
        for path in full:
            shutil.rmtree(self.folder / f"{path}.p", ignore_errors=True)
        return self.head

    def _stopped(self, error: Exception) -> Stopped:
        self._failed = f"nothing is written until a restart: {error}"
        return Stopped(str(self.folder), self._failed)

    def _recover(self) -> None:
        """The head that was signed last, published if a crash came between."""
        signed, published = self._read(self._memory), self._read(self.folder / CHECKPOINT)
        if signed is None:
            raise Forked(str(self._memory), "is gone, so it is not known what this key has signed")
        self.note, self.head = signed
        if published is not None and published[1] != self.head and published[1].size >= self.head.size:
            raise Forked(CHECKPOINT, f"is not what this key signed last, a tree of {self.head.size}")
        self._check()
        if published is None or published[1] != self.head:
            write_whole(self.folder / CHECKPOINT, self.note, PUBLIC)

    def _check(self) -> None:
        """That the tiles carry the head that was signed. Raises Forked."""
        try:
            carried = Tree(self._fetch, self.head.size).root() == self.head.root
        except AuditError as error:
            if _passes(error):
                raise Busy(str(self.folder), f"nothing can be opened now: {error}") from error
            carried = False
        if not carried:
            raise Forked(str(self.folder), f"is not the tree of {self.head.size} that was signed; an old backup?")

    def _read(self, path: Path) -> tuple[bytes, Head] | None:
        """A checkpoint of this key, or None where there is no file."""
        try:
            with path.open("rb") as file:
                data = file.read(LARGEST + 1)
        except FileNotFoundError:
            return None
        note, head = read_checkpoint(data, str(path))
        if head.origin != self._signer.name or not note.signed_by([self._signer.key], str(path)):
            raise Forked(str(path), f"is not signed by {self._signer.name}")
        return data, head

    def _extend(self, entries: Sequence[bytes]) -> list[str]:
        """Write bundles and tiles for the entries; the paths of those that are full now."""
        old = Tree(self._fetch, self.head.size)
        if old.root() != self.head.root:
            raise Forked(str(self.folder), f"is not the tree of {self.head.size} that was signed")
        n, within = divmod(self.head.size, WIDTH)
        kept = old.entries(n) if within else []
        if kept and [leaf_hash(entry) for entry in kept] != old.hashes(0, n):
            raise BadEntry(tile_path(ENTRIES, n, within), "does not hold the entries that were logged")
        full = self._write_row(ENTRIES, n, [pack([entry]) for entry in (*kept, *entries)])
        hashes: list[Hash] = [leaf_hash(entry) for entry in entries]
        level, count = 0, self.head.size
        while hashes:
            n, within = divmod(count, WIDTH)
            row = [*(old.hashes(level, n) if within else []), *hashes]
            full += self._write_row(level, n, row)
            hashes = above(row)
            level, count = level + 1, count // WIDTH
        return full

    def _write_row(self, level: int | str, n: int, row: Sequence[bytes]) -> list[str]:
        full: list[str] = []
        for number, part in enumerate(parts(row), start=n):
            path = tile_path(level, number, len(part))
            make_folder((self.folder / path).parent)
            write_whole(self.folder / path, b"".join(part), PUBLIC)
            if len(part) == WIDTH:
                full.append(path)
        return full

    def _publish(self, size: int) -> None:
        """Sign the head over so many leaves, remember it, publish it. Raises Forked, Missing, Malformed or OSError."""
        tree = Tree(self._fetch, size)
        if tree.root(self.head.size) != self.head.root:
            raise Forked(str(self.folder), f"does not extend the tree of {self.head.size} that was signed")
        head = Head(self.head.origin, size, tree.root())
        note = self._signer.sign(head.text()).encode()
        write_whole(self._memory, note)
        self.note, self.head = note, head
        write_whole(self.folder / CHECKPOINT, note, PUBLIC)


def begin(signer: Signer, memory: Path) -> None:
    """Remember the head of the empty log: once, before the key itself is kept. Raises OSError.

    From then on a key without a memory has lost it, and signs nothing.
    """
    make_folder(memory.parent)
    write_whole(memory, signer.sign(Head(signer.name, 0, root([])).text()).encode())


def _passes(error: BaseException) -> bool:
    """Whether the error, or the one behind it, may pass without anything having been lost."""
    return any(isinstance(e, OSError) and e.errno in PASSING for e in (error, error.__cause__))
