"""Fixtures for every test: the demo election, built once, and a desk's chance that can be foretold."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.common import load_retrieval
from app.packs import load_pack
from ingestion.build import Order, build

ELECTIONS = Path(__file__).resolve().parent.parent / "elections"


@pytest.fixture(scope="session")
def demo_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the demo election built, for reading only: make records elsewhere."""
    data = tmp_path_factory.mktemp("demo-data")
    pack = ELECTIONS / "demo"
    build(load_pack(pack), load_retrieval(ELECTIONS), Order(pack, data), lambda _stage, _done, _all: None)
    return data
