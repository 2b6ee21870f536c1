"""A slip leads back to the rule word that was meant, and never away from a real word."""

from __future__ import annotations

import pytest

from guardrails.vocabulary import vocabulary

KNOWN = vocabulary(
    frozenset({"welche", "partei", "wahlempfehlung", "empfehlung", "so", "wen", "soll", "ich"}), frozenset({"parteien"})
)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("welhce", "welche"),
        ("aprtei", None),
        ("partie", "partei"),
        ("parteien", None),
        ("wahlempfehlug", "wahlempfehlung"),
        ("wahlempfehlnug", "wahlempfehlung"),
        ("ahlempfehlung", None),
        ("wahlempfehlun", None),
        ("empfelung", "empfehlung"),
        ("parei", None),
        ("s0", "so"),
        ("w3n", "wen"),
        ("1", None),
        ("", None),
        ("wen", None),
    ],
)
def test_a_slip_leads_to_the_word_that_was_meant(written: str, meant: str | None) -> None:
    assert KNOWN.get(written) == meant


@pytest.mark.parametrize(
    ("letters", "words"),
    [
        ("wensollich", ("wen", "soll", "ich")),
        ("wensollxich", ()),
        ("", ()),
        ("ich" * 150, ("ich",) * 150),
        ("ich" * 300, ()),
    ],
)
def test_letters_without_gaps_are_read_as_known_words(letters: str, words: tuple[str, ...]) -> None:
    assert KNOWN.split(letters) == words


def test_a_double_letter_written_once_is_understood() -> None:
    assert vocabulary(frozenset({"kommentar"})).get("komentar") == "kommentar"
