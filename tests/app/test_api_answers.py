"""Questions over HTTP: answers, streams, conversations, failures, and callers who leave early."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.api.answers import wants_events
from app.desk import Desk
from domain.answer import Answer
from tests.served import EVENTS, RENT, Broken, BrokenRecords, WatchedRecords, app_for, events_of, served, settings_for


@pytest.fixture(scope="module")
def records() -> WatchedRecords:
    """What the module's application has stored."""
    return WatchedRecords()


@pytest.fixture(scope="module")
def client(demo_data: Path, records: WatchedRecords) -> Iterator[TestClient]:
    """A client of the demo election."""
    with served(settings_for(demo_data), records) as client:
        yield client


def test_an_answer_is_the_recorded_answer_object(client: TestClient, records: WatchedRecords) -> None:
    reply = client.post("/v1/answers", json=RENT)
    assert reply.status_code == 200
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["cache-control"] == "no-store"
    kept = records.kept[-1].answer
    assert kept is not None
    assert reply.json() == kept.model_dump(mode="json")
    assert kept.status == "answered"
    assert kept.claims and all(c.citations for c in kept.claims)


def test_a_record_is_read_again_by_its_id_and_only_by_it(client: TestClient) -> None:
    answer = client.post("/v1/answers", json=RENT).json()
    again = client.get(f"/v1/answers/{answer['record']}")
    assert again.status_code == 200
    assert again.json() == answer | {"conversation": None}
    assert "noindex" in again.headers["x-robots-tag"]
    for wrong in ("0" * 32, "x", answer["record"].upper() + "0", "%00", "..%2f..", "ü" * 40, "9" * 3000):
        missing = client.get(f"/v1/answers/{wrong}")
        assert missing.status_code == 404, wrong
        assert missing.json()["code"] in ("unknown_record", "not_found")
    assert client.get("/v1/answers").status_code == 405
    assert client.get("/v1/answers/").status_code in (307, 404, 405)


@pytest.mark.parametrize(
    ("question", "family"),
    [("Who should I vote for?", "refused"), ("What is a good recipe for soup?", "redirected")],
)
def test_a_declined_question_is_a_reply_with_status_200(client: TestClient, question: str, family: str) -> None:
    reply = client.post("/v1/answers", json=RENT | {"question": question})
    answer = Answer.model_validate_json(reply.content)
    assert reply.status_code == 200
    assert answer.status.family == family
    assert answer.claims == ()
    assert answer.message


def test_a_conversation_goes_on_and_an_unknown_one_is_404(client: TestClient, records: WatchedRecords) -> None:
    first = client.post("/v1/answers", json=RENT).json()
    second = client.post("/v1/answers", json=RENT | {"conversation": first["conversation"]}).json()
    assert second["conversation"] == first["conversation"]
    assert second["record"] != first["record"]
    assert records.kept[-1].question.history == (RENT["question"],)
    for unknown in ("f" * 32, "", "abc"):
        reply = client.post("/v1/answers", json=RENT | {"conversation": unknown})
        assert (reply.status_code, reply.json()["code"]) == (404, "unknown_conversation")


SECRET = "What does the Sea Wall plan for people in debt like me?"


def test_who_holds_an_answer_goes_on_from_it_and_learns_nothing_of_what_was_asked_later(
    client: TestClient, records: WatchedRecords
) -> None:
    shared = client.post("/v1/answers", json=RENT).json()
    private = client.post("/v1/answers", json=RENT | {"question": SECRET, "conversation": shared["conversation"]})
    assert private.json()["conversation"] == shared["conversation"]
    page = client.get(f"/e/demo/a/{shared['record']}").text
    data = client.get(f"/v1/answers/{shared['record']}").text
    assert shared["conversation"] not in page + data
    assert f'name="after" value="{shared["record"]}"' in page

    stranger = client.post("/v1/answers", json=RENT | {"question": "And Varse?", "after": shared["record"]}).json()
    assert stranger["resolved_question"] == f"And Varse? [{RENT['question']}]"
    assert stranger["conversation"] != shared["conversation"]
    assert records.kept[-1].question.history == (RENT["question"],)
    form = {"question": "And Varse?", "after": shared["record"]}
    address = client.post("/e/demo/ask", data=form).headers["location"]
    assert "debt" not in client.get(address).text

    back = client.post("/v1/answers", json=RENT | {"question": "And Varse?", "conversation": shared["conversation"]})
    assert SECRET in back.json()["resolved_question"], "the one who asked goes on with all that was said"
    assert len(records.kept[-1].question.history) == 2, "and nothing that a stranger said"


