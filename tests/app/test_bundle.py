"""Audit bundles: what an export reveals and withholds, and that every alteration of one is found and rightly named."""

from __future__ import annotations

import json
import shutil
import sqlite3
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import pytest

from app.auditor import CannotCheck
from app.bundle import MANIFEST, Window
from app.errors import BundleError, RecordUnreadable
from app.leaf import padded
from app.places import objects_folder
from app.settings import Settings
from app.storage.engine import open_engine, writing
from app.storage.leaves import hand_in
from tests.bundled import (
    QUESTIONS,
    Members,
    ask,
    asked,
    export,
    lines_of,
    manifest_of,
    members_of,
    packed,
    verified,
    vkey,
    with_lines,
    without_engine,
)

ALL = Window("2031-02-03T12:00:00Z", 0)


@dataclass(frozen=True)
class Made:
    """A bundle with its parts, and the installation it was exported from; `small` is one without the index engine."""

    settings: Settings
    path: Path
    small: Path
    members: Members
    manifest: dict[str, Any]
    key: str

    def at(self) -> str:
        """The time of the first record."""
        at: str = json.loads(lines_of(self.members)[0]["body"])["at"]
        return at


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("bundle")
    settings = asked(folder, *QUESTIONS)
    path = folder / "all.zip"
    export(settings, path, ALL)
    members, manifest = without_engine(members_of(path)), manifest_of(path)
    small = packed(folder / "small.zip", members, manifest)
    return Made(settings, path, small, members, manifest_of(small), vkey(settings))


@pytest.fixture
def own(made: Made, tmp_path: Path) -> Settings:
    """A copy of the installation that a test may damage."""
    shutil.copytree(made.settings.data, tmp_path / "data")
    return made.settings.model_copy(update={"data": tmp_path / "data"})


