"""The sense of the rules of voting: the same number everywhere, nothing read but words, and never a party's name."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.answering.phrases import SENSE, Phrases, read_phrases
from app.answering.sense import BUCKETS, FILE, NONE, OPEN, SURE, Sense, features, read_sense
from app.desk import Ask, Desk
from app.errors import PackError
from app.main import open_desk
from app.record import MemoryRecorder
from app.settings import Settings
from domain.base import canonical
from domain.exchange import Subject
from tests.small_pack import ELECTIONS

UNDERSTAND = ELECTIONS / "common" / "understand"
LEARNT = read_sense(UNDERSTAND)


@pytest.fixture(scope="module")
def desk(demo_data: Path) -> Iterator[Desk]:
    """The demo election with its records in memory."""
    opened = open_desk(Settings(elections=ELECTIONS, data=demo_data), MemoryRecorder(), ("demo",))
    yield opened
    opened.election("demo").close()


@pytest.mark.parametrize(
    "rules, programmes",
    [
        ("Kommt der Wahlvorstand auch zu bettlägerigen Leuten?", "Was planen sie für bettlägerige Leute?"),
        ("Who opens the envelopes that came by mail?", "Who wants to lower the cost of sending mail?"),
        ("Où glisse-t-on l’enveloppe après l’isoloir ?", "Où veut-on construire des logements ?"),
    ],
)
def test_phrasings_about_voting_are_told_from_those_about_programmes(rules: str, programmes: str) -> None:
    assert LEARNT.of(rules) > SURE > OPEN > LEARNT.of(programmes)


@given(st.text(max_size=200))
def test_any_text_has_a_number_and_buckets_that_exist(text: str) -> None:
    found = features(text)
    assert found == sorted(set(found))
    assert all(0 <= bucket < BUCKETS for bucket in found)
    assert LEARNT.of(text) == LEARNT.base + sum(int(LEARNT.weights[bucket]) for bucket in found)


def test_it_comes_back_as_it_was() -> None:
    again = Sense.opened(json.loads(json.dumps(LEARNT.plain())))
    assert again.base == LEARNT.base
    assert np.array_equal(again.weights, LEARNT.weights)


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"base": 1}', '{"base": 1, "weights": "§"}', '{"base": 1, "weights": "AAAA"}', '{"weights": 3}'],
)
def test_a_damaged_file_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content, encoding="utf-8")
    with pytest.raises(PackError, match=FILE):
        read_sense(tmp_path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(PackError, match=FILE):
        read_sense(tmp_path)


def test_phrases_of_older_records_have_no_sense_and_decide_nothing_by_it() -> None:
    raw = json.loads(read_phrases(UNDERSTAND).canonical)
    del raw[SENSE]
    older = Phrases.opened(canonical(raw))
    assert older.sense is NONE
    assert SURE > older.sense.of("Wie wähle ich per Brief?") == older.sense.of("Was steht zu Mieten?") >= OPEN


def test_the_same_question_with_another_party_goes_the_same_way(desk: Desk) -> None:
    """Only what stands beside the name is read: every party's name leads to the same subject."""
    parties = desk.election("demo").election.parties
    for shape in ("Wie kommt die Partei {} auf den Stimmzettel?", "How much postage does the {} party want to pay?"):
        found = {subject(desk, shape.format(party.short["de"])) for party in parties}
        assert len(found) == 1, (shape, found)


def subject(desk: Desk, question: str) -> Subject | None:
    """What the question was taken to be about."""
    scope = asyncio.run(desk.ask(Ask("demo", question), record=False)).scope
    return scope.subject if scope is not None else None
