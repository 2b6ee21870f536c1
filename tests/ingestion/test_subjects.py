"""A subject index fits its build or says where it does not; without one, a build is what it was."""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from functools import partial
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
from domain.passage import Passage
from ingestion.report import print_report
from ingestion.server import server_points
from ingestion.subjects import Agreement, read_subjects
from tests.indexed_pack import indexed, line, passages_of, programmes, write_index
from tests.small_pack import PARTIES, Doc, build_quietly, retrieval_data, write_pack

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
    "nested": ("[" * 200_000, ":1: is not JSON that can be read"),
    "long number": (f'{{"key": {"7" * 5000}}}', ":1: is not JSON that can be read"),
    "missing": (json.dumps({"passage": ID, "kind": "demand", "key": 0, "subjects": []}), ":1: asked: "),
}
GOOD: dict[str, Any] = {"passage": ID, "kind": "demand", "key": None, "subjects": [], "asked": []}
STRICT: dict[str, tuple[dict[str, Any], str]] = {
    "key true": ({"key": True}, "key: "),
    "key false": ({"key": False}, "key: "),
    "key text": ({"key": "0"}, "key: "),
    "key float": ({"key": 1.0}, "key: "),
    "long": ({"subjects": ["x" * 81]}, "subjects[0]: "),
    "line end": ({"asked": ["Ufer\n"]}, "asked[0]: "),
    "control": ({"asked": ["Ufer", "We\x07g"]}, "asked[1]: "),
    "parted": ({"subjects": ["Ufer; Weg"]}, "subjects[0]: "),
    "seven subjects": ({"subjects": ["Ufer"] * 7}, "subjects: "),
    "five asked": ({"asked": ["Ufer"] * 5}, "asked: "),
}


@pytest.mark.parametrize("name", STRICT)
def test_a_value_that_is_nearly_right_is_refused(name: str, tmp_path: Path) -> None:
    change, said = STRICT[name]
    write_index(tmp_path, [GOOD | change])
    with pytest.raises(PackError) as caught:
        read_subjects(tmp_path)
    assert len(caught.value.problems) == 1 and f"subjects.jsonl:1: {said}" in caught.value.message


def test_the_largest_allowed_line_is_taken(tmp_path: Path) -> None:
    write_index(tmp_path, [GOOD | {"key": 0, "subjects": ["ß" * 80] * 6, "asked": ["am Ufer"] * 4}])
    assert read_subjects(tmp_path).lines[ID].key == 0


def test_fifty_problems_are_listed_and_the_rest_counted(tmp_path: Path) -> None:
    for wrong, last in ((50, ":50: key: "), (63, "and 13 more")):
        write_index(tmp_path, [GOOD | {"key": -1}] * wrong)
        with pytest.raises(PackError) as caught:
            read_subjects(tmp_path)
        assert last in caught.value.problems[-1] and len(caught.value.problems) == min(wrong, 51)


def test_only_true_absence_means_no_index(tmp_path: Path) -> None:
    assert read_subjects(tmp_path).digest is None
    path = tmp_path / "subjects.jsonl"
    path.symlink_to(tmp_path / "nowhere")
    with pytest.raises(PackError, match=r"subjects\.jsonl: is not a file"):
        read_subjects(tmp_path)
    path.unlink()
    path.mkdir()
    with pytest.raises(PackError, match=r"subjects\.jsonl: is not a file"):
        read_subjects(tmp_path)


def test_an_index_of_some_programmes_alone_fails_and_names_the_others(tmp_path: Path) -> None:
    with pytest.raises(PackError, match=r"describes hafen-de, but fewer than half of the passages of auen-de \(de\)"):
        indexed(tmp_path / "some", lambda found: [line(p, "Ufer") for p in (found[0], found[3])])
    assert not (tmp_path / "some" / "data" / "elections" / "toy" / "current").exists()
    built = indexed(tmp_path / "half", lambda found: [line(p, "Ufer") for p in (found[0], found[2], found[4])])
    assert built.subjects == Agreement(used=3, stale=0, without=2)


def test_a_programme_in_another_language_needs_no_lines(tmp_path: Path) -> None:
    french = Doc("auen-fr", "Le quai sera ouvert à tous les habitants de la ville.\n".encode(), language="fr")
    law = Doc("law-de", b"Die Wahl ist frei, gleich und geheim.\n", party=None, kind="law")
    docs = [*programmes(), french, law]
    built = indexed(
        tmp_path, lambda found: [line(p, "Ufer") for p in found if p.party and p.language == "de"], docs=docs
    )
    assert built.subjects is not None and built.subjects.without == 1


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
    built = indexed(tmp_path, lambda found: [*(line(p, "Fahrrad") for p in found[:2]), line(found[3], "Lehre"), stale])
    assert built.subjects == Agreement(used=3, stale=1, without=len(passages_of(built)) - 3)
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


def _dispute(name: str, found: Sequence[Passage]) -> list[dict[str, Any]]:
    return [line(p, f"Streit um {name}", "Ufer") for p in found]


def test_names_in_the_index_are_masked_as_in_the_text(tmp_path: Path) -> None:
    """The same index but for a party's name seals to the same bytes, so no line can tell who is meant."""
    digests = set()
    for name in (PARTIES[0]["short"]["de"], PARTIES[1]["short"]["de"]):
        built = indexed(tmp_path / name, partial(_dispute, name))
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
