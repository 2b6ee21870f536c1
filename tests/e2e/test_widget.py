"""The widget on a page of another origin: one line embeds it, nothing of it can be read, strangers are refused."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, FrameLocator, Page, Route
from pydantic import ValidationError

from app.api.page_shell import FRONTEND
from app.api.pages import install_pages
from app.settings import Settings
from tests.app.invented_desk import desk_for, invented
from tests.e2e.browsing import AXE, PICTURES, built_script, free_port, in_browser, open_page, serve, stream_answers

ROOT = Path(__file__).resolve().parents[2]
ELECTION = "auenland-2026"
WIDGET = FRONTEND / "widget"
PUBLISHED = {"v1.0.0.js": "sha384-mS4bQBRIQOsLjvvz/jx7n+1tkDePgJxWKDhxHiaHY6AyVKK8Yd/NIYQnSAna32Xd"}


def service(hosts: tuple[str, ...]) -> FastAPI:
    """The pages with the event stream; these origins may show them."""
    app, desk = FastAPI(), desk_for(invented())
    app.state.hosts = {ELECTION: hosts}
    stream_answers(app, desk)
    install_pages(app, desk)
    return app


def host_page(site: str, port: int, *more: str) -> Iterator[str]:
    """The page of somebody else's, under a policy that lets it load from the service alone."""
    command = [sys.executable, str(ROOT / "scripts" / "host_page.py"), "--service", site, "--port", str(port)]
    command += ["--election", ELECTION, *more]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert "shows" in process.stdout.readline()
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def ports() -> tuple[int, int]:
    """Of a host that is listed, and of one that is not."""
    return free_port(), free_port()


@pytest.fixture(scope="module")
def site(ports: tuple[int, int]) -> Iterator[str]:
    """The service, which lists one host."""
    yield from serve(service((f"http://127.0.0.1:{ports[0]}",)))


@pytest.fixture(scope="module")
def host(site: str, ports: tuple[int, int]) -> Iterator[str]:
    """The listed host, with two widgets on its page."""
    yield from host_page(site, ports[0], "--election", ELECTION)


@pytest.fixture(scope="module")
def stranger(site: str, ports: tuple[int, int]) -> Iterator[str]:
    """A host that nobody listed."""
    yield from host_page(site, ports[1])


def inside(page: Page, number: int = 0) -> FrameLocator:
    """The frame of one of the widgets on the page."""
    return page.locator("isegoria-chat").nth(number).frame_locator("iframe")


@in_browser
@built_script
def test_one_line_embeds_the_widget_on_a_page_of_another_origin(browser: Browser, site: str, host: str) -> None:
    page = open_page(browser, java_script_enabled=True)
    problems: list[str] = []
    page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(host)
    first = inside(page)
    first.get_by_label("Ihre Frage").fill("Was sagen die Parteien zu Mieten?")
    first.get_by_role("button", name="Fragen", exact=True).click()
    first.get_by_text("Durchsucht, keine passende Stelle gefunden.").wait_for()
    assert first.locator(".streamed .voice h3").count() == 5
    assert inside(page, 1).locator(".streamed .voice").count() == 0, "the other widget on the page is its own"
    frame = page.locator("isegoria-chat").first.locator("iframe")
    page.wait_for_function("e => e.clientHeight >= e.ownerDocument.defaultView.innerHeight", arg=frame.element_handle())
    room = first.locator("html").evaluate("e => [e.scrollHeight, e.clientHeight]")
    assert room[0] <= room[1] + 1, "the frame is as tall as what it holds"
    assert (
        page.evaluate("document.querySelector('isegoria-chat').shadowRoot.querySelector('iframe').contentDocument")
        is None
    )
    assert problems == []
    with page.context.expect_page() as opened:
        first.locator(".streamed figcaption a").first.click()
    opened.value.locator("mark").first.wait_for()
    assert opened.value.url.startswith(site) and "frame=1" not in opened.value.url
    PICTURES.mkdir(exist_ok=True)
    page.screenshot(path=PICTURES / "widget-1280-light.png", full_page=True)


@in_browser
def test_in_the_frame_the_plain_form_works_too(browser: Browser, site: str) -> None:
    page = open_page(browser, 400)
    page.goto(f"{site}/e/{ELECTION}?frame=1&lang=de")
    page.get_by_label("Ihre Frage").fill("Wen soll ich wählen?")
    page.get_by_role("button", name="Fragen", exact=True).click()
    assert "frame=1" in page.url and "lang=de" in page.url
    page.locator(".suggestion a").click()
    assert "frame=1" in page.url
    assert page.get_by_label("Ihre Frage").input_value() == "Was sagen die Parteien zum Thema Miete?"
    assert page.locator(".masthead").count() == 0


@in_browser
@built_script
def test_a_button_opens_it_and_escape_closes_it(browser: Browser, host: str) -> None:
    page = open_page(browser, 400, java_script_enabled=True)
    page.goto(host + "/button")
    button = page.get_by_role("button", name="Fragen zur Wahl").first
    assert button.get_attribute("aria-expanded") == "false"
    button.click()
    question = inside(page).get_by_label("Ihre Frage")
    question.fill("Miete")
    question.press("Escape")
    page.wait_for_function("!document.querySelector('isegoria-chat').hasAttribute('open')")
    assert button.get_attribute("aria-expanded") == "false"
    button.press("Enter")
    assert question.input_value() == "Miete", "what was typed stays"


