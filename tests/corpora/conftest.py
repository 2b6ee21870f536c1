"""The public corpora beside the project, and the real election built from them once.

Set ISEGORIA_CORPORA to read them from elsewhere. Without them every test here is skipped and says so.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from app.places import current_build
from tests.small_pack import ELECTIONS, ROOT, build_quietly

CORPORA = Path(os.environ.get("ISEGORIA_CORPORA", ROOT.parent / "shared" / "corpora"))
ABSENT = "the public corpora are absent; set ISEGORIA_CORPORA to the folder that holds them"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder, and skip it where there is nothing to read."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.corpora)
            if not CORPORA.is_dir():
                item.add_marker(pytest.mark.skip(reason=ABSENT))


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of the public corpora."""
    return CORPORA


@pytest.fixture(scope="session")
def bundestag_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the Bundestag election built, for reading only: once for all workers of a run."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    data = shared / "bundestag-data"
    with (shared / "bundestag-data.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (data / "elections" / "bundestag-2025" / "current").exists():
            build_quietly(ELECTIONS / "bundestag-2025", data, CORPORA)
    return data


@pytest.fixture(scope="session")
def bundestag_build(bundestag_data: Path) -> Path:
    """The folder of the published build."""
    return current_build(bundestag_data, "bundestag-2025")
