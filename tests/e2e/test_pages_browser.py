"""The pages in a real browser: the whole path without JavaScript, layout at phone width, and pictures to look at.

Pictures of every kind of page, light and dark, go to `tests/artefacts/`, which git ignores.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, Dialog, Page

from app.api.page_shell import FRONTEND
from app.api.pages import install_pages
from domain.base import sha256
from domain.tally import ALL, Tally
from tests.app.invented_desk import desk_for, hostile, invented
from tests.e2e.browsing import AXE, PICTURES, built_script, in_browser, open_page, serve, stream_answers, violations

HOME = "/e/auenland-2026"
TOKEN = {"username": "anybody", "password": "token"}

pytestmark = in_browser


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The pages over the invented election, with an auditor whose token is `token`, and counts of two months."""
    app, desk = FastAPI(), desk_for(invented())
    app.state.tokens = {"lena": sha256(b"token")}
    parties = [party.id for party in desk.built[0].election.parties]
    days = [f"2026-{month:02d}-{day:02d}" for month in (3, 4) for day in range(1, 31)]
    desk.tallies = tuple(
        Tally(day=day, election="auenland-2026", party=party, outcome=outcome, count=7 + 13 * (n % 9))
        for n, day in enumerate(days)
        for party, outcome in ((ALL, "answered"), (ALL, "refused_prediction"), *((p, "quoted") for p in parties))
    )
    install_pages(app, desk)
    yield from serve(app)


@pytest.fixture(scope="module")
def hostile_site() -> Iterator[str]:
    """The pages over the hostile pack."""
    app = FastAPI()
    install_pages(app, desk_for(hostile()))
    yield from serve(app)


@pytest.fixture(scope="module")
def streaming_site() -> Iterator[str]:
    """The pages with the event stream."""
    app, desk = FastAPI(), desk_for(invented())
    stream_answers(app, desk)
    install_pages(app, desk)
    yield from serve(app)


def ask(page: Page, site: str, question: str) -> None:
    """Type a question and send it."""
    page.goto(site + HOME)
    page.get_by_label("Ihre Frage").fill(question)
    page.get_by_role("button", name="Fragen", exact=True).click()


def test_ask_read_and_open_the_cited_page_without_javascript(browser: Browser, site: str) -> None:
    page = open_page(browser)
    ask(page, site, "Was sagen die Parteien zu Mieten?")
    assert page.get_by_role("heading", level=1).inner_text() == "Was sagen die Parteien zu Mieten?"
    assert [h.split("\n")[0] for h in page.locator(".voice h3").all_inner_texts()] == [
        "AUEN", "HAFEN", "LINDE", "TURM", "Kein Dokument vorgelegt",
    ]  # fmt: skip
    quotation = page.locator(".voice blockquote").first.inner_text()
    page.locator(".voice figcaption a").first.click()
    assert page.locator(".reading > .quoted mark").inner_text() == quotation
    assert page.locator("svg .lines rect").count() == 2, "the quotation runs over two lines of the page"
    picture = page.request.get(site + str(page.locator("svg image").get_attribute("href")))
    assert picture.headers["content-type"] == "image/png"


def test_a_follow_up_goes_on_from_the_answer_above_it(browser: Browser, site: str) -> None:
    page = open_page(browser)
    ask(page, site, "Was sagen die Parteien zu Mieten?")
    assert page.locator("#ask input[name=after]").get_attribute("value") == page.url.rsplit("/", 1)[1]
    page.get_by_label("Nachfragen").fill("Und zu Schulen?")
    page.get_by_role("button", name="Fragen", exact=True).click()
    assert page.get_by_role("heading", level=1).inner_text() == "Und zu Schulen?"


def test_a_refusal_offers_another_question_in_the_form(browser: Browser, site: str) -> None:
    page = open_page(browser)
    ask(page, site, "Wen soll ich wählen?")
    page.locator(".suggestion a").click()
    assert page.get_by_label("Ihre Frage").input_value() == "Was sagen die Parteien zum Thema Miete?"


def test_an_empty_question_is_explained_at_its_field(browser: Browser, site: str) -> None:
    page = open_page(browser)
    ask(page, site, "   ")
    field = page.get_by_label("Ihre Frage")
    assert field.get_attribute("aria-invalid") == "true"
    described = str(field.get_attribute("aria-describedby")).split()
    assert "Schreiben Sie zuerst eine Frage." in page.locator(f"#{described[0]}").inner_text()


