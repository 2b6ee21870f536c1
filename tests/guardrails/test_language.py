"""The reply language comes from the election's languages only; doubt falls back."""

from __future__ import annotations

import pytest

from guardrails.language import detect
from tests.guardrails.invented import policy

ALL = ("de", "en", "fr")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Was sagen die Parteien zur Rente?", "de"),
        ("What do the parties say about pensions?", "en"),
        ("Que disent les partis sur les retraites ?", "fr"),
        ("wos sogt de partei zua pflege", "de"),
        ("WAS IST DIE BRIEFWAHL", "de"),
        ("Vermögensteuer Erbschaftsteuer Wohnungsbau", "de"),
        ("réchauffement climatique énergies renouvelables", "fr"),
    ],
)
@pytest.mark.parametrize("fallback", ALL)
def test_clear_text_decides(text: str, language: str, fallback: str) -> None:
    assert detect(text, ALL, fallback, policy().function_words) == language


@pytest.mark.parametrize("text", ["Rente?", "", "???", "CO2", "XQP", "123"])
@pytest.mark.parametrize("fallback", ALL)
def test_short_text_takes_the_fallback(text: str, fallback: str) -> None:
    assert detect(text, ALL, fallback, policy().function_words) == fallback


def test_only_candidates_are_chosen() -> None:
    assert detect("Que disent les partis sur les retraites ?", ("de",), "de", policy().function_words) == "de"
    assert detect("Was sagen die Parteien?", ("en", "de-CH"), "en", policy().function_words) == "de-CH"
