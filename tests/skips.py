"""In CI a skip counts as a failure unless its reason stands in `skip_allow_list.txt`.

A suite that quietly skips its heart is worse than a red one. `.ci/run` sets CI=true, which asks for this; on
a developer's machine a skip is only reported. Registered from `conftest.py`.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ALLOWED = Path(__file__).with_name("skip_allow_list.txt")


def allowed_reasons(text: str) -> tuple[str, ...]:
    """The reasons of the list: one per line, `#` opens a comment."""
    lines = (line.strip() for line in text.splitlines())
    return tuple(line for line in lines if line and not line.startswith("#"))


def unexpected(reasons: dict[str, str], allowed: tuple[str, ...]) -> list[str]:
    """Skipped tests, `test: reason`, whose reason begins like none on the list."""
    return [f"{test}: {reason}" for test, reason in sorted(reasons.items()) if not reason.startswith(allowed)]


class Skips:
    """Gathers the reasons of one run."""

    def __init__(self) -> None:
        self.reasons: dict[str, str] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a skipped test."""
        if report.skipped and isinstance(report.longrepr, tuple) and not hasattr(report, "wasxfail"):
            self.reasons[report.nodeid] = str(report.longrepr[2]).removeprefix("Skipped: ")

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note a module that was skipped as a whole."""
        if report.skipped and isinstance(report.longrepr, tuple):
            self.reasons[report.nodeid] = str(report.longrepr[2]).removeprefix("Skipped: ")

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail a CI run that skipped for a reason nobody agreed to."""
        found = unexpected(self.reasons, allowed_reasons(ALLOWED.read_text(encoding="utf-8")))
        if found and os.environ.get("CI") == "true":
            reporter = session.config.pluginmanager.get_plugin("terminalreporter")
            if reporter is not None:
                reporter.write_line("")
                reporter.write_line(f"skipped for a reason that {ALLOWED.name} does not allow:", red=True)
                for line in found:
                    reporter.write_line(f"  {line}")
            if session.exitstatus == pytest.ExitCode.OK:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_configure(config: pytest.Config) -> None:
    """Watch this run."""
    config.pluginmanager.register(Skips(), "isegoria-skips")
