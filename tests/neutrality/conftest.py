"""Worlds to compare: the demo election, and the same election with the names of two parties exchanged."""

from __future__ import annotations

import pytest

from tests.neutrality.worlds import World, plain_world


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The demo election with parties in the order listed, so that a name cannot move anybody."""
    return plain_world(tmp_path_factory.mktemp("plain"))
