"""Limits at the door: per network and minute, in flight, and what is kept of a client's address."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.api.limits import Allowance, TooManyQuestions, network
from app.desk import Desk
from tests.served import EVENTS, RENT, WatchedRecords, app_for, served, settings_for


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.77", "192.0.2.0/24"), ("192.0.2.1", "192.0.2.0/24"), ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("::ffff:192.0.2.9", "192.0.2.0/24"), ("fe80::1%eth0", "fe80::/48"), (None, "unknown"), ("socket", "unknown"),
    ],
)  # fmt: skip
def test_a_client_is_known_by_its_network_alone(address: str | None, expected: str) -> None:
    assert network(address) == expected


def test_nothing_that_is_kept_tells_the_address_and_the_next_day_forgets() -> None:
    day = ["2031-05-04"]

    async def play() -> None:
        allowance = Allowance(2, lambda: day[0])
        for _ in range(2):
            await allowance.take("192.0.2.7")
        with pytest.raises(TooManyQuestions) as caught:
            await allowance.take("192.0.2.200")
        assert 1 <= caught.value.seconds <= 120
        await allowance.take("198.51.100.1")
        kept = str(vars(allowance)) + str(vars(allowance._limiter.storage))
        assert "192.0.2" not in kept and "198.51" not in kept
        day[0] = "2031-05-05"
        await allowance.take("192.0.2.7")

    asyncio.run(play())


def test_zero_is_no_limit() -> None:
    async def play() -> None:
        allowance = Allowance(0)
        for _ in range(500):
            await allowance.take("192.0.2.7")

    asyncio.run(play())


def test_too_many_questions_are_turned_away_on_page_and_interface_alike(demo_data: Path) -> None:
    app = app_for(settings_for(demo_data, requests_per_minute=3), WatchedRecords())
    with TestClient(app, client=("192.0.2.1", 1), follow_redirects=False) as client:
        for _ in range(2):
            assert client.post("/v1/answers", json=RENT).status_code == 200
        assert client.post("/e/demo/ask", data={"question": "rent"}).status_code == 303
        for headers in ({}, EVENTS):
            reply = client.post("/v1/answers", json=RENT, headers=headers)
            assert (reply.status_code, reply.json()["code"]) == (429, "too_many_questions")
            assert 1 <= int(reply.headers["retry-after"]) <= 120
            assert reply.headers["x-content-type-options"] == "nosniff"
        page = client.post("/e/demo/ask", data={"question": "rent"})
        assert page.status_code == 429
        assert page.headers["content-type"].startswith("text/html")
        assert int(page.headers["retry-after"]) >= 1
        assert client.get("/v1/elections").status_code == 200, "reading is not limited"
        assert 'isegoria_turned_away_total{reason="rate"} 3.0' in client.get("/metrics").text


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.01)


def test_no_more_questions_at_once_than_the_settings_allow(demo_data: Path) -> None:
    records = WatchedRecords()

    def shut(_: Desk) -> None:
        records.gate = asyncio.Event()

    with served(settings_for(demo_data, in_flight=2), records, shut) as client:
        replies: list[Any] = []

        def open_gate() -> None:
            assert records.gate is not None and client.portal is not None
            client.portal.call(records.gate.set)

        watchdog = threading.Timer(15, open_gate)  # a question that is let in must not hang the test
        watchdog.start()
        asking = [
            threading.Thread(target=lambda: replies.append(client.post("/v1/answers", json=RENT))) for _ in range(2)
        ]
        for one in asking:
            one.start()
        _until(lambda: "isegoria_in_flight 2.0" in client.get("/metrics").text)
        for headers in ({}, EVENTS):
            reply = client.post("/v1/answers", json=RENT, headers=headers)
            assert (reply.status_code, reply.json()["code"]) == (503, "busy")
            assert int(reply.headers["retry-after"]) >= 1
        assert client.post("/e/demo/ask", data={"question": "rent"}).status_code == 503
        open_gate()
        for one in asking:
            one.join()
        watchdog.cancel()
        assert [r.status_code for r in replies] == [200, 200]
        assert client.post("/v1/answers", json=RENT).status_code == 200
        assert 'isegoria_turned_away_total{reason="busy"} 3.0' in client.get("/metrics").text
    assert len(records.kept) == 3
