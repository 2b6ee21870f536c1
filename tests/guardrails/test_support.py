"""What a composed sentence may say: honest shortenings pass, whatever turns the sense falls.

The sentences of `tests/data/composed.jsonl` are by authors who saw no code: honest ones that follow the public prompt,
hostile ones that try to slip through, and those of an author who read the rules to get past them.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.common import load_common
from guardrails.grounding import comparable
from guardrails.policy import Policy
from guardrails.support import unsupported
from tests.small_pack import ELECTIONS

DATA = Path(__file__).parent.parent / "data" / "composed.jsonl"
SURVIVE = 0.90
WORD = re.compile(r"[^\W_]+")


@cache
def shared() -> Policy:
    """The policy in force."""
    return load_common(ELECTIONS).policy


def why(text: str, sentence: str, language: str) -> str:
    """The rule that the sentence breaks, or an empty string."""
    return unsupported(text, sentence, language, shared().composed[language])


def rows() -> list[dict[str, str | bool]]:
    """The labelled sentences."""
    return [json.loads(line) for line in DATA.read_text(encoding="utf-8").splitlines()]


def test_no_false_sentence_passes() -> None:
    false = [r for r in rows() if not r["true"]]
    passed = [r for r in false if not why(str(r["text"]), str(r["sentence"]), str(r["language"]))]
    assert passed == []
    assert len(false) >= 500 and len({r["kind"] for r in false}) >= 18


@pytest.mark.parametrize("language", ["de", "en", "fr"])
def test_nine_of_ten_honest_sentences_survive(language: str) -> None:
    true = [r for r in rows() if r["true"] and r["language"] == language]
    fell = Counter(found for r in true if (found := why(str(r["text"]), str(r["sentence"]), language)))
    assert len(true) >= 40
    assert 1 - fell.total() / len(true) >= SURVIVE, fell


SUPPORTED = (
    (
        "de",
        "Wir wollen den Mindestlohn bis 2026 auf 15 Euro erhöhen.",
        "Die Partei will den Mindestlohn bis 2026 auf 15 Euro erhöhen.",
    ),
    ("de", "Wir wollen die Maut abschaffen.", "Die Partei schafft die Maut ab."),
    ("de", "Wir prüfen, ob die Abgabe abgeschafft wird.", "Die Partei prüft, ob die Abgabe abgeschafft wird."),
    ("de", "Am 3. Juni 2024 stieg der Fluss.", "Im Programm steht: Am 3. Juni 2024 stieg der Fluss."),
    ("en", "We want to raise the minimum wage to 15 euros.", "The party wants to raise the minimum wage to 15 euros."),
    ("en", "We do not claim to have an answer.", "The party does not claim to have an answer."),
    ("fr", "Nous refusons les droits d’inscription.", "Le parti refuse les droits d’inscription."),
)
TURNED = (
    (
        "de",
        "Wir wollen den Mindestlohn bis 2026 auf 15 Euro erhöhen.",
        "Die Partei will den Mindestlohn bis 2026 auf 16 Euro erhöhen.",
        "number",
    ),
    (
        "de",
        "Wir wollen den Mindestlohn bis 2026 auf 15 Euro erhöhen.",
        "Die Partei will den Mindestlohn bis 2026 um 15 Euro erhöhen.",
        "other-link",
    ),
    (
        "de",
        "Wir wollen den Mindestlohn bis 2026 auf 15 Euro erhöhen.",
        "Die Partei will den Mindestlohn auf 15 Euro erhöhen.",
        "left-out-direction",
    ),
    ("de", "Wir schaffen neue Wohnungen.", "Die Partei schafft neue Wohnungen ab.", "other-words"),
    ("de", "Wir schaffen die Maut ab.", "Die Partei schafft die Maut.", "left-out-direction"),
    ("de", "Wir schaffen die Maut ab.", "Die Partei will die Maut abschaffen.", "wanted-by-nobody"),
    (
        "de",
        "Wir prüfen, ob die Abgabe abgeschafft wird.",
        "Laut Programm wird die Abgabe abgeschafft.",
        "denial-or-condition",
    ),
    ("de", "Wir fördern Vereine.", "Die Partei fordert Vereine.", "wanted-by-nobody"),
    (
        "en",
        "We want to raise the wage and lower the tax on bread.",
        "The party wants to lower the wage and raise the tax on bread.",
        "other-words",
    ),
    ("en", "We raised the wage in 2020.", "The party will raise the wage in 2020.", "other-direction"),
    (
        "en",
        "The budget should rise to 2.2 per cent.",
        "The party wants the budget to rise by 2.2 per cent.",
        "other-link",
    ),
    (
        "fr",
        "Nous voulons augmenter le salaire de 10 %.",
        "Le parti ne veut pas augmenter le salaire de 10 %.",
        "denial-or-condition",
    ),
)


@pytest.mark.parametrize(("language", "sentence", "text"), SUPPORTED)
def test_a_shortening_passes(language: str, sentence: str, text: str) -> None:
    assert why(text, sentence, language) == ""


@pytest.mark.parametrize(("language", "sentence", "text", "rule"), TURNED)
def test_a_turned_sentence_falls_by_its_rule(language: str, sentence: str, text: str, rule: str) -> None:
    assert why(text, sentence, language) == rule


@given(st.sampled_from(SUPPORTED), st.text(min_size=1, max_size=12), st.integers(min_value=0, max_value=200))
def test_whatever_is_put_into_a_sentence_adds_no_word_of_its_own(
    case: tuple[str, str, str], added: str, at: int
) -> None:
    """A passing sentence holds no word that neither the quotation nor the listed words hold."""
    language, sentence, text = case
    changed = comparable(text[: at % len(text)] + added + text[at % len(text) :])
    if why(changed, sentence, language) == "":
        lists = shared().composed[language]
        known = {w.strip("*") for w in (*lists.plain, *lists.reporting, *lists.wanting)}
        known |= set(WORD.findall(f"{sentence} {text}".casefold()))
        assert set(WORD.findall(changed.casefold())) <= known
