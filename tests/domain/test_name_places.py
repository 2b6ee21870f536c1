"""Who is asked to speak and who is only spoken about, with invented names throughout."""

from __future__ import annotations

import pytest

from domain.election import Party
from domain.name_places import spoken_of, unknown_speakers
from domain.names import Names


def _party(party: str, short: str) -> Party:
    return Party.model_validate({"id": party, "short": {"de": short}, "name": {"de": short}, "forms": [short]})


NAMES = Names((_party("mole", "MOLE"), _party("luchs", "Luchse"), _party("quell", "Quellbund")))


def unknown(text: str, follow_up: bool = False) -> list[str]:
    """The unknown names as written."""
    return [text[start:end] for start, end in unknown_speakers(text, NAMES.mentions(text), follow_up)]


def about(text: str) -> list[str]:
    """The names that are only spoken about, as written."""
    mentions = NAMES.mentions(text)
    return [text[mentions[n].start : mentions[n].end] for n in sorted(spoken_of(text, mentions))]


@pytest.mark.parametrize(
    "text",
    [
        "Was verspricht die ZUG bei den Löhnen?",
        "Wie positioniert sich Quellbund? Und was plant die ZUG?",
        "Welche Haltung hat die ZUG zur Fischerei?",
        "Was fordern MOLE und ZUG für Schulen?",
        "Was fordern die ZUG und die MOLE für Schulen?",
        "Wahlprogramm der ZUG zu Brücken",
        "Laut ZUG soll es mehr Brücken geben",
        "Warum die ZUG ablehnt, was alle wollen",
        "What does the ZUG want for schools?",
        "the ZUG's position on bridges",
        "Que promet la ZUG pour les écoles ?",
    ],
)
def test_an_abbreviation_in_the_place_of_a_speaker_is_an_unknown_party(text: str) -> None:
    assert unknown(text) == ["ZUG"]


@pytest.mark.parametrize(
    "text",
    [
        "Was sagen die Luchse zur ZUG?",
        "Wer will die ZUG abschaffen?",
        "Welche Parteien wollen die ZUG abschaffen?",
        "Welche Partei fordert ZUG für alle?",
        "Which party wants ZUG for all?",
        "Who supports ZUG?",
        "Mehr ZUG für alle",
        "Was sagt die MOLE?",
        "WAS SAGT DIE ZUG?",
        "Was sagt die ZUG-Umlage aus?",
        "Was kostet ein ZUG?",
        "Und die ZUG?",
    ],
)
def test_an_abbreviation_elsewhere_is_no_party(text: str) -> None:
    assert unknown(text) == []


@pytest.mark.parametrize("text", ["Und die ZUG?", "und was ist mit der ZUG?", "and the ZUG?", "Et la ZUG ?"])
def test_a_follow_up_may_consist_of_a_name(text: str) -> None:
    assert unknown(text, follow_up=True) == ["ZUG"]
    assert unknown(text + " Und mehr Brücken?", follow_up=True) == []


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("Was schreibt die MOLE über die Luchse?", ["Luchse"]),
        ("Was hält der Quellbund von der MOLE?", ["MOLE"]),
        ("Wie steht die MOLE zum Quellbund?", ["Quellbund"]),
        ("Will die MOLE mit den Luchsen regieren?", ["Luchsen"]),
        ("Was tut die MOLE gegen den Quellbund?", ["Quellbund"]),
        ("Was sagt die MOLE zu den Plänen der Luchse?", ["Luchse"]),
        ("Was sagen die Parteien über den Quellbund?", ["Quellbund"]),
        ("What does the MOLE say about the Quellbund?", ["Quellbund"]),
        ("Que dit la MOLE sur le Quellbund ?", ["Quellbund"]),
        ("Was sagt die MOLE zur Rente und was der Quellbund?", []),
        ("Was sagt die MOLE zur Rente, was der Quellbund?", []),
        ("Was sagen MOLE und Quellbund über Brücken?", []),
        ("Position der MOLE und des Quellbund zu Brücken", []),
        ("Vergleiche die MOLE mit dem Quellbund", []),
        ("Unterschied von MOLE zu Quellbund", []),
        ("MOLE gegen Quellbund bei der Rente", []),
        ("Was steht über den Quellbund im Programm?", []),
        ("Welche Kritik an der MOLE enthält das Programm vom Quellbund?", []),
        ("Which criticism of the MOLE does the programme of the Quellbund contain?", []),
        ("Quellbund", []),
    ],
)
def test_a_party_that_another_speaks_about_is_not_asked(text: str, other: list[str]) -> None:
    assert about(text) == other


def test_the_place_decides_and_not_the_name() -> None:
    said = "Was meint {a} über {b}, und was plant {a} bei Zügen?"
    pairs = [("die MOLE", "den Quellbund"), ("der Quellbund", "die MOLE")]
    found = [about(said.format(a=a, b=b)) for a, b in pairs]
    assert [len(f) for f in found] == [1, 1] and found[0] != found[1]
