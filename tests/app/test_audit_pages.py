"""The auditor's page: small counts stay hidden, a story shows every step, and a list needs a token."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from pydantic import ValidationError
from sqlalchemy import text
from structlog.testing import capture_logs
from typer.testing import CliRunner

from app.api.page_plot import HEIGHT, WIDTH, bars
from app.cli import app as cli
from app.record import MemoryRecorder, Recorder
from app.settings import Settings
from app.storage.engine import open_engine
from app.storage.keys import Keyring
from app.storage.listing import Place, Wanted
from app.storage.vault import LOOKED_AT
from domain.answer import Answer, AnswerStatus, Citation, Claim
from domain.exchange import Exchange, Scope, Subject
from domain.tally import ALL, FEWEST, Tally, tallied, told
from domain.verdict import Action, Verdict
from tests.exchanges import new_exchange
from tests.served import RENT, served, settings_for

TOKEN = "a-token-of-the-tests"
AUDITORS = f"lena={hashlib.sha256(TOKEN.encode()).hexdigest()}"


def with_token(token: str) -> dict[str, str]:
    """The header that a browser sends for this password."""
    return {"Authorization": "Basic " + base64.b64encode(f"anybody:{token}".encode()).decode()}


@pytest.fixture(scope="module")
def client(demo_data: Path) -> Iterator[TestClient]:
    """The whole service over the demo election, with one auditor."""
    with served(settings_for(demo_data, auditors=AUDITORS), MemoryRecorder()) as client:
        yield client


@pytest.fixture(scope="module")
def record(client: TestClient) -> str:
    """A recorded answer; a refusal is recorded after it."""
    found: str = client.post("/v1/answers", json=RENT).json()["record"]
    client.post("/v1/answers", json={"election": "demo", "question": "Who should I vote for?", "language": "en"})
    return found


def answered(number: int, day: str = "2031-05-04", **parties: str) -> Exchange:
    """An exchange in which each party was quoted, near, silent or without a document."""
    made = new_exchange(number)
    citation = Citation(document="d" * 64, passage="e" * 64, quote="q", url="/e/toy")
    of = {o: tuple(p for p, found in parties.items() if found == o) for o in ("quoted", "near", "silent", "none")}
    claims = {o: tuple(Claim(kind="quotation", text="q", party=p, citations=(citation,)) for p in of[o]) for o in of}
    answer = Answer(
        election=made.question.election, status=AnswerStatus.ANSWERED, language="de", claims=claims["quoted"],
        near=claims["near"], scope=(*of["quoted"], *of["near"], *of["silent"]), no_document=of["none"],
    )  # fmt: skip
    scope = Scope(subject=Subject.PARTIES, parties=tuple(parties), named=False, resolved="q", matter="q")
    return made.with_(answer=answer, scope=scope, at=f"{day}T12:00:{number % 60:02d}Z")


def test_an_exchange_is_counted_once_and_once_for_each_party_that_was_asked() -> None:
    found = tallied(answered(1, a="quoted", b="near", c="silent", d="none"))
    assert [(t.party, t.outcome) for t in found] == [
        (ALL, "answered"), ("a", "quoted"), ("b", "near"), ("c", "silent"), ("d", "no_document"),
    ]  # fmt: skip
    refused = answered(2, a="quoted")
    assert refused.answer is not None
    status = refused.answer.model_copy(update={"status": AnswerStatus.REFUSED_VOTING_ADVICE})
    assert [(t.party, t.outcome) for t in tallied(refused.with_(answer=status))] == [(ALL, "refused_voting_advice")]
    assert tallied(refused.with_(answer=None)) == ()


def test_small_counts_are_not_told() -> None:
    day = [
        Tally(day="2031-05-04", election="toy", party=p, outcome="quoted", count=n) for p, n in (("a", 19), ("b", 20))
    ]
    whole = [Tally(day="2031-05-04", election="toy", party=ALL, outcome="answered", count=FEWEST)]
    few = [Tally(day="2031-05-05", election="toy", party=ALL, outcome="answered", count=1)]
    found = told([*day, *whole, *few, Tally(day="2031-05-04", election="x", party=ALL, outcome="o", count=99)], "toy")
    assert found.parties["a"]["quoted"] is None
    assert (found.parties["b"]["quoted"], found.parties["b"]["near"]) == (20, 0)
    assert found.days == (("2031-05-04", 20), ("2031-05-05", None))
    assert found.statuses == {"answered": 21}


def test_counts_are_kept_with_the_records_and_outlast_them(tmp_path: Path, database_url: str) -> None:
    async def run() -> None:
        async with Recorder(open_engine(database_url), Keyring(tmp_path / "keys")) as recorder:
            some = [answered(n, a="quoted", b="silent") for n in range(25)]
            await asyncio.gather(*(recorder.append(one) for one in some))
            await recorder.append(answered(30, day="2031-05-05", a="near"))
            counted = {(t.day, t.party, t.outcome): t.count for t in await recorder.tallies("2031-05-05")}
            day = "2031-05-04"
            assert counted == {(day, ALL, "answered"): 25, (day, "a", "quoted"): 25, (day, "b", "silent"): 25}
            await recorder.erase([some[0].record], "request", "2031-06-01T08")
            assert len(await recorder.tallies("2031-05-06")) == 5
            found, further = await recorder.listed(Wanted(party="a", since="2031-05-05"), None, 10)
            assert [e.record for e in found] == [answered(30).record]
            assert further is None

    asyncio.run(run())


def test_a_list_goes_on_where_it_ended_and_leaves_nothing_out(tmp_path: Path, database_url: str) -> None:
    verdict = Verdict(check="question", action=Action.REFUSE, category="prediction", language="de", policy="p" * 64)

    async def run() -> list[str]:
        async with Recorder(open_engine(database_url), Keyring(tmp_path / "keys")) as recorder:
            some = [answered(n, a="quoted") for n in range(LOOKED_AT + 40)]
            some = [e.with_(verdicts=(verdict,)) if n % 50 == 0 else e for n, e in enumerate(some)]
            for first in range(0, len(some), 100):
                await asyncio.gather(*(recorder.append(one) for one in some[first : first + 100]))
            found: list[Exchange] = []
            place: Place | None = None
            for _ in range(30):
                more, place = await recorder.listed(Wanted(category="prediction"), place, 4)
                found += more
                if place is None:
                    break
            assert place is None
            assert [e.at for e in found] == sorted((e.at for e in found), reverse=True)
            return sorted(e.record for e in found)

    assert asyncio.run(run()) == sorted(new_exchange(n).record for n in range(0, LOOKED_AT + 40, 50))


def test_answers_from_before_are_counted_by_status_when_the_tables_are_upgraded(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/records.db"

    async def run() -> None:
        async with Recorder(open_engine(url), Keyring(tmp_path / "keys")) as recorder:
            await recorder.append(answered(1, a="quoted"))
        engine = open_engine(url)
        with engine.begin() as connection:
            connection.execute(text("DROP TABLE tallies"))
            connection.execute(text("UPDATE alembic_version SET version_num = '0004'"))
        engine.dispose()
        async with Recorder(open_engine(url), Keyring(tmp_path / "keys")) as recorder:
            (found,) = await recorder.tallies("2032-01-01")
            assert (found.day, found.party, found.outcome, found.count) == ("2031-05-04", ALL, "answered", 1)

    asyncio.run(run())


def test_the_public_page_holds_no_word_of_what_was_asked(client: TestClient, record: str) -> None:
    page = client.get("/audit?lang=en")
    assert page.status_code == 200
    assert RENT["question"] not in page.text
    assert record not in page.text
    assert "Nothing counted yet." in page.text, "today is not over"


def test_a_story_shows_every_step_and_what_was_found_and_not_used(client: TestClient, record: str) -> None:
    looked_up = client.get(f"/audit/record?id={record}&lang=en")
    assert (looked_up.status_code, looked_up.headers["location"]) == (303, f"/e/demo/a/{record}/story?lang=en")
    story = client.get(looked_up.headers["location"])
    assert story.headers["cache-control"] == "private, no-store"
    assert story.headers["x-robots-tag"] == "noindex"
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", story.text))
    for said in (
        "Understood",
        "programmes of the parties",
        "Found and used",
        "quoted",
        "not quoted",
        "isegoria replay",
    ):
        assert said in words, said
    assert story.text.count("<tbody><tr>") == 1
    assert client.get(f"/e/demo/a/{record}?lang=en").text.count(f'/e/demo/a/{record}/story?lang=en"') == 1
    assert client.get("/audit/record?id=none").status_code == 404


def test_a_refusal_tells_which_words_decided(client: TestClient, record: str) -> None:
    answer = client.post("/v1/answers", json={"election": "demo", "question": "Who will win?", "language": "en"}).json()
    story = client.get(f"/e/demo/a/{answer['record']}/story?lang=en").text
    assert "<code>prediction</code>" in story
    assert "Nothing was searched." in story


def test_the_list_is_for_auditors_with_a_token_alone(client: TestClient, demo_data: Path, record: str) -> None:
    for headers in ({}, with_token("wrong"), with_token(""), {"Authorization": "Basic !"}, {"Authorization": TOKEN}):
        refused = client.get("/audit/exchanges", headers=headers)
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"].startswith("Basic ")
        assert RENT["question"] not in refused.text
    with capture_logs() as lines:
        listed = client.get("/audit/exchanges?lang=en", headers=with_token(TOKEN))
    noted = [line for line in lines if line["event"] == "exchanges listed"]
    assert [line["auditor"] for line in noted] == ["lena"] and "rents" not in str(noted), (
        "who listed, not what was asked"
    )
    assert listed.status_code == 200
    assert listed.headers["cache-control"] == "private, no-store"
    assert RENT["question"] in listed.text
    assert "Token of lena." in listed.text
    assert f"/e/demo/a/{record}/story" in listed.text
    with served(settings_for(demo_data), MemoryRecorder()) as closed:
        assert closed.get("/audit/exchanges", headers=with_token(TOKEN)).status_code == 404


def test_the_list_is_filtered(client: TestClient, record: str) -> None:
    def questions(query: str) -> str:
        return client.get(f"/audit/exchanges?lang=en&{query}", headers=with_token(TOKEN)).text

    refused = questions("category=voting_advice")
    assert "Who should I vote for?" in refused and RENT["question"] not in refused
    assert RENT["question"] in questions("status=answered") and "Who should" not in questions("status=answered")
    assert RENT["question"] not in questions("until=2001-01-01")
    assert "0 records on this page" in questions("party=nobody")
    assert RENT["question"] in questions("since=yesterday&election=<script>&after=x"), "unreadable counts as not given"


def test_a_token_is_made_and_fits_the_setting() -> None:
    done = CliRunner().invoke(cli, ["auditor", "lena"])
    assert done.exit_code == 0
    token, pair = (line.rpartition(": ")[2] for line in done.stdout.splitlines())
    assert Settings(auditors=pair).tokens() == {"lena": hashlib.sha256(token.encode()).hexdigest()}
    assert CliRunner().invoke(cli, ["auditor", "no name"]).exit_code != 0
    with pytest.raises(ValidationError, match="auditors"):
        Settings(auditors="lena=short")


def test_a_plot_is_drawn_from_zero_and_hides_what_is_not_told() -> None:
    high, half, none, hidden = bars([("a", 40), ("b", 20), ("c", 0), ("d", None)])
    assert (high.height, half.height, none.height) == (HEIGHT, HEIGHT / 2, 0)
    assert hidden.hidden and 0 < hidden.height < half.height
    assert hidden.x + hidden.width <= WIDTH
    assert bars([]) == ()
