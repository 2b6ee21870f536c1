"""`isegoria reports`: what readers have reported, for those who review it."""

from __future__ import annotations

import json
from collections.abc import Callable

from app.errors import UnknownReport
from app.main import existing_recorder
from app.settings import Settings


async def print_reports(settings: Settings, say: Callable[[str], None]) -> None:
    """One JSON object a line, oldest first. Raises RecordError."""
    async with existing_recorder(settings) as recorder:
        for report in await recorder.reports():
            say(json.dumps(report.model_dump(mode="json"), ensure_ascii=False))


async def forget_report(settings: Settings, id: str, say: Callable[[str], None]) -> None:
    """Forget one. Raises UnknownReport or RecordError."""
    async with existing_recorder(settings) as recorder:
        if not await recorder.forget_report(id):
            raise UnknownReport("no report has this id")
    say("report forgotten")
