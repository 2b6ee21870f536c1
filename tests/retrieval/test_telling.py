"""A story is led to the few matters that its words tell of, the same for every party, and the voter is told which."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.retrieval.analyse import Analyser
from app.retrieval.register import BESIDE, Met, open_register
from app.retrieval.telling import learnt, terms_of
from domain.register import Matter
from ingestion.register import sealed
from tests.indexed_pack import passages_of, programmes
from tests.registered_pack import usual, write_register
from tests.small_pack import build_quietly, retrieval_data, write_pack
from tests.toy_desk import answer, asker

GERMAN = Analyser("de", retrieval_data().stopwords["de"])
STORIES = (
    ("Mein Vermieter hat die Miete erhöht", "Die Nebenkosten fressen uns auf", "Wohnung", "Kaltmiete", "Makler"),
    ("Der Bus fährt hier nur morgens", "Haltestelle", "Fahrplan", "Busfahrer", "Monatskarte"),
    ("Meine Oma muss ins Heim", "Pflegekraft", "Rollator", "Windel", "Pflegedienst"),
    ("Im Wartezimmer sitze ich Stunden", "Facharzt", "Überweisung", "Sprechstunde", "Rezept"),
)
TOLD = learnt([[terms_of(text, GERMAN) for text in texts] for texts in STORIES])


@pytest.mark.parametrize(
    ("story", "number"),
    [
        ("Seit der Makler da war, soll unsere Wohnung das Doppelte kosten.", 0),
        ("Die Haltestelle vor dem Haus wurde gestrichen.", 1),
        ("Ohne Rollator kommt mein Vater nicht mehr weit.", 2),
        ("Der Facharzttermin ist erst im Herbst.", 3),
    ],
)
def test_a_story_is_led_to_what_its_words_tell_of(story: str, number: int) -> None:
    assert TOLD.likely(terms_of(story, GERMAN), 1)[0].number == number


def test_words_that_nobody_told_lead_nowhere() -> None:
    assert TOLD.likely(terms_of("xyzzy quux", GERMAN), 3) == ()
    assert TOLD.likely(terms_of("", GERMAN), 3) == ()
    assert learnt([]).likely(terms_of("Miete", GERMAN), 3) == ()


def test_one_telling_word_counts_about_a_thousand() -> None:
    found = TOLD.likely(terms_of("Rollator", GERMAN), 3)
    assert found[0].number == 2
    assert 500 <= found[0].score <= 2500
    assert found[0].share > 400


@given(
    st.lists(st.sampled_from([w for told in STORIES for text in told for w in text.split()]), min_size=1, max_size=9)
)
def test_the_order_of_the_words_changes_nothing_and_scores_fall(said: list[str]) -> None:
    found = TOLD.likely(terms_of(" ".join(said), GERMAN), 4)
    assert found == TOLD.likely(terms_of(" ".join(reversed(said)), GERMAN), 4)
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)


def test_letters_are_no_word_and_a_party_slot_is_none() -> None:
    assert all(term.startswith(" ") or term.isalnum() for term in terms_of("Tut die □ was für Rentner?", GERMAN))
    assert terms_of("□", GERMAN) == {}


def matters(**told: tuple[str, ...]) -> list[Matter]:
    """Matters with these German stories and a place for each of two parties."""
    return [
        Matter(id=i, names={"de": (f"Name {i}",)}, told={"de": texts}, about="", places={"auen": (), "hafen": ()})
        for i, texts in told.items()
    ]


def test_a_second_matter_is_taken_only_where_it_is_nearly_as_likely() -> None:
    lines = matters(rents=STORIES[0], buses=STORIES[1], care=STORIES[2], doctors=STORIES[3])
    found = sealed(lines, {"de": GERMAN}, {})
    book = open_register(found.meta, found.arrays)
    clear = book.told("Der Makler will für die Wohnung mehr Kaltmiete, als die Nebenkosten ausmachen.", GERMAN)
    both = book.told("Weder Bus noch Haltestelle, und ohne Rollator und Pflegekraft geht es nicht.", GERMAN)
    assert clear is not None
    assert both is not None
    assert (clear.ids, clear.met) == (("rents",), Met.TOLD)
    assert set(both.ids) >= {"buses", "care"}
    assert 0 < BESIDE < 1000
    assert book.told("Was ist mit dem Mühlbach?", GERMAN) is None


@pytest.fixture(scope="module")
def told_of_bicycles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a pack is built whose register tells of two of its matters."""
    home = tmp_path_factory.mktemp("told")
    pack = write_pack(home / "pack", programmes())
    lines = usual(passages_of(build_quietly(pack, home / "plain")))
    lines[0]["told"] = {"de": ["Mein Drahtesel rostet im Regen", "Speichen", "Fahrradschloss", "Drahtesel"]}
    lines[1]["told"] = {"de": ["Die Brummis wecken mich um drei", "Brummi", "Motorenlärm", "Schlaflosigkeit"]}
    write_register(pack, lines)
    build_quietly(pack, home / "data")
    return home


def test_the_voter_is_told_what_a_story_was_taken_to_be_about(told_of_bicycles: Path) -> None:
    exchange = asker(told_of_bicycles)(
        "Mein Drahtesel steht im Regen, das Fahrradschloss rostet. Was tun die Parteien?"
    )
    assert exchange.scope is not None
    assert exchange.scope.told == ("bicycles",)
    said = answer(exchange)
    assert {c.party for c in said.claims} == {"auen"}
    assert "Fahrradparken" in (said.message or "")
    assert [s.party for s in said.silent] == ["hafen"]


@pytest.mark.parametrize(
    ("question", "taken"),
    [
        ("Mein Drahtesel rostet. Was tun die Parteien?", ("bicycles",)),
        ("Was sagen die Parteien zum Drahtesel?", ("bicycles",)),
        ("Was sagen die Parteien zu Koalitionen?", ()),
        ("Was sagen die Parteien zu Drahtesel und Fahrradschloss?", ("bicycles",)),
    ],
)
def test_a_telling_word_is_enough_and_a_plain_question_on_something_else_gets_no_guess(
    told_of_bicycles: Path, question: str, taken: tuple[str, ...]
) -> None:
    exchange = asker(told_of_bicycles)(question)
    assert exchange.scope is not None
    assert exchange.scope.told == taken
