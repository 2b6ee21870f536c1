"""The policy loads whole or not at all, and its digest covers everything that can change a decision."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from domain.answer import AnswerStatus
from domain.verdict import Action
from guardrails.gate import screen
from guardrails.policy import PolicyError, load_policy
from guardrails.rules import matcher
from tests.guardrails.invented import COMMON, filled, names, policy


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A private copy of the policy folder."""
    folder = tmp_path / "common"
    shutil.copytree(COMMON, folder)
    return folder


def edit(path: Path, old: str, new: str) -> None:
    """Replace text that must be there."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


BROKEN = {
    "not YAML": ("policy.yaml", "categories:", "categories: [", "file"),
    "unknown status": (
        "policy.yaml",
        "status: refused_labelling",
        "status: refused_nothing",
        "categories.labelling.status",
    ),
    "unknown key": ("policy.yaml", "version: 1", "version: 1\nlenient: true", "lenient"),
    "answer as action": ("policy.yaml", "action: refuse", "action: answer", "categories.labelling.action"),
    "missing reason": (
        "policy.yaml",
        '      fr: "Une étiquette',
        '      it: "Une étiquette',
        "categories.labelling.reason",
    ),
    "threshold too high": ("policy.yaml", "threshold: 500", "threshold: 5000", "categories.labelling.threshold"),
    "rule of no category": (
        "guard/de.yaml",
        "category: voting_advice",
        "category: advice",
        "rules.de.advice.whom-should.category",
    ),
    "undefined group": ("guard/de.yaml", '"@whom|was ..2', '"@nobody|was ..2', "rules.de.advice.whom-should.any"),
    "gap without bound": ("guard/de.yaml", '"@whom|was ..2', '"@whom|was ..99', "rules.de.advice.whom-should.any"),
    "id twice": ("guard/de.yaml", "id: de.advice.fits-me", "id: de.advice.whom-should", "rules.de.advice.whom-should"),
    "wrong language": ("guard/de.yaml", "language: de", "language: en", "language"),
}


@pytest.mark.parametrize("case", sorted(BROKEN))
def test_a_malformed_policy_names_file_and_field(case: str, copy: Path) -> None:
    file, old, new, field = BROKEN[case]
    edit(copy / file, old, new)
    with pytest.raises(PolicyError) as caught:
        load_policy(copy)
    assert caught.value.field == field
    assert file.rsplit("/", 1)[-1] in str(caught.value) or case == "id twice"


def test_a_missing_rule_file_is_an_error(copy: Path) -> None:
    (copy / "guard" / "fr.yaml").unlink()
    with pytest.raises(PolicyError, match=r"fr\.yaml"):
        load_policy(copy)


def test_a_group_that_refers_to_itself_is_an_error(copy: Path) -> None:
    edit(copy / "guard" / "de.yaml", "  me: [ich,", '  me: ["@me", ich,')
    with pytest.raises(PolicyError, match="itself"):
        load_policy(copy)


@pytest.mark.parametrize(("file", "old"), [("policy.yaml", "threshold: 500"), ("guard/fr.yaml", "gagner")])
def test_the_digest_changes_with_any_part(file: str, old: str, copy: Path) -> None:
    before = load_policy(copy).digest
    edit(copy / file, old, old.replace("500", "501").replace("gagner", "gagnerait"))
    assert load_policy(copy).digest != before


def test_every_pattern_builds() -> None:
    loaded = policy()
    shared = [*loaded.matter, *loaded.evaluative, *(p for ps in loaded.contexts.values() for p in ps)]
    own = [p for rule in loaded.rules for p in (*rule.patterns, *rule.unless)]
    assert all(matcher(p.expression).search("") is None for p in shared + own)


def test_every_declining_status_has_a_category() -> None:
    declining = {s for s in AnswerStatus if s.family in {"refused", "redirected", "about_service"}}
    assert {c.status for c in policy().categories.values()} == declining


@pytest.mark.parametrize("name", sorted(policy().categories))
@pytest.mark.parametrize("language", policy().languages)
def test_the_published_examples_are_decided_as_published(name: str, language: str) -> None:
    category = policy().categories[name]
    examples = category.examples[language]
    for text in examples.declined:
        verdict = screen(filled(text), [], names(), policy())
        assert (verdict.action, verdict.category) == (category.action, name), text
    for text in examples.answered:
        assert screen(filled(text), [], names(), policy()).action is Action.ANSWER, text
