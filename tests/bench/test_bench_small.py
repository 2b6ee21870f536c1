"""The bench itself works: a tiny run on the demo election, with every figure taken and nothing said about time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("llama_index.core")
pytest.importorskip("sentence_transformers")

from bench.__main__ import Plan, run
from bench.load import request
from bench.packs import _pieces, _sentences
from bench.questions import Supply
from bench.recall import Recall
from bench.report import Findings, ratios, text


@pytest.mark.slow
def test_a_tiny_run_takes_every_figure_and_keeps_every_answer(tmp_path: Path) -> None:
    plan = Plan(tmp_path, None, "demo", ("main", "cold"), rounds=1, alone=6, together=9, slow_together=3, compared=2,
                cold=1, passages=40)  # fmt: skip
    found = run(plan)
    written = json.loads((tmp_path / "bench" / "results.json").read_text())
    assert written["ratios"] == json.loads(json.dumps(found.row()["ratios"]))
    assert found.main is not None
    for case in ("de", "en"):
        for server in ("ours", "embed-only", "llamaindex", "llamaindex-1-thread"):
            assert (found.main.median(case, server, "p50") or 0) > 0
            assert (found.main.median(case, server, "rate") or 0) > 0
        assert found.main.outcomes(case, "ours").get("answered", 0) > 0
    sent, kept = found.durable["demo"]
    assert sent == kept == 6 + 2 * (6 + 9) + 2 * 2
    assert {r.what.split(":")[0] for r in ratios(found)} >= {"de", "en", "memory"}
    assert all(r.what in text(found) for r in ratios(found))


def test_no_question_is_asked_twice() -> None:
    for language in ("de", "en"):
        supply = Supply(language)
        asked = [q.text for _ in range(3) for q in supply.mixed(80)] + [q.text for q in supply.programme(20)]
        assert len(asked) == len(set(asked)) == 260
    with pytest.raises(ValueError, match="are left"):
        supply.programme(10_000)


def test_a_reached_target_is_told_from_a_missed_one() -> None:
    found = Findings({}, recall={"xx": Recall(100, 96, 90), "yy": Recall(100, 90, 95), "zz": Recall(100, 100, 100)})
    assert [(round(r.value, 2), r.reached) for r in ratios(found)] == [(0.4, True), (2.0, False), (0.0, True)]


def test_padding_recuts_the_same_text_without_repeating_a_piece() -> None:
    text_ = " ".join(f"Sentence number {i} has quite a few words so that it counts as one." for i in range(40))
    pieces = _pieces([_sentences(text_)], 60)
    assert len(set(pieces)) == 60
    assert all(piece in text_ for piece in pieces)
    with pytest.raises(ValueError, match="not 10000"):
        _pieces([_sentences(text_)], 10_000)


def test_a_request_says_its_length_in_bytes() -> None:
    head, body = request("/x", {"question": "Öl"}).split(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    assert json.loads(body) == {"question": "Öl"}
