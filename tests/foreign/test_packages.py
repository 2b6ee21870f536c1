"""Programs of others, each installed alone: our receipts and logs pass as they are, and altered ones do not.

Nothing of them is imported here; every call is a process of its own, in an environment of its own.
"""

from __future__ import annotations

import base64
import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from audit.checkpoints import read_head
from audit.merkle import inclusion_path
from audit.notes import COSIGNATURE, read_note
from audit.policy import Policy
from audit.proofs import FIRST, Proof, check_proof, read_proof
from audit.tiles import CHECKPOINT, ENTRIES, Tree, tile_path
from audit.verify import from_folder
from tests.audit.logs import ORIGIN, entries, entry, policy, published, signer, writer, written
from tests.audit.test_notes import cosigned

AICS, PROOFBUNDLE, PYMERKLE = "aics-tlog==0.2.1", "proofbundle==6.3.1", "pymerkle==7.0.0"
SIZE = 520
INDEXES = (0, 1, 255, 256, 511, 512, 519)
FLIPS = 20_000 if os.environ.get("ISEGORIA_SOAK") else 400
VKEY = str(signer().key)
WITNESS = "w1.example"
UV = str(Path(sys.executable).with_name("uv"))
Install = Callable[[str, str], Path]
"""Given a requirement and a Python: the folder of the environment's programs."""

AICS_SCRIPT = """
import json, sys
from aics_tlog import parse_vkey, verify_bundle
for call in map(json.loads, sys.stdin):
    print(verify_bundle(call["bundle"], parse_vkey(call["vkey"]), expected_origin=call["origin"]).ok)
"""
AUDIT_SCRIPT = """
import sys
from aics_tlog import FileSystemTileReader, audit_tiles, parse_checkpoint, parse_note, parse_vkey, verify_checkpoint
folder, vkey, origin = sys.argv[1:]
note = parse_note(open(f"{folder}/checkpoint", "rb").read())
result = verify_checkpoint(note, parse_vkey(vkey), expected_origin=origin)
assert result.ok, result.error
audit_tiles(FileSystemTileReader(folder), result.size, result.root)
"""
PROOFBUNDLE_SCRIPT = """
import json, sys
from proofbundle.tlogproof import verify_tlog_proof
for call in map(json.loads, sys.stdin):
    entry = bytes.fromhex(call["entry"])
    print(verify_tlog_proof(call["receipt"], entry, call["vkey"], expected_origin=call["origin"])["ok"])
"""
PYMERKLE_SCRIPT = """
import json, sys
from pymerkle import InmemoryTree
tree = InmemoryTree(algorithm="sha256")
tree.append_entries(map(bytes.fromhex, json.load(sys.stdin)))
print(json.dumps([tree.get_root(size).hex() for size in range(tree.get_size() + 1)]))
"""


@dataclass(frozen=True)
class Call:
    """What a verifier is asked: whether this receipt proves this entry under this key and origin."""

    receipt: str
    entry: bytes
    vkey: str = VKEY
    origin: str = ORIGIN


def newer_python() -> str | None:
    """A Python of at least 3.12 on this machine, which no search may download."""
    look = "import sys; print(sys.executable if sys.version_info >= (3, 12) else '')"
    for version in ("3.12", "3.13", "3.14"):
        env = os.environ | {"PYENV_VERSION": version}  # the shims of pyenv answer only to a version
        for call in ([f"python{version}", "-c", look], [UV, "python", "find", "--no-python-downloads", version]):
            try:
                done = subprocess.run(call, env=env, check=True, capture_output=True, text=True, timeout=30)
            except (OSError, subprocess.SubprocessError):
                continue
            if done.stdout.strip():
                return done.stdout.strip()
    return None


