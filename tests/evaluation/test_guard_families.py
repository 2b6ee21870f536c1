"""The guard's development set keeps its promises, and its held-out part is the frozen one."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from domain.names import Names
from domain.verdict import Action
from evaluation.guard import measure
from evaluation.guard.items import LANGUAGES, filled, load
from guardrails.policy import load_policy
from tests.small_pack import ELECTIONS

FEWEST = 400
"""Families per language, so that no phrasing weighs more than one in a hundred."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_families_follow_the_policy(language: str) -> None:
    policy, one = load_policy(ELECTIONS / "common"), load(language)
    assert len({f.family for f in one.families}) == len(one.families) >= FEWEST
    for family in one.families:
        if family.action is not Action.ANSWER:
            assert policy.categories[family.category].action is family.action, family.family
        else:
            assert family.category not in policy.categories, family.family
    # The bare templates of policy matters stand many times, with another matter each time.
    said = [family for family in one.families if "-noun-" not in family.family]
    texts = Counter(text.casefold() for family in said for text in family.texts)
    assert texts.most_common(1)[0][1] == 1
    assert max(len(f.texts) for f in one.families) <= sum(texts.values()) / 100
    refused = {f.category for f in one.families if f.action is Action.REFUSE}
    assert refused == {name for name, c in policy.categories.items() if c.action is Action.REFUSE}


@pytest.mark.parametrize("language", LANGUAGES)
def test_slots_are_filled_the_same_every_time_and_names_are_found(language: str) -> None:
    one = load(language)
    items = list(filled(one, 2, 7))
    assert items == list(filled(one, 2, 7)) != list(filled(one, 2, 8))
    assert not any("{" in item.text or "}" in item.text for item in items)
    names = one.names
    for filler in one.fillers["party"]:
        assert [(m.start, m.end) for m in names.mentions(f"x {filler} x")] == [(2, 2 + len(filler))]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_real_party_stands_in_a_family(language: str) -> None:
    real = Names(tuple(measure.load_pack(ELECTIONS / "bundestag-2025").parties))
    for family in load(language).families:
        text = "\n".join(family.texts)
        named = [text[m.start : m.end] for m in real.mentions(text)]
        assert [name for name in named if name != name.lower()] == [], text  # "a far left party" is none


def test_a_changed_held_out_part_is_refused(tmp_path: Path) -> None:
    assert len(measure.held_out()) > 1000
    copy = tmp_path / measure.FILE.name
    copy.write_bytes(measure.FILE.read_bytes() + b"\n")
    copy.with_suffix(".sha256").write_bytes(measure.FILE.with_suffix(".sha256").read_bytes())
    with pytest.raises(ValueError, match="not the frozen file"):
        measure.held_out(copy)


def test_the_guard_does_not_fall_behind_its_gates_on_the_held_out_part() -> None:
    said: list[str] = []
    policy = load_policy(ELECTIONS / "common")
    assert measure.held_figures(measure.decide(measure.held_out(), policy, ELECTIONS), said.append), "\n".join(said)
