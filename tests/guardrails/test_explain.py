"""What an explanation shows is what happened: the same words, in the same language, with the same scores."""

from __future__ import annotations

import pytest

from domain.names import Names
from domain.verdict import Action
from guardrails.explain import explain
from guardrails.gate import CLASSIFIER
from tests.guardrails.invented import names, party, policy

FOREIGN = ("The Civic Union", "Le Pacte pour les Rives", "Der Bund")


@pytest.mark.parametrize("name", FOREIGN)
@pytest.mark.parametrize("text", ["{party}, ehrlich?", "Un conseil: {party}?", "Worth it, {party}?"])
def test_the_reading_does_not_depend_on_the_language_of_a_name(text: str, name: str) -> None:
    known = Names(tuple(party(f"p{i}", n) for i, n in enumerate(FOREIGN)))
    one, other = (explain(text.format(party=n), (), known, policy()) for n in (name, FOREIGN[0]))
    assert (one.in_english, one.classifier) == (other.in_english, other.classifier)


def test_the_shown_scores_are_those_of_the_verdict() -> None:
    found = explain("Ist die Mondpartei ihr Geld wert?", (), names(), policy())
    refusals = [c for c, k in policy().categories.items() if k.action is Action.REFUSE]
    assert found.verdict.evidence[0].rule == CLASSIFIER
    shown = sum(found.classifier.get(c, 0) for c in refusals)
    assert shown <= found.verdict.score < shown + 10 * len(refusals)
    assert found.lines["refuse"] == found.verdict.threshold
