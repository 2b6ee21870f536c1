"""A subject index fits its build or says where it does not; without one, a build is what it was."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from qdrant_client import QdrantClient

from app.errors import BuildError, PackError
from app.places import current_build
from app.retrieval.corpus import Corpus
from app.retrieval.index import ClientCandidates, EdgeCandidates, build_server
from domain.base import sha256
from ingestion.report import print_report
from ingestion.server import server_points
from ingestion.subjects import Agreement
from tests.indexed_pack import indexed, line, passages_of, programmes, write_index
from tests.small_pack import PARTIES, build_quietly, retrieval_data, write_pack

ID = "0" * 63 + "1"
WRONG: dict[str, tuple[str, str]] = {
    "not JSON": ('{"passage": ', ":1: is not JSON"),
    "not UTF-8": ("\udce4", ":1: is not UTF-8 text"),
    "a list": ("[]", ":1: "),
    "blank": ("", ":1: is not JSON"),
    "kind": (json.dumps({"passage": ID, "kind": "d", "key": 0, "subjects": [], "asked": []}), ":1: kind: "),
    "key": (json.dumps({"passage": ID, "kind": "demand", "key": -1, "subjects": [], "asked": []}), ":1: key: "),
    "id": (json.dumps({"passage": "x", "kind": "demand", "key": 0, "subjects": [], "asked": []}), ":1: passage: "),
    "phrase": (
        json.dumps({"passage": ID, "kind": "demand", "key": 0, "subjects": ["a", " "], "asked": []}),
        ":1: subjects[1]: ",
    ),
    "field": (
        json.dumps({"passage": ID, "kind": "demand", "key": 0, "subjects": [], "asked": [], "party": "auen"}),
        ":1: party: ",
    ),
    "missing": (json.dumps({"passage": ID, "kind": "demand", "key": 0, "subjects": []}), ":1: asked: "),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_line_is_named_with_file_line_and_field(name: str, tmp_path: Path) -> None:
    raw, said = WRONG[name]
    pack = write_pack(tmp_path / "pack", programmes())
    (pack / "subjects.jsonl").write_bytes(raw.encode("utf-8", "surrogateescape") + b"\n")
    with pytest.raises(PackError) as caught:
        build_quietly(pack, tmp_path / "data")
    assert f"subjects.jsonl{said}" in caught.value.message
    assert not (tmp_path / "data" / "elections" / "toy" / "current").exists()


def test_all_wrong_lines_are_reported_at_once(tmp_path: Path) -> None:
    pack = write_pack(tmp_path / "pack", programmes())
    good: dict[str, Any] = {"passage": ID, "kind": "demand", "key": None, "subjects": [], "asked": []}
    write_index(pack, [good, good | {"kind": "x"}, good])
    with pytest.raises(PackError) as caught:
        build_quietly(pack, tmp_path / "data")
    assert len(caught.value.problems) == 2
    assert "subjects.jsonl:2: kind" in caught.value.problems[0]
    assert caught.value.problems[1].endswith("subjects.jsonl:3: passage: is given twice")


def test_a_key_that_the_passage_does_not_have_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PackError, match=r"subjects\.jsonl:2: key: the passage has 2 sentences"):
        indexed(tmp_path, lambda found: [line(found[1], "Stolz"), line(found[0], "Fahrrad", key=2)])


def test_stale_and_missing_lines_are_counted_and_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stale = {"passage": ID, "kind": "demand", "key": 7, "subjects": ["Raumfahrt"], "asked": []}
    built = indexed(tmp_path, lambda found: [line(found[0], "Fahrrad"), line(found[3], "Lehre"), stale])
    assert built.subjects == Agreement(used=2, stale=1, without=len(passages_of(built)) - 2)
    print_report(built)
    said = capsys.readouterr().out
    assert "1 lines are stale" in said and f"{built.subjects.without} passages of programmes have no line" in said
    lexicon = (built.folder / "index" / "lexicon.de.json").read_text(encoding="utf-8")
    assert "raumfahrt" not in lexicon and "fahrrad" in lexicon


def test_the_lock_pins_the_file_and_a_change_of_it_fails(tmp_path: Path) -> None:
    built = indexed(tmp_path, lambda found: [line(found[0], "Fahrrad")])
    pack, lock = tmp_path / "pack", json.loads((built.folder / "corpus.lock").read_text(encoding="utf-8"))
    assert lock["retrieval"]["subjects_sha256"] == sha256((pack / "subjects.jsonl").read_bytes())
    (pack / "corpus.lock").write_bytes((built.folder / "corpus.lock").read_bytes())
    write_index(pack, [line(passages_of(built)[0], "Radverkehr")])
    with pytest.raises(BuildError, match="retrieval"):
        build_quietly(pack, tmp_path / "data")


def test_a_pack_without_the_file_pins_nothing_and_has_empty_lines(tmp_path: Path) -> None:
    built = build_quietly(write_pack(tmp_path / "pack", programmes()), tmp_path / "data")
    assert built.subjects is None
    assert "subjects_sha256" not in json.loads((built.folder / "corpus.lock").read_text(encoding="utf-8"))["retrieval"]
    index = Corpus(built.folder, retrieval_data().stopwords).languages["de"]
    assert not index.indexed and not index.key.any() and not index.beside.any()


def test_lines_change_no_value_of_the_documents_own_words(tmp_path: Path) -> None:
    built = indexed(tmp_path, lambda found: [line(p, "Fahrrad", "Ufer", asked=("Radweg",)) for p in found])
    folders = (current_build(tmp_path / "plain", "toy"), built.folder)
    plain, full = (Corpus(folder, retrieval_data().stopwords).languages["de"] for folder in folders)
    for i, stem in enumerate(plain.lexicon.stems):
        j = full.lexicon.stem_id(stem)
        assert j is not None
        for name in ("idf", "found", "topical"):
            assert getattr(plain.lexicon, name)[i] == getattr(full.lexicon, name)[j], (name, stem)
    assert full.lexicon.stem_id("radweg") is not None and plain.lexicon.stem_id("radweg") is None
    assert np.array_equal(plain.passages.weights, full.passages.weights)


def test_names_in_the_index_are_masked_as_in_the_text(tmp_path: Path) -> None:
    """The same index but for a party's name seals to the same bytes, so no line can tell who is meant."""
    digests = set()
    for name in (PARTIES[0]["short"]["de"], PARTIES[1]["short"]["de"]):
        built = indexed(tmp_path / name, lambda found, name=name: [line(p, f"Streit um {name}", "Ufer") for p in found])
        digests.add(built.index)
        assert name.lower() not in (built.folder / "index" / "lexicon.de.json").read_text(encoding="utf-8")
    assert len(digests) == 1


def test_a_server_proposes_what_the_embedded_shard_does(tmp_path: Path) -> None:
    built = indexed(tmp_path, lambda found: [line(found[0], "Fahrrad", "Rathaus", asked=("Drahtesel",))])
    corpus = Corpus(built.folder, retrieval_data().stopwords)
    client, pools = QdrantClient(":memory:"), sorted(corpus.pool_sizes)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # payload indexes have no effect in local mode
        build_server(client, "toy", server_points(corpus), corpus.windows.shape[1])
        engines = (EdgeCandidates(built.folder / "index" / "qdrant"), ClientCandidates(client, "toy"))
        asked = [corpus.languages["de"].lexicon.stem_id(stem) for stem in ("drahtesel", "rathaus", "lastwag")]
        assert None not in asked
        found = [[engine.find([t], [1000], None, pools, 30) for t in asked if t is not None] for engine in engines]
    for engine in engines:
        engine.close()
    assert found[0] == found[1]
    assert found[0][0] == [[0], []] and found[0][1] == [[0, 1], []]
