"""Fixtures for every test: the demo election, built once for the session."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

pytest_plugins = ("tests.skips",)
ELECTIONS = Path(__file__).resolve().parent.parent / "elections"


@pytest.fixture(scope="session")
def demo_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the demo election built. Tests share it: keep records in memory or elsewhere."""
    from app.common import load_retrieval
    from app.packs import load_pack
    from ingestion.build import Order, build  # heavy, and most tests need no build

    data = tmp_path_factory.mktemp("demo-data")
    pack = ELECTIONS / "demo"
    build(load_pack(pack), load_retrieval(ELECTIONS), Order(pack, data), lambda _stage, _done, _all: None)
    return data


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave tests marked `soak` to `make soak`."""
    if os.environ.get("ISEGORIA_SOAK") != "1":
        left = [item for item in items if item.get_closest_marker("soak") is not None]
        items[:] = [item for item in items if item.get_closest_marker("soak") is None]
        config.hook.pytest_deselected(items=left)
