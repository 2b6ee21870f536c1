"""The policy loads whole or not at all, and its digest covers everything that can change a decision."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from domain.answer import AnswerStatus
from domain.base import sha256
from domain.verdict import Action
from guardrails.gate import screen
from guardrails.patterns import Grammar, PatternError, phrases, torn
from guardrails.policy import PolicyError, load_policy
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


def test_a_torn_alternative_in_a_rule_file_is_an_error_with_its_field(copy: Path) -> None:
    edit(copy / "guard" / "de.yaml", '"^ ..1 wahlempfehlung ..2 $"', '"^ ..1 rat|für wen $"')
    with pytest.raises(PolicyError, match="für_wen") as caught:
        load_policy(copy)
    assert caught.value.field == "rules.de.advice.recommend.any"


def test_a_group_that_nobody_uses_is_checked_too(copy: Path) -> None:
    edit(copy / "guard" / "en.yaml", "groups:\n", 'groups:\n  unused: ["..77"]\n')
    with pytest.raises(PolicyError) as caught:
        load_policy(copy)
    assert caught.value.field == "groups.unused"


def test_the_canonical_bytes_are_what_the_digest_covers() -> None:
    assert sha256(policy().canonical) == policy().digest
    assert "de.advice.whom-should" in policy().canonical.decode()


@pytest.mark.parametrize(("file", "old"), [("policy.yaml", "threshold: 500"), ("guard/fr.yaml", "gagner")])
def test_the_digest_changes_with_any_part(file: str, old: str, copy: Path) -> None:
    before = load_policy(copy).digest
    edit(copy / file, old, old.replace("500", "501").replace("gagner", "gagnerait"))
    assert load_policy(copy).digest != before


def test_every_pattern_builds() -> None:
    loaded = policy()
    shared = [*loaded.matter, *loaded.evaluative, *(p for ps in loaded.contexts.values() for p in ps)]
    own = [p for rule in loaded.rules.rules for p in (*rule.patterns, *rule.unless)]
    assert all(p.search(("qqq",)) is None for p in shared + own)


def test_every_pattern_waits_for_a_word_that_it_cannot_do_without() -> None:
    loaded = policy().rules
    waiting = {number for groups in loaded.waiting.values() for group in groups for number in group}
    assert waiting | set(loaded.always) == set(range(len(loaded.patterns)))


GROUPS = {"verb": ["wählen", "stimme? geben", "zur wahl gehen"], "who": ["<party>", "die <party>"]}


@pytest.mark.parametrize(
    ("source", "words", "span"),
    [
        ("soll ..3 @verb", "soll ich wahlen", (0, 3)),
        ("soll ..3 @verb", "soll ich waehlen", (0, 3)),
        ("soll ..3 @verb $", "nun soll ich die stimme geben", (1, 6)),
        ("soll ..2 @verb", "soll ich denn nur so wahlen", None),
        ("^ @who @verb", "die <party> wahlen", (0, 3)),
        ("^ @who @verb", "ja die <party> wahlen", None),
        ("a|b_c d*", "b c dee", (0, 3)),
        ("a|b_c d*", "b dee", None),
        ("geht? @verb $", "geht wahlen gern", None),
        ("..1 x", "y y x", (1, 3)),
        ("@verb ..12 $", "zur wahl gehen " + "und " * 12, (0, 15)),
    ],
)
def test_a_pattern_means_what_it_says(source: str, words: str, span: tuple[int, int] | None) -> None:
    assert Grammar(GROUPS).pattern(source).search(tuple(words.split())) == span


@pytest.mark.parametrize(
    "source", ["", "welche | der", "welche| der", "welche |der x", "a||b", "wha|wha s", "@nobody", "..0", "!", "..13"]
)
def test_a_malformed_pattern_is_refused_and_quoted(source: str) -> None:
    with pytest.raises(PatternError):
        Grammar(GROUPS).pattern(source)


def test_an_alternative_of_several_words_needs_underscores() -> None:
    known = phrases(GROUPS, ["in_order|out"])
    assert torn(["online|stimme geben"], known) is None
    assert torn(["gehen|zur wahl gehen"], known) is not None
    assert torn(["gehen|zur_wahl_gehen ..2 heute"], known) is None
    assert torn(["out|in order"], known) is not None


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
