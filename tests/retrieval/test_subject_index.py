"""The subject index finds and orders; what is quoted is the party's own sentence, and the record says what found it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.desk import Ask
from app.main import open_desk
from app.record import MemoryRecorder
from app.retrieval.balance import Ask as Retrieval
from app.retrieval.balance import rank
from app.retrieval.corpus import Corpus
from app.retrieval.question import Query
from app.retrieval.score import coverage_rows
from app.retrieval.subjects import Named, agreed
from app.retrieval.weights import Weights
from app.settings import Settings
from domain.exchange import Exchange
from domain.passage import Passage
from tests.indexed_pack import indexed, line, programmes
from tests.small_pack import ELECTIONS, retrieval_data
from tests.toy_desk import answer, asker

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
    return asker(folder)


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
    """The documents change hands: the same passages, scores and sentences are found, for the other party."""
    other = {"auen": "hafen", "hafen": "auen"}

    def alike(found: Sequence[Passage]) -> list[dict[str, Any]]:
        return [line(by_words(found, words), "Stadtentwicklung") for words in ("Dach", "Mühlbach", "Handwerk", "Last")]

    given = programmes()
    swapped = [replace(doc, party=other[str(doc.party)]) for doc in given]
    hits, claims = [], []
    for folder, docs, called in (("one", given, {p: p for p in other}), ("other", swapped, other)):
        indexed(tmp_path / folder, alike, docs=docs)
        desk = open_desk(Settings(elections=ELECTIONS, data=tmp_path / folder / "data"), MemoryRecorder(), ("toy",))
        try:
            exchange = asyncio.run(desk.ask(Ask("toy", "Was sagen alle zu Stadtentwicklung?"), record=False))
        finally:
            desk.election("toy").close()
        hits.append(
            sorted(h.model_copy(update={"party": called[str(h.party)]}).model_dump_json() for h in exchange.hits)
        )
        claims.append(sorted((called[str(c.party)], c.text) for c in answer(exchange).claims))
    assert hits[0] == hits[1]
    assert claims[0] == claims[1] and {party for party, _ in claims[0]} == set(other)


@pytest.mark.parametrize(("term", "weights"), [("lexical", Weights()), ("coverage", Weights(subjects=1000))])
def test_each_thing_a_line_adds_decides_an_order_alone(term: str, weights: Weights, tmp_path: Path) -> None:
    """Neither text holds the word; the later passage's line does, and without it the earlier would come first."""
    corpus = Corpus(indexed(tmp_path, lines).folder, retrieval_data().stopwords)
    index = corpus.languages["de"]
    (stem,) = index.analyser.stems("Umweltpolitik")
    word = index.lexicon.stem_id(stem)
    assert word is not None
    queries = {
        "lexical": (Query((word,), (1000,), ()), Query((), (), ())),
        "coverage": (Query((), (), (("w", 1000, ((word, 1000),)),)), Query((), (), (("w", 1000, ()),))),
    }
    first = [
        [s.passage for s in rank(corpus, index, Retrieval(query, None, weights), np.array([0, 2])).best(range(2), 2)]
        for query in queries[term]
    ]
    assert first == [[2, 0], [0, 2]]


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
