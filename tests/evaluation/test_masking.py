"""The masking's measure: the frozen part is the frozen file, the development part holds, bad lines are named."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from evaluation.masking.measure import (
    DEVELOPMENT,
    HELD_OUT,
    LANGUAGES,
    PRECISION,
    RECALL,
    SLACK,
    Datum,
    Item,
    figures,
    held_out,
    judge,
    kinds,
    print_figures,
    read_items,
)

GOOD = {"id": "x", "language": "de", "text": "an a@b.org", "data": [{"start": 3, "end": 10, "kind": "email"}]}


def item(text: str, *parts: str, kind: str = "email") -> Item:
    """An invented item whose data are these parts of its text."""
    spans = [(text.index(p), text.index(p) + len(p)) for p in parts]
    return Item.model_validate(
        {"id": text, "language": "de", "text": text, "data": [{"start": a, "end": b, "kind": kind} for a, b in spans]}
    )


def test_the_frozen_part_is_the_frozen_file() -> None:
    assert len(held_out()) == 593
    frozen = HELD_OUT.with_suffix(".sha256").read_text(encoding="utf-8").split()[0]
    assert hashlib.sha256(HELD_OUT.read_bytes()).hexdigest() == frozen


def test_no_text_of_the_frozen_part_is_used_for_development() -> None:
    assert not {i.text for i in held_out()} & {i.text for i in read_items(DEVELOPMENT)}


def test_another_file_is_not_taken_for_the_frozen_one(tmp_path: Path) -> None:
    (tmp_path / "held-out.jsonl").write_bytes(HELD_OUT.read_bytes() + b" ")
    (tmp_path / "held-out.sha256").write_bytes(HELD_OUT.with_suffix(".sha256").read_bytes())
    with pytest.raises(ValueError, match="not the frozen file"):
        held_out(tmp_path / "held-out.jsonl")


def test_the_development_part_holds_in_every_language() -> None:
    judged = [judge(one) for one in read_items(DEVELOPMENT)]
    for tag in LANGUAGES:
        of = figures(one for one in judged if one.item.language == tag)
        assert of.recall.value >= RECALL.aim and of.precision.value >= PRECISION.aim and of.unchanged.value >= 0.98


def test_a_datum_is_found_when_all_of_it_is_masked_and_a_mask_may_be_a_little_longer() -> None:
    exact = judge(item("Schreib an a@b.org bitte", "a@b.org"))
    assert (exact.found, exact.right) == ((True,), (True,))
    short = judge(item("Schreib an Max a@b.org bitte", "Max a@b.org"))
    assert (short.found, short.right) == ((False,), (True,))
    wrong = judge(item("Schreib an a@b.org bitte"))
    assert (wrong.found, wrong.right) == ((), (False,))
    wide = judge(item("a@" + "b" * SLACK + ".org", "a"))
    assert (wide.found, wide.right) == ((True,), (False,))


def test_figures_count_data_masks_and_texts_left_alone() -> None:
    judged = [
        judge(item("an a@b.org", "a@b.org")),
        judge(item("nichts")),
        judge(item("noch a@b.org")),
        judge(item("Max", "Max")),
    ]
    of = figures(judged)
    assert (of.recall.hits, of.recall.total) == (1, 2)
    assert (of.precision.hits, of.precision.total) == (1, 2)
    assert (of.unchanged.hits, of.unchanged.total) == (1, 2)
    assert {kind: (r.total, p.total) for kind, (r, p) in kinds(judged).items()} == {"email": (2, 2)}


def test_only_figures_are_printed_and_a_broken_gate_is_said() -> None:
    said: list[str] = []
    assert not print_figures([judge(item("Zeisig wohnt da", "Zeisig"))], said.append)
    assert "BROKEN" in "".join(said) and "Zeisig" not in "".join(said)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"data": [{"start": 3, "end": 11, "kind": "email"}]}, "leaves its text"),
        ({"data": [{"start": 3, "end": 3, "kind": "email"}]}, "empty"),
        ({"data": [{"start": 3, "end": 9, "kind": "email"}, {"start": 8, "end": 10, "kind": "email"}]}, "overlap"),
        ({"data": [{"start": 3, "end": 10, "kind": "shoe"}]}, "kind"),
        ({"text": None}, "text"),
    ],
)
def test_a_bad_line_is_named_with_its_file_and_number(tmp_path: Path, change: dict[str, object], told: str) -> None:
    file = tmp_path / "items.jsonl"
    file.write_text(json.dumps(GOOD | {"id": "y"}) + "\n" + json.dumps(GOOD | change) + "\n", encoding="utf-8")
    with pytest.raises(ValueError, match=rf"items\.jsonl:2: (?s:.*){told}"):
        read_items(file)


def test_what_is_no_json_and_an_id_given_twice_are_named(tmp_path: Path) -> None:
    file = tmp_path / "items.jsonl"
    file.write_text("{\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"items\.jsonl:1"):
        read_items(file)
    file.write_text((json.dumps(GOOD) + "\n") * 2, encoding="utf-8")
    with pytest.raises(ValueError, match="given before"):
        read_items(file)
    assert Item.model_validate(GOOD).data == (Datum(start=3, end=10, kind="email"),)
