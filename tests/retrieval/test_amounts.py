"""A question for a number prefers a sentence that holds one; a question that only sounds like one does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.common import RetrievalData
from tests.indexed_pack import programmes
from tests.small_pack import build_quietly, retrieval_data, write_pack
from tests.toy_desk import answer, asker

LISTS = retrieval_data().stopwords
FEE = (
    "\n# Markt\n\nDie Standgebühr auf dem Wochenmarkt wird gesenkt. "
    "Die Standgebühr auf dem Wochenmarkt sinkt auf 12 Euro.\n"
)


@pytest.mark.parametrize(
    ("language", "question"),
    [
        ("de", "Wie hoch soll der Mindestlohn sein?"),
        ("de", "Ab wann sollen keine Verbrenner mehr verkauft werden?"),
        ("de", "In welchem Jahr soll das gelten?"),
        ("en", "How much should a pension be?"),
        ("en", "When will coal end?"),
        ("fr", "Combien coûtera la carte ?"),
        ("fr", "À partir de quand ?"),
    ],
)
def test_a_question_for_a_number_is_one(language: str, question: str) -> None:
    assert LISTS[language].asks_amount(question)


@pytest.mark.parametrize(
    ("language", "question"),
    [
        ("de", "Hohe Mieten begrenzen"),
        ("de", "Wie vielfältig sollen Schulen sein?"),
        ("de", "Wie langsam soll gefahren werden?"),
        ("en", "What about refugees when they commit crimes?"),
        ("en", "A large number of parties"),
        ("fr", "Que disent les partis quand même ?"),
        ("fr", "La TVA à taux réduit"),
    ],
)
def test_a_question_that_only_sounds_like_one_is_none(language: str, question: str) -> None:
    assert not LISTS[language].asks_amount(question)


def test_the_lists_come_back_from_a_build() -> None:
    assert RetrievalData.opened(retrieval_data().sealed()).stopwords == LISTS


def test_the_sentence_with_the_number_is_quoted_where_one_is_asked_for(tmp_path: Path) -> None:
    build_quietly(write_pack(tmp_path / "pack", programmes(FEE)), tmp_path / "data")
    asked = asker(tmp_path)
    assert "12 Euro" in answer(asked("Wie hoch ist die Standgebühr auf dem Wochenmarkt?")).claims[0].text
    assert "gesenkt" in answer(asked("Was wird aus der Standgebühr auf dem Wochenmarkt?")).claims[0].text
