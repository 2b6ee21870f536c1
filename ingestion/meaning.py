"""What each matter and each card of a pack means: one vector, the centre of the texts in which people tell of it.

Each text is read by itself, in as many processes as there are cores, so no vector depends on another text. The files
of the encoder lie in the data directory by their digest: a service reads with what its build was read with.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.places import model_folder
from app.retrieval.analyse import words
from app.retrieval.embed import Code, code
from app.retrieval.meaning import Files, Meaning, digest_of_files, open_meaning, stored
from domain.base import Digest, Language

SHORT = 4
"""Words below which several of a thing's texts are read together, as people say them."""
FEW = 400
"""Texts up to which no further process is worth its start."""
CHUNK = 256
Progress = Callable[[str, int, int], None]
Texts = Mapping[Language, Sequence[str]]


@dataclass(frozen=True)
class Centres:
    """Finds the centres of many things; `digest` names the files of the encoder."""

    digest: Digest
    folder: Path
    progress: Progress

    def pinned(self) -> dict[str, object]:
        """What the corpus lock holds of it."""
        return {"meaning_sha256": self.digest}

    def of(self, things: Sequence[Texts]) -> Code:
        """The code of each thing's centre [things, width]; of a thing without texts, zeros."""
        cut = [list(_read_together(one)) for one in things]
        flat = [text for texts in cut for text in texts]
        vectors = self._vectors(flat)
        found, at = [], 0
        for texts in cut:
            own = vectors[at : at + len(texts)]
            found.append(code(own.sum(0)) if len(texts) else np.zeros(vectors.shape[1], dtype=np.int8))
            at += len(texts)
        return np.stack(found) if found else np.zeros((0, vectors.shape[1]), dtype=np.int8)

    def _vectors(self, texts: Sequence[tuple[str, Language]]) -> NDArray[np.float32]:
        chunks = [texts[i : i + CHUNK] for i in range(0, len(texts), CHUNK)] or [[]]
        self.progress("reading what matters mean", 0, len(texts))
        found: list[NDArray[np.float32]] = []
        for part in self._parts(chunks):
            found.append(part)
            self.progress("reading what matters mean", sum(map(len, found)), len(texts))
        return np.concatenate(found)

    def _parts(self, chunks: Sequence[Sequence[tuple[str, Language]]]) -> Iterator[NDArray[np.float32]]:
        if sum(map(len, chunks)) <= FEW:
            _open(self.folder)
            yield from map(_read, chunks)
            return
        with ProcessPoolExecutor(max(1, os.cpu_count() or 1), get_context("spawn"), _open, (self.folder,)) as pool:
            yield from pool.map(_read, chunks)


def centres_for(files: Files, data: Path, progress: Progress) -> Centres | None:
    """What finds centres with these files, which are kept in the data directory; None without any."""
    if not files:
        return None
    digest = digest_of_files(files)
    folder = model_folder(data, digest)
    if not folder.is_dir() or digest_of_files(stored(folder)) != digest:
        _keep(files, folder)
    return Centres(digest, folder, progress)


def _keep(files: Files, folder: Path) -> None:
    """Put the files there, all or none; what stood there damaged goes."""
    partial = folder.with_name(f"{folder.name}.{os.getpid()}")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    for name, content in files.items():
        (partial / name).write_bytes(content)
    shutil.rmtree(folder, ignore_errors=True)
    try:
        partial.rename(folder)
    except OSError:  # another build was faster
        shutil.rmtree(partial)


def _read_together(texts: Texts) -> Iterator[tuple[str, Language]]:
    """The texts with their languages; neighbouring short ones as one."""
    for language, own in texts.items():
        waiting: list[str] = []
        for text in own:
            if len(words(text)) >= SHORT:
                yield text, language
                continue
            waiting.append(text)
            if sum(len(words(one)) for one in waiting) >= SHORT:
                yield " ".join(waiting), language
                waiting = []
        if waiting:
            yield " ".join(waiting), language


_meaning: Meaning | None = None
"""Set once in each worker process; a process pool offers no other place for it."""


def _open(folder: Path) -> None:
    global _meaning
    _meaning = open_meaning(stored(folder))


def _read(texts: Sequence[tuple[str, Language]]) -> NDArray[np.float32]:
    assert _meaning is not None
    width = len(_meaning.vector("", "en"))
    found = [_meaning.vector(text, language) for text, language in texts]
    return np.array(found, dtype=np.float32).reshape(-1, width)
