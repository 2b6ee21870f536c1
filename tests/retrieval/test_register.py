"""The register decides what is quoted first and who is silent: on its own matters alone, and for every party alike."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from app.retrieval.analyse import Analyser
from app.retrieval.register import Met, Register, open_register
from domain.exchange import Exchange
from domain.register import Matter
from ingestion.register import sealed
from tests.indexed_pack import passages_of, programmes
from tests.registered_pack import matter, registered, usual, write_register
from tests.small_pack import build_quietly, retrieval_data, write_pack
from tests.toy_desk import answer, asker

GERMAN = Analyser("de", retrieval_data().stopwords["de"])


def register(**names: tuple[str, ...]) -> Register:
    """A register of matters with these German names and no places."""
    matters = [
        Matter(id=i.replace("_", "-"), names={"de": n}, about="", places={"auen": (), "hafen": ()})
        for i, n in names.items()
    ]
    found = sealed(matters, {"de": GERMAN}, {})
    return open_register(found.meta, found.arrays)


BOOK = register(
    rents=("Mieten begrenzen", "Mietendeckel"),
    building=("sozialer Wohnungsbau", "mehr Wohnungen bauen"),
    pensions=("Rente", "Altersvorsorge"),
    cycling=("Radverkehr", "Radwege ausbauen"),
    motorways=("Autobahnen ausbauen",),
    unsealing=("Schulhöfe und Spielplätze entsiegeln",),
)


@pytest.mark.parametrize(
    ("question", "matter"),
    [
        ("Was sagen die Parteien zur Rente?", "pensions"),
        ("Wie stehen die Parteien zum Mietendeckel?", "rents"),
        ("Wollen die Parteien die Mieten begrenzen?", "rents"),
        ("Welche Parteien wollen Radwege ausbauen?", "cycling"),
        ("Wollen die Parteien Autobahnen ausbauen?", "motorways"),
    ],
)
def test_a_question_that_names_a_matter_is_led_to_it(question: str, matter: str) -> None:
    found = BOOK.matter(question, GERMAN)
    assert found is not None
    assert found.ids == (matter,)


@pytest.mark.parametrize(
    ("question", "sure"),
    [
        ("Die Spielplätze und Schulhöfe entsiegeln?", True),
        ("Schulhöfe, Gehwege und Spielplätze entsiegeln?", False),
    ],
)
def test_a_question_that_says_a_little_more_has_it_as_its_main_matter(question: str, sure: bool) -> None:
    found = BOOK.matter(question, GERMAN)
    assert found is not None
    assert (found.ids, found.met) == (("unsealing",), Met.REGISTERED if sure else Met.TOUCHES)


@pytest.mark.parametrize(
    "question",
    [
        "Was sagen die Parteien zur Rente für Landwirte in Nebenerwerbsbetrieben?",
        "Was sagen die Parteien zu Wohnungen?",
        "Was planen die Parteien zum Ausbau?",
        "Was sagen die Parteien zur Fischerei?",
        "Was sagen die Parteien?",
        "",
    ],
)
def test_a_question_that_says_more_or_less_is_left_to_the_ranking(question: str) -> None:
    assert BOOK.matter(question, GERMAN) is None


def test_a_language_without_names_and_an_empty_register_know_nothing() -> None:
    english = Analyser("en", retrieval_data().stopwords["en"])
    assert BOOK.matter("What do the parties say on pensions?", english) is None
    assert Register().matter("Rente", GERMAN) is None


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Exchange]:
    """Puts a question to the build with a register (`data`) or to the one without (`plain`)."""
    folder: Path = tmp_path_factory.mktemp("registered")
    registered(folder)
    return asker(folder)


def test_the_listed_sentence_is_quoted_and_the_record_says_by_what(asked: Callable[..., Exchange]) -> None:
    assert answer(asked("Was sagen die Parteien zu Fahrradparken?", "plain")).claims == ()
    exchange = asked("Was sagen die Parteien zu Fahrradparken?")
    assert exchange.scope is not None
    assert exchange.scope.registered == "bicycles"
    assert answer(exchange).claims[0].text == "Das alles kostet niemanden Geld."
    assert [h.listed for h in exchange.hits if h.party == "auen"][:2] == [1, 2]
    assert all(h.listed is None for h in exchange.hits if h.party == "hafen")


def test_a_party_without_a_place_is_said_to_be_silent(asked: Callable[..., Exchange]) -> None:
    found = answer(asked("Was sagen die Parteien zum Nachtfahrverbot?"))
    assert {c.party for c in found.claims} == {"hafen"}
    assert [s.party for s in found.silent] == ["auen"]


def test_what_is_only_near_is_shown_as_such_and_the_party_is_silent(tmp_path: Path) -> None:
    pack = write_pack(tmp_path / "pack", programmes())
    found = passages_of(build_quietly(pack, tmp_path / "plain"))
    lines = usual(found)
    lines[0]["places"]["hafen"] = [
        {**matter(found, "x", (), {"hafen": [("Lastwagen", 0)]})["places"]["hafen"][0], "near": True}
    ]
    write_register(pack, lines)
    build_quietly(pack, tmp_path / "data")
    exchange = asker(tmp_path)("Was sagen die Parteien zu Fahrradparken?")
    said = answer(exchange)
    assert {c.party for c in said.claims} == {"auen"}
    assert [s.party for s in said.silent] == ["hafen"]
    assert [(c.party, "Lastwagen" in c.text) for c in said.near] == [("hafen", True)]
    assert next((h.listed, h.near) for h in exchange.hits if h.party == "hafen") == (1, True)


def test_a_matter_with_something_beside_lets_a_listed_party_speak(tmp_path: Path) -> None:
    pack = write_pack(tmp_path / "pack", programmes())
    found = passages_of(build_quietly(pack, tmp_path / "plain"))
    name = "Fahrradparken, Luftpumpen und Schlauchautomaten"
    near = {**matter(found, "x", (), {"hafen": [("Lastwagen", 0)]})["places"]["hafen"][0], "near": True}
    line = matter(found, "bicycles", (name,), {"auen": [("Dach", 1)], "hafen": []})
    line["places"]["hafen"] = [near]
    write_register(pack, [line, *usual(found)[1:]])
    build_quietly(pack, tmp_path / "data")
    exchange = asker(tmp_path)(f"Was sagen die Parteien zu {name} bei Lastwagen?")
    assert exchange.scope is not None
    assert (exchange.scope.registered, exchange.scope.touches) == (None, "bicycles")
    assert answer(exchange).claims[0].text == "Das alles kostet niemanden Geld."
    assert not any(h.near for h in exchange.hits)
    assert "auen" not in {s.party for s in answer(exchange).silent}


def test_where_no_listed_sentence_can_be_quoted_the_usual_tests_decide(tmp_path: Path) -> None:
    market = "\n# Markt\n\nMarkt immer sonntags. Der Wochenmarkt am Rathaus öffnet künftig an jedem zweiten Sonntag.\n"
    pack = write_pack(tmp_path / "pack", programmes(market))
    found = passages_of(build_quietly(pack, tmp_path / "plain"))
    write_register(pack, [matter(found, "market", ("Wochenmarkt",), {"auen": [("Markt immer", 0)], "hafen": []})])
    build_quietly(pack, tmp_path / "data")
    exchange = asker(tmp_path)("Was sagen die Parteien zum Wochenmarkt?")
    assert exchange.scope is not None
    assert exchange.scope.registered == "market"
    assert [c.text[:25] for c in answer(exchange).claims] == ["Der Wochenmarkt am Rathau"]


def test_a_name_of_stop_words_alone_names_nothing() -> None:
    book = register(nothing=("und das", "Parteien"), rents=("Mieten begrenzen",))
    assert book.matter("Was wollen die Parteien und das?", GERMAN) is None
    assert register(nothing=("und das",)).matter("Mieten", GERMAN) is None


def test_another_question_is_answered_as_without_a_register(asked: Callable[..., Exchange]) -> None:
    for question in ("Was sagen die Parteien zum Mühlbach?", "Was sagen die Parteien zum Handwerk?"):
        one, other = asked(question), asked(question, "plain")
        assert one.scope == other.scope
        assert answer(one).claims == answer(other).claims
