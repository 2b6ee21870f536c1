"""Swap test: with the names of two parties exchanged everywhere, the answer is the exchanged answer.

Design, principle 4. Whatever differs after masking would be a judgement on a name.
"""

from __future__ import annotations

import itertools
from pathlib import Path

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
    exchanged_question,
    exchanged_text,
    exchanged_world,
)
from tests.small_pack import ELECTIONS

PARTIES = tuple(p.id for p in load_pack(ELECTIONS / "demo").parties)
PAIRS = tuple(itertools.combinations(PARTIES, 2))
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


@pytest.fixture(scope="module", params=PAIRS, ids=lambda pair: "-".join(pair))
def pair(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Two parties."""
    found: tuple[str, str] = request.param
    return found


@pytest.fixture(scope="module")
def exchanged(pair: tuple[str, str], plain: World, tmp_path_factory: pytest.TempPathFactory) -> World:
    """The world in which the two have each other's names."""
    return exchanged_world(tmp_path_factory.mktemp("-".join(pair)), plain, *pair)


def questions(election: Election, one: str, two: str) -> list[tuple[str, str | None]]:
    """Open questions, and questions that name the pair with their certain names in the language asked."""
    a, b = election.party(one), election.party(two)
    assert a is not None and b is not None
    found: list[tuple[str, str | None]] = [(text, None) for text in OPEN]
    for language, text in NAMING:
        leader = a.people[0].name if a.people else a.name_in(language)
        filled = text.format(a=a.name_in(language), b=b.name_in(language), leader=leader)
        found.append((filled, language))
    return found


def test_the_answers_are_the_exchanged_answers(pair: tuple[str, str], plain: World, exchanged: World) -> None:
    answered = 0
    for question, language in questions(plain.election, *pair):
        other = exchanged_question(question, plain, *pair)
        assert (other == question) == (language is None)
        before = essence(plain.ask(question, language=language), plain)
        after = essence(exchanged.ask(other, language=language), exchanged)
        assert after == before, question
        answered += bool(before["claims"])
    assert answered >= 8


def test_the_exchange_is_complete(pair: tuple[str, str], plain: World, exchanged: World) -> None:
    """The test would prove nothing if names had stayed: entries are exchanged and so are the texts."""
    one, two = pair
    a, b = plain.election.party(one), plain.election.party(two)
    new_a, new_b = exchanged.election.party(one), exchanged.election.party(two)
    assert a and b and new_a and new_b
    assert (new_a.short, new_a.forms, new_a.people) == (b.short, b.forms, b.people)
    assert (new_b.short, new_b.forms, new_b.people) == (a.short, a.forms, a.people)
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
    new = exchanged_text(text, plain.names, (a, b))
    assert len({len(form.split()) for form in certain(b)}) > 1
    assert all(form in new for form in certain(b))
    assert plain.names.mask(new, SLOT) == plain.names.mask(text, SLOT)


def test_passages_are_cut_at_the_same_places_whatever_the_names(
    pair: tuple[str, str], plain: World, exchanged: World
) -> None:
    def shape(world: World) -> list[tuple[object, ...]]:
        corpus = world.desk.election("demo").corpus
        rows: list[Passage] = [corpus.passage(n) for n in range(len(corpus))]
        return [(world.sources[p.document], p.party, len(p.sentences), world.names.mask(p.text, SLOT)) for p in rows]

    assert shape(exchanged) == shape(plain)


def test_every_form_of_every_party_is_a_name(plain: World) -> None:
    assert len(every_name(plain.election.parties)) >= 60