@pytest.fixture(scope="session")
def install(tmp_path_factory: pytest.TempPathFactory) -> Install:
    """Makes an environment that holds one package and nothing of ours."""

    def make(requirement: str, python: str) -> Path:
        folder = tmp_path_factory.mktemp("env") / "env"
        try:
            for call in (
                [UV, "venv", "-q", "--no-python-downloads", "--python", python, str(folder)],
                [UV, "pip", "install", "-q", "--python", str(folder / "bin" / "python"), requirement],
            ):
                subprocess.run(call, check=True, capture_output=True, text=True, timeout=120)
        except (OSError, subprocess.SubprocessError) as error:
            print(getattr(error, "stderr", error))
            pytest.skip(f"a foreign package cannot be installed: {requirement}")
        return folder / "bin"

    return make


@pytest.fixture(scope="module")
def proofbundle(install: Install) -> Path:
    return install(PROOFBUNDLE, sys.executable)


@pytest.fixture(scope="module")
def aics(install: Install) -> Path:
    python = newer_python()
    if python is None:
        pytest.skip("aics-tlog needs Python 3.12, and there is none")
    return install(AICS, python)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("log"), [SIZE])


def receipt(log: Path, index: int, checkpoint: bytes | None = None, extra: bytes | None = None) -> str:
    """Our receipt of one entry."""
    note = checkpoint or (log / CHECKPOINT).read_bytes()
    size = read_head(read_note(note, "note").text, "note").size
    path = inclusion_path(index, size, Tree(from_folder(log), size).node)
    return Proof(index, tuple(path), note, extra).text()


def ran(*call: str | Path) -> bool:
    """Whether the program accepts; a program that breaks has decided nothing."""
    done = subprocess.run(call, check=False, capture_output=True, text=True, timeout=60)
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode in (0, 1), f"{done.stdout}{done.stderr}"
    return done.returncode == 0


def asked(programs: Path, script: str, lines: Sequence[str]) -> list[bool]:
    """The script's answers, one for each line."""
    call = [str(programs / "python"), "-c", script]
    done = subprocess.run(call, input="\n".join(lines), check=True, capture_output=True, text=True, timeout=300)
    answers = [line == "True" for line in done.stdout.splitlines()]
    assert len(answers) == len(lines)
    return answers


def bundle(call: Call) -> dict[str, object]:
    """The receipt in the form that aics-tlog reads: the same parts in JSON, taken from the text as they stand."""
    above, _, note = call.receipt.partition("\n\n")
    first, index, *path = above.split("\n")
    if first != FIRST:
        raise ValueError(first)
    return {
        "entry_bytes": unpadded(call.entry),
        "index": int(index.removeprefix("index ")),
        "inclusion_proof": path,
        "checkpoint_note": unpadded(note.encode()),
        "envelope": None,
        "body_or_ct": None,
    }


def unpadded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def wrong_calls(log: Path) -> Iterator[Call]:
    """Questions to which the answer is no."""
    good = Call(receipt(log, 300), entry(300))
    lines = good.receipt.split("\n")
    yield replace(good, entry=entry(301))
    yield replace(good, entry=good.entry + b"\0")
    yield replace(good, vkey=str(signer("else").key))
    yield replace(good, vkey=str(signer("log", "else.example").key))
    yield replace(good, origin="else.example")
    yield replace(good, receipt=good.receipt.replace("index 300", "index 301"))
    yield replace(good, receipt=good.receipt.replace("index 300", "index 44"))
    yield replace(good, receipt=good.receipt.replace(f"\n{SIZE}\n", f"\n{SIZE - 1}\n"))
    yield replace(good, receipt=good.receipt.replace(f"\n{ORIGIN}\n", "\nelse.example\n"))
    yield replace(good, receipt="\n".join([*lines[:2], lines[3], lines[2], *lines[4:]]))
    yield replace(good, receipt="\n".join([*lines[:2], *lines[3:]]))
    yield replace(good, receipt="\n".join([*lines[:3], *lines[2:]]))
    text = read_note(read_proof(good.receipt.encode()).checkpoint, "checkpoint").text
    yield replace(good, receipt=receipt(log, 300, signer("else").sign(text).encode()))
    yield replace(good, receipt=good.receipt.partition("\n\u2014 ")[0] + "\n")


