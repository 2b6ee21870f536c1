"""A collection on a Qdrant server is filled whole, and one that is whole is left alone: in the client's local mode."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
from qdrant_client import QdrantClient, models

from app.errors import IndexUnusable
from app.main import collection_name
from ingestion.server import fill_collection, fill_server
from tests.small_pack import Doc, build_quietly, write_pack

HEIDE = Doc(
    "heide",
    b"# Heide\n\nDie Heide bleibt offen, Schafe weiden sie, und kein Weg durch sie wird asphaltiert.\n\n"
    b"# Moor\n\nDas Moor wird wieder nass, und wer es bis heute bewirtschaftet, zahlt daf\xc3\xbcr nichts.\n",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return build_quietly(write_pack(tmp_path / "pack", [HEIDE]), tmp_path / "data").folder


def test_a_whole_collection_is_left_alone_and_a_partial_one_filled_anew(folder: Path) -> None:
    name = collection_name("toy", folder.name)
    client = QdrantClient(":memory:")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # payload indexes have no effect in local mode
        fill_collection(client, folder, "toy")
        whole = client.count(name).count
        assert whole >= 2
        client.set_payload(name, {"mark": 1}, points=[0])
        fill_collection(client, folder, "toy")
        assert (client.retrieve(name, [0])[0].payload or {}).get("mark") == 1, "it was written again while in use"
        client.delete(name, models.PointIdsList(points=[whole - 1]))
        fill_collection(client, folder, "toy")
    assert client.count(name).count == whole
    assert "mark" not in (client.retrieve(name, [0])[0].payload or {})
    client.close()


def test_a_server_that_does_not_answer_is_an_error_that_names_the_collection(folder: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # the client warns that it cannot ask for the server's version
        with pytest.raises(IndexUnusable, match=f"'isegoria-toy-{folder.name}' did not answer"):
            fill_server(folder, "http://127.0.0.1:9", "toy")
