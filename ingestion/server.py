"""A sealed build copied to a Qdrant server: the same points as in the embedded shard."""

from __future__ import annotations

from pathlib import Path

from qdrant_client import QdrantClient

from app.common import RetrievalData
from app.main import collection_name
from app.retrieval.balance import term_offset
from app.retrieval.corpus import Corpus
from app.retrieval.index import WindowPoint, build_server
from ingestion.seal import points


def server_points(corpus: Corpus) -> list[WindowPoint]:
    """The points of the build, made again from its sealed arrays."""
    rows: dict[int, tuple[list[int], list[int]]] = {}
    for language, index in corpus.languages.items():
        offset = term_offset(corpus, language)
        for number in range(len(corpus)):
            row = int(index.row_of[number])
            if row >= 0:
                # The last entry of a row is its sentinel.
                start, end = int(index.passages.starts[row]), int(index.passages.starts[row + 1]) - 1
                terms = [int(t) + offset for t in index.passages.terms[start:end]]
                rows[number] = (terms, [int(w) for w in index.passages.weights[start:end]])
    passages = [corpus.passage(n) for n in range(len(corpus))]
    return points(passages, rows, corpus.windows, corpus.window_starts, corpus.model is not None)


def fill_server(folder: Path, url: str, election: str) -> None:
    """Fill the collection of this build. Raises IndexUnusable when the server does not answer."""
    corpus = Corpus(folder, RetrievalData.opened((folder / "retrieval.json").read_bytes()).stopwords)
    client = QdrantClient(url=url)
    try:
        build_server(client, collection_name(election, folder.name), server_points(corpus), corpus.windows.shape[1])
    finally:
        client.close()