def test_answers_followed_one_after_another_hold_every_turn_before_them(
    client: TestClient, records: WatchedRecords
) -> None:
    turns, record = ["What about rent?", "And Varse?", "And the Compass?", "And schools?"], None
    for turn in turns:
        body = {"election": "demo", "question": turn, "language": "en"} | ({"after": record} if record else {})
        record = client.post("/v1/answers", json=body).json()["record"]
    assert records.kept[-1].question.history == tuple(turns[:-1])
    own = records.kept[-1].question.conversation
    client.post("/v1/answers", json=RENT | {"question": "And pensions?", "conversation": own})
    assert records.kept[-1].question.history == tuple(turns), "a conversation that began after an answer holds it too"


@pytest.mark.parametrize("unknown", ["f" * 32, "", "abc", "%"])
def test_an_answer_that_is_not_kept_cannot_be_gone_on_from(client: TestClient, unknown: str) -> None:
    reply = client.post("/v1/answers", json=RENT | {"after": unknown})
    assert (reply.status_code, reply.json()["code"]) == (404, "unknown_conversation")


def test_a_question_has_one_past(client: TestClient) -> None:
    first = client.post("/v1/answers", json=RENT).json()
    both = {"after": first["record"], "conversation": first["conversation"]}
    reply = client.post("/v1/answers", json=RENT | both)
    assert (reply.status_code, reply.json()["code"]) == (422, "bad_question")


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"election": "nowhere"}, 404, "unknown_election"),
        ({"parties": ["nobody"]}, 422, "unknown_party"),
        ({"language": "tlh"}, 422, "bad_question"),
        ({"question": " \n\t "}, 422, "bad_question"),
        ({"question": "x" * 1001}, 422, "bad_question"),
        ({"question": "x" * 100_000}, 422, "bad_question"),
        ({"question": "😀" * 100_000}, 422, "bad_question"),
        ({"question": "a\x00b"}, 422, "bad_question"),
        ({"question": "a\ud800b"}, 422, "bad_question"),
        ({"question": 7}, 422, "invalid_request"),
        ({"question": None}, 422, "invalid_request"),
        ({"history": ["x"]}, 422, "invalid_request"),
        ({"par\ud800ties": []}, 422, "invalid_request"),
        ({"parties": "varse"}, 422, "invalid_request"),
        ({"election": "e" * 5000}, 422, "invalid_request"),
    ],
)
@pytest.mark.parametrize("headers", [{}, EVENTS])
def test_a_question_that_cannot_be_taken_is_a_problem_before_any_stream(
    client: TestClient, change: dict[str, Any], status: int, code: str, headers: dict[str, str]
) -> None:
    body = json.dumps(RENT | change).encode()
    reply = client.post("/v1/answers", content=body, headers={"content-type": "application/json", **headers})
    assert (reply.status_code, reply.json()["code"]) == (status, code)
    assert reply.headers["content-type"] == "application/problem+json"


def test_the_length_of_a_question_is_counted_in_code_points_after_trimming(client: TestClient) -> None:
    emoji = "😀" * 1000
    assert client.post("/v1/answers", json=RENT | {"question": f"  {emoji}  "}).status_code == 200
    assert client.post("/v1/answers", json=RENT | {"question": emoji + "😀"}).status_code == 422


def test_one_party_asked_for_twice_is_heard_once(client: TestClient) -> None:
    answer = client.post("/v1/answers", json=RENT | {"parties": ["varse", "varse"]}).json()
    assert answer["scope"] == ["varse"]


def test_a_stream_brings_steps_then_checked_claims_then_the_whole_answer(
    client: TestClient, records: WatchedRecords
) -> None:
    reply = client.post("/v1/answers", json=RENT, headers=EVENTS)
    assert reply.headers["content-type"].startswith("text/event-stream")
    assert reply.headers["x-accel-buffering"] == "no"
    events = events_of(reply.text)
    names = [name for name, _ in events]
    steps = [data["name"] for name, data in events if name == "step"]
    assert steps == ["understand", "screen", "retrieve", "compose", "check", "ask_back"]
    assert names == ["step"] * 6 + ["claim"] * names.count("claim") + ["answer"]
    answer = events[-1][1]
    assert [data for name, data in events if name == "claim"] == answer["claims"] != []
    assert answer["record"] == records.kept[-1].record
    assert client.get(f"/v1/answers/{answer['record']}").json() == answer | {"conversation": None}


