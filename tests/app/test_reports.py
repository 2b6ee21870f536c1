"""What readers report: kept masked and durable, bounded, tied to its answer, and gone with it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.api.page_shell import FRONTEND
from app.errors import UnknownReport
from app.main import open_recorder
from app.record import MemoryRecorder, Recorder
from app.reported import forget_report, print_reports
from app.settings import Settings
from app.storage.engine import open_engine
from app.storage.keys import Keyring
from domain.report import Report, ReportKind
from tests.exchanges import new_exchange
from tests.served import RENT, served, settings_for

PAGE = "/e/demo/report"


@pytest.fixture(scope="module")
def records() -> MemoryRecorder:
    """Where the service of this module keeps what it is told."""
    return MemoryRecorder()


@pytest.fixture(scope="module")
def client(demo_data: Path, records: MemoryRecorder) -> Iterator[TestClient]:
    """The whole service over the demo election."""
    with served(settings_for(demo_data), records) as client:
        yield client


def report(number: int, record: str | None = None, text: str = "Page 3 says otherwise.") -> Report:
    """A report as it is kept."""
    at = f"2031-05-04T12:00:{number:02d}Z"
    return Report(id=f"{number:032x}", at=at, election="demo", record=record, kind=ReportKind.ERROR, text=text)


def test_a_report_on_an_answer_is_kept_without_what_tells_who_sent_it(
    client: TestClient, records: MemoryRecorder
) -> None:
    record = client.post("/v1/answers", json=RENT).json()["record"]
    answer = client.get(f"/e/demo/a/{record}?lang=en").text
    assert f'href="/e/demo/report?record={record}&amp;lang=en"' in answer
    form = client.get(f"{PAGE}?record={record}").text
    assert f'value="{record}"' in form
    told = "The page is wrong. Write to me: anna.muster@example.org, +49 170 1234567."
    sent = client.post(f"{PAGE}?lang=en", data={"kind": "bias", "text": told, "record": record})
    assert (sent.status_code, sent.headers["location"]) == (303, f"{PAGE}?sent=1&lang=en")
    assert "stored" in client.get(sent.headers["location"]).text
    kept = records.reports[-1]
    assert (kept.election, kept.record, kept.kind) == ("demo", record, ReportKind.BIAS)
    assert "The page is wrong." in kept.text
    assert "anna.muster" not in kept.text and "1234567" not in kept.text


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"text": "  "}, "First write what you noticed."),
        ({}, "First write what you noticed."),
        ({"text": "x" * 2001}, "too long"),
        ({"text": "a\x00b"}, "cannot be read"),
        ({"text": "wrong", "record": "0" * 32}, "no answer with this number"),
        ({"text": "wrong", "record": "<script>"}, "no answer with this number"),
    ],
)
def test_what_cannot_be_kept_is_explained_and_what_was_written_stays(
    client: TestClient, records: MemoryRecorder, fields: dict[str, str], says: str
) -> None:
    before = len(records.reports)
    reply = client.post(f"{PAGE}?lang=en", data=fields)
    assert reply.status_code == 422
    assert says in reply.text
    assert "<script>" not in reply.text.replace('<script type="module"', "")
    if fields.get("text") == "wrong":
        assert ">wrong</textarea>" in reply.text
    assert len(records.reports) == before


def test_reports_are_bounded_as_questions_are(demo_data: Path) -> None:
    with served(settings_for(demo_data, requests_per_minute=2)) as client:
        codes = [client.post(PAGE, data={"text": "wrong"}).status_code for _ in range(4)]
    assert codes[:2] == [303, 303]
    assert set(codes[2:]) == {429}


def test_reports_last_and_go_with_their_record_or_one_by_one(tmp_path: Path, database_url: str) -> None:
    exchange = new_exchange(1)

    async def run() -> None:
        async with Recorder(open_engine(database_url), Keyring(tmp_path / "keys")) as recorder:
            await recorder.append(exchange)
            for one in (report(1, exchange.record), report(2), report(3, exchange.record)):
                await recorder.report(one)
        async with Recorder(open_engine(database_url), Keyring(tmp_path / "keys")) as recorder:
            assert await recorder.reports() == (report(1, exchange.record), report(2), report(3, exchange.record))
            assert await recorder.erase([exchange.record], "request", "2031-06-01T08") == 1
            assert await recorder.reports() == (report(2),)
            assert await recorder.forget_report(report(2).id)
            assert not await recorder.forget_report(report(2).id)
            assert await recorder.reports() == ()

    asyncio.run(run())


def test_the_operator_reads_and_forgets_them(tmp_path: Path) -> None:
    settings, said = Settings(data=tmp_path), []

    async def run() -> None:
        async with open_recorder(settings) as recorder:
            await recorder.report(report(7, text="canary-in-a-report"))
        await print_reports(settings, said.append)
        await forget_report(settings, report(7).id, said.append)
        with pytest.raises(UnknownReport):
            await forget_report(settings, report(7).id, said.append)

    asyncio.run(run())
    assert json.loads(said[0])["text"] == "canary-in-a-report"
    assert said[1:] == ["report forgotten"]
    assert [p.name for p in tmp_path.rglob("*") if p.is_file() and b"canary-in-a-report" in p.read_bytes()] == []


def test_every_word_of_the_form_is_there_in_every_language() -> None:
    template = (FRONTEND / "templates" / "report.html").read_text(encoding="utf-8")
    words = json.loads((FRONTEND / "messages" / "en.json").read_text(encoding="utf-8"))
    for kind in ReportKind:
        assert f"report.kind.{kind.value}" in words
    for error in ("empty", "too_long", "record"):
        assert f"report.error.{error}" in words
    assert "t('report.title')" in template
