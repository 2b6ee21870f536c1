"""The published contract holds: every reply fits the served OpenAPI document, and no input draws an inside out."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from app.api.events import EVENTS as EVENT_TYPES
from app.api.problems import PROBLEMS
from domain.answer import Answer
from tests.served import EVENTS, RENT, events_of, served, settings_for

DOCS = Path(__file__).resolve().parents[2] / "docs" / "api.md"
JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module")
def client(demo_data: Path) -> Iterator[TestClient]:
    """A client of the demo election."""
    with served(settings_for(demo_data)) as client:
        yield client


@pytest.fixture(scope="module")
def openapi(client: TestClient) -> dict[str, Any]:
    """The OpenAPI document as served."""
    document: dict[str, Any] = client.get("/v1/openapi.json").json()
    return document


def fits(value: object, schema: dict[str, Any], openapi: dict[str, Any]) -> None:
    """Fail unless the value has this schema, references resolved in the OpenAPI document."""
    Draft202012Validator({**schema, "components": openapi["components"]}).validate(value)


def published(openapi: dict[str, Any], method: str, path: str, status: int) -> dict[str, Any]:
    """The published reply of this address and status."""
    for template, operations in openapi["paths"].items():
        if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), path) and method in operations:
            reply: dict[str, Any] = operations[method]["responses"][str(status)]
            return reply
    raise AssertionError(f"{method} {path} is not published")


def test_the_document_is_itself_consistent(openapi: dict[str, Any]) -> None:
    assert set(openapi["paths"]) == {
        "/v1/answers", "/v1/answers/{record}", "/v1/answers/{record}/receipt", "/v1/answers/{record}/opening",
            "/log/{path}",
        "/v1/elections", "/v1/elections/{election}",
        "/v1/elections/{election}/parties", "/v1/elections/{election}/documents", "/v1/elections/{election}/policy",
        "/v1/documents/{sha256}", "/v1/documents/{sha256}/pages/{n}", "/v1/documents/{sha256}/sections/{slug}",
        "/healthz", "/readyz", "/metrics", "/problems/{code}",
    }  # fmt: skip
    for name in re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(openapi)):
        assert name in openapi["components"]["schemas"], name
    for schema in openapi["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_the_answer_schema_is_that_of_the_answer_object(openapi: dict[str, Any]) -> None:
    fields = openapi["components"]["schemas"]["Answer"]["properties"]
    assert list(fields) == list(Answer.model_fields)


def test_every_plain_reply_has_its_published_schema(client: TestClient, openapi: dict[str, Any]) -> None:
    answer = client.post("/v1/answers", json=RENT).json()
    citation = answer["claims"][0]["citations"][0]
    slug = citation["url"].partition("/sections/")[2].partition("?")[0]
    document = f"/v1/documents/{citation['document']}"
    for path in (
        f"/v1/answers/{answer['record']}", "/v1/elections", "/v1/elections/demo", "/v1/elections/demo/parties",
        "/v1/elections/demo/documents", "/v1/elections/demo/policy", f"{document}/sections/{slug}", "/healthz",
        "/readyz", "/problems/paused", "/v1/answers/none", "/v1/elections/none", f"{document}/pages/1",
        f"{document}/sections/none", "/v1/documents/none", "/problems/none",
    ):  # fmt: skip
        reply = client.get(path)
        content = published(openapi, "get", path, reply.status_code)["content"]
        fits(reply.json(), content[reply.headers["content-type"]]["schema"], openapi)
    assert client.get("/metrics").status_code == 200


def test_questions_and_every_event_have_their_published_schemas(client: TestClient, openapi: dict[str, Any]) -> None:
    contents = published(openapi, "post", "/v1/answers", 200)["content"]
    variants = contents["text/event-stream"]["itemSchema"]["oneOf"]
    by_name = {v["properties"]["event"]["const"]: v["properties"]["data"]["contentSchema"] for v in variants}
    assert set(by_name) == set(EVENT_TYPES)
    for question in (RENT["question"], "How do I vote by post?", "Who should I vote for?", "?", "🙂", "Tell me a joke"):
        body = RENT | {"question": question}
        fits(client.post("/v1/answers", json=body).json(), contents["application/json"]["schema"], openapi)
        for name, data in events_of(client.post("/v1/answers", json=body, headers=EVENTS).text):
            fits(data, by_name[name], openapi)


HOSTILE: list[tuple[bytes, dict[str, str], int]] = [
    (b"", JSON, 422),
    (b"{", JSON, 400),
    (b"nul", JSON, 400),
    (b"[]", JSON, 422),
    (b"null", JSON, 422),
    (b"1", JSON, 422),
    (b"\xff\xfe\xfa", JSON, 400),
    (b'{"election":"demo","question":"\xe9"}', JSON, 400),
    (b"[" * 15000, JSON, 400),
    (b'{"election":"demo","question":' + b"9" * 10000 + b"}", JSON, 400),
    (b'{"election":"demo","question":NaN}', JSON, 422),
    (b'{"election":"demo","question":"rent"}', {"content-type": "text/plain"}, 415),
    (b'{"election":"demo","question":"rent"}', {}, 415),
    (b"question=rent", {"content-type": "application/x-www-form-urlencoded"}, 415),
    (b"--x\r\n", {"content-type": "multipart/form-data; boundary=x"}, 415),
    (b'{"election":"demo","question":"rent"}', {"content-type": "application/json; charset=utf-8"}, 200),
    (json.dumps(RENT | {"question": "a" * 20_000}).encode(), JSON, 422),
    (json.dumps(RENT | {"question": "\U0001f5f3" * 100_000}).encode(), JSON, 422),
    (b"[" * 1_500_000, JSON, 400),
    (b'{"a":' * 300_000, JSON, 400),
    (json.dumps(RENT | {"question": "a" * 2_500_000}).encode(), JSON, 413),
    (b"x" * 5_000_000, JSON, 413),
]


@pytest.mark.parametrize(("body", "headers", "status"), HOSTILE)
def test_a_hostile_body_gets_a_plain_problem(
    client: TestClient, openapi: dict[str, Any], body: bytes, headers: dict[str, str], status: int
) -> None:
    reply = client.post("/v1/answers", content=body, headers=headers)
    assert reply.status_code == status, reply.text[:300]
    if status != 200:
        assert reply.headers["content-type"] == "application/problem+json"
        assert PROBLEMS[reply.json()["code"]].status == status
        content = published(openapi, "post", "/v1/answers", status)["content"]
        fits(reply.json(), content["application/problem+json"]["schema"], openapi)
        assert "Traceback" not in reply.text and ".py" not in reply.text


def test_a_body_that_does_not_say_how_long_it_is_is_cut_off_too(client: TestClient) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(100):
            sent += 1
            yield b" " * 65_536

    reply = client.post("/v1/answers", content=endless(), headers=JSON)
    assert (reply.status_code, reply.json()["code"]) == (413, "content_too_large")


def test_a_form_on_the_page_may_be_longer_than_a_request_of_a_program(client: TestClient) -> None:
    reply = client.post("/e/demo/ask", data={"question": "ü" * 1000, "party": ["varse"] * 800})
    assert reply.status_code == 303


@pytest.mark.parametrize("method", ["put", "delete", "patch", "options", "get"])
def test_other_methods_are_refused_with_the_ones_that_work(client: TestClient, method: str) -> None:
    reply = client.request(method, "/v1/answers")
    assert (reply.status_code, reply.json()["code"]) == (405, "method_not_allowed")
    assert "POST" in reply.headers["allow"]


def test_every_reply_carries_the_protecting_headers_and_sets_no_cookie(client: TestClient) -> None:
    for path in ("/v1/elections", "/v1/nothing", "/healthz", "/metrics", "/v1/openapi.json", "/", "/nothing"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff", path
        assert "default-src 'none'" in headers["content-security-policy"], path
        assert headers["referrer-policy"] in ("no-referrer", "same-origin"), path
        assert "set-cookie" not in headers


def test_head_says_what_get_would_without_its_content(client: TestClient) -> None:
    record = client.post("/v1/answers", json=RENT).json()["record"]
    for path in (
        "/", "/about", "/e/demo", "/e/demo/documents", f"/e/demo/a/{record}", "/v1/elections/demo", "/healthz",
        f"/v1/answers/{record}", "/v1/openapi.json", "/e/nowhere", "/v1/nothing", "/v1/answers",
    ):  # fmt: skip
        head, get = client.head(path), client.get(path)
        assert (head.status_code, head.content) == (get.status_code, b""), path
        assert head.headers == get.headers, path


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.fixed_dictionaries(
        {},
        optional={
            "election": st.sampled_from(["demo", "x"]) | ANYTHING,
            "question": st.text(max_size=60) | ANYTHING,
            "conversation": ANYTHING,
            "after": ANYTHING,
            "parties": st.lists(st.sampled_from(["varse", "kompass", "x"])) | ANYTHING,
            "language": st.sampled_from(["de", "en", "fr", "xx"]) | ANYTHING,
        },
    )
)
def test_whatever_is_sent_the_reply_is_published_and_never_a_fault_of_ours(
    client: TestClient, openapi: dict[str, Any], body: dict[str, Any]
) -> None:
    reply = client.post("/v1/answers", json=body)
    assert reply.status_code < 500, reply.text
    content = published(openapi, "post", "/v1/answers", reply.status_code)["content"]
    fits(reply.json(), content[reply.headers["content-type"]]["schema"], openapi)


def test_the_documentation_names_every_address_problem_and_event(openapi: dict[str, Any]) -> None:
    text = DOCS.read_text(encoding="utf-8")
    missing = [p for p in openapi["paths"] if f"`{p}`" not in text and f" {p}`" not in text]
    missing += [code for code in PROBLEMS if f"`{code}`" not in text]
    missing += [name for name in EVENT_TYPES if f"`{name}`" not in text]
    assert missing == []


def test_importing_the_composition_root_loads_no_web_framework() -> None:
    script = "import sys, app.main; print([m for m in ('fastapi', 'uvicorn', 'onnxruntime') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
