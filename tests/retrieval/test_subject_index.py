"""The subject index finds and orders; what is quoted is the party's own sentence, and the record says what found it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.desk import Ask
from app.main import open_desk
from app.record import MemoryRecorder
from app.retrieval.question import Query
from app.retrieval.score import coverage_rows
from app.retrieval.subjects import Named, agreed
from app.retrieval.weights import Weights
from app.settings import Settings
from domain.answer import Answer
from domain.exchange import Exchange
from domain.passage import Passage
from tests.indexed_pack import indexed, line
from tests.small_pack import ELECTIONS, PARTIES

BOW = "Wer sein Rad vor dem Rathaus abstellt, findet dort künftig ein Dach und einen festen Bügel."


def by_words(found: Sequence[Passage], words: str) -> Passage:
    """The passage that holds these words."""
    (one,) = [p for p in found if words in p.text]
    return one


def lines(found: Sequence[Passage]) -> list[dict[str, Any]]:
    """An index of everything."""
    return [
        line(by_words(found, "Dach"), "Fahrradparken", "Fahrradverkehr", asked=("Drahtesel unterstellen",)),
        line(by_words(found, "stolz"), "Fahrradparken", "Fahrradverkehr", kind="description"),
        line(by_words(found, "Mühlbach"), "Renaturierung", "Umweltpolitik"),
        line(by_words(found, "Handwerk"), "Berufsausbildung", "Arbeitsmarktpolitik", asked=("Azubis",)),
        line(by_words(found, "Lastwagen"), "Nachtfahrverbot", "Lärmschutz"),
    ]


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Exchange]:
    """Puts a question to the indexed build (`data`) or to the one without an index (`plain`)."""
    folder = tmp_path_factory.mktemp("indexed")
    indexed(folder, lines)

    def ask(question: str, which: str = "data") -> Exchange:
        desk = open_desk(Settings(elections=ELECTIONS, data=folder / which), MemoryRecorder(), ("toy",))
        try:
            return asyncio.run(desk.ask(Ask("toy", question), record=False))
        finally:
            desk.election("toy").close()

    return ask


def answer(exchange: Exchange) -> Answer:
    assert exchange.answer is not None
    return exchange.answer


def test_a_word_of_the_index_finds_the_passage_and_the_record_names_it(asked: Callable[..., Exchange]) -> None:
    assert answer(asked("Was sagen die Parteien zu Azubis?", "plain")).claims == ()
    exchange = asked("Was sagen die Parteien zu Azubis?")
    claims = answer(exchange).claims
    assert [(c.party, c.text.split()[-1]) for c in claims] == [("hafen", "werden.")]
    used = next(h for h in exchange.hits if h.used)
    assert "azubis" in used.through
    assert all("zubi" not in c.text for c in claims)


def test_words_that_the_passage_says_itself_are_not_named_as_of_the_index(asked: Callable[..., Exchange]) -> None:
    exchange = asked("Was sagen die Parteien zu Lastwagen?")
    assert [c.party for c in answer(exchange).claims] == ["hafen"]
    assert next(h for h in exchange.hits if h.used).through == ()


def test_without_an_index_nothing_is_named(asked: Callable[..., Exchange]) -> None:
    exchange = asked("Was sagen die Parteien zum Handwerk?", "plain")
    assert answer(exchange).claims and all(h.through == () for h in exchange.hits)


def test_a_passage_that_takes_no_position_comes_after_one_that_does(asked: Callable[..., Exchange]) -> None:
    exchange = asked("Was sagen die Parteien zu Fahrradparken?")
    assert answer(exchange).claims[0].text == BOW


@pytest.mark.parametrize("key", [0, 1])
def test_of_equal_sentences_the_key_sentence_is_quoted(key: int, tmp_path: Path) -> None:
    def one(found: Sequence[Passage]) -> list[dict[str, Any]]:
        return [line(by_words(found, "Dach"), "Fahrradparken", key=key)]

    indexed(tmp_path, one)
    desk = open_desk(Settings(elections=ELECTIONS, data=tmp_path / "data"), MemoryRecorder(), ("toy",))
    try:
        claims = answer(asyncio.run(desk.ask(Ask("toy", "Was sagen alle zu Fahrradparken?"), record=False))).claims
    finally:
        desk.election("toy").close()
    assert claims[0].text == (BOW, "Das alles kostet niemanden Geld.")[key]


def test_the_same_line_serves_every_party_alike(tmp_path: Path) -> None:
    """The parties change places, ids and all: the same sentences are quoted, for the other party."""
    quoted = []
    for folder, parties in (("one", PARTIES), ("other", tuple(reversed(PARTIES)))):
        indexed(tmp_path / folder, lines, parties)
        desk = open_desk(Settings(elections=ELECTIONS, data=tmp_path / folder / "data"), MemoryRecorder(), ("toy",))
        try:
            exchange = asyncio.run(desk.ask(Ask("toy", "Was sagen alle zu Azubis und Lärmschutz?"), record=False))
        finally:
            desk.election("toy").close()
        quoted.append([(h.passage, h.score, h.coverage, h.through) for h in exchange.hits])
    assert sorted(quoted[0]) == sorted(quoted[1]) and quoted[0]


def test_coverage_by_text_and_line_and_by_the_text_alone_where_there_is_no_line() -> None:
    def array(*values: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        return np.array(values, dtype=np.int64)

    text, by = array(500, 500, 900), Named(array(0, 0, 0), array(700, 0, 1000), array(1, 0, 1))
    assert agreed(text, by, Weights(both=570)).tolist() == [684, 500, 1000]
    assert agreed(text, by, Weights()).tolist() == text.tolist()


def _plain_coverage(query: Query, rows: list[list[int]]) -> list[int]:
    """The definition, word for word."""
    total = sum(weight for _, weight, _ in query.concepts)
    return [
        sum(max((s for t, s in found if t in row), default=0) * weight for _, weight, found in query.concepts) // total
        for row in rows
    ]


def test_coverage_is_what_its_definition_says() -> None:
    chance, size = random.Random(15), 40
    for _ in range(50):
        rows = [[*sorted(chance.sample(range(size - 1), chance.randint(0, 12))), size - 1] for _ in range(9)]
        concepts = tuple(
            (
                f"w{n}",
                chance.randint(1, 6000),
                tuple((t, chance.randint(1, 1000)) for t in sorted(chance.sample(range(size - 1), n))),
            )
            for n in (0, 1, 2, 5)
        )
        query = Query((), (), concepts)
        starts = np.cumsum([0, *map(len, rows[:-1])])
        assert coverage_rows(query, np.array([*chain(*rows)]), starts, size).tolist() == _plain_coverage(query, rows)


def test_an_empty_question_covers_nothing() -> None:
    assert coverage_rows(Query((), (), ()), np.array([3, 9, 9]), np.array([0, 2]), 10).tolist() == [0, 0]
