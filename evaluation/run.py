"""The suites of `isegoria evaluate`; each prints its figures and says whether its regression gate holds."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from app.answering.desk_view import Room
from app.answering.phrases import read_phrases
from app.desk import Desk
from app.errors import IsegoriaError, UnknownElection
from app.main import open_desk
from app.record import MemoryRecorder
from app.settings import Settings
from evaluation import answers, retrieval, suggested
from evaluation.guard import measure as guardrail
from evaluation.guard.report import report
from evaluation.masking import measure as masking
from guardrails.policy import load_policy

SUITES = ("guardrail", "masking", "retrieval", "suggested", "answers")
REPORTED = ("guardrail", "answers")


def corpora() -> Path:
    """The folder of public corpora that some suites read."""
    return Path(os.environ.get("ISEGORIA_CORPORA", "../shared/corpora"))


def run_suites(settings: Settings, suite: str | None, say: Callable[[str], None], folder: Path | None = None) -> bool:
    """Run one suite or all over the built bundestag pack (guard and masking need none). True when every gate holds.

    With a `folder` the figures are written into it too; the suites `guardrail` and `answers` know how.
    """
    if folder is not None and suite not in REPORTED:
        raise IsegoriaError("--report is for the suites guardrail and answers: evaluate guardrail --report FOLDER")
    if suite is not None and suite not in SUITES:
        raise UnknownElection(f"no suite {suite!r}; there are {', '.join(SUITES)}")
    passed = True
    if suite in (None, "guardrail"):
        policy = load_policy(settings.elections / "common")
        if folder is not None:
            return report(policy, settings.elections, corpora(), folder, say)
        passed &= guardrail.measure(policy, settings.elections, say)
    if suite in (None, "masking"):
        passed &= masking.measure(say)
    if suite in ("guardrail", "masking"):
        return passed
    alone = settings.model_copy(update={"llm_base_url": None, "llm_model": None})
    desk = open_desk(alone, MemoryRecorder(), ("bundestag-2025",))
    try:
        if suite in (None, "retrieval"):
            passed &= retrieval.measure(_room(desk, settings), say)
        if suite in (None, "suggested"):
            path = corpora() / "btw2025/questions/suggested-questions.json"
            if not path.is_file():
                raise IsegoriaError(f"{path} is missing: the suite `suggested` reads the public corpora")
            passed &= asyncio.run(suggested.measure(desk, path, say))
        if suite in (None, "answers"):
            passed &= asyncio.run(answers.measure(desk, say, folder))
    finally:
        desk.election("bundestag-2025").close()
    return passed


def _room(desk: Desk, settings: Settings) -> Room:
    phrases = read_phrases(settings.elections / "common" / "understand")
    return Room(desk.election("bundestag-2025"), settings, phrases, lambda _step, _error: None, "")
