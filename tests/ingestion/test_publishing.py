"""A build never touches another one: what is served stays, byte for byte, until a whole new one is in place."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app.errors import BuildError, IndexUnusable
from app.packs import load_pack
from app.places import all_builds, builds_folder, current_build
from app.sealed import intact
from ingestion.build import Built, Order, build
from tests.small_pack import ROOT, Doc, build_quietly, retrieval_data, write_pack

LAW = Doc("gesetz", "# § 3 Wahlzeit\n\nGewählt wird von acht Uhr bis zwanzig Uhr am Wahltag.\n".encode(), party=None,
          kind="law", more={"short": "WG"})  # fmt: skip
WALD = Doc(
    "wald",
    b"# Wald\n\nIm Stadtwald wird zehn Jahre lang kein Baum ohne Not geschlagen, und jeder zweite Weg bleibt wild.\n",
)
CARD: dict[str, Any] = {
    "id": "zeit",
    "title": {"de": "Wahlzeit"},
    "ask": {"de": ["Wann sind die Lokale offen?"]},
    "statements": [
        {"text": {"de": "Von 8 bis 20 Uhr."}, "law": [{"document": "gesetz", "section": "§ 3", "words": "zwanzig Uhr"}]}
    ],
    "valid_from": "2031-01-01",
    "reviewer": "A. Prüferin",
    "reviewed": "2031-01-03",
}


def with_card(folder: Path, text: str = "Von 8 bis 20 Uhr.", **head: Any) -> Path:
    """A pack with one programme, one law and one card that says `text`."""
    pack = write_pack(folder, [WALD, LAW], **head)
    card = CARD | {"statements": [CARD["statements"][0] | {"text": {"de": text}}]}
    (pack / "rules").mkdir(exist_ok=True)
    (pack / "rules" / "all.yaml").write_text(json.dumps({"cards": [card]}, ensure_ascii=False))
    return pack


def tree(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file by inode and time of change: a file that was written again, even equal, shows."""
    return {str(p.relative_to(folder)): (p.stat().st_ino, p.stat().st_mtime_ns) for p in folder.rglob("*")}


def unfinished(data: Path) -> list[Path]:
    return list(builds_folder(data, "toy").glob(".new-*"))


def test_the_same_pack_built_again_leaves_the_served_build_alone(tmp_path: Path) -> None:
    pack = with_card(tmp_path / "pack")
    first = build_quietly(pack, tmp_path / "data")
    before = tree(first.folder)
    second = build_quietly(pack, tmp_path / "data")
    assert (first.folder, first.corpus, first.index) == (second.folder, second.corpus, second.index)
    assert tree(first.folder) == before
    assert unfinished(tmp_path / "data") == []


@pytest.mark.parametrize("name", ["passages.jsonl", "index/vectors.npy", "index/qdrant/edge_config.json", "pages"])
def test_a_damaged_build_is_not_kept_and_the_new_one_stands_beside_it(name: str, tmp_path: Path) -> None:
    pack = with_card(tmp_path / "pack")
    first = build_quietly(pack, tmp_path / "data")
    hurt = first.folder / name
    hurt = next(hurt.rglob("*.json")) if hurt.is_dir() else hurt
    hurt.write_bytes(hurt.read_bytes()[:-5])
    assert not intact(first.folder)
    second = build_quietly(pack, tmp_path / "data")
    assert second.folder != first.folder and intact(second.folder)
    assert current_build(tmp_path / "data", "toy") == second.folder
    assert build_quietly(pack, tmp_path / "data").folder == second.folder


def test_what_a_killed_build_left_is_cleared_away(tmp_path: Path) -> None:
    pack = with_card(tmp_path / "pack")
    left = builds_folder(tmp_path / "data", "toy") / ".new-abc"
    (left / "originals").mkdir(parents=True)
    (left / "originals" / "x").write_bytes(b"half of it")
    build_quietly(pack, tmp_path / "data")
    assert unfinished(tmp_path / "data") == []