def test_a_bundle_says_what_it_holds_and_is_valid(made: Made) -> None:
    assert verified(made.path, made.key)[0] == 0
    code, said = verified(made.path, None)
    assert code == 0 and "agrees with itself" in said and "3 revealed, 0 withheld, 0 erased, 0 that stand" in said
    assert made.manifest["records"] == {"revealed": 3, "withheld": 0, "erased": 0, "other": 0}
    assert manifest_of(made.path)["members"].keys() == members_of(made.path).keys()
    assert verified(made.small, made.key)[0] == 0
    with ZipFile(made.path) as file:
        assert {info.date_time for info in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert file.namelist()[-1] == MANIFEST
    data = made.settings.data
    for name, content in made.members.items():
        if name.startswith(("log/", "objects/")):
            assert content == (data / name).read_bytes(), name
    assert made.path.stat().st_mode & 0o777 == 0o600
    assert not any("keys" in name for name in made.members)


def test_the_same_store_gives_the_same_bundle(made: Made, tmp_path: Path) -> None:
    export(made.settings, tmp_path / "again.zip", ALL)
    assert (tmp_path / "again.zip").read_bytes() == made.path.read_bytes()


def test_an_earlier_checkpoint_must_be_extended(made: Made, own: Settings, tmp_path: Path) -> None:
    (tmp_path / "monday").write_bytes(made.members["log/checkpoint"])
    ask(own, QUESTIONS[1])
    (tmp_path / "tuesday").write_bytes((own.data / "log" / "checkpoint").read_bytes())
    export(own, tmp_path / "later.zip", ALL)
    code, said = verified(tmp_path / "later.zip", made.key, tmp_path / "monday")
    assert (code, "extends 1 earlier" in said) == (0, True)
    code, said = verified(made.path, made.key, tmp_path / "tuesday")
    assert (code, "does not extend" in said) == (1, True)


DAYS: list[tuple[int, str, dict[str, str], int]] = [
    (14, "2041-01-01", {}, 3),
    (10, "{day}", {}, 0),
    (0, "{day}", {}, 3),
    (0, "{day}", {"since": "{day}", "until": "{day}"}, 3),
    (0, "{day}", {"since": "2041-01-01"}, 0),
    (0, "{day}", {"until": "2001-01-01"}, 0),
]


@pytest.mark.parametrize(("delay", "now", "days", "count"), DAYS)
def test_only_records_of_the_days_and_old_enough_are_revealed(
    delay: int, now: str, days: dict[str, str], count: int, made: Made, tmp_path: Path
) -> None:
    day = made.at()[:10]
    told = {name: text.format(day=day) for name, text in days.items()}
    path = tmp_path / "some.zip"
    manifest = export(made.settings, path, Window(f"{now.format(day=day)}T23:59:59Z", delay, **told))
    assert (manifest.records.revealed, manifest.records.withheld) == (count, 3 - count)
    members = members_of(path)
    assert ("records/00000.jsonl" in members) == (count > 0)
    assert bool([n for n in members if n.startswith(("objects/", "elections/"))]) == (count > 0)
    code, said = verified(path, made.key)
    assert code == 0 and f"{count} revealed, {3 - count} withheld" in said and "ask why" not in said


def test_a_record_that_is_gone_without_a_word_is_asked_for(own: Settings, made: Made, tmp_path: Path) -> None:
    with sqlite3.connect(own.data / "records.db") as store:
        store.execute("delete from records where rowid = 1")
    store.close()
    manifest = export(own, tmp_path / "gap.zip", ALL)
    assert (manifest.records.revealed, manifest.records.withheld) == (2, 1)
    code, said = verified(tmp_path / "gap.zip", made.key)
    assert code == 0 and "of the withheld, 1 are of hours" in said


def erase(settings: Settings, entry: bytes) -> None:
    """Hand in the leaf that says a record was erased."""
    engine = open_engine(settings.database)
    facts = {"v": 1, "kind": "erasure", "of": json.loads(entry)["commitment"]}
    with writing(engine) as connection:
        hand_in(connection, [(None, padded(facts))])
    engine.dispose()


def test_an_erased_record_is_counted_and_never_given(own: Settings, made: Made, tmp_path: Path) -> None:
    with sqlite3.connect(own.data / "records.db") as store:
        (entry,) = store.execute("select entry from leaves where place = 1").fetchone()
    store.close()
    erase(own, entry)
    ask(own, QUESTIONS[1])
    manifest = export(own, tmp_path / "erased.zip", ALL)  # though the record itself is still there
    assert manifest.records.model_dump() == {"revealed": 3, "withheld": 0, "erased": 1, "other": 1}
    code, said = verified(tmp_path / "erased.zip", made.key)
    assert code == 0 and "3 revealed, 0 withheld, 1 erased, 1 that stand for no record" in said

    members = without_engine(members_of(tmp_path / "erased.zip"))
    told = manifest_of(tmp_path / "erased.zip")
    given = with_lines(members, lambda lines: lines.insert(1, lines_of(made.members)[1]))
    code, said = verified(packed(tmp_path / "given.zip", given, told), made.key)
    assert code == 1 and "leaf 1: its record is given, and the log says that it was erased" in said
    other = with_lines(members, lambda lines: lines.insert(2, lines[1] | {"place": 3}))
    code, said = verified(packed(tmp_path / "other.zip", other, told), made.key)
    assert code == 1 and "leaf" in said


def test_nothing_is_overwritten_and_nothing_is_left_behind(made: Made, own: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "there.zip").write_text("mine")
    with pytest.raises(BundleError, match=r"there\.zip: is there already"):
        export(made.settings, folder / "there.zip", ALL)
    assert (folder / "there.zip").read_text() == "mine"
    with pytest.raises(BundleError, match="No such file"):
        export(made.settings, folder / "no" / "b.zip", ALL)
    with pytest.raises(BundleError, match="there is no log"):
        export(Settings(data=tmp_path / "nothing"), folder / "b.zip", ALL)
    wording = json.loads(lines_of(made.members)[0]["body"])["digests"]["wording"]
    (objects_folder(own.data) / wording[:2] / wording[2:]).unlink()
    with pytest.raises(RecordUnreadable, match=wording[2:]):
        export(own, folder / "b.zip", ALL)
    assert [path.name for path in folder.iterdir()] == ["there.zip"]


def store_damage(settings: Settings, statement: str, folder: str = "") -> None:
    with sqlite3.connect(settings.data / f"{folder}records.db") as store:
        store.execute(statement)
    store.close()


def cut_entry(settings: Settings) -> None:
    path = settings.data / "log" / "tile" / "entries" / "000.p" / "3"
    path.write_bytes(path.read_bytes().replace(b'"answered"', b'"answereD"'))


def cut_build(settings: Settings) -> None:
    (path,) = settings.data.glob("elections/toy/*/passages.jsonl")
    path.write_bytes(path.read_bytes() + b"\n")


DAMAGED: list[tuple[Callable[[Settings], None], type[Exception], str]] = [
    (lambda s: store_damage(s, "update records set body = x'7b7d'"), RecordUnreadable, "the seal was altered"),
    (
        lambda s: store_damage(s, "update keys set secret = randomblob(64)", "keys/"),
        RecordUnreadable,
        "cannot be opened",
    ),
    (lambda s: store_damage(s, "delete from keys", "keys/"), RecordUnreadable, "its key is not among the keys"),
    (lambda s: store_damage(s, "update leaves set entry = 'x'"), RecordUnreadable, "is not leaf 0 of the log"),
    (cut_entry, BundleError, "the log is damaged: leaf 0"),
    (cut_build, RecordUnreadable, "no undamaged build of 'toy'"),
]


@pytest.mark.parametrize(("damage", "kind", "word"), DAMAGED)
def test_a_damaged_store_is_named(
    damage: Callable[[Settings], None], kind: type[Exception], word: str, own: Settings, tmp_path: Path
) -> None:
    damage(own)
    with pytest.raises(kind, match=word):
        export(own, tmp_path / "b.zip", ALL)
    assert not (tmp_path / "b.zip").exists()


def text_altered(lines: list[dict[str, Any]]) -> None:
    lines[1]["body"] = lines[1]["body"].replace("Dienst", "dienst")


def places_swapped(lines: list[dict[str, Any]]) -> None:
    lines[0]["place"], lines[1]["place"] = 1, 0


def bodies_swapped(lines: list[dict[str, Any]]) -> None:
    lines[0]["body"], lines[1]["body"] = lines[1]["body"], lines[0]["body"]


RECORD_CHANGES: dict[str, tuple[Callable[[list[dict[str, Any]]], object], str]] = {
    "text": (text_altered, "leaf 1: the record given for it does not open"),
    "salt": (lambda lines: lines[2].update(salt="00" * 32), "leaf 2: the record given for it does not open"),
    "short salt": (lambda lines: lines[2].update(salt="00"), "records/00000.jsonl, line 3: is not a revealed record"),
    "places swapped": (places_swapped, "leaf 1: the record given for it does not open"),
    "bodies swapped": (bodies_swapped, "leaf 0: the record given for it does not open"),
    "twice": (lambda lines: lines.insert(1, lines[0]), "leaf 0: is given a record twice"),
    "out of order": (lambda lines: lines.append(lines.pop(0)), "leaf 0: is given a record after leaf 2"),
    "beyond the log": (lambda lines: lines[2].update(place=3), "leaf 3: a record is given for it"),
    "below the log": (lambda lines: lines[0].update(place=-1), "leaf -1"),
    "one left out": (lambda lines: lines.pop(), "manifest.json: tells of another log, or counts otherwise"),
    "no place": (lambda lines: lines[0].pop("place"), "records/00000.jsonl, line 1: is not a revealed record"),
    "more": (lambda lines: lines[0].update(more=1), "records/00000.jsonl, line 1: is not a revealed record"),
    "half a place": (lambda lines: lines[0].update(place=True), "records/00000.jsonl, line 1"),
}


@pytest.mark.parametrize("name", RECORD_CHANGES)
def test_an_altered_record_is_named_by_its_leaf_although_the_manifest_agrees(
    name: str, made: Made, tmp_path: Path
) -> None:
    change, word = RECORD_CHANGES[name]
    code, said = verified(packed(tmp_path / "b.zip", with_lines(made.members, change), made.manifest), made.key)
    assert (code, word in said) == (1, True), said


def flipped(data: bytes) -> bytes:
    return data[:-5] + bytes([data[-5] ^ 1]) + data[-4:]


def name_of(made: Made, kind: str) -> str:
    """A member of this kind."""
    return next(name for name in sorted(made.members) if kind in name)


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        ("records/", "|leaf 2: |records/00000.jsonl, line 3: "),
        ("objects/", "{name}: does not have the digest it is named by"),
        ("log/tile/0/", "tile/0/000.p/3: does not hold the hashes"),
        ("log/tile/entries", "leaf 2, entry 2 of tile/entries/000.p/3: is not the entry"),
        ("log/checkpoint", "checkpoint"),
        ("passages.jsonl", "{name}: is not the file that its build lists"),
        ("corpus.lock", "{name}: is not the file that its build lists"),
        ("files.json", "is not the file that its build lists"),
    ],
)
@pytest.mark.parametrize("agree", [True, False])
def test_a_flipped_bit_is_named(kind: str, word: str, agree: bool, made: Made, tmp_path: Path) -> None:
    name = name_of(made, kind)
    altered = made.members | {name: flipped(made.members[name])}
    code, said = verified(packed(tmp_path / "b.zip", altered, made.manifest, agree), made.key)
    if not agree:
        word = f"{name}: is not the member that the manifest names"
    assert code == 1
    assert any(part in said for part in word.format(name=name).strip("|").split("|")), said


