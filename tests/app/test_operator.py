"""A pack that names nobody as operator is a trial: the start warns, and the service says so when asked."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.desk import Ask, Desk
from app.main import Loaded, load
from app.record import MemoryRecorder
from app.serve import warnings_for
from app.settings import Settings
from domain.answer import AnswerStatus
from tests.small_pack import ELECTIONS, Doc, build_quietly, write_pack

TEXT = b"# Wohnen\n\nWir bauen jedes Jahr viertausend Wohnungen, die der Stadt und allen ihren Leuten nutzen.\n"


def loaded(folder: Path, operator: dict[str, str] | None) -> Loaded:
    """A small election with this operator, built and read."""
    pack = write_pack(folder / "toy", [Doc("auen-de", TEXT)], operator=operator)
    build_quietly(pack, folder / "data", None)
    return load(Settings(elections=ELECTIONS, data=folder / "data"))


@pytest.fixture(scope="module")
def nobody(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    """An election without an operator."""
    return loaded(tmp_path_factory.mktemp("nobody"), None)


@pytest.fixture
def desk(nobody: Loaded) -> Iterator[Desk]:
    """A desk over it."""
    nobody.open()
    yield nobody.desk(MemoryRecorder())
    for built in nobody.elections.values():
        built.close()


def test_the_start_warns_of_an_election_that_nobody_answers_for(nobody: Loaded, tmp_path: Path) -> None:
    assert [line.split(" names")[0] for line in warnings_for(nobody)] == ["warning: toy"]
    somebody = {"name": "Toy body", "contact": "1 Toy Street", "complaints": "complaints@example.org"}
    assert warnings_for(loaded(tmp_path, somebody)) == []


@pytest.mark.parametrize("question", ["Wer betreibt diesen Dienst?", "Ich will mich über diesen Dienst beschweren."])
def test_the_service_says_that_nobody_is_entered_yet(desk: Desk, question: str) -> None:
    answer = asyncio.run(desk.ask(Ask("toy", question))).answer
    assert answer is not None and answer.status is AnswerStatus.ABOUT_SERVICE
    assert answer.message == desk.election("toy").common.words("de").about["no_operator"]


def test_what_needs_no_operator_is_said_as_ever(desk: Desk) -> None:
    answer = asyncio.run(desk.ask(Ask("toy", "Bist du eine KI?"))).answer
    assert answer is not None
    assert answer.message == desk.election("toy").common.words("de").about["ai"]


def test_the_only_party_asked_is_named_when_its_programme_is_silent(desk: Desk) -> None:
    answer = asyncio.run(desk.ask(Ask("toy", "Was sagen die AUEN zur Raumfahrt?"))).answer
    assert answer is not None and answer.status is AnswerStatus.UNANSWERABLE_NO_SOURCE
    assert answer.message == desk.election("toy").common.words("de").silent.replace("{party}", "AUEN")
