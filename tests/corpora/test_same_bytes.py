"""The same documents built elsewhere, by a process that hashes differently, give the same bytes.

Three real documents by default, the whole election with ISEGORIA_SOAK=1.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from app.places import current_build
from tests.corpora.conftest import CORPORA
from tests.small_pack import ELECTIONS, ROOT

pytestmark = pytest.mark.slow

SOAK = os.environ.get("ISEGORIA_SOAK") == "1"
FEW = {"fdp-programme", "buendnis-deutschland-programme", "bwahlg"}


def few(folder: Path) -> Path:
    """The real pack with three documents and without cards."""
    pack = folder / "bundestag-2025"
    pack.mkdir(parents=True)
    real = ELECTIONS / "bundestag-2025"
    for name in ("election.yaml", "parties.yaml"):
        (pack / name).write_bytes((real / name).read_bytes())
    listed = yaml.safe_load((real / "sources.yaml").read_text(encoding="utf-8"))["documents"]
    rows = [row for row in listed if row["id"] in FEW]
    assert len(rows) == len(FEW)
    (pack / "sources.yaml").write_text(yaml.safe_dump({"documents": rows}, allow_unicode=True), encoding="utf-8")
    return pack


def built(pack: Path, data: Path, seed: str) -> Path:
    """The build of a process of its own, with its own hash seed, time zone and locale."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("ISEGORIA_")} | {
        "ISEGORIA_DATA": str(data), "ISEGORIA_ELECTIONS": str(ELECTIONS), "PYTHONHASHSEED": seed,
        "TZ": f"Etc/GMT+{seed}", "LC_ALL": "C.UTF-8" if seed == "1" else "C",
    }  # fmt: skip
    command = [sys.executable, "-m", "app", "build", str(pack), "--mirror", str(CORPORA)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    return current_build(data, "bundestag-2025")


def test_lock_and_index_digest_are_byte_identical(tmp_path: Path) -> None:
    packs = [ELECTIONS / "bundestag-2025"] * 2 if SOAK else [few(tmp_path / "one"), few(tmp_path / "two")]
    one = built(packs[0], tmp_path / "here" / "data", "1")
    two = built(packs[1], tmp_path / "somewhere" / "else" / "var", "9")
    for name in ("corpus.lock", "index.digest", "passages.jsonl", "report.json"):
        assert (one / name).read_bytes() == (two / name).read_bytes(), name
    for array in sorted((one / "index" / "arrays").iterdir()):
        assert array.read_bytes() == (two / "index" / "arrays" / array.name).read_bytes(), array.name
    assert str(tmp_path).encode() not in (one / "corpus.lock").read_bytes()
