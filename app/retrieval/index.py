"""Candidates from Qdrant, embedded or by URL, with one layout; the only file that knows Qdrant.

One point per embedding window; the first window of a passage carries the passage's sparse
vector, under a name of its own for each pool: a search in one pool is then a search without a
filter, eight times as fast. Searches are exact. What comes back is a set of passage numbers:
ranking them is `balance.py`, so both engines lead to equal answers.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from app.errors import IndexUnusable
from app.retrieval.embed import Code

if TYPE_CHECKING:
    from qdrant_client import QdrantClient

DENSE = "meaning"
BATCH = 256


@dataclass(frozen=True)
class WindowPoint:
    """One window: its number, passage, pool, dense code, and the passage's terms on its first window."""

    number: int
    passage: int
    pool: str
    code: Code | None
    terms: Sequence[int] = ()
    weights: Sequence[int] = ()


class Candidates(Protocol):
    """Passage numbers per pool for a query; a pool is one party (or the law) in one language."""

    def find(
        self, terms: Sequence[int], weights: Sequence[int], dense: Code | None, pools: Sequence[str], limit: int
    ) -> list[list[int]]:
        """For each pool the numbers of at most 2 * `limit` passages, sorted, each once."""
        ...

    def close(self) -> None: ...


def sparse_name(pool: str) -> str:
    """The name of the sparse vectors of one pool."""
    return "terms_" + re.sub(r"[^a-z0-9-]", "_", pool.lower())


def _merged(lists: Sequence[Sequence[int]], pools: int) -> list[list[int]]:
    return [sorted({n for part in lists[i::pools] for n in part}) for i in range(pools)]


class EdgeCandidates:
    """Qdrant Edge in this process over a sealed shard; several processes may read the same shard."""

    def __init__(self, path: Path) -> None:
        import qdrant_edge as edge

        self._edge = edge
        try:
            self._shard = edge.EdgeShard.load(str(path))
        except Exception as error:  # the engine raises plain Exception
            raise IndexUnusable(f"the index at {path} cannot be opened ({error}); build the election again") from error

    def find(
        self, terms: Sequence[int], weights: Sequence[int], dense: Code | None, pools: Sequence[str], limit: int
    ) -> list[list[int]]:
        edge = self._edge
        queries = []
        if terms:
            sparse = edge.SparseVector(list(terms), [float(w) for w in weights])
            queries += [self._query(sparse, sparse_name(pool), limit) for pool in pools]
        if dense is not None:
            vector = dense.astype(np.float32).tolist()
            for pool in pools:
                within = edge.Filter(must=[edge.FieldCondition("pool", match=edge.MatchValue(pool))])
                queries.append(self._query(vector, DENSE, limit, within))
        if not queries:
            return [[] for _ in pools]
        try:
            found = [self._shard.query(query) for query in queries]
        except Exception as error:  # the engine raises plain Exception
            raise IndexUnusable(f"the embedded index did not answer ({error})") from error
        return _merged([[int((p.payload or {})["passage"]) for p in points] for points in found], len(pools))

    def _query(self, vector: Any, name: str, limit: int, within: Any = None) -> Any:
        edge = self._edge
        return edge.QueryRequest(
            limit=limit,
            query=edge.Query.Nearest(vector, using=name),
            filter=within,
            params=edge.SearchParams(exact=True),
            with_payload=["passage"],
        )

    def close(self) -> None:
        self._shard.close()


def build_edge(path: Path, points: Sequence[WindowPoint], width: int) -> None:
    """Write a sealed shard whose postings are mapped, not rebuilt, when it is opened.

    Without a write-ahead log, so that readers do not lock each other out.
    """
    import qdrant_edge as edge

    config = edge.EdgeConfig(
        vectors={DENSE: edge.EdgeVectorParams(size=width, distance=edge.Distance.Dot)},
        sparse_vectors={name: edge.EdgeSparseVectorParams(on_disk=True) for name in _sparse_names(points)},
        optimizers=edge.EdgeOptimizersConfig(indexing_threshold=1, default_segment_number=1),
        wal_enabled=False,
    )
    path.mkdir(parents=True, exist_ok=True)
    shard = edge.EdgeShard.create(str(path), config)
    shard.update(edge.UpdateOperation.create_field_index("pool", edge.PayloadSchemaType.Keyword))
    for start in range(0, len(points), BATCH):
        batch = [
            edge.Point(
                p.number,
                _vectors(p, lambda t, w: edge.SparseVector(t, w)),
                {"passage": p.passage, "pool": p.pool},
            )
            for p in points[start : start + BATCH]
        ]
        shard.update(edge.UpdateOperation.upsert_points(batch))
    shard.optimize()
    shard.flush()
    shard.close()


