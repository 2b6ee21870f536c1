"""Elections, documents, health and metrics over HTTP: what is published, and how it may be cached."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.api.problems import PROBLEMS
from app.built import Built, DocumentView
from app.desk import Desk
from app.errors import IsegoriaError
from tests.served import RENT, served, settings_for


@pytest.fixture(scope="module")
def client(demo_data: Path) -> Iterator[TestClient]:
    """A client of the demo election."""
    with served(settings_for(demo_data)) as client:
        yield client


@pytest.fixture(scope="module")
def documents(client: TestClient) -> list[str]:
    """Digests of all documents of the demo election."""
    return [d["document"] for d in client.get("/v1/elections/demo/documents").json()["documents"]]


def test_elections_and_their_parts_are_published(client: TestClient, documents: list[str]) -> None:
    listed = client.get("/v1/elections").json()["elections"]
    assert [e["id"] for e in listed] == ["demo"]
    assert client.get("/v1/elections/demo").json() == listed[0]
    parties = client.get("/v1/elections/demo/parties").json()["parties"]
    shorts = [p["short"]["de"].casefold() for p in parties]
    assert shorts == sorted(shorts) and len(parties) >= 6
    assert {d for p in parties for d in p["documents"]} <= set(documents)
    answer = client.post("/v1/answers", json=RENT).json()
    assert (listed[0]["corpus"], listed[0]["index"], listed[0]["policy"]) == (
        answer["corpus"], answer["index"], answer["policy"],
    )  # fmt: skip


def test_the_policy_says_what_is_declined_and_why_in_every_language(client: TestClient) -> None:
    categories = client.get("/v1/elections/demo/policy").json()["categories"]
    by_name = {c["category"]: c for c in categories}
    advice = by_name["voting_advice"]
    assert (advice["action"], advice["status"]) == ("refuse", "refused_voting_advice")
    for language in ("de", "en", "fr"):
        assert advice["title"][language] and advice["reason"][language]
        assert advice["examples"][language]["declined"] and advice["examples"][language]["answered"]


@pytest.mark.parametrize("path", ["", "/demo", "/demo/parties", "/demo/documents", "/demo/policy"])
def test_what_a_caller_already_has_is_not_sent_again(client: TestClient, path: str) -> None:
    first = client.get(f"/v1/elections{path}")
    tag = first.headers["etag"]
    for held in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        again = client.get(f"/v1/elections{path}", headers={"if-none-match": held})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
    assert client.get(f"/v1/elections{path}", headers={"if-none-match": '"other"'}).content == first.content


def test_documents_are_the_very_bytes(client: TestClient, documents: list[str]) -> None:
    for document in documents:
        reply = client.get(f"/v1/documents/{document}")
        assert hashlib.sha256(reply.content).hexdigest() == document
        assert reply.headers["content-type"] == "text/markdown; charset=utf-8"
        assert "immutable" in reply.headers["cache-control"]
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert reply.headers["content-disposition"].startswith('inline; filename="')
        again = client.get(f"/v1/documents/{document}", headers={"if-none-match": f'"{document}"'})
        assert (again.status_code, again.content) == (304, b"")


def test_every_citation_of_an_answer_is_found_in_the_section_it_names(client: TestClient) -> None:
    answer = client.post("/v1/answers", json=RENT).json()
    for citation in (c for claim in answer["claims"] for c in claim["citations"]):
        slug = citation["url"].partition("/sections/")[2].partition("?")[0]
        text = client.get(f"/v1/documents/{citation['document']}/sections/{slug}").json()
        found = {p["passage"]: p["text"] for p in text["paragraphs"]}
        assert citation["quote"] in found[citation["passage"]]


@pytest.mark.parametrize(
    "path",
    [
        "/v1/elections/nowhere", "/v1/elections/nowhere/parties", "/v1/elections/demo/voters", "/v1/elections/%00",
        "/v1/documents/" + "0" * 64, "/v1/documents/x", "/v1/documents/..%2f..%2fetc%2fpasswd",
        "/v1/documents/{first}/pages/1", "/v1/documents/{first}/pages/x", "/v1/documents/{first}/pages/-1",
        "/v1/documents/{first}/pages/" + "9" * 400, "/v1/documents/{first}/sections/nothing-here", "/v1/nothing",
        "/problems/nothing", "/log/checkpoint",
    ],
)  # fmt: skip
def test_what_is_not_there_is_a_404_problem(client: TestClient, documents: list[str], path: str) -> None:
    reply = client.get(path.replace("{first}", documents[0]))
    assert reply.status_code == 404
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json()["status"] == 404


def test_a_page_is_given_with_words_boxes_and_furniture(demo_data: Path, tmp_path: Path) -> None:
    """A PDF and a web page in place of two documents: pages as read, and no way for mark-up to run."""
    digests: list[str] = []

    def swap(desk: Desk) -> None:
        built: Built = desk.election("demo")
        views = dict(built.documents)
        pdf, html = list(views)[:2]
        digests.extend((pdf, html))
        (tmp_path / "a.html").write_bytes(b"<script>alert(1)</script>")
        (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7")
        views[pdf] = DocumentView(views[pdf].source, pdf, "application/pdf", 3, tmp_path / "a.pdf")
        views[html] = DocumentView(views[html].source, html, "text/html", None, tmp_path / "a.html")
        built.__dict__["documents"] = views

    with served(settings_for(demo_data), change=swap) as client:
        pdf = client.get(f"/v1/documents/{digests[0]}")
        assert pdf.headers["content-type"] == "application/pdf"
        assert pdf.headers["content-security-policy"].startswith("sandbox;")
        assert pdf.headers["content-disposition"].endswith('.pdf"')
        web = client.get(f"/v1/documents/{digests[1]}")
        assert web.headers["content-type"] == "text/plain; charset=utf-8"
        assert web.headers["x-content-type-options"] == "nosniff"
        assert client.get(f"/v1/documents/{digests[0]}/pages/4").status_code == 404
        assert client.get(f"/v1/documents/{digests[0]}/pages/0").status_code == 404
        page = client.get(f"/v1/documents/{digests[0]}/pages/1")
        assert page.status_code == 200
        assert sorted(page.json()) == sorted(
            ["document", "page", "label", "width", "height", "text", "words", "furniture"]
        )


def test_health_readiness_and_metrics(demo_data: Path) -> None:
    secret = "Was sagt Kompass zu Zahnspangen im Hinterhof?"
    with served(settings_for(demo_data)) as client:
        assert client.get("/healthz").json() == {"status": "up"}
        assert client.get("/readyz").json() == {"status": "ready", "elections": ["demo"]}
        answer = client.post("/v1/answers", json={"election": "demo", "question": secret}).json()
        client.post("/v1/answers", json={"election": "demo", "question": "Wen soll ich wählen?"})
        client.post("/v1/answers", json={"election": "demo", "question": " "})
        reply = client.get("/metrics")
        assert 'isegoria_answers_total{status="refused_voting_advice"} 1.0' in reply.text
        assert 'isegoria_step_seconds_count{step="screen"} 2.0' in reply.text
        assert 'isegoria_problems_total{code="bad_question"} 1.0' in reply.text
        assert "isegoria_in_flight 0.0" in reply.text
        for private in ("Zahnspangen", "kompass", answer["record"], answer["conversation"]):
            assert private not in reply.text.lower()
    with served(settings_for(demo_data)) as other:
        assert "refused_voting_advice" not in other.get("/metrics").text, "each application counts for itself"


def test_every_error_of_ours_has_a_published_problem_with_its_status(client: TestClient) -> None:
    import app.api.health
    import app.api.limits  # noqa: F401 - their errors count too

    def all_kinds(kind: type[IsegoriaError]) -> Iterator[type[IsegoriaError]]:
        yield kind
        for child in kind.__subclasses__():
            yield from all_kinds(child)

    inside = {"pack", "source", "build", "unavailable", "bundle"}  # of commands only, as the next
    inside |= {"bad_erasure", "bad_incident", "unknown_report"}
    for kind in all_kinds(IsegoriaError):
        if kind.__module__ in ("app.errors", "app.api.limits", "app.api.health") and kind.code not in inside:
            assert PROBLEMS[kind.code].status == kind.status, kind
    for code, kind_ in PROBLEMS.items():
        shown = client.get(f"/problems/{code}").json()
        assert (shown["code"], shown["status"], shown["title"]) == (code, *kind_)