def test_the_stream_of_a_refusal_has_no_claims_and_stops_at_the_guard(client: TestClient) -> None:
    reply = client.post("/v1/answers", json=RENT | {"question": "Who should I vote for?"}, headers=EVENTS)
    events = events_of(reply.text)
    assert [name for name, _ in events] == ["step", "step", "answer"]
    assert events[1][1] == {"name": "screen", "outcome": "refused_voting_advice"}


@pytest.mark.parametrize(
    ("accept", "stream"),
    [
        ("", False), ("*/*", False), ("application/json", False), ("text/event-stream", True),
        ("text/event-stream, application/json", True), ("text/event-stream;q=0.5, application/json", False),
        ("text/event-stream;q=0", False), ("TEXT/EVENT-STREAM", True), ("text/event-stream;q=x", False), (";,;", False),
    ],
)  # fmt: skip
def test_a_stream_is_sent_to_those_who_prefer_one(accept: str, stream: bool) -> None:
    assert wants_events(accept) is stream


def test_a_failed_answer_is_a_problem_with_its_record_and_no_word_from_inside(demo_data: Path) -> None:
    def break_index(desk: Desk) -> None:
        desk.election("demo").candidates = Broken()

    with served(settings_for(demo_data), change=break_index) as client:
        reply = client.post("/v1/answers", json=RENT)
        assert (reply.status_code, reply.json()["code"]) == (503, "failed_retrieval")
        assert "secret" not in reply.text
        assert int(reply.headers["retry-after"]) > 0
        recorded = client.get(f"/v1/answers/{reply.json()['record']}").json()
        assert recorded["status"] == "failed_retrieval"
        assert recorded == reply.json()["answer"] | {"conversation": None}
        events = events_of(client.post("/v1/answers", json=RENT, headers=EVENTS).text)
        assert [name for name, _ in events] == ["step", "step", "step", "problem"]
        assert events[-1][1]["record"]
        assert client.post("/v1/answers", json=RENT | {"question": "Who should I vote for?"}).status_code == 200


@pytest.mark.parametrize("headers", [{}, EVENTS])
def test_what_cannot_be_recorded_is_not_answered(demo_data: Path, headers: dict[str, str]) -> None:
    with served(settings_for(demo_data), BrokenRecords()) as client:
        reply = client.post("/v1/answers", json=RENT, headers=headers)
        assert "secret" not in reply.text and "rent" not in reply.text
        assert "claim" not in reply.text
        if headers:
            assert events_of(reply.text)[-1][0] == "problem"
            assert events_of(reply.text)[-1][1]["code"] == "record_write_failed"
        else:
            assert (reply.status_code, reply.json()["code"]) == (500, "record_write_failed")
        assert client.get("/readyz").status_code == 503
        assert client.get("/readyz").json()["reasons"]
        assert client.get("/healthz").status_code == 200


def test_a_pause_says_so_in_the_reviewed_words_and_records_nothing(demo_data: Path) -> None:
    records = WatchedRecords()
    with served(settings_for(demo_data, paused=True), records) as client:
        for headers in ({}, EVENTS):
            reply = client.post("/v1/answers", json=RENT | {"language": "fr"}, headers=headers)
            assert (reply.status_code, reply.json()["code"]) == (503, "paused")
            assert int(reply.headers["retry-after"]) > 0
            assert reply.json()["answer"]["status"] == "paused"
            assert reply.json()["answer"]["language"] == reply.headers["content-language"] == "fr"
            assert reply.json()["detail"] == reply.json()["answer"]["message"]
        elsewhere = client.post("/v1/answers", json=RENT | {"election": "nowhere"})
        assert (elsewhere.status_code, elsewhere.json()["code"]) == (503, "paused")
        assert client.get("/v1/elections/demo").status_code == 200
    assert records.kept == []


