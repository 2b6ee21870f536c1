"""A register that cannot be used is refused with file, line and field; a stale one loses matters, evenly."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.errors import IndexUnusable, PackError
from app.places import current_build
from app.retrieval.corpus import Corpus
from ingestion.register import FILE, read_register
from tests.indexed_pack import passages_of, programmes
from tests.registered_pack import registered, usual, write_register
from tests.small_pack import build_quietly, retrieval_data, write_pack

Lines = list[dict[str, Any]]


def lines_of(folder: Path) -> tuple[Path, Lines]:
    """A pack and the lines that fit its build."""
    pack = write_pack(folder / "pack", programmes())
    return pack, usual(passages_of(build_quietly(pack, folder / "plain")))


def unknown_field(lines: Lines) -> None:
    lines[0]["weight"] = 3


def no_name(lines: Lines) -> None:
    lines[0]["names"]["de"] = []


def twice(lines: Lines) -> None:
    lines[1]["id"] = lines[0]["id"]


def party_left_out(lines: Lines) -> None:
    del lines[0]["places"]["hafen"]


def unknown_party(lines: Lines) -> None:
    lines[1]["places"]["wald"] = []


def another_party(lines: Lines) -> None:
    lines[0]["places"]["hafen"] = lines[0]["places"]["auen"]


def place_twice(lines: Lines) -> None:
    lines[0]["places"]["auen"] *= 2


def nobody_speaks(lines: Lines) -> None:
    lines[1]["places"]["hafen"] = []


def two_sentences_of_a_passage(lines: Lines) -> None:
    first = lines[0]["places"]["auen"][0]
    lines[0]["places"]["auen"].append({**first, "sentence": 1 - first["sentence"]})


def only_near(lines: Lines) -> None:
    lines[1]["places"]["hafen"][0]["near"] = True


def near_before_a_position(lines: Lines) -> None:
    lines[0]["places"]["auen"][0]["near"] = True


def no_such_sentence(lines: Lines) -> None:
    lines[1]["places"]["hafen"][0]["sentence"] = 9


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (unknown_field, r":1: weight"),
        (no_name, r":1: names\.de"),
        (twice, "bicycles is given twice"),
        (party_left_out, r":1: places\.hafen: has a document and no entry"),
        (unknown_party, r":2: places\.wald: has no document here"),
        (another_party, r":1: places\.hafen: passage \w+ is not of this party"),
        (place_twice, r":1: places\.auen: passage \w+ is given twice"),
        (two_sentences_of_a_passage, r":1: places\.auen: passage \w+ is given twice"),
        (nobody_speaks, r":2: places: no party has a position"),
        (only_near, r":2: places: no party has a position"),
        (near_before_a_position, r":1: places\.auen: a place that is near stands before a position"),
        (no_such_sentence, r":2: places\.hafen: passage \w+ has 1 sentences"),
    ],
)
def test_what_cannot_be_used_is_named(damage: Callable[[Lines], None], said: str, tmp_path: Path) -> None:
    pack, lines = lines_of(tmp_path)
    damage(lines)
    write_register(pack, lines)
    with pytest.raises(PackError, match=FILE + ".*" + said):
        build_quietly(pack, tmp_path / "data")
    assert not (tmp_path / "data" / "elections" / "toy" / "current").exists()


def test_a_line_that_is_no_json_is_named(tmp_path: Path) -> None:
    pack, lines = lines_of(tmp_path)
    (pack / FILE).write_text(json.dumps(lines[0]) + "\n{", encoding="utf-8")
    with pytest.raises(PackError, match=r"register\.jsonl:2: is not JSON"):
        read_register(pack)


def test_a_matter_with_a_vanished_place_is_left_out_for_all(tmp_path: Path) -> None:
    pack, lines = lines_of(tmp_path)
    lines[0]["places"]["auen"][1]["passage"] = "0" * 64
    write_register(pack, lines)
    built = build_quietly(pack, tmp_path / "data")
    assert built.matters == (1, 1)
    corpus = Corpus(built.folder, retrieval_data().stopwords)
    assert corpus.register.ids == ("night-noise",)


def test_lock_and_index_digest_depend_on_the_register(tmp_path: Path) -> None:
    with_it = registered(tmp_path)
    without = build_quietly(write_pack(tmp_path / "other", programmes()), tmp_path / "without")
    assert (with_it.corpus, with_it.index) != (without.corpus, without.index)
    assert with_it.index != without.index
    assert json.loads((with_it.folder / "corpus.lock").read_text())["retrieval"]["register_sha256"]


def test_names_of_matters_are_masked_and_are_no_words_of_documents_without_a_subject_line(tmp_path: Path) -> None:
    pack = write_pack(tmp_path / "pack", programmes())
    lines = usual(passages_of(build_quietly(pack, tmp_path / "plain")))
    lines[0]["names"]["de"].append("Zwiebelkuchen der Auenpartei")
    write_register(pack, lines)
    build_quietly(pack, tmp_path / "data")
    plain, data = (opened(tmp_path / name) for name in ("plain", "data"))
    assert plain.languages["de"].counts == data.languages["de"].counts
    stems = data.register.names["de"].stems
    assert any(stem.startswith("zwiebelk") for stem in stems) and not any("auenpart" in stem for stem in stems)


def opened(data: Path) -> Corpus:
    """The build that is served from this data directory."""
    return Corpus(current_build(data, "toy"), retrieval_data().stopwords)


@pytest.mark.parametrize("damage", [{}, {"ids": [], "parties": [], "stems": []}, {"ids": 3}, "x"])
def test_a_damaged_register_is_an_index_that_cannot_be_used(damage: object, tmp_path: Path) -> None:
    meta = registered(tmp_path).folder / "index" / "meta.json"
    meta.write_text(json.dumps(json.loads(meta.read_text()) | {"register": damage}))
    with pytest.raises(IndexUnusable, match="build it again"):
        opened(tmp_path / "data")


def test_without_a_file_there_is_no_register(tmp_path: Path) -> None:
    assert read_register(tmp_path).pinned() == {}