def flipped_calls(log: Path) -> Iterator[Call]:
    """Receipts with one bit flipped, as far as they are still text.

    Spared is the last character of a signature, two bits of which not every reader of base64 looks at.
    """
    chance = random.Random(20250223)
    receipts = {index: receipt(log, index).encode() for index in INDEXES}
    for number in range(FLIPS):
        index, data = INDEXES[number % len(INDEXES)], receipts[INDEXES[number % len(INDEXES)]]
        at, bit = chance.randrange(len(data)), 1 << chance.randrange(7)
        if data[at + 1 :] == b"=\n":
            continue
        try:
            spoiled = (data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :]).decode()
        except UnicodeDecodeError:
            continue
        yield Call(spoiled, entry(index))


def test_proofbundle_accepts_our_receipts(proofbundle: Path, log: Path, tmp_path: Path) -> None:
    proof, payload = tmp_path / "r.tlog-proof", tmp_path / "entry"
    for index, extra in ((0, None), (300, b"more"), (519, None)):
        proof.write_text(receipt(log, index, extra=extra), encoding="utf-8")
        payload.write_bytes(entry(index))
        call = (proofbundle / "proofbundle", "verify-proof", proof, "--payload-file", payload, "--log-vkey", VKEY)
        assert ran(*call, "--expected-origin", ORIGIN), index
    assert not ran(*call, "--expected-origin", "else.example")
    assert not ran(*call, "--expected-origin", ORIGIN, "--threshold", "1"), "no witness has signed"
    payload.write_bytes(entry(1))
    assert not ran(*call, "--expected-origin", ORIGIN)


def test_proofbundle_rejects_altered_receipts(proofbundle: Path, log: Path) -> None:
    def passed(calls: Sequence[Call]) -> list[Call]:
        questions = [json.dumps(vars(call) | {"entry": call.entry.hex()}) for call in calls]
        verdicts = asked(proofbundle, PROOFBUNDLE_SCRIPT, questions)
        return [call for call, verdict in zip(calls, verdicts, strict=True) if verdict]

    good = [Call(receipt(log, index), entry(index)) for index in range(SIZE)]
    assert passed(good) == good
    assert passed([*wrong_calls(log), *flipped_calls(log)]) == []


def test_proofbundle_counts_a_witness_as_we_do(proofbundle: Path, log: Path, tmp_path: Path) -> None:
    note, key = cosigned((log / CHECKPOINT).read_bytes(), WITNESS)
    proof, payload = tmp_path / "r.tlog-proof", tmp_path / "entry"
    proof.write_text(receipt(log, 7, note), encoding="utf-8")
    payload.write_bytes(entry(7))
    call = (proofbundle / "proofbundle", "verify-proof", proof, "--payload-file", payload, "--log-vkey", VKEY)
    trusted = Policy(policy().logs, {"W": key}, quorum="W")
    assert check_proof(read_proof(proof.read_bytes()), entry(7), trusted).size == SIZE
    assert ran(*call, "--witness-vkey", str(key), "--threshold", "1")
    other = replace(signer("else", WITNESS).key, kind=COSIGNATURE)
    assert not ran(*call, "--witness-vkey", str(other), "--threshold", "1")


def test_aics_accepts_our_receipts_and_rejects_altered_ones(aics: Path, log: Path) -> None:
    def passed(calls: Iterable[Call]) -> list[Call]:
        questions: list[tuple[Call, str]] = []
        for call in calls:
            with suppress(ValueError):  # of what is not even a receipt aics-tlog cannot be asked
                question = {"bundle": bundle(call), "vkey": call.vkey, "origin": call.origin}
                questions.append((call, json.dumps(question)))
        verdicts = asked(aics, AICS_SCRIPT, [question for _, question in questions])
        return [call for (call, _), verdict in zip(questions, verdicts, strict=True) if verdict]

    good = [Call(receipt(log, index), entry(index)) for index in range(SIZE)]
    assert passed(good) == good
    assert passed([*wrong_calls(log), *flipped_calls(log)]) == []


