"""The reply language comes from the election's languages only; doubt falls back."""

from __future__ import annotations

import subprocess
import sys

import pytest

from guardrails.gate import screen
from guardrails.language import detect
from tests.guardrails.invented import COMMON, names, policy

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


def test_a_language_that_is_known_is_not_detected_again() -> None:
    verdict = screen("Was sagen die Parteien?", [], names(), policy(), ALL, "fr", language="en")
    assert verdict.language == "en"


UNMARKED = """
import sys
from pathlib import Path
from guardrails.language import detect
from guardrails.policy import load_policy

words = load_policy(Path("elections/common")).function_words
texts = {
    "de": ("Wohnungsbau Mieterschutz", "Vermögensteuer Erbschaftsteuer", "Klimaschutz Verkehrswende Schiene", "Rente?"),
    "en": ("housing healthcare funding", "childcare teachers salary"),
    "fr": ("logements sociaux étudiants", "réchauffement climatique énergies"),
}
for language, asked in texts.items():
    for text in asked:
        assert detect(text, ("de", "en", "fr"), language, words) == language, text
assert "py3langid" not in sys.modules
"""


def test_the_slow_identifier_stays_unloaded_when_the_fallback_is_right() -> None:
    subprocess.run([sys.executable, "-c", UNMARKED], check=True, cwd=COMMON.parents[1])