def test_a_fault_of_ours_is_a_plain_problem_on_both_ways(demo_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    class Worse(WatchedRecords):
        async def append(self, exchange: object) -> None:
            raise ZeroDivisionError(f"secret words of {exchange}")

    with served(settings_for(demo_data), Worse()) as client:
        reply = client.post("/v1/answers", json=RENT)
        assert (reply.status_code, reply.json()["code"]) == (500, "internal")
        assert "secret" not in reply.text and "Traceback" not in reply.text
        name, data = events_of(client.post("/v1/answers", json=RENT, headers=EVENTS).text)[-1]
        assert (name, data["code"]) == ("problem", "internal")
        page = client.post("/e/demo/ask", data={"question": RENT["question"]})
        assert page.status_code == 500
        assert page.headers["content-type"].startswith("text/html")
    said = capsys.readouterr()
    assert "ZeroDivisionError" in said.out + said.err
    assert "secret words" not in said.out + said.err


def test_concurrent_questions_keep_their_own_answers(client: TestClient) -> None:
    questions = [{"question": q} for q in ("What about rent?", "What about schools?", "Who should I vote for?")] * 8

    def one(change: dict[str, str]) -> tuple[str, str]:
        answer = client.post("/v1/answers", json=RENT | change).json()
        return change["question"], str(answer["status"])

    with ThreadPoolExecutor(8) as pool:
        outcomes = set(pool.map(one, questions))
    assert len(outcomes) == 3
    assert ("Who should I vote for?", "refused_voting_advice") in outcomes


def _scope(app: FastAPI, headers: dict[str, str]) -> dict[str, Any]:
    return {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"}, "http_version": "1.1", "method": "POST",
        "path": "/v1/answers", "raw_path": b"/v1/answers", "query_string": b"", "root_path": "", "scheme": "http",
        "headers": [(k.encode(), v.encode()) for k, v in {"content-type": "application/json", **headers}.items()],
        "client": ("192.0.2.1", 1), "server": ("testserver", 80), "app": app,
    }  # fmt: skip


@pytest.mark.parametrize("headers", [{}, EVENTS])
@pytest.mark.parametrize("leaves", ["raises", "cancelled"])
def test_who_leaves_early_does_not_lose_the_record(demo_data: Path, headers: dict[str, str], leaves: str) -> None:
    records = WatchedRecords()
    app = app_for(settings_for(demo_data), records)

    async def play() -> None:
        records.gate = asyncio.Event()
        body = [{"type": "http.request", "body": json.dumps(RENT).encode(), "more_body": False}]

        async def receive() -> dict[str, Any]:
            return body.pop() if body else {"type": "http.disconnect"}

        async def send(message: MutableMapping[str, Any]) -> None:
            if leaves == "raises" and message["type"] == "http.response.body":
                raise OSError("the client has gone")

        async with app.router.lifespan_context(app):
            call = asyncio.create_task(app(_scope(app, headers), receive, send))
            async with asyncio.timeout(10):
                while b"isegoria_in_flight 1.0" not in app.state.desk.metrics.text():
                    await asyncio.sleep(0.01)
            assert records.kept == []
            asyncio.get_running_loop().call_later(0.1, records.gate.set)
            if leaves == "cancelled":
                call.cancel()
            await asyncio.gather(call, return_exceptions=True)
        assert len(records.kept) == 1, "closing waits for what was begun"

    asyncio.run(play())


@contextmanager
def listening(app: FastAPI) -> Iterator[int]:
    """A real server on a free port."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield bound.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


def test_a_real_server_streams_and_survives_clients_who_hang_up(demo_data: Path) -> None:
    records = WatchedRecords()
    with listening(app_for(settings_for(demo_data), records)) as port:
        body = json.dumps(RENT).encode()
        for wait in (0.0, 0.02, 0.2):
            with socket.create_connection(("127.0.0.1", port)) as rude:
                lines = ["POST /v1/answers HTTP/1.1", "Host: x", "Accept: text/event-stream"]
                lines += ["Content-Type: application/json", f"Content-Length: {len(body)}", "", ""]
                rude.sendall("\r\n".join(lines).encode() + body)
                time.sleep(wait)
        polite = http.client.HTTPConnection("127.0.0.1", port)
        polite.request("POST", "/v1/answers", body, {"Content-Type": "application/json", **EVENTS})
        assert events_of(polite.getresponse().read().decode())[-1][0] == "answer"
        polite.close()
    assert len(records.kept) == 4
