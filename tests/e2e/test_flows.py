"""What a visitor goes through: with the keyboard alone, with a service that goes away, and how fast and light it is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, Page

from app.api.pages import install_pages
from tests.app.invented_desk import desk_for, invented
from tests.e2e.browsing import PICTURES, Served, built_script, in_browser, open_page, serve, start, stream_answers

HOME = "/e/auenland-2026"
pytestmark = [in_browser, built_script]

WATCH = """() => { window.shown = {}; window.shifts = [];
    new PerformanceObserver(list => list.getEntries().forEach(e => { if (!e.hadRecentInput) shifts.push({
        value: e.value, by: e.sources.map(s => s.node?.closest?.('.streamed') ? 'log' : s.node?.nodeName)}) }))
        .observe({type: 'layout-shift', buffered: true});
    new MutationObserver(() => { const claims = document.querySelectorAll('.streamed blockquote').length;
        if (claims && !shown.first) requestAnimationFrame(() => { shown.first = performance.now(); }); })
        .observe(document.body, {subtree: true, childList: true});
    const feed = ReadableStreamDefaultReader.prototype.read;
    ReadableStreamDefaultReader.prototype.read = async function () { const got = await feed.call(this);
        if (!shown.event && got.value && new TextDecoder().decode(got.value).includes('event: claim'))
            shown.event = performance.now();
        return got; };
}"""


def pages() -> FastAPI:
    """The pages with the event stream."""
    app, desk = FastAPI(), desk_for(invented())
    stream_answers(app, desk)
    install_pages(app, desk)
    app.add_api_route("/healthz", lambda: {"status": "up"})
    return app


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """Served for the whole file."""
    yield from serve(pages())


@pytest.fixture
def mortal() -> Iterator[Served]:
    """A server that a test may stop."""
    served = start(pages())
    yield served
    served.stop()


def ask(page: Page, question: str) -> None:
    """Type a question and send it."""
    page.get_by_label("Ihre Frage").fill(question)
    page.get_by_role("button", name="Fragen", exact=True).click()


def test_everything_can_be_done_with_the_keyboard_alone(browser: Browser, site: str) -> None:
    page = open_page(browser, java_script_enabled=True)
    page.goto(site + HOME)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip", "the first stop leads past the head"
    page.keyboard.press("Enter")
    for _ in range(8):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "question":
            break
    assert page.evaluate("document.activeElement.id") == "question"
    page.keyboard.type("Was sagen die Parteien zu Mieten?")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text("Durchsucht, keine passende Stelle gefunden.").wait_for()
    seen = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        ring = page.evaluate(
            "(e => e && [e.textContent.trim().slice(0, 60), getComputedStyle(e).outlineStyle])(document.activeElement)"
        )
        assert ring[1] != "none", f"nothing shows that {ring[0]!r} has the focus"
        seen.add(ring[0])
        if "Ganze Antwort öffnen" in ring[0]:
            break
    assert any("Seite" in text for text in seen), "the places of quotations are reached"
    page.keyboard.press("Enter")
    page.locator("h1.question").wait_for()


def test_what_was_asked_before_stays_within_reach(browser: Browser, site: str) -> None:
    page = open_page(browser, 1280, java_script_enabled=True)
    page.goto(site + HOME)
    opening = page.locator(".hero")
    assert opening.bounding_box()["height"] > 100  # type: ignore[index]
    ask(page, "Was sagen die Parteien zu Mieten?")
    page.get_by_text("Durchsucht, keine passende Stelle gefunden.").wait_for()
    assert opening.bounding_box()["height"] <= 1, "the answer takes the place of the opening"  # type: ignore[index]
    assert page.get_by_role("heading", level=1).count() == 1, "which a screen reader still finds"
    first = page.url
    assert page.locator(".past").count() == 0
    ask(page, "Und zur Rente?")
    past = page.locator(".past a")
    past.wait_for()
    assert past.all_inner_texts() == ["Was sagen die Parteien zu Mieten?"]
    assert first.endswith(str(past.get_attribute("href")))


def test_a_service_that_is_gone_leaves_the_question_in_the_field(browser: Browser, mortal: Served) -> None:
    page = open_page(browser, java_script_enabled=True)
    page.goto(mortal.url + HOME)
    mortal.stop()
    ask(page, "Was sagen die Parteien zu Mieten?")
    page.locator("[role=log]").get_by_text("Keine Verbindung zum Dienst.").wait_for()
    assert page.get_by_label("Ihre Frage").input_value() == "Was sagen die Parteien zu Mieten?"
    assert "Keine Verbindung" in page.locator("[role=status]").inner_text()
    again = start(pages(), mortal.port)
    page.get_by_role("button", name="Fragen", exact=True).click()
    page.get_by_text("Durchsucht, keine passende Stelle gefunden.").wait_for()
    again.stop()


def test_the_first_block_is_seen_soon_after_its_event_and_moves_nothing_else(browser: Browser, site: str) -> None:
    page = open_page(browser, java_script_enabled=True)
    page.goto(site + HOME)
    page.evaluate(WATCH)
    ask(page, "Was sagen die Parteien zu Mieten?")
    page.get_by_text("Durchsucht, keine passende Stelle gefunden.").wait_for()
    page.wait_for_timeout(300)
    shown, shifts = page.evaluate("[shown, shifts]")
    assert shown["first"] - shown["event"] <= 300, shown
    above = [s for s in shifts if any(by in ("HEADER", "FORM", "H1", "TEXTAREA") for by in s["by"])]
    assert above == [], "what stands above the growing log stays where it is"
    PICTURES.mkdir(exist_ok=True)
    (PICTURES / "pace.json").write_text(json.dumps({"milliseconds": shown["first"] - shown["event"], "shifts": shifts}))


def test_the_first_page_weighs_little(browser: Browser, site: str) -> None:
    page = open_page(browser, java_script_enabled=True)
    weights: dict[str, int] = {}
    page.on("response", lambda reply: weights.update({reply.url: len(reply.body()) + len(str(reply.headers))}))
    page.goto(site + HOME, wait_until="networkidle")
    assert len(weights) >= 3, weights
    assert sum(weights.values()) <= 120_000, weights


@pytest.mark.parametrize(
    "options", [{"forced_colors": "active"}, {"reduced_motion": "reduce"}, {"color_scheme": "dark"}]
)
def test_it_works_as_the_visitor_has_set_the_browser(browser: Browser, site: str, options: dict[str, str]) -> None:
    page = open_page(browser, 400, java_script_enabled=True, **options)
    page.goto(site + HOME)
    ask(page, "Was sagen die Parteien zu Mieten?")
    page.get_by_text("Durchsucht, keine passende Stelle gefunden.").wait_for()
    name = "-".join(f"{k}-{v}" for k, v in options.items())
    page.screenshot(path=PICTURES / f"streamed-{name}.png", full_page=True)
    if "reduced_motion" in options:
        moving = page.evaluate("document.getAnimations().length")
        assert moving == 0
    if "forced_colors" in options:
        button = page.get_by_role("button", name="Fragen", exact=True)
        assert button.evaluate("e => getComputedStyle(e).borderStyle") == "solid", "a button is seen to be one"


def test_at_four_hundred_per_cent_nothing_is_lost(browser: Browser, site: str, tmp_path: Path) -> None:
    """WCAG 2.2, 1.4.10: 1280 CSS pixels at 400 % are 320 by 256."""
    page = open_page(browser, 320, java_script_enabled=True)
    page.set_viewport_size({"width": 320, "height": 256})
    page.goto(site + HOME)
    ask(page, "Was sagen die Parteien zu Mieten?")
    page.get_by_text("Durchsucht, keine passende Stelle gefunden.").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    hidden = page.evaluate(
        "[...document.querySelectorAll('.streamed blockquote')].filter(e => e.scrollWidth > e.clientWidth + 1).length"
    )
    assert hidden == 0
