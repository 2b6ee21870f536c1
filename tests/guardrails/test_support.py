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


@pytest.mark.parametrize(("part", "least"), [("prompt in force", 0.90), ("earlier prompt", 0.80)])
def test_honest_sentences_survive(part: str, least: float) -> None:
    """The earlier prompt let a model leave words out inside a clause, which the check no longer lets pass."""
    true = [r for r in rows() if r["true"] and r["part"] == part]
    fell = Counter(found for r in true if (found := why(str(r["text"]), str(r["sentence"]), str(r["language"]))))
    assert len(true) >= 90 and {r["language"] for r in true} == {"de", "en", "fr"}
    assert 1 - fell.total() / len(true) >= least, fell


WAGE = "Wir wollen den Mindestlohn bis 2026 auf 15 Euro erhöhen."
SUPPORTED = (
    ("de", WAGE, "Die Partei will den Mindestlohn bis 2026 auf 15 Euro erhöhen."),
    ("de", "Wir schaffen die Maut ab; die Schiene bauen wir aus.", "Die Partei schafft die Maut ab."),
    ("de", "Wir prüfen, ob die Abgabe abgeschafft wird.", "Die Partei prüft, ob die Abgabe abgeschafft wird."),
    ("de", "Am 3. Juni 2024 stieg der Fluss.", "Im Programm steht: Am 3. Juni 2024 stieg der Fluss."),
    ("de", "Lokale Zeitungen fördern wir auch.", "Lokale Zeitungen fördert die Partei."),
    ("en", "We want to raise the wage and we want trams.", "The party wants to raise the wage and it wants trams."),
    ("en", "We do not claim to have an answer.", "The party does not claim to have an answer."),
    ("fr", "Nous refusons les droits d’inscription.", "Le parti refuse les droits d’inscription."),
)
TURNED = (
    ("de", WAGE, "Die Partei will den Mindestlohn bis 2026 auf 16 Euro erhöhen."),
    ("de", WAGE, "Die Partei will den Mindestlohn bis 2026 um 15 Euro erhöhen."),
    ("de", WAGE, "Die Partei will den Mindestlohn auf 15 Euro erhöhen."),
    ("de", WAGE, "Die Partei will den Mindestlohn nicht bis 2026 auf 15 Euro erhöhen."),
    ("de", WAGE, "Die Partei will den „Mindestlohn“ bis 2026 auf 15 Euro erhöhen."),
    ("de", WAGE, "Die Partei will den Mindestlohn bis 2026 auf 15 Euro erhöhen?"),
    ("de", WAGE, "Die Partei erhöht den Mindestlohn bis 2026 auf 15 Euro."),
    ("de", "Wir schaffen neue Wohnungen.", "Die Partei schafft neue Wohnungen ab."),
    ("de", "Wir schaffen die Maut ab.", "Die Partei schafft die Maut."),
    ("de", "Der Mieter muss den Vermieter rufen.", "Den Mieter muss der Vermieter rufen."),
    ("de", "Wir bauen Bahnen; nur wenn Geld da ist, bauen wir Straßen.", "Die Partei baut Bahnen."),
    ("de", "Wir fördern Vereine im Dorf.", "Die Partei fordert Vereine im Dorf."),
    ("en", "We want to raise the wage and lower the tax.", "The party wants to lower the wage and raise the tax."),
    ("en", "We raised the wage in 2020.", "The party will raise the wage in 2020."),
    ("en", "The budget should rise to 2.2 per cent.", "The party wants the budget to rise to 2.2 per cent."),
    ("de", "Große Konzerne rechnen so: Wir zahlen hier keine Steuern.", "Die Partei zahlt hier keine Steuern."),
    ("de", "Ein Irrweg: Kernkraftwerke länger laufen lassen.", "Kernkraftwerke länger laufen lassen."),
    ("de", "Wir entlasten Unternehmer:innen mit wenig Gewinn.", "Die Partei entlastet Unternehmer."),
    ("de", "Wir befürworten Zuwanderung in Maßen.", "Die Partei befürwortet Zuwanderung in Massen."),
    ("de", "Islamisten bekämpfen wir entschieden.", "Islamisten bekämpfen entschieden."),
    ("de", "Wir helfen den Alten, nicht den Jungen.", "Die Partei hilft den Alten nicht, den Jungen."),
    ("en", "No, new coal plants are what we want.", "No new coal plants are what the party wants."),
    ("en", "We want growth of -2 percent avoided.", "The party wants growth of 2 percent avoided."),
    ("en", "We will spend £5 billion on homes.", "The party will spend 5 billion on homes."),
    ("en", "We reject too strict building rules.", "The party rejects strict building rules."),
    ("en", "We want our airport closed.", "The party wants its airports closed."),
    ("fr", "Nous voulons augmenter le salaire de 10 %.", "Le parti ne veut pas augmenter le salaire de 10 %."),
)


@pytest.mark.parametrize(("language", "sentence", "text"), SUPPORTED)
def test_a_shortening_passes(language: str, sentence: str, text: str) -> None:
    assert why(text, sentence, language) == ""


@pytest.mark.parametrize(("language", "sentence", "text"), TURNED)
def test_a_turned_sentence_falls(language: str, sentence: str, text: str) -> None:
    assert why(text, sentence, language)


@given(st.sampled_from(SUPPORTED), st.text(min_size=1, max_size=12), st.integers(min_value=0, max_value=200))
def test_whatever_is_put_into_a_sentence_adds_no_word_of_its_own(
    case: tuple[str, str, str], added: str, at: int
) -> None:
    """A passing sentence holds no word that neither the quotation nor the listed words hold."""
    language, sentence, text = case
    changed = comparable(text[: at % len(text)] + added + text[at % len(text) :])
    if why(changed, sentence, language) == "":
        lists = shared().composed[language]
        known = set(WORD.findall(f"{sentence} {text} {' '.join(lists.openings)}".casefold()))
        known |= {w for others in lists.speaker.values() for one in others for w in WORD.findall(one.casefold())}
        assert set(WORD.findall(changed.casefold())) <= known