@in_browser
@built_script
def test_a_theme_changes_paper_and_ink_but_never_without_contrast(browser: Browser, host: str) -> None:
    page = open_page(browser, java_script_enabled=True)
    page.goto(host)
    colour = "getComputedStyle(document.body).backgroundColor"
    body = inside(page).locator("body")
    body.wait_for()
    page.wait_for_timeout(500)
    assert body.evaluate(f"() => {colour}") == "rgb(255, 253, 248)"
    for paper, ink in (("#fffdf8", "#bbbbbb"), ("#fff5f5", "#8b0000"), ("url(https://x.example/)", "#000")):
        style = f"isegoria-chat {{ --isegoria-paper: {paper}; --isegoria-ink: {ink} }}"
        page.unroute_all()
        page.route("**/host.css", partial(Route.fulfill, content_type="text/css", body=style))
        page.goto(host)
        body.wait_for()
        page.wait_for_timeout(500)
        assert body.evaluate(f"() => {colour}") == "rgb(252, 252, 250)", (paper, ink)


@in_browser
@built_script
def test_a_message_from_elsewhere_moves_nothing(browser: Browser, host: str) -> None:
    page = open_page(browser, java_script_enabled=True)
    page.goto(host)
    inside(page).get_by_label("Ihre Frage").wait_for()
    page.wait_for_timeout(500)
    before = page.locator("isegoria-chat").first.bounding_box()
    page.evaluate("postMessage({isegoria: 1, type: 'height', height: 9000}, '*')")
    page.evaluate("postMessage({isegoria: 2, type: 'height', height: 9000}, '*')")
    page.wait_for_timeout(300)
    assert page.locator("isegoria-chat").first.bounding_box() == before


@in_browser
def test_a_host_that_is_not_listed_is_refused(browser: Browser, stranger: str) -> None:
    page = open_page(browser, java_script_enabled=True)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(stranger)
    page.wait_for_timeout(1500)
    assert any("frame-ancestors" in text for text in said), said
    assert inside(page).locator("form").count() == 0


@in_browser
def test_without_script_the_link_inside_is_shown(browser: Browser, host: str, site: str) -> None:
    page = open_page(browser)
    page.goto(host)
    link = page.get_by_role("link", name="Fragen zur Wahl").first
    assert link.get_attribute("href") == f"{site}/e/{ELECTION}"


@in_browser
@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed in frontend/: rules were NOT tried")
@pytest.mark.parametrize("path", ["", "/button"])
def test_axe_finds_nothing_on_the_page_around_and_in_the_frame(browser: Browser, host: str, path: str) -> None:
    page = open_page(browser, 360, java_script_enabled=True, bypass_csp=True)
    page.goto(host + path)
    if path:
        page.get_by_role("button", name="Fragen zur Wahl").first.click()
    inside(page).get_by_label("Ihre Frage").wait_for()
    for frame in page.frames:
        frame.add_script_tag(path=AXE)
    result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    assert [(v["id"], [n["html"][:120] for n in v["nodes"]]) for v in result["violations"]] == []


def test_the_loaders_are_served_for_everybody_and_a_published_one_never_changes() -> None:
    client = TestClient(service(()))
    newest = client.get("/widget/v1.js")
    pinned = client.get("/widget/v1.0.0.js")
    assert newest.content == pinned.content
    assert newest.headers["access-control-allow-origin"] == "*"
    assert newest.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "immutable" in pinned.headers["cache-control"] and "immutable" not in newest.headers["cache-control"]
    assert client.get("/widget/v1.js", headers={"If-None-Match": newest.headers["etag"]}).status_code == 304
    assert client.get("/widget/v2.js").status_code == 404
    assert client.get("/widget/..%2Fmessages%2Fde.json").status_code == 404
    hashes = client.get("/widget/integrity.json").json()
    assert hashes == PUBLISHED
    for path in WIDGET.iterdir():
        digest = base64.b64encode(hashlib.sha384(path.read_bytes()).digest()).decode()
        assert hashes[path.name] == f"sha384-{digest}"
    assert hashes["v1.0.0.js"] in (ROOT / "docs" / "embedding.md").read_text(encoding="utf-8")


def test_only_listed_hosts_stand_in_the_policy_and_only_of_framed_pages() -> None:
    client = TestClient(service(("https://www.example.org",)))
    framed = client.get(f"/e/{ELECTION}?frame=1")
    assert framed.headers["content-security-policy"].endswith("frame-ancestors 'self' https://www.example.org")
    assert 'data-hosts="https://www.example.org"' in framed.text
    for path in (f"/e/{ELECTION}", "/about", f"/e/{ELECTION}/refusals"):
        assert client.get(path).headers["content-security-policy"].endswith("frame-ancestors 'self'"), path


def test_who_may_embed_is_a_setting_that_is_checked() -> None:
    found = Settings(embedders="demo=https://a.example demo=http://127.0.0.1:8001 other=https://b.example:444").hosts()
    assert found == {"demo": ("https://a.example", "http://127.0.0.1:8001"), "other": ("https://b.example:444",)}
    for wrong in (
        "demo=*",
        "demo=https://*.example",
        "demo=http://a.example",
        "https://a.example",
        "demo=https://a/;x",
    ):
        with pytest.raises(ValidationError, match="embedders"):
            Settings(embedders=wrong)


def test_loader_and_page_scripts_are_small() -> None:
    newest = max(WIDGET.glob("v1.*.js"))
    assert len(gzip.compress(newest.read_bytes())) <= 3_000
    scripts = FRONTEND / "dist"
    if scripts.exists():
        assert sum(len(gzip.compress(path.read_bytes())) for path in scripts.glob("*.js")) <= 30_000


def test_the_message_between_frame_and_host_is_the_same_in_both() -> None:
    """The version stands in two files that never see each other."""
    loader, frame = (p.read_text(encoding="utf-8") for p in (WIDGET / "v1.0.0.js", FRONTEND / "src" / "frame.ts"))
    assert "const VERSION = 1;" in loader and "const VERSION = 1;" in frame
    assert json.dumps(["paper", "ink", "font"]) in loader
