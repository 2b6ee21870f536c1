"""Words are led to English by reviewed data, slips included; what nobody knows stays as it is."""

from __future__ import annotations

import pytest

from guardrails.gloss import Glossary, GlossError, in_english, read_glossary

GERMAN = Glossary(
    {"welche": "which", "partei": "party", "gewinnt": "wins", "denn": "-", "klima": "climate", "schutz": "protection"},
    {"ehrlich": "honest"},
)
FRENCH = Glossary({"parti": "party", "gagne": "wins"}, {})
BOTH = {"de": GERMAN, "fr": FRENCH}
ENGLISH = frozenset({"the", "party", "which", "die"})


@pytest.mark.parametrize(
    ("word", "english"),
    [
        ("gewinnt", "wins"),
        ("denn", ""),
        ("ehrlichsten", "honest"),
        ("gewinnnt", "wins"),
        ("gewint", "wins"),
        ("gewnint", "wins"),
        ("klimaschutz", "climate protection"),
        ("zzyzx", None),
        ("ab", None),
    ],
)
def test_a_word_is_led_to_english(word: str, english: str | None) -> None:
    assert GERMAN.gloss(word) == english


def test_each_language_by_its_own_glossary_first() -> None:
    assert in_english(["welche", "partei", "gewinnt"], "de", BOTH, ENGLISH) == ["which", "party", "wins"]
    assert in_english(["parti", "gagne"], "fr-CA", BOTH, ENGLISH) == ["party", "wins"]


def test_english_words_stay_and_mixed_ones_are_found() -> None:
    assert in_english(["the", "gewinnt", "blorp"], "en", BOTH, ENGLISH) == ["the", "wins", "blorp"]
    assert in_english(["gagne"], "de", BOTH, ENGLISH) == ["wins"]


def test_a_glossary_is_read_and_a_bad_line_is_named() -> None:
    found = read_glossary("wahl\telection\nbeschiss*\tcorrupt\n", "gloss.de.tsv")
    assert (found.gloss("wahl"), found.gloss("beschissene")) == ("election", "corrupt")
    with pytest.raises(GlossError, match=r"gloss\.de\.tsv, line 2"):
        read_glossary("wahl\telection\nstimme\n", "gloss.de.tsv")
