"""The floor: a server that computes one embedding of the question and answers, and nothing else.

fp32 MiniLM on ONNX Runtime, batch 1, one thread; bare ASGI, so that no framework counts.
Run by uvicorn with BENCH_MODEL naming the folder of `model.onnx` and `tokenizer.json`.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

folder = Path(os.environ["BENCH_MODEL"])
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = options.inter_op_num_threads = 1
session = onnxruntime.InferenceSession(str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"])
tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
tokenizer.no_padding()  # the file says 128 tokens for every text, which would make this floor four times as high
tokenizer.enable_truncation(256)


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Any POST with `{"question"}`: the embedding's first components as JSON."""
    message = await receive()
    if scope["type"] == "lifespan":
        await send({"type": "lifespan.startup.complete"})
        return
    ids = np.array([tokenizer.encode(json.loads(message["body"])["question"]).ids], dtype=np.int32)
    vector = session.run(None, {"ids": ids, "mask": np.ones_like(ids)})[0][0]
    body = json.dumps({"vector": vector[:4].tolist()}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
