"""One embedding per question on ONNX Runtime, coded as 384 small integers, the same in every process.

Batch 1 and one thread: an embedding must not depend on its neighbours (see docs/decisions).
Neither torch nor sentence-transformers is imported.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from app.errors import IndexUnusable
from domain.base import Digest

Code = NDArray[np.int8]
Floats = NDArray[np.float32]
MAX_TOKENS = 256
SCALE = 127
NO_CODES: Code = np.zeros((0, 1), dtype=np.int8)


class Embed(Protocol):
    """Text to a unit vector. `digest` names the weights."""

    digest: Digest

    def vector(self, text: str) -> Floats: ...


def code(vector: Floats) -> Code:
    """The vector on an int8 grid: its largest component is ±127, so a dot product stays below 2**24."""
    peak = float(np.abs(vector).max())
    if peak == 0.0:
        return np.zeros(len(vector), dtype=np.int8)
    coded: Code = np.rint(vector * (SCALE / peak)).astype(np.int8)
    return coded


def similarity(query: Code, rows: Code) -> NDArray[np.int64]:
    """Cosine of coded vectors in thousandths, as integers; rows is [n, width]."""
    q = query.astype(np.int64)
    r = rows.astype(np.int64)
    dots = r @ q
    norms = (r * r).sum(axis=1) * int(q @ q)
    return np.array([_ratio(int(d), int(n)) for d, n in zip(dots, norms, strict=True)], dtype=np.int64)


def _ratio(dot: int, squared: int) -> int:
    """1000 * dot / sqrt(squared), exactly rounded down in integers."""
    root = math.isqrt(squared * 1_000_000)
    return (dot * 1_000_000) // root if root else 0


class OnnxEmbedder:
    """The exported graph and its tokeniser; opened once, used by one thread at a time."""

    def __init__(self, model: Path, tokenizer: Path, digest: Digest) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        if not model.is_file() or not tokenizer.is_file():
            raise IndexUnusable(f"the embedding model is missing: {model}; build the election again")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self.digest = digest

    def vector(self, text: str) -> Floats:
        """Unit-length float32 embedding; text beyond 256 tokens is cut."""
        ids = np.array([self._tokenizer.encode(text).ids], dtype=np.int32)
        out = self._session.run(None, {"ids": ids, "mask": np.ones_like(ids)})
        result: Floats = out[0][0]
        return result

    def tokens(self, text: str) -> int:
        """Length in model tokens, cut at 256."""
        return len(self._tokenizer.encode(text).ids)
