"""The committed classifier: whole, refusing damage, blind to which party is named, steady, within its time."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from guardrails.classifier import CARD, PIECES, WEIGHTS, ClassifierError, open_classifier
from guardrails.normalise import NO_WORDS, PARTY, Token, clean, tokens
from guardrails.policy import GUARD_FOLDER, PolicyError, load_policy

COMMON = Path(__file__).parents[2] / "elections" / "common"
FOLDER = COMMON / GUARD_FOLDER
MODEL = open_classifier(FOLDER)


def read(text: str, language: str) -> dict[str, int]:
    found = [Token(PARTY, t.start, t.end) if t.text == "x" else t for t in tokens(clean(text), NO_WORDS)]
    return dict(MODEL.read(found, language))


@pytest.mark.parametrize(
    ("text", "language", "label"),
    [
        ("Wen soll ich bloß wählen?", "de", "voting_advice"),
        ("Which party would you go for?", "en", "opinion_of_bot"),
        ("Qui va l'emporter dimanche ?", "fr", "prediction"),
        ("Was sagt x zur Rente?", "de", "answer"),
        ("How do I vote by post?", "en", "answer"),
        ("Que propose x pour les loyers ?", "fr", "answer"),
    ],
)
def test_plain_questions_are_read_as_what_they_ask(text: str, language: str, label: str) -> None:
    scores = read(text, language)
    assert max(scores, key=scores.__getitem__) == label


def test_scores_add_up_and_come_again() -> None:
    scores = read("Ist das Programm von x realistisch?", "de")
    assert abs(sum(scores.values()) - 1000) <= len(scores)
    assert read("Ist das Programm von x realistisch?", "de") == scores


def test_what_the_words_add_makes_the_reading() -> None:
    ids = tuple(MODEL.cut(tokens(clean("Which party is the best for families?"), NO_WORDS), "en"))
    logits, parts = MODEL.run(ids)
    other, its_parts = MODEL.run(ids[:-2] + ids[-1:])
    assert parts.shape == (len(ids), len(MODEL.card.labels))
    # The bias is the same in both, so it is not in the difference.
    assert np.abs((logits - other) - (parts.sum(0) - its_parts.sum(0))).max() < 0.1


@pytest.mark.parametrize("name", [WEIGHTS, PIECES, "gloss.de.tsv"])
def test_a_missing_or_altered_file_is_refused_and_the_policy_with_it(name: str, tmp_path: Path) -> None:
    copy = tmp_path / "common"
    copy.mkdir()
    shutil.copy(COMMON / "policy.yaml", copy)
    shutil.copytree(FOLDER, copy / GUARD_FOLDER)
    target = copy / GUARD_FOLDER / name
    target.write_bytes(target.read_bytes()[:-1] + b"?")
    with pytest.raises(ClassifierError, match=name):
        open_classifier(copy / GUARD_FOLDER)
    target.unlink()
    with pytest.raises(PolicyError, match=CARD):
        load_policy(copy)


def test_a_card_with_other_labels_is_refused(tmp_path: Path) -> None:
    copy = tmp_path / "common"
    copy.mkdir()
    shutil.copy(COMMON / "policy.yaml", copy)
    shutil.copytree(FOLDER, copy / GUARD_FOLDER)
    path = copy / GUARD_FOLDER / CARD
    card = json.loads(path.read_text(encoding="utf-8"))
    card["labels"][1] = "something"
    path.write_text(json.dumps(card), encoding="utf-8")
    with pytest.raises(PolicyError, match="labels"):
        load_policy(copy)
