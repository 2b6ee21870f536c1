"""Order never decides: shuffling the files of a pack changes nothing, and every party has the same budget."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.answering.retrieve import PER_PARTY
from app.settings import Settings
from domain.exchange import Exchange
from tests.neutrality.worlds import World, copy_pack, every_name, open_world

QUESTIONS = (
    "Was sagen die Parteien zu Mieten und Wohnen?",
    "Que proposent les partis pour les retraites ?",
    "What do the parties plan for hospitals and doctors?",
    "Wie hoch soll der Mindestlohn werden?",
    "Was ist mit der Fischerei geplant?",
)
TOPICS = st.sampled_from(
    ("Mieten", "Rente", "Mindestlohn", "Steuern", "Klimaschutz", "Fischerei", "Schule", "Züge", "Asyl", "Wahlalter")
)


def _shuffled(seed: int) -> Any:
    def shuffle(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return random.Random(seed).sample(rows, len(rows))

    return shuffle


@pytest.fixture(scope="module")
def alphabetical(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The demo election with its published order."""
    folder = tmp_path_factory.mktemp("alphabetical")
    return open_world(copy_pack(folder, lambda _p, text: text, lambda rows: rows, "alphabetical"), folder / "data")


@pytest.fixture(scope="module")
def shuffled(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The same with parties and documents listed in another order."""
    folder = tmp_path_factory.mktemp("shuffled")
    pack = copy_pack(folder, lambda _p, text: text, _shuffled(11), "alphabetical", _shuffled(12))
    return open_world(pack, folder / "data")


def answered(exchange: Exchange) -> dict[str, object]:
    """The answer without the digests of the build."""
    assert exchange.answer is not None
    return exchange.answer.model_dump(exclude={"corpus", "index"})


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_order_of_parties_and_documents_in_the_files_changes_no_answer(
    question: str, alphabetical: World, shuffled: World
) -> None:
    assert [p.id for p in shuffled.election.parties] != [p.id for p in alphabetical.election.parties]
    assert answered(shuffled.ask(question)) == answered(alphabetical.ask(question))


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_listed_order_moves_parties_and_nothing_else(question: str, alphabetical: World, plain: World) -> None:
    one, two = alphabetical.ask(question).answer, plain.ask(question).answer
    assert one and two
    assert sorted(one.scope) == sorted(two.scope)
    by_party = [{p: [c.text for c in a.claims if c.party == p] for p in a.scope} for a in (one, two)]
    assert by_party[0] == by_party[1]
    assert list(dict.fromkeys(c.party for c in two.claims)) == [
        p.id for p in plain.election.parties if by_party[1].get(p.id)
    ]


def test_the_published_order_is_the_short_names_alphabet(alphabetical: World) -> None:
    answer = alphabetical.ask(QUESTIONS[0]).answer
    assert answer
    short = [p.short_in("de").casefold() for i in answer.scope for p in alphabetical.election.parties if p.id == i]
    assert short == sorted(short)


def test_every_party_has_the_same_budget_and_is_heard_or_declared_silent(plain: World) -> None:
    everyone = {p.id for p in plain.election.parties}

    @settings(max_examples=25, deadline=None, derandomize=True)
    @given(st.lists(TOPICS, min_size=1, max_size=3, unique=True))
    def check(topics: list[str]) -> None:
        exchange = plain.ask(f"Was sagen die Parteien zu {' und '.join(topics)}?")
        answer = exchange.answer
        assert answer
        heard, silent, absent = {c.party for c in answer.claims}, {s.party for s in answer.silent}, answer.no_document
        assert heard | silent | {*absent} == set(answer.scope) == everyone
        assert len(heard) + len(silent) + len(absent) == len(everyone)
        counts = Counter(c.party for c in answer.claims)
        assert max(counts.values(), default=0) <= Settings().quotations_many
        searched = Counter(h.party for h in exchange.hits)
        assert max(searched.values(), default=0) <= PER_PARTY

    check()


def test_who_is_asked_changes_neither_expansion_nor_hits(plain: World) -> None:
    """The same words asked of one party find for it what the question to all finds for it."""

    @settings(max_examples=15, deadline=None, derandomize=True)
    @given(TOPICS, st.sampled_from([p.id for p in plain.election.parties]))
    def check(topic: str, party: str) -> None:
        question = f"Was ist zu {topic} geplant?"
        everyone, alone = plain.ask(question), plain.ask(question, (party,))
        assert everyone.answer and alone.answer
        ours = [(h.passage, h.rank, h.score) for h in everyone.hits if h.party == party]
        assert [(h.passage, h.rank, h.score) for h in alone.hits] == ours
        if ours:
            assert alone.answer.expansion == everyone.answer.expansion

    check()


def test_no_name_is_a_search_term(plain: World) -> None:
    """Certain names leave no trace in what is searched; words that are also ordinary ones may stand in texts."""
    corpus = plain.desk.election("demo").corpus
    unclear = {a.form.casefold() for p in plain.election.parties for a in p.ambiguous}
    certain = [n for n in every_name(plain.election.parties) if n.isalpha() and n.casefold() not in unclear]
    for tag, index in corpus.languages.items():
        stems = set(index.lexicon.stems)
        leaked = [n for n in certain if index.analyser.stems(n) and set(index.analyser.stems(n)) <= stems]
        assert leaked == [], tag
