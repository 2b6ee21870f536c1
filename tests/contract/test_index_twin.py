"""Whatever engine proposes the candidates, the answers are equal: embedded Qdrant and a Qdrant client.

A live server is asked only when ISEGORIA_TEST_QDRANT_URL is set; the client's local mode is the twin.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from qdrant_client import QdrantClient

from app.answering.phrases import read_phrases
from app.built import Built
from app.common import load_common
from app.desk import Ask, Desk, House
from app.errors import IndexUnusable
from app.main import open_election
from app.places import current_build
from app.record import MemoryRecorder
from app.retrieval.balance import term_offset
from app.retrieval.corpus import Corpus
from app.retrieval.index import Candidates, ClientCandidates, EdgeCandidates, WindowPoint, build_edge, build_server
from app.settings import Settings
from ingestion.seal import points
from tests.small_pack import ELECTIONS

QUESTIONS = (
    "Was sagen die Parteien zu Mieten und Wohnen?",
    "Wie hoch soll der Mindestlohn werden?",
    "Que proposent les partis pour les retraites ?",
    "What do the parties plan for hospitals and doctors?",
    "Was sagt das Varse-Bündnis zur Fischerei?",
    "Wie stehen sie zum Bau von Raumstationen?",
    "Bis wann kann ich Briefwahl beantragen?",
    "Wie viele Sitze hat die Kammer?",
)
COLLECTION = "isegoria-test-twin"

pytestmark = [  # the local mode says what it leaves out
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect:UserWarning"),
    pytest.mark.filterwarnings("ignore:Local mode performs exact:UserWarning"),
]


class Still:
    """A clock and a chance that stand still."""

    def now(self) -> datetime:
        """A day before the election."""
        return datetime(2027, 3, 1, 12, tzinfo=UTC)

    def identity(self) -> str:
        """Always the same id."""
        return "0" * 32

    def seed(self) -> int:
        """Always the same seed."""
        return 1


def sealed_points(corpus: Corpus) -> list[WindowPoint]:
    """The points of a build, made again from its sealed arrays."""
    rows: dict[int, tuple[list[int], list[int]]] = {}
    for tag in sorted(corpus.languages):
        index, offset = corpus.languages[tag], term_offset(corpus, tag)
        sentinel = len(index.lexicon.idf)
        for number in range(len(corpus)):
            if corpus.passage(number).language != tag:
                continue
            taken = index.passages.take(index.row_of[np.array([number])])
            pairs = [
                (int(t) + offset, int(w)) for t, w in zip(taken.terms, taken.weights, strict=True) if int(t) != sentinel
            ]
            rows[number] = ([t for t, _ in pairs], [w for _, w in pairs])
    passages = [corpus.passage(n) for n in range(len(corpus))]
    return points(passages, rows, corpus.windows, corpus.window_starts, corpus.model is not None)


@pytest.fixture(scope="module")
def embedded(demo_data: Path) -> Iterator[Built]:
    """The demo election over the embedded engine, as served."""
    built = open_election("demo", load_common(ELECTIONS), Settings(elections=ELECTIONS, data=demo_data))
    yield built
    built.close()


@pytest.fixture(scope="module", params=["twin", "server"])
def client(request: pytest.FixtureRequest, embedded: Built) -> Iterator[QdrantClient]:
    """A Qdrant client over the same points: in memory, or a live server where one is named."""
    url = os.environ.get("ISEGORIA_TEST_QDRANT_URL")
    if request.param == "server" and url is None:
        pytest.skip("ISEGORIA_TEST_QDRANT_URL names no Qdrant server")
    client = QdrantClient(":memory:") if request.param == "twin" else QdrantClient(url=url)
    build_server(client, COLLECTION, sealed_points(embedded.corpus), embedded.corpus.windows.shape[1])
    yield client
    client.delete_collection(COLLECTION)
    client.close()


def answers(built: Built, data: Path) -> list[str]:
    """The answers to all questions, as bytes would be compared."""
    settings = Settings(elections=ELECTIONS, data=data)
    phrases = read_phrases(ELECTIONS / "common" / "understand")
    desk = Desk({"demo": built}, MemoryRecorder(), Still(), House(settings, phrases, "0", _raise))
    found = []
    for question in QUESTIONS:
        exchange = asyncio.run(desk.ask(Ask("demo", question), record=False))
        assert exchange.answer is not None
        hits = [h.model_dump(mode="json") for h in exchange.hits]
        found.append(json.dumps([exchange.answer.model_dump(mode="json"), hits], sort_keys=True))
    return found


def _raise(step: str, error: Exception) -> None:
    raise AssertionError(f"step {step} failed") from error


def opened(data: Path, candidates: Candidates) -> Built:
    """The demo build with other candidates."""
    return Built(current_build(data, "demo"), load_common(ELECTIONS), candidates, None)


def test_both_engines_lead_to_equal_answers(embedded: Built, client: QdrantClient, demo_data: Path) -> None:
    ours = answers(embedded, demo_data)
    theirs = answers(opened(demo_data, ClientCandidates(client, COLLECTION)), demo_data)
    assert ours == theirs
    assert sum('"status": "answered"' in one for one in ours) >= 6


def test_the_points_are_those_of_the_build(embedded: Built, demo_data: Path, tmp_path: Path) -> None:
    """A shard made again from the sealed arrays answers like the sealed shard."""
    build_edge(tmp_path / "shard", sealed_points(embedded.corpus), embedded.corpus.windows.shape[1])
    again = opened(demo_data, EdgeCandidates(tmp_path / "shard"))
    assert answers(again, demo_data) == answers(embedded, demo_data)
    again.close()


def small(dense: bool) -> list[WindowPoint]:
    """Twelve points in two pools."""
    random = np.random.default_rng(7)
    return [
        WindowPoint(
            n, n // 2, "a/de" if n < 6 else "b/de",
            random.integers(-127, 128, 8).astype(np.int8) if dense else None,
            [1, 2 + n % 3] if n % 2 == 0 else [], [500 + 10 * n, 300] if n % 2 == 0 else [],
        )
        for n in range(12)
    ]  # fmt: skip


@pytest.mark.parametrize("dense", [False, True])
def test_both_engines_propose_the_same_passages(dense: bool, tmp_path: Path) -> None:
    rows = small(dense)
    build_edge(tmp_path / "shard", rows, 8)
    client = QdrantClient(":memory:")
    build_server(client, "c", rows, 8)
    edge, twin = EdgeCandidates(tmp_path / "shard"), ClientCandidates(client, "c")
    code = np.arange(-4, 4, dtype=np.int8) if dense else None
    pools = ["a/de", "b/de"]
    for terms, weights in (([1], [10]), ([2, 3], [10, 5]), ([], []), ([99], [1])):
        found = edge.find(terms, weights, code, pools, 2)
        assert found == twin.find(terms, weights, code, pools, 2)
        assert len(found) == 2
        assert all(len(group) <= 4 and group == sorted(set(group)) for group in found)
    assert edge.find([1], [10], None, ["b/de"], 2) == [[4, 5]]
    edge.close()
    twin.close()


def test_a_collection_that_is_missing_is_an_outage_and_never_silence(embedded: Built) -> None:
    client = QdrantClient(":memory:")
    with pytest.raises(IndexUnusable, match="collection 'gone' did not answer"):
        ClientCandidates(client, "gone").find([1], [1], None, ["a/de"], 3)
    client.close()


def test_a_shard_that_is_missing_or_damaged_is_named(tmp_path: Path) -> None:
    with pytest.raises(IndexUnusable, match="cannot be opened"):
        EdgeCandidates(tmp_path / "none")
    (tmp_path / "shard").mkdir()
    (tmp_path / "shard" / "edge_config.json").write_text("{")
    with pytest.raises(IndexUnusable, match="build the election again"):
        EdgeCandidates(tmp_path / "shard")