def test_aics_accepts_our_logs(aics: Path, log: Path, tmp_path: Path) -> None:
    older, leaf = tmp_path / "older", tmp_path / "leaf"
    older.write_bytes(written(tmp_path, [300]).joinpath(CHECKPOINT).read_bytes())
    leaf.write_bytes(entry(300))
    trust = ("--tiles", log, "--log-key", VKEY, "--origin", ORIGIN)
    program = aics / "aics-tlog"
    assert ran(program, "verify-checkpoint", *trust)
    assert ran(program, "verify-consistency", "--old-checkpoint", older, *trust)
    assert ran(program, "verify-inclusion", "--index", "300", "--leaf", leaf, *trust)
    assert not ran(program, "verify-inclusion", "--index", "301", "--leaf", leaf, *trust)
    assert not ran(program, "verify-checkpoint", "--tiles", log, "--log-key", str(signer("else").key))
    assert not ran(program, "verify-checkpoint", "--tiles", log, "--log-key", VKEY, "--origin", "else.example")
    with writer(tmp_path / "forked") as forked:
        forked.append([*entries(299), b"another"])
        older.write_bytes(forked.note)
    assert not ran(program, "verify-consistency", "--old-checkpoint", older, *trust)


def test_aics_counts_a_witness_as_we_do(aics: Path, log: Path, tmp_path: Path) -> None:
    note, key = cosigned((log / CHECKPOINT).read_bytes(), WITNESS)
    path = tmp_path / CHECKPOINT
    path.write_bytes(note)
    call = (aics / "aics-tlog", "verify-checkpoint", "--note", path, "--log-key", VKEY, "--origin", ORIGIN)
    assert ran(*call, "--witness-key", str(key), "--quorum", "1")
    other = replace(signer("else", WITNESS).key, kind=COSIGNATURE)
    assert not ran(*call, "--witness-key", str(other), "--quorum", "1")


@pytest.mark.parametrize("size", [1, 255, 256, 257, 512])
def test_aics_audits_every_tile_and_bundle(size: int, aics: Path, tmp_path: Path) -> None:
    assert audited(aics, written(tmp_path, [size // 2, size - size // 2]))


def test_aics_finds_every_altered_file(aics: Path, log: Path, tmp_path: Path) -> None:
    folder = tmp_path / "altered"
    shutil.copytree(log, folder)
    assert audited(aics, folder)
    assert set(published(log)) >= {tile_path(0, 2, 8), tile_path(1, 0, 2), tile_path(ENTRIES, 2, 8)}
    for path, data in published(log).items():
        at = len(data) // 2
        (folder / path).write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        assert not audited(aics, folder), path
        (folder / path).write_bytes(data)


def audited(aics: Path, log: Path) -> bool:
    """Whether aics-tlog finds the whole log in order; what it finds otherwise must be a finding about the log."""
    call = [str(aics / "python"), "-c", AUDIT_SCRIPT, str(log), VKEY, ORIGIN]
    done = subprocess.run(call, check=False, capture_output=True, text=True, timeout=60)
    last = done.stderr.strip().rpartition("\n")[2]
    found = ("AssertionError", "ValueError", "aics_tlog.tiles.Tile")
    assert done.returncode == 0 or last.startswith(found), done.stderr
    return done.returncode == 0


def test_pymerkle_finds_the_same_roots_at_every_size(install: Install, log: Path) -> None:
    programs = install(PYMERKLE, sys.executable)
    done = subprocess.run(
        [str(programs / "python"), "-c", PYMERKLE_SCRIPT],
        input=json.dumps([one.hex() for one in entries(SIZE)]),
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    roots = [bytes.fromhex(root) for root in json.loads(done.stdout)]
    tree = Tree(from_folder(log), SIZE)
    assert roots == [tree.root(size) for size in range(SIZE + 1)]
    assert roots[SIZE] == read_head(read_note((log / CHECKPOINT).read_bytes(), "note").text, "note").root
