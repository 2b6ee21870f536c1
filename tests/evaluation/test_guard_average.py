"""Two trainings become one: a training with itself stays what it was, strangers are turned away."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from domain.base import sha256
from evaluation.guard.average import AverageError, asked, average, mixed, packed
from evaluation.guard.train import write_card
from guardrails.classifier import GRAMS, PIECES, WEIGHTS, Card, open_classifier
from guardrails.policy import GUARD_FOLDER
from ingestion.onnx_export import Floats, export_classifier, read_classifier
from tests.small_pack import ELECTIONS

SHIPPED = ELECTIONS / "common" / GUARD_FOLDER
EPSILON = 1e-12
WIDTH, INNER, WORDS, LABELS = 8, 16, 20, 3


def copied(folder: Path) -> Path:
    """The shipped model in a folder of its own."""
    shutil.copytree(SHIPPED, folder)
    return folder


def card_of(folder: Path) -> Card:
    return open_classifier(folder).card


def same(ours: dict[str, Floats], theirs: dict[str, Floats]) -> bool:
    """Equal but for the last digit of a scale."""
    return set(ours) == set(theirs) and all(np.allclose(w, theirs[n], 1e-5, 0) for n, w in ours.items())


def small(seed: int) -> dict[str, Floats]:
    """The weights of a network with one layer."""
    chance = np.random.default_rng(seed)
    layer = "encoder.layer.0."
    shapes = {
        "embeddings.word_embeddings.weight": (WORDS, WIDTH),
        "embeddings.position_embeddings.weight": (12, WIDTH),
        "embeddings.token_type_embeddings.weight": (2, WIDTH),
        "embeddings.LayerNorm.weight": (WIDTH,),
        "embeddings.LayerNorm.bias": (WIDTH,),
        **{f"{layer}attention.self.{x}.weight": (WIDTH, WIDTH) for x in ("query", "key", "value")},
        **{f"{layer}attention.self.{x}.bias": (WIDTH,) for x in ("query", "key", "value")},
        f"{layer}attention.output.dense.weight": (WIDTH, WIDTH),
        f"{layer}intermediate.dense.weight": (INNER, WIDTH),
        f"{layer}output.dense.weight": (WIDTH, INNER),
        f"{layer}intermediate.dense.bias": (INNER,),
        **{f"{layer}{x}.dense.bias": (WIDTH,) for x in ("attention.output", "output")},
        **{f"{layer}{x}.LayerNorm.{y}": (WIDTH,) for x in ("attention.output", "output") for y in ("weight", "bias")},
        "head.weight": (LABELS, 2 * WIDTH),
        "head.bias": (LABELS,),
    }
    return {name: chance.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}


def test_weights_are_read_back_as_exactly_as_a_byte_holds_them(tmp_path: Path) -> None:
    weights, file = small(1), tmp_path / WEIGHTS
    export_classifier(weights, 1, 2, EPSILON, file)
    back = read_classifier(file)
    assert {n: w.shape for n, w in back.items()} == {n: w.shape for n, w in weights.items()}
    for name, weight in weights.items():
        step = (weight.max() - weight.min()) / 254
        assert np.abs(back[name] - weight).max() <= step, name
    assert np.array_equal(back["head.weight"], weights["head.weight"])  # the parts keep it whole
    again = tmp_path / "again.onnx"
    export_classifier(back, 1, 2, EPSILON, again)
    assert again.read_bytes() == file.read_bytes()


def test_each_weight_is_the_mean_by_share() -> None:
    ours, theirs = {"a": np.zeros(2, dtype=np.float32)}, {"a": np.array([4, 8], dtype=np.float32)}
    assert mixed(ours, theirs, 0.25)["a"].tolist() == [1, 2]
    with pytest.raises(AverageError, match="same network"):
        mixed(ours, {"a": np.zeros(3, dtype=np.float32)}, 0.5)
    with pytest.raises(AverageError, match="same network"):
        mixed(ours, {"b": ours["a"]}, 0.5)


def test_weights_of_spelling_are_packed_whole() -> None:
    exact = np.array([[0.5, -1.0], [0.0, 0.25]])
    weights, step = packed(exact)
    assert weights.dtype == np.int8 and weights[0, 1] == -127
    assert np.abs(weights * (step / 1e6) - exact).max() <= step / 1e6
    assert packed(np.zeros((2, 2)))[0].tolist() == [[0, 0], [0, 0]]


def test_a_training_averaged_with_itself_decides_the_same(tmp_path: Path) -> None:
    one, other = copied(tmp_path / "one"), copied(tmp_path / "other")
    before = card_of(one)
    average(one, other, 0.4)
    after = card_of(one)
    assert same(read_classifier(one / WEIGHTS), read_classifier(other / WEIGHTS))
    assert (one / GRAMS).read_bytes() == (other / GRAMS).read_bytes()
    assert after.model_copy(update={"averaged": before.averaged, "files": before.files}) == before
    for ids in ((1, 200, 300, 2), (1, 4000, 5000, 6000, 17, 2)):
        found, expected = (open_classifier(folder).run(ids) for folder in (one, other))
        assert all(np.abs(x - y).max() < 1e-3 for x, y in zip(found, expected, strict=True))
    assert 998 <= sum(after.averaged.values()) <= 1002
    assert set(after.averaged) == set(before.averaged or [before.trained_on])


def test_another_training_counts_by_its_share(tmp_path: Path) -> None:
    one, other = copied(tmp_path / "one"), copied(tmp_path / "other")
    own, its = card_of(one), card_of(other).model_copy(update={"trained_on": "f" * 64, "averaged": {}})
    np.save(other / GRAMS, np.zeros_like(np.load(other / GRAMS)))
    write_card(its.model_copy(update={"files": {**its.files, GRAMS: _digest(other / GRAMS)}}), other)
    average(one, other, 0.3)
    card = card_of(one)
    assert card.averaged["f" * 64] == 300
    assert card.thresholds == own.thresholds
    assert card.step == pytest.approx(0.7 * own.step, abs=1)


def test_strangers_are_turned_away(tmp_path: Path) -> None:
    one, other = copied(tmp_path / "one"), copied(tmp_path / "other")
    card = card_of(other)
    write_card(card.model_copy(update={"most": card.most + 1}), other)
    with pytest.raises(AverageError, match="most"):
        average(one, other, 0.5)
    pieces = (other / PIECES).read_text(encoding="utf-8") + "\nmore"
    (other / PIECES).write_text(pieces, encoding="utf-8")
    write_card(card.model_copy(update={"files": {**card.files, PIECES: _digest(other / PIECES)}}), other)
    with pytest.raises(AverageError, match=PIECES):
        average(one, other, 0.5)
    with pytest.raises(ValueError, match="cannot be read"):
        average(one, tmp_path / "nowhere", 0.5)
    assert card_of(one) == card_of(SHIPPED)


def test_a_share_lies_between_nothing_and_all() -> None:
    assert asked(["folder"]) == (Path("folder"), 0.5)
    assert asked(["folder", "0.35"]) == (Path("folder"), 0.35)
    for wrong in (["folder", "1"], ["folder", "0"], ["folder", "half"], ["folder", "nan"], [], ["a", "0.5", "b"]):
        with pytest.raises(AverageError):
            asked(wrong)


def _digest(file: Path) -> str:
    return sha256(file.read_bytes())