@pytest.mark.parametrize(
    "kind", ["records/", "objects/", "log/tile/0/", "log/log.vkey", "passages.jsonl", "files.json"]
)
@pytest.mark.parametrize("agree", [True, False])
def test_a_missing_member_is_named(kind: str, agree: bool, made: Made, tmp_path: Path) -> None:
    name = name_of(made, kind)
    fewer = {n: d for n, d in made.members.items() if n != name}
    code, said = verified(packed(tmp_path / "b.zip", fewer, made.manifest, agree), made.key)
    assert code == 1, said
    if not agree:
        assert f"{name}: is named by the manifest and not there" in said
    elif kind == "records/":
        assert "counts otherwise" in said
    elif kind == "files.json":
        assert "is not listed by its build" in said
    else:
        assert f"{name.removeprefix('log/')}: " in said


@pytest.mark.parametrize("name", ["notes.txt", "log/tile/0/001", "elections/toy/x/y", "objects/aa/bb"])
@pytest.mark.parametrize("agree", [True, False])
def test_an_additional_member_is_named(name: str, agree: bool, made: Made, tmp_path: Path) -> None:
    more = made.members | {name: b"more"}
    code, said = verified(packed(tmp_path / "b.zip", more, made.manifest, agree), made.key)
    assert (code, name in said) == (1, True), said


