"""Swap test: with the names of two parties exchanged everywhere, the answer is the exchanged answer.

Design, principle 4. Whatever differs after masking would be a judgement on a name.
"""

from __future__ import annotations

import itertools

import pytest

from app.packs import load_pack
from domain.election import Election
from domain.passage import Passage
from tests.neutrality.worlds import (
    SLOT,
    World,
    certain,
    essence,
    every_name,
    exchanged_text,
    exchanged_world,
    others_of,
)
from tests.small_pack import ELECTIONS

PARTIES = tuple(p.id for p in load_pack(ELECTIONS / "demo").parties)
Pairs = tuple[tuple[str, str], ...]


def rounds(ids: tuple[str, ...]) -> tuple[Pairs, ...]:
    """Every pair exactly once, in rounds of disjoint pairs, as a tournament is drawn."""
    first, *rest = ids if len(ids) % 2 == 0 else (*ids, "")
    drawn = []
    for turn in range(len(rest)):
        circle = [first, *rest[turn:], *rest[:turn]]
        half = len(circle) // 2
        drawn.append(tuple(p for p in zip(circle[:half], reversed(circle[half:]), strict=True) if all(p)))
    return tuple(drawn)


ROUNDS = rounds(PARTIES)
OPEN = (
    "Was sagen die Parteien zu Mieten und Wohnen?",
    "Wie hoch soll der Mindestlohn werden?",
    "Wer will das Wahlalter senken?",
    "Was ist mit der Fischerei geplant?",
    "Que proposent les partis pour les retraites ?",
    "Comment les partis veulent-ils protéger le climat ?",
    "What do the parties plan for hospitals and doctors?",
    "Who wants to abolish tuition fees?",
    "Wie stehen sie zum Bau von Raumstationen?",
)
NAMING = (
    ("de", "Was sagt {a} zur Rente?"),
    ("de", "Welche Unterschiede gibt es zwischen {a} und {b} bei den Steuern?"),
    ("de", "Will {leader} den Mindestlohn erhöhen?"),
    ("fr", "Que dit {b} sur l’école ?"),
    ("en", "Does {a} want more trains and ferries?"),
    ("de", "Soll ich {a} wählen?"),
    ("de", "Ist {b} besser als {a}?"),
)


@pytest.fixture(scope="module", params=ROUNDS, ids=range(len(ROUNDS)))
def pairs(request: pytest.FixtureRequest) -> Pairs:
    """Disjoint pairs of parties, exchanged at once."""
    found: Pairs = request.param
    return found


@pytest.fixture(scope="module")
def exchanged(pairs: Pairs, plain: World, tmp_path_factory: pytest.TempPathFactory) -> World:
    """The world in which the two of each pair have each other's names."""
    return exchanged_world(tmp_path_factory.mktemp("exchanged"), plain, pairs)


def test_every_pair_is_exchanged_once() -> None:
    drawn = [frozenset(pair) for pairs in ROUNDS for pair in pairs]
    assert len(drawn) == len(set(drawn))
    assert set(drawn) == {frozenset(pair) for pair in itertools.combinations(PARTIES, 2)}


def questions(election: Election, one: str, two: str) -> list[tuple[str, str]]:
    """Questions that name the pair with their official names in the language asked."""
    a, b = election.party(one), election.party(two)
    assert a is not None and b is not None
    found = []
    for language, text in NAMING:
        leader = a.people[0].name if a.people else a.name_in(language)
        found.append((text.format(a=a.name_in(language), b=b.name_in(language), leader=leader), language))
    return found


def test_open_questions_get_the_exchanged_answers(plain: World, exchanged: World) -> None:
    for question in OPEN:
        before, after = essence(plain.ask(question), plain), essence(exchanged.ask(question), exchanged)
        assert after == before, question


def test_questions_with_names_get_the_exchanged_answers(pairs: Pairs, plain: World, exchanged: World) -> None:
    others = others_of(plain, pairs)
    answered = 0
    for pair in pairs:
        for question, language in questions(plain.election, *pair):
            other = exchanged_text(question, plain.names, others)
            assert other != question
            before = essence(plain.ask(question, language=language), plain)
            after = essence(exchanged.ask(other, language=language), exchanged)
            assert after == before, (question, other)
            answered += bool(before["claims"])
    assert answered >= 2 * len(pairs)


def test_the_exchange_is_complete(pairs: Pairs, plain: World, exchanged: World) -> None:
    """The test would prove nothing if names had stayed: entries are exchanged and so are the texts."""
    for pair in pairs:
        for one, two in (pair, pair[::-1]):
            old, new = plain.election.party(two), exchanged.election.party(one)
            assert old and new
            assert (new.short, new.forms, new.people) == (old.short, old.forms, old.people)
    assert [p.id for p in exchanged.election.parties] == [p.id for p in plain.election.parties]
    assert [s.id for s in exchanged.election.sources] == [s.id for s in plain.election.sources]


def test_some_documents_name_parties_at_all(plain: World) -> None:
    texts = [p.read_text(encoding="utf-8") for p in sorted((ELECTIONS / "demo" / "programmes").glob("*.md"))]
    named = {party for text in texts for m in plain.names.mentions(text) for party in m.parties}
    assert len(named) >= 6
    assert sum(len(plain.names.mentions(text)) for text in texts) >= 40


def test_names_of_very_different_length_take_turns(plain: World) -> None:
    a, b = plain.election.parties[-1], plain.election.parties[1]
    text = ". ".join([f"Die {a.forms[0]} baut"] * 12)
    new = exchanged_text(text, plain.names, {a.id: b})
    assert len({len(form.split()) for form in certain(b)}) > 1
    assert all(form in new for form in certain(b))
    assert plain.names.mask(new, SLOT) == plain.names.mask(text, SLOT)


def test_passages_are_cut_at_the_same_places_whatever_the_names(plain: World, exchanged: World) -> None:
    def shape(world: World) -> list[tuple[object, ...]]:
        corpus = world.desk.election("demo").corpus
        rows: list[Passage] = [corpus.passage(n) for n in range(len(corpus))]
        return [(world.sources[p.document], p.party, len(p.sentences), world.names.mask(p.text, SLOT)) for p in rows]

    assert shape(exchanged) == shape(plain)


def test_every_form_of_every_party_is_a_name(plain: World) -> None:
    assert len(every_name(plain.election.parties)) >= 60
