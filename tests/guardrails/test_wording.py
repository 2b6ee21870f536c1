"""The wording files: complete, equal in every language, and as neutral as the guard asks of anyone else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import cast

import pytest
import yaml

from app.common import Wording
from domain.answer import AnswerStatus
from guardrails.normalise import NO_WORDS, clean, tokens
from guardrails.rules import first_span, sentences
from tests.guardrails.invented import COMMON, policy

ROOT = COMMON.parents[1]
LANGUAGES = ("de", "de-simple", "en", "fr")
PLACEHOLDER = re.compile(r"\{[a-z_]+\}")


def wording(language: str) -> dict[str, object]:
    """The wording file as loaded."""
    text = (COMMON / "wording" / f"{language}.yaml").read_text(encoding="utf-8")
    return cast(dict[str, object], yaml.safe_load(text))


def leaves(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text with its path."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from leaves(inner, f"{path}[{i}]")
    else:
        yield path, str(value)


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_languages_have_the_same_keys_and_placeholders(language: str) -> None:
    def shape(tag: str) -> dict[str, list[str]]:
        return {path: sorted(PLACEHOLDER.findall(text)) for path, text in leaves(wording(tag))}

    assert shape(language) == shape("en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_status_has_a_message(language: str) -> None:
    status = cast(dict[str, dict[str, str]], wording(language)["status"])
    assert set(status) == {s.value for s in AnswerStatus}
    assert all(entry["message"] for entry in status.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_decline_says_why_and_offers_a_question(language: str) -> None:
    status = cast(dict[str, dict[str, str]], wording(language)["status"])
    for name, entry in status.items():
        if name.startswith(("refused", "redirected", "withheld", "failed")):
            assert entry["reason"] and entry["suggestion"], name


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_reason_is_the_one_of_the_policy(language: str) -> None:
    status = cast(dict[str, dict[str, str]], wording(language)["status"])
    for name in ("refused_voting_advice", "refused_labelling", "refused_value_judgement"):
        category = next(c for c in policy().categories.values() if c.status.value == name)
        assert status[name]["reason"] == category.reason[language]


@pytest.mark.parametrize("language", LANGUAGES)
def test_about_texts_cover_every_matter_that_the_guard_can_name(language: str) -> None:
    assert set(policy().about) <= set(cast(dict[str, str], wording(language)["about"]))


def test_no_reviewed_sentence_is_left_unread() -> None:
    """A sentence that nothing reads tells a reviewer of a service that does not exist."""
    code = "".join(p.read_text(encoding="utf-8") for p in (ROOT / "app").rglob("*.py"))
    fields = set(Wording.model_fields) - {"language"}
    assert [f for f in sorted(fields) if not re.search(rf"(?:\b(?:words|wording)|\))\.{f}\b", code)] == []
    lead = cast(dict[str, str], wording("en")["lead"])
    assert [key for key in lead if f'"{key}"' not in code] == []
    about = cast(dict[str, str], wording("en")["about"])
    assert set(about) - set(policy().about) == {"default", "no_operator"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_of_ours_judges(language: str) -> None:
    statements = [
        (p, t) for p, t in leaves(wording(language)) if not p.startswith((".status.refused", ".about.limits"))
    ]
    for path, text in statements:
        for sentence in sentences(tokens(clean(text), NO_WORDS)):
            assert first_span(policy().evaluative, sentence) is None, (path, text)
