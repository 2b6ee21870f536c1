"""A run in CI that skips for a reason nobody agreed to fails, and says which test and why."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.skips import ALLOWED, allowed_reasons, unexpected

ROOT = Path(__file__).resolve().parent.parent
SKIPPING = """
import pytest
def test_passes(): pass
@pytest.mark.skip(reason="{reason}")
def test_skips(): pass
"""


def run(folder: Path, reason: str, ci: bool) -> subprocess.CompletedProcess[str]:
    """A run of its own over one test file that skips."""
    (folder / "test_it.py").write_text(SKIPPING.format(reason=reason))
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "CI": "true" if ci else ""}
    command = [sys.executable, "-m", "pytest", "-p", "tests.skips", "-q", "--rootdir", str(folder), str(folder)]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_a_reason_on_the_list_passes_and_another_fails_only_in_ci(tmp_path: Path) -> None:
    allowed = allowed_reasons(ALLOWED.read_text(encoding="utf-8"))[0]
    assert run(tmp_path, allowed + " today", ci=True).returncode == 0
    assert run(tmp_path, "I did not feel like it", ci=False).returncode == 0
    done = run(tmp_path, "I did not feel like it", ci=True)
    assert done.returncode == 1
    assert "test_it.py::test_skips: I did not feel like it" in done.stdout


def test_nothing_that_can_be_installed_may_be_skipped_in_ci() -> None:
    listed = allowed_reasons(ALLOWED.read_text(encoding="utf-8"))
    texts = [p.read_text(encoding="utf-8") for p in (ROOT / "tests").rglob("*.py") if p != Path(__file__)]
    lines = [line for text in texts for line in text.splitlines() if "skip" in line or "reason=" in line]
    reasons = [r for line in lines for r in re.findall(r'"([^"]*(?:NOT tried|not installed|not built)[^"]*)"', line)]
    assert reasons, "there are such tests"
    assert [r for r in reasons if r.startswith(listed)] == []


@pytest.mark.parametrize(("fails", "expected"), [("", ["check", "test"]), ("check", ["check"])])
def test_what_ci_runs_checks_first_then_tests_with_skips_as_failures(
    tmp_path: Path, fails: str, expected: list[str]
) -> None:
    """`.ci/run` as it is, with a `make` that only writes down how it was called."""
    make = tmp_path / "make"
    make.write_text(f'#!/bin/sh\necho "$1 $CI" >> {tmp_path}/calls\n[ "$1" != "{fails}" ]\n')
    make.chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "CI": ""}
    done = subprocess.run([ROOT / ".ci" / "run"], env=environment, capture_output=True, timeout=60, check=False)
    assert (tmp_path / "calls").read_text().splitlines() == [f"{target} true" for target in expected]
    assert (done.returncode == 0) is (not fails)


@pytest.mark.parametrize(("reason", "found"), [("a b", []), ("a", ["t: a"]), ("", ["t: "]), ("xa b", ["t: xa b"])])
def test_a_reason_must_begin_with_a_line_of_the_list(reason: str, found: list[str]) -> None:
    assert unexpected({"t": reason}, allowed_reasons("# comment\n\na b\n")) == found
    assert unexpected({"t": reason}, ()) == [f"t: {reason}"]