def test_two_builds_of_one_election_do_not_meet(tmp_path: Path) -> None:
    """The second one starts while the first is just about to publish, and is told so."""
    pack = with_card(tmp_path / "pack")
    said: list[str] = []

    def meanwhile(_folder: Path) -> None:
        environment = {**os.environ, "ISEGORIA_DATA": str(tmp_path / "data")}
        done = subprocess.run(
            [sys.executable, "-m", "app", "build", str(pack)], cwd=ROOT, env=environment, capture_output=True,
            text=True, timeout=60, check=False,
        )  # fmt: skip
        said.append(f"{done.returncode} {done.stderr.strip()}")

    order = Order(pack, tmp_path / "data", first=meanwhile)
    built = build(load_pack(pack), retrieval_data(), order, lambda _stage, _done, _all: None)
    assert len(said) == 1 and said[0].startswith("2 election 'toy' is being built in")
    assert current_build(tmp_path / "data", "toy") == built.folder


def test_nothing_is_published_when_what_must_come_first_fails(tmp_path: Path) -> None:
    """A Qdrant server that is down, for example: the build that is served stays the one that can be searched."""
    served = build_quietly(with_card(tmp_path / "pack"), tmp_path / "data", update_lock=True)
    lock = (tmp_path / "pack" / "corpus.lock").read_bytes()
    pack = with_card(tmp_path / "pack", "Nur bis Mittag.")
    seen: list[Path] = []

    def down(folder: Path) -> None:
        seen.append(current_build(tmp_path / "data", "toy"))
        assert intact(folder)
        raise IndexUnusable("the server is down")

    order = Order(pack, tmp_path / "data", update_lock=True, first=down)
    with pytest.raises(IndexUnusable, match="down"):
        build(load_pack(pack), retrieval_data(), order, lambda _stage, _done, _all: None)
    assert seen == [served.folder]
    assert current_build(tmp_path / "data", "toy") == served.folder
    assert (pack / "corpus.lock").read_bytes() == lock
    assert unfinished(tmp_path / "data") == []


@pytest.mark.parametrize(
    ("text", "head", "entry"),
    [
        ("Nur bis Mittag.", {}, "rules_sha256"),
        ("Von 8 bis 20 Uhr.", {"polling_day": "2031-05-11"}, "polling_day"),
    ],
)
def test_an_edited_card_or_polling_day_does_not_match_the_committed_lock(
    text: str, head: dict[str, Any], entry: str, tmp_path: Path
) -> None:
    first = build_quietly(with_card(tmp_path / "pack"), tmp_path / "data", update_lock=True)
    edited = with_card(tmp_path / "pack", text, **head)
    with pytest.raises(BuildError, match=f"differs in: {entry};"):
        build_quietly(edited, tmp_path / "data")
    assert current_build(tmp_path / "data", "toy") == first.folder


def test_what_is_stated_about_a_document_is_in_the_lock(tmp_path: Path) -> None:
    pack = tmp_path / "pack"
    build_quietly(write_pack(pack, [WALD]), tmp_path / "data", update_lock=True)
    draft = Doc(WALD.id, WALD.data, more={"status": "draft"})
    with pytest.raises(BuildError, match="differs in: sources_sha256;"):
        build_quietly(write_pack(pack, [draft]), tmp_path / "data")


def test_another_operator_is_another_build_of_the_same_corpus(tmp_path: Path) -> None:
    def run_by(name: str) -> Built:
        operator = {"name": name, "contact": "Kai 1", "complaints": "klagen@example.org"}
        return build_quietly(with_card(tmp_path / "pack", operator=operator), tmp_path / "data")

    first, second = run_by("Hafenamt"), run_by("Deichverband")
    assert (first.corpus, first.index) == (second.corpus, second.index)
    assert first.folder != second.folder and intact(first.folder)
    assert all_builds(tmp_path / "data", "toy") == tuple(sorted([first.folder, second.folder]))
    assert run_by("Hafenamt").folder == first.folder