@pytest.mark.parametrize("pack", ["plain", "hostile"])
def test_nothing_scrolls_sideways_at_320_pixels(browser: Browser, site: str, hostile_site: str, pack: str) -> None:
    page = open_page(browser, 320, java_script_enabled=True)
    base, home = (site, HOME) if pack == "plain" else (hostile_site, "/e/evil")
    page.goto(base + home)
    page.get_by_label("Ihre Frage").fill("Was sagen die Parteien zu Mieten?")
    page.get_by_role("button", name="Fragen", exact=True).click()
    page.wait_for_url("**/a/*")
    addresses = [
        page.url,
        base + home,
        base + home + "/documents",
        base + home + "/method",
        base + home + "/refusals",
        base + home + "/report",
        page.url + "/story",
        page.url + "/compare",
        base + "/about",
        base + "/audit",
    ]
    addresses.append(base + str(page.locator(".voice figcaption a").first.get_attribute("href")))
    for address in addresses:
        page.goto(address)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 320, f"{address} is {wide} pixels wide"


def test_hostile_text_runs_nothing(browser: Browser, hostile_site: str) -> None:
    page = open_page(browser, java_script_enabled=True)
    dialogs: list[str] = []

    def refuse(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", refuse)
    page.goto(hostile_site + "/e/evil")
    page.get_by_label("Ihre Frage").fill('<script>alert("q")</script>')
    page.get_by_role("button", name="Fragen", exact=True).click()
    page.wait_for_url("**/a/*")
    assert page.get_by_role("heading", level=1).inner_text() == '<script>alert("q")</script>'
    page.locator(".voice figcaption a").first.click()
    page.locator("mark").first.wait_for()
    assert dialogs == []
    assert page.locator("main script, main img").count() == 0


def test_every_target_is_large_enough(browser: Browser, site: str) -> None:
    page = open_page(browser, 360, java_script_enabled=True)
    ask(page, site, "Was sagen die Parteien zu Mieten?")
    page.wait_for_url("**/a/*")
    small = page.evaluate(
        """() => [...document.querySelectorAll('a, button, summary, input:not([type=hidden])')]
            .filter(e => e.checkVisibility() && !e.closest('p') && !e.closest('.skip') && !e.matches('.skip'))
            .map(e => [(e.closest('label') || e).getBoundingClientRect(), e.textContent.trim()])
            .filter(([r]) => r.width > 0 && (r.height < 24 || r.width < 24))
            .map(([r, t]) => t + ' ' + r.width + 'x' + r.height)"""
    )
    assert small == []


@built_script
def test_claims_appear_as_they_arrive_and_each_is_announced_once(browser: Browser, streaming_site: str) -> None:
    page = open_page(browser, java_script_enabled=True)
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(streaming_site + HOME)
    page.evaluate(
        """() => { window.said = []; new MutationObserver(() => {
            const text = document.querySelector('[role=status]')?.textContent;
            if (text && text !== said.at(-1)) said.push(text);
        }).observe(document.body, {subtree: true, childList: true, characterData: true}); }"""
    )
    page.get_by_label("Ihre Frage").fill("Was sagen die Parteien zu Mieten?")
    page.get_by_label("Ihre Frage").press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text("Durchsucht, keine passende Stelle gefunden.").wait_for()
    said = page.evaluate("said")
    assert said[0] == "Die Dokumente werden durchsucht …"
    assert [s.split(":")[0] for s in said[1:4]] == ["AUEN", "HAFEN", "LINDE"]
    assert said[4].endswith("Die Antwort ist vollständig.") and len(said) == 5
    assert page.locator(".streamed .voice h3").all_inner_texts() == [
        "AUEN",
        "HAFEN",
        "LINDE",
        "TURM",
        "Kein Dokument vorgelegt",
    ]
    assert page.evaluate("document.activeElement.type") == "submit", "focus stays in the form"
    assert page.locator("#ask input[name=after]").get_attribute("value") == page.url.rsplit("/", 1)[1]
    assert page.locator(".streamed blockquote").first.get_attribute("lang") == "de"
    assert "/a/" in page.url and problems == []
    PICTURES.mkdir(exist_ok=True)
    page.screenshot(path=PICTURES / "streamed-1280-light.png", full_page=True)
    page.locator(".streamed figcaption a").first.click()
    page.locator("mark").first.wait_for()


@built_script
@pytest.mark.parametrize("question", ["Was nach Abbruch?", "Was, wenn überlastet?", "Was, wenn zu oft?"])
def test_a_broken_stream_ends_in_the_plain_answer(browser: Browser, streaming_site: str, question: str) -> None:
    page = open_page(browser, java_script_enabled=True)
    page.goto(streaming_site + HOME)
    page.get_by_label("Ihre Frage").fill(question)
    page.get_by_role("button", name="Fragen", exact=True).click()
    page.wait_for_url("**/a/*")
    page.locator("h1", has_text=question).wait_for()
    assert page.locator(".voice").count() == 5


@built_script
def test_stopping_leaves_the_question_in_the_form(browser: Browser, streaming_site: str) -> None:
    page = open_page(browser, java_script_enabled=True)
    page.goto(streaming_site + HOME)
    page.get_by_label("Ihre Frage").fill("Was sagen die Parteien zu Mieten?")
    page.get_by_role("button", name="Fragen", exact=True).click()
    page.get_by_role("button", name="Anhalten").click()
    page.locator("[role=log]").get_by_text("Angehalten.").wait_for()
    assert page.evaluate("document.activeElement.id") == "question"
    assert page.get_by_label("Ihre Frage").input_value() == "Was sagen die Parteien zu Mieten?"


@pytest.mark.skipif(
    not AXE.exists(), reason="axe-core is not installed in frontend/: accessibility rules were NOT tried"
)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(browser: Browser, site: str, hostile_site: str, scheme: str) -> None:
    page = open_page(
        browser, 360, java_script_enabled=True, color_scheme=scheme, bypass_csp=True, http_credentials=TOKEN
    )
    addresses = [site + HOME + tail for tail in ("", "/documents", "/method", "/refusals", "/a/none")]
    addresses += [site + "/about", site + "/audit", site + "/audit/exchanges", hostile_site + "/e/evil"]
    addresses += [site + HOME + "/report", site + HOME + "/report?sent=1", site + HOME + "?frame=1"]
    for question in ("Was sagen die Parteien zu Mieten?", "Wie wähle ich per Brief?", "Wen soll ich wählen?"):
        ask(page, site, question)
        page.wait_for_url("**/a/*")
        addresses.append(page.url)
        addresses += [page.url + tail for tail in ("/compare", "/compare?blind=1&lift=1&seed=3", "/story", "?frame=1")]
        addresses += [site + str(a.get_attribute("href")) for a in page.locator(".voice figcaption a").all()[:1]]
    ask(page, site, " ")
    found = violations(page)
    for address in addresses:
        page.goto(address)
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        found += violations(page)
    assert found == []
    assert len(addresses) + 1 >= 20


@built_script
def test_the_script_is_small() -> None:
    assert len(gzip.compress((FRONTEND / "dist" / "ask.js").read_bytes())) <= 15_000


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_pictures_to_judge_with_the_eye(browser: Browser, site: str, width: int, scheme: str) -> None:
    PICTURES.mkdir(exist_ok=True)
    page = open_page(browser, width, color_scheme=scheme, http_credentials=TOKEN)
    taken = []

    def take(name: str, whole: bool = True) -> None:
        path = PICTURES / f"{name}-{width}-{scheme}.png"
        page.screenshot(path=path, full_page=whole)
        taken.append(path.stat().st_size)

    page.goto(site + HOME)
    take("first", whole=False)
    take("ask")
    ask(page, site, " ")
    take("error")
    ask(page, site, "Was sagen die Parteien zu Mieten?")
    take("answer")
    page.locator(".voice figcaption a").first.click()
    take("source")
    ask(page, site, "Wie wähle ich per Brief?")
    take("rule")
    page.locator(".voice figcaption a").first.click()
    take("section")
    ask(page, site, "Wen soll ich wählen?")
    take("refusal")
    story = page.url + "/story"
    for name in ("documents", "method", "refusals", "report"):
        page.goto(f"{site}{HOME}/{name}")
        take(name)
    for name, address in (("about", "/about"), ("audit", "/audit"), ("exchanges", "/audit/exchanges")):
        page.goto(site + address)
        take(name)
    page.goto(story)
    take("story")
    assert min(taken) > 5000
