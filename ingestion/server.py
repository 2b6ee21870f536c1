"""A sealed build copied to a Qdrant server: the same points as in the embedded shard."""

from __future__ import annotations

from pathlib import Path

from qdrant_client import QdrantClient

from app.common import RetrievalData
from app.errors import IndexUnusable
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
                terms, weights = index.searched(row)
                rows[number] = ([t + offset for t in terms], weights)
    passages = [corpus.passage(n) for n in range(len(corpus))]
    return points(passages, rows, corpus.windows, corpus.window_starts, corpus.model is not None)


def fill_server(folder: Path, url: str, election: str) -> None:
    """Fill the collection of this build on the server. Raises IndexUnusable when it does not answer."""
    client = QdrantClient(url=url, check_compatibility=False)  # it asks in a thread and only warns
    try:
        fill_collection(client, folder, election)
    finally:
        client.close()


def fill_collection(client: QdrantClient, folder: Path, election: str) -> None:
    """Fill the collection of this build, unless it is there whole: then it may be in use. Raises IndexUnusable."""
    corpus = Corpus(folder, RetrievalData.opened((folder / "retrieval.json").read_bytes()).stopwords)
    name, made = collection_name(election, folder.name), server_points(corpus)
    if not _holds(client, name, len(made)):
        build_server(client, name, made, corpus.windows.shape[1])


def _holds(client: QdrantClient, collection: str, points: int) -> bool:
    """Whether the collection was filled to the end. A build's name stands for its content, so the count suffices."""
    try:
        return client.collection_exists(collection) and client.count(collection, exact=True).count == points
    except Exception as error:  # qdrant-client raises its own, httpx's and grpc's errors
        raise IndexUnusable(f"the Qdrant collection {collection!r} did not answer ({type(error).__name__})") from error
