"""Go's own checksum-database code (golang.org/x/mod/sumdb) accepts our logs as they are and rejects altered ones."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from audit.tiles import CHECKPOINT, ENTRIES, tile_path
from tests.audit.logs import entries, published, signer, writer, written
from tests.audit.test_notes import cosigned

SOURCE = Path(__file__).with_name("check.go")
LIBRARIES = Path("/usr/share/gocode")
"""Where Debian puts the sources of Go libraries."""
SIZES = (0, 1, 2, 3, 7, 255, 256, 257, 511, 512, 513, 520)
FLIPS = 1_000 if os.environ.get("ISEGORIA_SOAK") else 100
VKEY = str(signer().key)
Check = Callable[..., str | None]
"""Given the folder of a log, a vkey and older checkpoints: what is wrong, or None."""


def there() -> bool:
    """Whether Go and the library are installed."""
    return shutil.which("go") is not None and (LIBRARIES / "src/golang.org/x/mod/sumdb/tlog").is_dir()


@pytest.fixture(scope="session")
def check(tmp_path_factory: pytest.TempPathFactory) -> Check:
    """The Go program, built once."""
    if not there():
        pytest.skip("Go and its x/mod library cannot be installed here: scripts/tools does it as root")
    made = tmp_path_factory.mktemp("go")
    settings = {"GO111MODULE": "off", "GOPATH": str(LIBRARIES), "GOFLAGS": "", "GOCACHE": str(made / "cache")}
    subprocess.run(
        ["go", "build", "-p", "1", "-o", made / "check", SOURCE],
        env=os.environ | settings | {"CGO_ENABLED": "0"},
        check=True,
        timeout=300,
    )

    def run(folder: Path, vkey: str = VKEY, *older: Path) -> str | None:
        call = [str(part) for part in (made / "check", folder, vkey, *older)]
        done = subprocess.run(call, check=False, capture_output=True, text=True, timeout=60)
        if done.returncode == 0:
            assert done.stdout.startswith("ok ")
            return None
        assert (done.returncode, done.stderr) == (1, ""), "the program refuses; it does not break"
        return done.stdout.strip()

    return run


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of 520 entries, to be altered in copies."""
    return written(tmp_path_factory.mktemp("log"), [520])


def altered(log: Path, root: Path, **files: bytes) -> Path:
    """A copy of the log with other bytes in these files."""
    folder = root / "altered"
    shutil.copytree(log, folder, dirs_exist_ok=True)
    for path, data in files.items():
        (folder / path).write_bytes(data)
    return folder


@pytest.mark.parametrize("size", SIZES)
def test_go_accepts_a_log_and_that_it_extends_an_older_one(size: int, check: Check, tmp_path: Path) -> None:
    older = []
    with writer(tmp_path) as log:
        for first, after in ((0, size // 3), (size // 3, size)):
            log.append(entries(after - first, first))
            older.append(tmp_path / f"{after}")
            older[-1].write_bytes(log.note)
    assert check(tmp_path / "log", VKEY, *(path for path in older if path.name != "0")) is None


def test_go_accepts_a_log_of_three_levels(check: Check, tmp_path: Path) -> None:
    older = tmp_path / "older"
    with writer(tmp_path) as log:
        log.append(entries(65_000))
        older.write_bytes(log.note)
        log.append(entries(5_000, 65_000))
    assert (tmp_path / "log" / tile_path(2, 0, 1)).is_file()
    assert check(tmp_path / "log", VKEY, older) is None


def test_go_accepts_a_log_whose_checkpoint_a_witness_has_signed_too(check: Check, log: Path, tmp_path: Path) -> None:
    note, _ = cosigned((log / CHECKPOINT).read_bytes(), "w1.example")
    assert check(altered(log, tmp_path, **{CHECKPOINT: note})) is None


@pytest.mark.soak
def test_go_accepts_a_log_at_every_size_as_it_grows(check: Check, tmp_path: Path) -> None:
    with writer(tmp_path) as log:
        assert check(tmp_path / "log") is None
        older = tmp_path / "older"
        for size in range(1, 521):
            log.append(entries(1, size - 1))
            assert check(tmp_path / "log", VKEY, *([older] if size > 1 else [])) is None, size
            older.write_bytes(log.note)


@pytest.mark.parametrize(
    "path",
    [
        CHECKPOINT,
        *(tile_path(level, n) for level in (0, ENTRIES) for n in (0, 1)),
        *(tile_path(level, 2, 8) for level in (0, ENTRIES)),
        tile_path(1, 0, 2),
    ],
)
def test_go_rejects_a_log_with_one_flipped_byte_or_length(path: str, check: Check, log: Path, tmp_path: Path) -> None:
    data = (log / path).read_bytes()
    assert check(altered(log, tmp_path, **{path: data})) is None
    for at in (0, len(data) // 2, len(data) - 1):
        wrong = data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]
        assert check(altered(log, tmp_path, **{path: wrong})), at
    for wrong in (data[:-1], data + b"\0", b""):
        assert check(altered(log, tmp_path, **{path: wrong})), len(wrong)
    (tmp_path / "altered" / path).unlink()
    assert check(tmp_path / "altered")


def test_go_rejects_every_flipped_bit(check: Check, log: Path, tmp_path: Path) -> None:
    """But for the two bits of base64 that x/mod does not read, at the end of a signature."""
    files, chance = published(log), random.Random(20250223)
    folder = altered(log, tmp_path)
    passed = []
    for number in range(FLIPS):
        path = CHECKPOINT if number % 2 else chance.choice(sorted(files))
        data = files[path]
        at, bit = chance.randrange(len(data)), 1 << chance.randrange(8)
        if path == CHECKPOINT and data[at + 1 :] == b"=\n":
            continue
        (folder / path).write_bytes(data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :])
        if check(folder) is None:
            passed.append((path, at, bit))
        (folder / path).write_bytes(data)
    assert passed == []


def test_go_rejects_another_key_another_name_and_another_tree(check: Check, log: Path, tmp_path: Path) -> None:
    for other in (signer("else"), signer("log", "else.example"), signer("else", "else.example")):
        assert check(log, str(other.key)), other.key
    text = (log / CHECKPOINT).read_text(encoding="utf-8").partition("\n\n")[0] + "\n"
    for head in (text.replace("520", "519"), text.replace("log.example", "else.example"), text.replace("520", "0")):
        assert check(altered(log, tmp_path, **{CHECKPOINT: signer().sign(head).encode()})), head
    assert check(altered(log, tmp_path, **{CHECKPOINT: signer("else").sign(text).encode()}))
    with writer(tmp_path / "forged") as forged:
        forged.append([*entries(519), b"forged"])
    files = published(tmp_path / "forged" / "log")
    assert check(tmp_path / "forged" / "log") is None
    assert check(altered(log, tmp_path, **(files | {CHECKPOINT: (log / CHECKPOINT).read_bytes()})))


def test_go_rejects_a_log_that_does_not_extend_an_older_one(check: Check, log: Path, tmp_path: Path) -> None:
    with writer(tmp_path) as forked:
        forked.append([*entries(299), b"another"])
    older = tmp_path / "log" / CHECKPOINT
    assert check(tmp_path / "log", VKEY, older) is None
    assert check(log, VKEY, older)
    longer = written(tmp_path / "longer", [521]) / CHECKPOINT
    assert check(log, VKEY, longer), "a checkpoint of a larger tree"