@pytest.mark.parametrize(
    "change",
    [
        {"leaves": 2}, {"origin": "else/log"}, {"made": "yesterday"}, {"reveal_after_days": 10**9}, {"more": 1},
        {"records": {"revealed": 2, "withheld": 1, "erased": 0, "other": 0}}, {"since": "then"}, {"members": []},
        {"made": "2031-02-30T12:00:00Z"},
    ],
    ids=str,
)  # fmt: skip
def test_an_altered_manifest_is_named(change: dict[str, Any], made: Made, tmp_path: Path) -> None:
    altered = packed(tmp_path / "b.zip", made.members, made.manifest | change, agree="members" not in change)
    code, said = verified(altered, made.key)
    assert (code, "manifest.json: " in said) == (1, True), said


def test_a_record_outside_what_the_manifest_reveals_is_named(made: Made, tmp_path: Path) -> None:
    for change in ({"until": "2001-01-01"}, {"reveal_after_days": 30_000}):
        altered = packed(tmp_path / "b.zip", made.members, made.manifest | change)
        assert "leaf 0: its record is of" in verified(altered, made.key)[1]


def test_a_leaf_that_says_another_thing_than_its_record_is_named(own: Settings, tmp_path: Path) -> None:
    """As an operator would have to lie: in the log itself."""
    with sqlite3.connect(own.data / "records.db") as store:
        record, entry = store.execute("select record, entry from leaves where place = 0").fetchone()
        facts = json.loads(entry) | {"status": "answered_in_part", "pad": ""}
        store.execute("update leaves set record = null where place = 0")
        store.execute("insert into leaves (record, entry) values (?, ?)", (record, padded(facts)))
    store.close()
    ask(own)
    export(own, tmp_path / "b.zip", ALL)
    code, said = verified(tmp_path / "b.zip", vkey(own))
    assert (code, "leaf 3: says another status than its record" in said) == (1, True), said


