"""Whose voice a sentence speaks with: measured on sentences by an author who saw neither the patterns nor the code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.answering.desk_view import Room
from app.answering.voices import voice
from app.main import load
from app.settings import Settings

DATA = Path(__file__).parent.parent / "data" / "voices.jsonl"
GATES = {"report": 0.75, "own": 0.90}
"""Shares that must be told right; what is missed is quoted like any other sentence, under its own party."""


def rows() -> list[dict[str, str]]:
    """The labelled sentences: what a programme reports of others, and positions of its own that name others."""
    return [json.loads(line) for line in DATA.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def room(demo_data: Path) -> Room:
    """A room over the demo election, whose parties the sentences are about."""
    loaded = load(Settings(data=demo_data), ("demo",))
    return Room(loaded.elections["demo"], Settings(data=demo_data), loaded.house.phrases, loaded.house.trouble, "")


@pytest.mark.parametrize("label", GATES)
def test_voices_are_told_apart(room: Room, label: str, capsys: pytest.CaptureFixture[str]) -> None:
    asked = [r for r in rows() if r["label"] == label]
    heard = [(voice(r["text"], r["party"], r["language"], room) == "others") is (label == "report") for r in asked]
    with capsys.disabled():
        print(f"\nvoices, {label}: {sum(heard)} of {len(heard)}")
    assert len(heard) >= 70
    assert sum(heard) / len(heard) >= GATES[label]
