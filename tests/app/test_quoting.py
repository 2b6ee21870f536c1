"""A sentence that points back is quoted with the one before it; a lone sentence elsewhere is no further position."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from domain.exchange import Exchange
from tests.small_pack import Doc, build_quietly, write_pack
from tests.toy_desk import answer, asker

PROGRAMME = """# Programm der Aue

## Wohnen

Auf jede leere Wohnung soll eine Abgabe von zwei Prozent fallen. Damit senken wir die Mieten in allen Städten. Die
Abgabe zahlt der Eigentümer.

## Mieten

Die Regierung behauptet, Mieten seien nicht zu senken. Deshalb wollen wir die Mieten selbst deckeln. Der Deckel gilt
für alle Städte.

## Kultur

Jedes Dorf bekommt einen Chor. Wer ein Kino eröffnet, bekommt die Mieten erlassen. Der Chor singt am Sonntag.

## Löhne

Die HAFEN verlangt einen Mindestlohn von 16 Talern. Wir halten diesen Mindestlohn für viel zu hoch. Den Mindestlohn soll
eine Kommission aus Gilden und Gewerkschaften festlegen.
"""
OTHER = "# Programm\n\n## Schutz\n\nWir schützen den Hafen vor Wind. Die Mole wird höher gebaut.\n"


QUESTION = "Was sagen die Parteien zu Mieten?"


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Exchange]:
    """Puts questions to a small election whose programme speaks of rents in three places."""
    folder = tmp_path_factory.mktemp("quoting")
    docs = [Doc("auen", PROGRAMME.encode()), Doc("hafen", OTHER.encode(), party="hafen")]
    build_quietly(write_pack(folder / "packs" / "toy", docs), folder / "data")
    return asker(folder)


def test_what_points_back_stands_with_the_sentence_before(ask: Callable[..., Exchange]) -> None:
    quoted = [c.text for c in answer(ask(QUESTION)).claims]
    assert (
        "Auf jede leere Wohnung soll eine Abgabe von zwei Prozent fallen. Damit senken wir die Mieten in allen Städten."
        in quoted
    )


def test_what_others_say_is_not_put_before_it(ask: Callable[..., Exchange]) -> None:
    quoted = [c.text for c in answer(ask(QUESTION)).claims]
    assert "Deshalb wollen wir die Mieten selbst deckeln." in quoted
    assert not any("Regierung behauptet" in text for text in quoted)


def test_a_sentence_that_alone_shares_the_word_is_no_further_position(ask: Callable[..., Exchange]) -> None:
    claims = answer(ask(QUESTION)).claims
    assert claims and not any("Kino" in c.text for c in claims)
    alone = answer(ask("Was sagen die Parteien zu Kinos?")).claims
    assert [c.text for c in alone] == ["Wer ein Kino eröffnet, bekommt die Mieten erlassen."]


def test_what_answers_others_is_not_torn_from_them(ask: Callable[..., Exchange]) -> None:
    quoted = [c.text for c in answer(ask("Was sagen die Parteien zum Mindestlohn?")).claims]
    assert quoted == ["Den Mindestlohn soll eine Kommission aus Gilden und Gewerkschaften festlegen."]