def _sparse_names(points: Sequence[WindowPoint]) -> list[str]:
    return sorted({sparse_name(p.pool) for p in points})


def _vectors(point: WindowPoint, sparse: Callable[[list[int], list[float]], Any]) -> dict[str, Any]:
    vectors: dict[str, Any] = {}
    if point.code is not None:
        vectors[DENSE] = point.code.astype(np.float32).tolist()
    if point.terms:
        vectors[sparse_name(point.pool)] = sparse(list(point.terms), [float(w) for w in point.weights])
    return vectors


class ClientCandidates:
    """A Qdrant server or cluster through qdrant-client; its local mode is the twin in contract tests."""

    def __init__(self, client: QdrantClient, collection: str) -> None:
        self._client = client
        self._collection = collection

    def find(
        self, terms: Sequence[int], weights: Sequence[int], dense: Code | None, pools: Sequence[str], limit: int
    ) -> list[list[int]]:
        from qdrant_client import models

        requests = []
        if terms:
            sparse = models.SparseVector(indices=list(terms), values=[float(w) for w in weights])
            requests += [_request(sparse, sparse_name(pool), limit) for pool in pools]
        if dense is not None:
            vector = dense.astype(np.float32).tolist()
            for pool in pools:
                within = models.FieldCondition(key="pool", match=models.MatchValue(value=pool))
                requests.append(_request(vector, DENSE, limit, models.Filter(must=[within])))
        if not requests:
            return [[] for _ in pools]
        with _unavailable(self._collection):
            found = self._client.query_batch_points(self._collection, requests=requests)
        return _merged([[int((p.payload or {})["passage"]) for p in r.points] for r in found], len(pools))

    def close(self) -> None:
        self._client.close()


def _request(vector: Any, name: str, limit: int, within: Any = None) -> Any:
    from qdrant_client import models

    return models.QueryRequest(
        query=vector,
        using=name,
        filter=within,
        params=models.SearchParams(exact=True),
        limit=limit,
        with_payload=["passage"],
    )


def build_server(client: QdrantClient, collection: str, points: Sequence[WindowPoint], width: int) -> None:
    """Fill a collection on a Qdrant server with the same layout as the embedded shard."""
    from qdrant_client import models

    with _unavailable(collection):
        if client.collection_exists(collection):
            client.delete_collection(collection)
        client.create_collection(
            collection,
            vectors_config={DENSE: models.VectorParams(size=width, distance=models.Distance.DOT)},
            sparse_vectors_config={name: models.SparseVectorParams() for name in _sparse_names(points)},
        )
        client.create_payload_index(collection, "pool", models.PayloadSchemaType.KEYWORD)
        for start in range(0, len(points), BATCH):
            batch = [
                models.PointStruct(
                    id=p.number,
                    vector=_vectors(p, lambda t, w: models.SparseVector(indices=t, values=w)),
                    payload={"passage": p.passage, "pool": p.pool},
                )
                for p in points[start : start + BATCH]
            ]
            client.upsert(collection, batch)


@contextlib.contextmanager
def _unavailable(collection: str) -> Iterator[None]:
    """Turn every failure of the server into one typed error, so that an outage is never read as silence."""
    try:
        yield
    except IndexUnusable:
        raise
    except Exception as error:  # qdrant-client raises its own, httpx's and grpc's errors
        raise IndexUnusable(f"the Qdrant collection {collection!r} did not answer ({type(error).__name__})") from error
