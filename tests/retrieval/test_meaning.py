"""What a text means leads where its words do not, is the same for every party, and rests on files that are checked."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from app.common import load_common, load_retrieval
from app.errors import IndexUnusable, PackError
from app.main import open_election
from app.places import model_folder
from app.retrieval.embed import similarity
from app.retrieval.meaning import CARD, FOLDER, WEIGHTS, Meaning, digest_of_files, open_meaning, read_files
from app.retrieval.register import FAR, MEANT, alike
from app.settings import Settings
from guardrails.policy import GUARD_FOLDER
from ingestion.meaning import Centres, centres_for
from tests.indexed_pack import passages_of, programmes
from tests.registered_pack import usual, write_register
from tests.small_pack import ELECTIONS, build_quietly, write_pack
from tests.toy_desk import asker

COMMON = ELECTIONS / "common"
FILES = load_retrieval(ELECTIONS).meaning


@pytest.fixture(scope="module")
def meaning() -> Meaning:
    return open_meaning(FILES)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a pack with a register is built: `plain` without it, `data` with it."""
    home = tmp_path_factory.mktemp("meaning")
    pack = write_pack(home / "pack", programmes())
    lines = usual(passages_of(build_quietly(pack, home / "plain")))
    lines[0]["told"] = {"de": ["Mein Drahtesel rostet im Regen", "Speichen", "Fahrradschloss"]}
    lines[1]["told"] = {"de": ["Die Brummis wecken mich um drei", "Motorenlärm", "Schlaflosigkeit"]}
    write_register(pack, lines)
    build_quietly(pack, home / "data")
    return home


@pytest.mark.parametrize(
    ("near", "other", "far"),
    [
        (("Meine Miete frisst den halben Lohn", "de"), ("my flat costs too much", "en"), ("geese on the lake", "en")),
        (("Je ne trouve pas de médecin", "fr"), ("Kein Hausarzt nimmt mich auf", "de"), ("Der Zug fällt aus", "de")),
        (("no bus comes to our village", "en"), ("Bei uns fährt abends nichts mehr", "de"), ("Wölfe reißen", "de")),
    ],
)
def test_languages_and_words_meet_in_what_they_mean(
    meaning: Meaning, near: tuple[str, str], other: tuple[str, str], far: tuple[str, str]
) -> None:
    codes = np.stack([meaning.code(*other), meaning.code(*far)])
    same, apart = similarity(meaning.code(*near), codes)
    assert same > apart


def test_a_text_is_read_by_itself_and_always_alike(meaning: Meaning) -> None:
    texts = ["Miete", "", "xqzt", "Was tun die Parteien? " * 80]
    first = [meaning.code(text, "de") for text in texts]
    again = [open_meaning(FILES).code(text, "de") for text in reversed(texts)]
    assert all((a == b).all() for a, b in zip(first, reversed(again), strict=True))
    assert {one.dtype for one in first} == {np.dtype(np.int8)}


def test_only_likeness_beyond_that_of_any_two_texts_counts() -> None:
    one = np.array([127, 0], dtype=np.int8)
    codes = np.array([[127, 0], [0, 127], [-127, 0]], dtype=np.int8)
    assert alike(one, codes).tolist() == [MEANT * (1000 - FAR), 0, 0]


def test_a_centre_is_that_of_its_texts_and_of_none_where_there_are_none(tmp_path: Path) -> None:
    centres = centres_for(FILES, tmp_path, lambda *_: None)
    assert isinstance(centres, Centres)
    one, empty, both = centres.of(
        [{"de": ["Meine Miete steigt und steigt"]}, {}, {"de": ["Meine Miete steigt und steigt"], "en": ["rent"]}]
    )
    assert not empty.any()
    assert similarity(one, np.stack([one, both])).tolist()[0] == 1000
    assert 500 < similarity(one, np.stack([both]))[0] < 1000
    assert centres_for({}, tmp_path, lambda *_: None) is None


def test_a_story_in_words_that_nobody_wrote_down_finds_its_matter(told: Path) -> None:
    exchange = asker(told)("Ich kann nachts nicht schlafen, weil draußen Laster vorbeidonnern.")
    assert exchange.scope is not None
    assert exchange.scope.told[:1] == ("night-noise",)


def test_a_build_without_a_register_reads_no_meanings(told: Path) -> None:
    plain, data = (
        json.loads((Path(b) / "index" / "meta.json").read_text(encoding="utf-8"))
        for b in (current(told / "plain"), current(told / "data"))
    )
    assert plain["meaning"] is None
    assert data["meaning"] == digest_of_files(FILES)


def current(data: Path) -> Path:
    folder = data / "elections" / "toy"
    return folder / (folder / "current").read_text(encoding="utf-8").strip()


def test_an_altered_encoder_is_not_opened(told: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(told / "data", data)
    folder = model_folder(data, digest_of_files(FILES))
    (folder / "gloss.de.tsv").write_bytes(b"Miete\tgoose\n")
    with pytest.raises(IndexUnusable, match="build it again"):
        open_election("toy", load_common(ELECTIONS), Settings(data=data))
    shutil.rmtree(folder)
    with pytest.raises(IndexUnusable, match="build it again"):
        open_election("toy", load_common(ELECTIONS), Settings(data=data))


def test_building_again_puts_a_damaged_encoder_right(told: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(told / "data", data)
    damaged = model_folder(data, digest_of_files(FILES)) / WEIGHTS
    damaged.write_bytes(b"")
    build_quietly(told / "pack", data)
    assert damaged.read_bytes() == FILES[WEIGHTS]
    open_election("toy", load_common(ELECTIONS), Settings(data=data)).close()


def test_a_pack_folder_without_the_card_s_files_is_refused(tmp_path: Path) -> None:
    common = tmp_path / "common"
    (common / GUARD_FOLDER).mkdir(parents=True)
    assert read_files(common) == {}
    shutil.copytree(COMMON / FOLDER, common / FOLDER)
    (common / FOLDER / WEIGHTS).write_bytes(b"no weights")
    with pytest.raises(PackError, match=WEIGHTS):
        read_files(common)
    (common / FOLDER / CARD).write_text("{}", encoding="utf-8")
    with pytest.raises(PackError, match=CARD):
        read_files(common)