def test_what_is_no_bundle_cannot_be_checked(made: Made, tmp_path: Path) -> None:
    whole = made.small.read_bytes()
    cases = {
        "cut.zip": (whole[: len(whole) // 2], "is not a whole zip file"),
        "empty.zip": (b"", "is not a whole zip file"),
        "words.zip": (b"words", "is not a whole zip file"),
        "PK": (b"PK\x05\x06" + bytes(18), "no manifest.json|log.vkey"),
    }
    for name, (data, word) in cases.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(CannotCheck, match=word):
            verified(tmp_path / name, made.key)
    with pytest.raises(CannotCheck, match="cannot be read"):
        verified(tmp_path / "nowhere.zip", made.key)
    later = packed(tmp_path / "later.zip", made.members, made.manifest | {"version": 2})
    with pytest.raises(CannotCheck, match="format '2'"):
        verified(later, made.key)
    with pytest.raises(CannotCheck, match="not a vkey"):
        verified(made.small, "nobody")


def test_another_key_is_not_trusted(made: Made, tmp_path: Path) -> None:
    other = vkey(Settings(data=tmp_path / "other", log_origin=made.manifest["origin"]))
    code, said = verified(made.small, other)
    assert (code, "checkpoint: not signed by" in said) == (1, True), said


Strange = Callable[[ZipFile], object]


def member(name: str, mode: int = 0o100644, data: bytes = b"x") -> Strange:
    """Write a member of this name and kind."""
    info = ZipInfo(name)
    info.external_attr, info.create_system, info.compress_type = mode << 16, 3, ZIP_DEFLATED
    return lambda file: file.writestr(info, data)


STRANGE: dict[str, tuple[Strange, str]] = {
    "../evil": (member("../evil"), "not a plain relative path"),
    "objects/../../evil": (member("objects/../../evil"), "not a plain relative path"),
    "/etc/evil": (member("/etc/evil"), "not a plain relative path"),
    "C:evil": (member("C:evil"), "not a plain relative path"),
    "objects\\evil": (member("objects\\evil"), "not a plain relative path"),
    "folder/": (member("folder/"), "not a plain relative path"),
    "./x": (member("./x"), "not a plain relative path"),
    "a//b": (member("a//b"), "not a plain relative path"),
    "evil\\x00.txt": (member("evil\x00.txt"), "is not named by the manifest"),  # Python ends the name there
    "link": (member("link", 0o120777, b"/etc/passwd"), "is not a file"),
    "pipe": (member("pipe", 0o010644), "is not a file"),
    "LOG/CHECKPOINT": (member("LOG/CHECKPOINT"), "is there twice"),
}


@pytest.mark.parametrize("name", STRANGE)
def test_a_strange_member_is_refused_before_anything_is_unpacked(name: str, made: Made, tmp_path: Path) -> None:
    path = tmp_path / "b.zip"
    shutil.copy(made.small, path)
    with ZipFile(path, "a") as file:
        STRANGE[name][0](file)
    code, said = verified(path, made.key)
    assert (code, STRANGE[name][1] in said) == (1, True), said
    assert sorted(p.name for p in tmp_path.iterdir()) == ["b.zip"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_is_there_twice_is_refused(made: Made, tmp_path: Path) -> None:
    shutil.copy(made.small, tmp_path / "b.zip")
    with ZipFile(tmp_path / "b.zip", "a") as file:
        file.writestr("log/checkpoint", b"another")
    code, said = verified(tmp_path / "b.zip", made.key)
    assert (code, "'log/checkpoint': is there twice" in said) == (1, True), said


DIRECTORY = b"PK\x01\x02"


def directory_with(path: Path, name: str, offset: int, packed_field: bytes) -> None:
    """Overwrite a field of a member's entry in the directory of the zip (APPNOTE 4.3.12)."""
    data = bytearray(path.read_bytes())
    at = data.rindex(name.encode())  # its last occurrence is in the directory
    start = data.rindex(DIRECTORY, 0, at)
    data[start + offset : start + offset + len(packed_field)] = packed_field
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("offset", "field", "word"),
    [
        (24, struct.pack("<I", (1 << 30) + 1), "unpacks to 1073741825 bytes"),
        (24, struct.pack("<I", 5), "is not the member that the manifest names|cannot be unpacked"),
        (24, struct.pack("<I", 1 << 20), "bytes shorter than the list of members says"),
        (8, struct.pack("<H", 1), "is enciphered"),
        (10, struct.pack("<H", 14), "packed by method 14"),
        (16, struct.pack("<I", 1), "cannot be unpacked"),
        (42, struct.pack("<I", 7), "cannot be unpacked"),
    ],
)
def test_a_directory_that_lies_is_found(offset: int, field: bytes, word: str, made: Made, tmp_path: Path) -> None:
    path = tmp_path / "b.zip"
    shutil.copy(made.small, path)
    directory_with(path, "records/00000.jsonl", offset, field)
    code, said = verified(path, made.key)
    assert code == 1
    assert any(part in said for part in word.split("|")), said
    assert "records/00000.jsonl" in said


def test_members_that_together_unpack_to_too_much_are_refused(made: Made, tmp_path: Path) -> None:
    path = tmp_path / "b.zip"
    shutil.copy(made.small, path)
    with ZipFile(path, "a") as file:
        for n in range(17):
            file.writestr(f"objects/{n}", b"x")
    for n in range(17):
        directory_with(path, f"objects/{n}", 24, struct.pack("<I", 1 << 30))
    code, said = verified(path, made.key)
    assert (code, "makes the whole unpack to more than" in said) == (1, True), said


def test_a_list_of_members_that_is_too_long_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "b.zip"
    with ZipFile(path, "w") as file:
        file.writestr("a", b"x" * (1 << 25))
    data = bytearray(path.read_bytes())
    end = data.rindex(b"PK\x05\x06")
    data[end + 12 : end + 20] = struct.pack("<II", (1 << 25), 0)
    path.write_bytes(data)
    code, said = verified(path, None)
    assert (code, "the list of members: is longer than" in said) == (1, True), said


def test_a_line_without_an_end_is_named(made: Made, tmp_path: Path) -> None:
    name = "records/00000.jsonl"
    for data, word in ((made.members[name][:-1], "does not end"), (b"x" * (1 << 25), "a line is longer than")):
        code, said = verified(packed(tmp_path / "b.zip", made.members | {name: data}, made.manifest), made.key)
        assert (code, f"{name}: {word}" in said) == (1, True), said
