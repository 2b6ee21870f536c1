"""Every alteration of a published log is found and the right object named; a tenth of the count outside a soak."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

import pytest

from audit.errors import AuditError, BadEntry, BadTile, Missing
from audit.tiles import CHECKPOINT, ENTRIES, Fetch, tile_path
from audit.verify import from_folder, verify_log
from tests.audit.logs import entries, policy, published, signer, writer, written

SIZE = 600
COUNT = 10_000 if os.environ.get("ISEGORIA_SOAK") else 1_000


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return published(written(tmp_path_factory.mktemp("log"), [SIZE]))


def reader(files: dict[str, bytes]) -> Fetch:
    """Reads a log from memory."""

    def fetch(path: str, limit: int) -> bytes:
        if path not in files:
            raise Missing(path, "is not there")
        return files[path][: limit + 1]

    return fetch


def mutated(files: dict[str, bytes], chance: random.Random) -> tuple[dict[str, bytes], set[str]]:
    """The log with one alteration, and the names of what was altered."""
    kind = chance.choice(("bit", "bit", "bit", "swap", "delete", "truncate", "extend", "key", "repeat"))
    names = sorted(files)
    name = chance.choice(names)
    data = files[name]
    if kind == "bit":
        at, bit = chance.randrange(len(data)), 1 << chance.randrange(8)
        return files | {name: data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :]}, {name}
    if kind == "swap":
        other = chance.choice([n for n in names if files[n] != data])
        return files | {name: files[other], other: data}, {name, other}
    if kind == "delete":
        return {n: d for n, d in files.items() if n != name}, {name}
    if kind == "truncate":
        return files | {name: data[: chance.randrange(len(data))]}, {name}
    if kind == "extend":
        return files | {name: data + chance.randbytes(1 + chance.randrange(40))}, {name}
    if kind == "key":
        body = files[CHECKPOINT].decode().partition("\n\n")[0] + "\n"
        return files | {CHECKPOINT: signer("else").sign(body).encode()}, {CHECKPOINT}
    source = chance.choice([n for n in names if files[n] != data])
    return files | {name: files[source]}, {name}


def test_every_mutation_is_found_and_named(files: dict[str, bytes]) -> None:
    chance = random.Random(20250223)
    missed, misnamed = [], []
    for number in range(COUNT):
        altered, names = mutated(files, chance)
        try:
            verify_log(reader(altered), policy())
        except AuditError as error:
            if not any(name in error.what for name in names):
                misnamed.append((number, sorted(names), str(error)))
        else:
            missed.append((number, sorted(names)))
    assert missed == []
    assert misnamed == []


def test_one_wrong_entry_is_named_by_its_leaf(files: dict[str, bytes]) -> None:
    path = tile_path(ENTRIES, 1)
    at = files[path].index(b"300:")
    with pytest.raises(BadEntry, match="leaf 300, entry 44 of tile/entries/001"):
        verify_log(reader(files | {path: files[path][:at] + b"301:" + files[path][at + 4 :]}), policy())


@pytest.mark.parametrize("path", [tile_path(0, 1), tile_path(0, 2, 88), tile_path(1, 0, 2)])
def test_one_wrong_hash_is_named_by_its_tile(path: str, files: dict[str, bytes]) -> None:
    with pytest.raises(BadTile) as found:
        verify_log(reader(files | {path: bytes(32) + files[path][32:]}), policy())
    assert found.value.what == path


def test_a_whole_other_tree_under_the_old_signature(tmp_path: Path, files: dict[str, bytes]) -> None:
    with writer(tmp_path, signer("else")) as log:
        log.append(entries(SIZE - 1))
        log.append([b"forged"])
    other = published(tmp_path / "log")
    with pytest.raises(AuditError, match=CHECKPOINT):
        verify_log(reader(other | {CHECKPOINT: files[CHECKPOINT]}), policy())


def test_gigabytes_are_not_read(tmp_path: Path) -> None:
    folder = written(tmp_path, [3])
    for path in (CHECKPOINT, tile_path(0, 0, 3)):
        kept = (folder / path).read_bytes()
        with (folder / path).open("wb") as file:
            file.truncate(8 << 30)  # a hole: takes no disk, and would take eight gigabytes of memory
        with pytest.raises(AuditError, match="longer than"):
            verify_log(from_folder(folder), policy())
        (folder / path).write_bytes(kept)
    shutil.rmtree(folder)
