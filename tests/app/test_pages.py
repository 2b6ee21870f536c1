"""The pages as a browser without JavaScript gets them: words, languages, headers, errors, hostile text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import get_args

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.api.page_language import Voice, load_messages, preferred
from app.api.page_marks import Piece, lines_on_page, pieces
from app.api.page_shell import FRONTEND, local
from app.api.pages import install_pages
from app.links import section_slug, viewer_url
from domain.answer import AnswerStatus, Claim
from domain.passage import PageSpan, Sentence
from guardrails.personal_data import MARKS
from tests.app.invented_desk import FakeDesk, FakePage, desk_for, hostile, invented

HOME = "/e/auenland-2026"
VOID = {"meta", "link", "input", "br", "img", "hr"}


class Reader(HTMLParser):
    """Reads a page strictly: elements must nest, ids must be unique; keeps tags, attributes and text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(page)
        self.close()
        assert self.open == [], f"left open: {self.open}"
        ids = [a["id"] for _, a in self.tags if "id" in a]
        assert len(ids) == len(set(ids)), f"ids given twice: {sorted(i for i in ids if ids.count(i) > 1)}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the tag."""
        self.tags.append((tag, {k: v or "" for k, v in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the tag, which stays closed."""
        self.tags.append((tag, {k: v or "" for k, v in attrs}))

    def handle_endtag(self, tag: str) -> None:
        """The innermost open element must be the one that ends."""
        assert self.open and self.open[-1] == tag, f"</{tag}> inside {self.open[-3:]}"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        """Keep the text."""
        self.text += data

    def all(self, tag: str) -> list[dict[str, str]]:
        """Attributes of every element of this kind."""
        return [a for t, a in self.tags if t == tag]


@pytest.fixture(scope="module")
def desk() -> FakeDesk:
    """Answers over the invented election."""
    return desk_for(invented())


@pytest.fixture(scope="module")
def client(desk: FakeDesk) -> Iterator[TestClient]:
    """A browser that does not follow redirects."""
    app = FastAPI()
    install_pages(app, desk)
    with TestClient(app, follow_redirects=False, headers={"accept-language": "de"}) as client:
        yield client


@pytest.fixture(scope="module")
def evil() -> Iterator[TestClient]:
    """A browser before the hostile pack."""
    app = FastAPI()
    install_pages(app, desk_for(hostile()))
    with TestClient(app, follow_redirects=False, headers={"accept-language": "de"}) as client:
        yield client


def ask(client: TestClient, question: str, home: str = HOME, **fields: str) -> str:
    """Send the form; the address of the answer."""
    reply = client.post(f"{home}/ask", data={"question": question, **fields})
    assert reply.status_code == 303, reply.text
    return str(reply.headers["location"])


def addresses(client: TestClient, home: str = HOME) -> list[str]:
    """One address of every kind of page, links to cited places and a picture apart."""
    answers = [ask(client, words, home) for words in ("Was zu Miete?", "Wie wählen?", "Wen wählen?")]
    found = [
        "/",
        "/about",
        home,
        f"{home}?q=Miete",
        f"{home}/documents",
        f"{home}/method",
        f"{home}/refusals",
        *answers,
        f"{answers[0]}/compare",
        f"{answers[0]}/compare?blind=1&lift=2&party=turm&party=auen",
    ]
    for answer in answers[:2]:
        links = [a["href"] for a in Reader(client.get(answer).text).all("a") if "passage=" in a["href"]]
        found += [link.partition("#")[0] for link in links]
    found += {link.partition("/pages/")[0].partition("/sections/")[0] for link in found if "/documents/" in link}
    return [*found, "/e/nowhere", f"{home}/a/{'0' * 32}", f"{home}/documents/{'0' * 64}"]


def test_every_page_is_well_formed_in_every_language_and_asks_nothing_of_other_sites(client: TestClient) -> None:
    for address in addresses(client):
        for language in ("de", "fr", "en", "de-simple"):
            reply = client.get(
                address,
                params={"lang": language} if "?" not in address else None,
                headers={"accept-language": language},
            )
            page = Reader(reply.text)
            assert page.all("html")[0]["lang"] == language, address
            assert len(page.all("h1")) == 1 and len(page.all("main")) == 1
            assert not [a for t, a in page.tags if "style" in a or any(k.startswith("on") for k in a) or t == "style"]
            assert all(s.get("src", "").startswith("/static/") for s in page.all("script"))
            loaded = [
                a.get("href", a.get("src", ""))
                for t, a in page.tags
                if t in {"link", "script", "img", "image", "iframe"}
            ]
            assert all(one.startswith("/") and not one.startswith("//") for one in loaded), loaded


def test_every_reply_carries_the_security_headers_and_no_cookie(client: TestClient) -> None:
    document = next(a for a in addresses(client) if "/pages/" in a).partition("?")[0]
    style = re.search(r'href="(/static/isegoria\.css\?v=\w+)"', client.get(HOME).text)
    assert style
    posted = client.post(f"{HOME}/ask", data={"question": "Was zu Miete?"})
    replies = [client.get(a) for a in [*addresses(client), f"{document}/image.png", style.group(1), "/static/none.js"]]
    for reply in [posted, *replies]:
        policy = reply.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'") and "unsafe" not in policy
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert reply.headers["referrer-policy"] == "same-origin"
        assert "geolocation=()" in reply.headers["permissions-policy"]
        assert "set-cookie" not in reply.headers


def test_first_sight_says_machine_operator_complaint_and_limits(client: TestClient) -> None:
    page = Reader(client.get("/").text)
    first = page.text.partition("Ihre Frage")[0]
    assert "Eine Maschine wählt die Zitate aus." in first
    assert "Landeswahlleitung Auenland" in first
    assert "Fehler oder Schieflage melden" in first and "Erfundene Wahl" in first
    assert "Wen Sie wählen sollen" in page.text and "3. Mai 2026" in page.text


def test_suggested_questions_are_six_from_one_template(client: TestClient) -> None:
    values = [b["value"] for b in Reader(client.get(HOME).text).all("button") if b.get("name") == "question"]
    assert len(values) == 6
    assert all(re.fullmatch(r"Was sagen die Parteien zum Thema .+\?", v) for v in values)


def test_what_it_rests_on_is_counted(client: TestClient) -> None:
    text = Reader(client.get(HOME, params={"lang": "fr"}).text).text
    assert "4 programmes" in text and "1 loi" in text and "autre document" not in text


def test_an_answer_shows_every_party_once_in_the_order_of_the_scope(client: TestClient) -> None:
    page = client.get(ask(client, "Was zu Miete?")).text
    rows = re.findall(r'<h3 id="party-[a-z]+">\s*<bdi>(\w+)</bdi>', page)
    assert rows == ["AUEN", "HAFEN", "LINDE", "TURM"]
    text = Reader(page).text
    assert "Durchsucht, keine passende Stelle gefunden." in text and "212 Textstellen" in text
    assert "Das heißt nicht, dass die Partei dazu keine Haltung hat." in text
    assert re.search(r"\d Parteien mit Zitat · 1 ohne passende Stelle · 1 ohne Dokument", text), "and how many of each"
    jumps = re.findall(r'<li><a href="#(party-[a-z]+)"><bdi>', page)
    assert jumps == re.findall(r'<h3 id="(party-[a-z]+)">', page), "one jump for each, in the same order"
    assert text.index("Kein Dokument vorgelegt") < text.index("KREIS", text.index("Kein Dokument vorgelegt"))
    assert "Gelesen als:" in text and "Bei jeder neuen Vermietung gilt die Miete des Vormieters als Obergrenze." in text
    assert "Programm Auen zur Landtagswahl, Seite 2 (gedruckt 4)" in text and "beschlossen, 1. Februar 2026" in text


def test_quotations_keep_their_language_whatever_the_interface(client: TestClient) -> None:
    page = Reader(client.get(ask(client, "Was zu Miete?") + "?lang=fr").text)
    assert page.all("html")[0]["lang"] == "fr"
    assert {b["lang"] for b in page.all("blockquote")} == {"de"}
    assert "Citation en allemand" in page.text and "Durchsucht" not in page.text
    assert any(a.get("lang") == "de" for a in page.all("div")), "the answer's own wording is German and says so"
    assert all("lang=fr" in a["href"] for a in page.all("a") if a["href"].startswith(f"{HOME}/documents/"))


def test_the_cited_page_marks_the_quotation_in_picture_and_text(client: TestClient) -> None:
    answer = client.get(ask(client, "Was zu Miete?")).text
    link = next(a["href"] for a in Reader(answer).all("a") if "passage=" in a["href"])
    page = client.get(link.partition("#")[0]).text
    assert (
        re.findall(r"<mark>([^<]*)</mark>", page)[0]
        == "Bei jeder neuen Vermietung gilt die Miete des Vormieters als Obergrenze."
    )
    assert page.count('rx="1.5"') == 2, "two lines on the page"
    assert 'href="https://auen.example/programm"' in page
    plain = client.get(link.partition("?")[0]).text
    assert "<mark" not in plain and "<mask" not in plain and "Landkreisen" in plain


def test_the_cited_section_marks_the_sentence(client: TestClient) -> None:
    answer = client.get(ask(client, "Wie wählen?")).text
    assert "Beantragen Sie die Briefwahl" in answer and "https://wahlleitung.example/" in answer
    link = next(a["href"] for a in Reader(answer).all("a") if "/sections/" in a["href"])
    page = client.get(link.partition("#")[0]).text
    assert len(re.findall(r"<mark>[^<]+</mark>", page)) == 1
    assert "§ 35 Wahlzeit" in page and "§ 37 Auszählung" in page


@pytest.mark.parametrize("query", ["passage=beef&from=0&to=9", "passage=&from=-5&to=99999999", "from=3&to=1"])
def test_a_made_up_quotation_marks_nothing(client: TestClient, desk: FakeDesk, query: str) -> None:
    document = next(iter(desk.built[0].files))
    reply = client.get(f"{HOME}/documents/{document}/pages/2?{query}")
    assert reply.status_code == 200 and "<mark" not in reply.text


def test_a_passage_of_another_document_marks_nothing(client: TestClient, desk: FakeDesk) -> None:
    first, other = list(desk.built[0].files)[:2]
    passage = next(p for p in desk.built[0].passages.values() if p.document == other)
    reply = client.get(f"{HOME}/documents/{first}/pages/2?passage={passage.id}&from=0&to=9")
    assert "<mark" not in reply.text and passage.text not in reply.text


def test_a_quotation_over_two_pages_is_marked_on_both_and_each_leads_to_the_other(desk: FakeDesk) -> None:
    built = desk.built[0]
    passage = next(p for p in built.passages.values() if p.party == "turm")
    halves = (PageSpan(page=1, start=0, end=6), PageSpan(page=2, start=0, end=13))
    long = passage.model_copy(
        update={"page": 1, "sentences": (Sentence(start=0, end=len(passage.text), spans=halves),), "id": "f" * 64}
    )
    app = FastAPI()
    install_pages(app, desk_for(replace(built, passages={**built.passages, long.id: long})))
    with TestClient(app) as client:
        first = client.get(viewer_url(built.election.id, long, long.text).partition("#")[0]).text
        assert "/pages/1?" in viewer_url(built.election.id, long, long.text)
        assert "<mark>Inhalt</mark>" in first
        link = next(a["href"] for a in Reader(first).all("a") if "/pages/2?passage=" in a["href"])
        assert "<mark>Programm Turm</mark>" in client.get(link).text


def test_a_word_without_neighbours_and_two_columns_stay_apart() -> None:
    boxes = ((0, 3, 10.0, 80.0, 30.0, 90.0), (4, 7, 33.0, 80.5, 50.0, 90.0), (8, 11, 120.0, 80.0, 150.0, 90.0))
    page = FakePage(None, "abc def ghi", 200.0, 100.0, boxes)
    lines = lines_on_page(page, [(0, 11)])
    assert [round(line.x) for line in lines] == [8, 118]
    assert lines[0].y + lines[0].height == pytest.approx(20, abs=1), "the origin is the top left"
    assert lines_on_page(page, [(3, 4), (20, 30)]) == ()


def test_pieces_join_overlaps_and_clip() -> None:
    assert [(p.text, p.marked) for p in pieces("abcdef", [(4, 99), (1, 3), (2, 4)])] == [
        ("a", False),
        ("bc", True),
        ("d", True),
        ("ef", True),
    ]
    assert pieces("", [(0, 5)]) == () and pieces("ab", [(3, 1), (-5, 0)])[0] == Piece("ab", False)


@pytest.mark.parametrize(
    ("section", "slug"),
    [
        ("§ 36 BWahlG", "par-36-bwahlg"),
        ("§ 36 BWahlG Abs. 1 Satz 2", "par-36-bwahlg"),
        ("Art 38 GG", "art-38-gg"),
        ("Anlage 19 BWO", "anlage-19-bwo"),
        ("Größe & Maß: Übersicht", "grosse-mass-ubersicht"),
        ("…", "text"),
        ("../../etc", "etc"),
    ],
)
def test_a_section_has_a_plain_address(section: str, slug: str) -> None:
    assert section_slug(section) == slug


def test_an_address_holds_no_words_of_the_quotation(desk: FakeDesk) -> None:
    passage = next(iter(desk.built[0].passages.values()))
    address = viewer_url("a/b?c", passage, passage.text[5:20])
    assert address.startswith("/e/a%2Fb%3Fc/documents/") and "from=5&to=20" in address
    assert "from=0" in viewer_url("e", passage, "words that are not in it")


def test_a_refusal_gives_reason_and_a_question_to_ask_instead(client: TestClient) -> None:
    page = Reader(client.get(ask(client, "Wen wählen?")).text)
    assert "Mit Absicht nicht beantwortet" in page.text and "gibt keine Empfehlung" in page.text
    link = next(a["href"] for a in page.all("a") if "?q=" in a["href"])
    form = client.get(link).text
    assert ">Was sagen die Parteien zum Thema Miete?</textarea>" in form


def test_an_unclear_question_is_asked_back_with_topics_that_go_on_from_it(client: TestClient, desk: FakeDesk) -> None:
    address = ask(client, "hm")
    page = Reader(client.get(address).text)
    assert "Um welches Thema geht es?" in page.text and "Bitte sagen Sie etwas mehr" in page.text
    offered = [b["value"] for b in page.all("button") if b.get("name") == "question"]
    topics = [s.topic["de"] for s in desk.built[0].election.suggestions]
    assert offered and offered == topics[: len(offered)]
    assert "Durchsucht und nichts" not in page.text
    record = address.rsplit("/", 1)[1]
    assert {"type": "hidden", "name": "after", "value": record} in page.all("input")
    others = Reader(client.get(ask(client, "Wen wählen?")).text)
    assert not [b for b in others.all("button") if b.get("name") == "question"]


def test_an_answer_about_a_party_without_a_document_names_it(client: TestClient) -> None:
    page = Reader(client.get(ask(client, "Kreis zu Miete?")).text)
    assert "Kein Dokument vorgelegt" in page.text and "KREIS" in page.text
    assert "Durchsucht und nichts" not in page.text and "Verbindliche Auskunft" not in page.text


def test_limits_are_shown_with_reasons_and_without_naming_a_party(client: TestClient) -> None:
    text = Reader(client.get(f"{HOME}/refusals").text).text
    assert "Wahlempfehlung" in text and "Eine Empfehlung nähme Partei." in text
    assert "Ist Partei A besser als Partei B?" in text and "{party}" not in text


def test_every_passage_considered_is_listed_quoted_or_not(client: TestClient, desk: FakeDesk) -> None:
    text = Reader(client.get(ask(client, "Was zu Miete?")).text).text
    assert text.count("Rang 1") == len(desk.built[0].passages)
    assert "nicht zitiert" in text and "Jedes Zitat in seinem Dokument wiedergefunden" in text


def test_choices_reach_the_desk(client: TestClient, desk: FakeDesk) -> None:
    reply = client.post(
        f"{HOME}/ask?lang=en", data={"question": "  Was?  ", "after": "b" * 32, "party": ["turm", "auen", "x"]}
    )
    assert reply.headers["location"].endswith("?lang=en")
    asked = desk.asked[-1]
    assert (asked.question, asked.after, asked.conversation, asked.parties, asked.language) == (
        "Was?",
        "b" * 32,
        None,
        ("auen", "turm"),
        "en",
    )


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ("", "Schreiben Sie zuerst"),
        (" \n ", "Schreiben Sie zuerst"),
        ("ä" * 1001, "länger als 1.000"),
        ("a\0b", "in Worten"),
    ],
)
def test_a_bad_question_is_explained_at_its_field_and_kept(client: TestClient, question: str, message: str) -> None:
    reply = client.post(f"{HOME}/ask", data={"question": question, "party": "auen", "after": "b" * 32})
    page = Reader(reply.text)
    assert reply.status_code == 422
    field = page.all("textarea")[0]
    assert field["aria-invalid"] == "true" and "question-error" in field["aria-describedby"]
    assert message in page.text and "<title>Fehler" in reply.text
    assert {"type": "hidden", "name": "after", "value": "b" * 32} in page.all("input")
    if question.strip() and "\0" not in question:
        assert question in page.text
    assert [i["value"] for i in page.all("input") if "checked" in i] == ["auen"]


def test_a_thousand_characters_are_accepted_whatever_their_size(client: TestClient) -> None:
    assert ask(client, "𝔘" * 1000)


def test_a_form_of_a_megabyte_and_a_form_that_is_none_are_refused(client: TestClient) -> None:
    large = client.post(f"{HOME}/ask", content=b"question=" + b"a" * 1_000_000)
    assert large.status_code == 422 and "länger als 1.000" in large.text
    binary = client.post(f"{HOME}/ask", content=bytes(range(256)))
    assert binary.status_code == 422
    many = client.post(f"{HOME}/ask", content=b"a=&" * 3000)
    assert many.status_code == 422


def test_a_lost_conversation_keeps_the_words(client: TestClient) -> None:
    reply = client.post(f"{HOME}/ask", data={"question": "Und Schulen?", "after": "lost"})
    assert reply.status_code == 422 and "Und Schulen?" in reply.text and 'value="lost"' not in reply.text


def test_an_answer_page_goes_on_from_its_own_record_and_holds_no_conversation(client: TestClient) -> None:
    address = ask(client, "Was zu Miete?")
    page = client.get(address).text
    assert {"type": "hidden", "name": "after", "value": address.rsplit("/", 1)[1]} in Reader(page).all("input")
    assert "c0ffee" not in page


def test_more_of_the_same_is_one_button_that_goes_on_from_the_answer(client: TestClient, desk: FakeDesk) -> None:
    address = ask(client, "Was zu Miete?")
    page = Reader(client.get(address).text)
    button = next(b for b in page.all("button") if b.get("name") == "question")
    again = ask(client, button["value"], after=address.rpartition("/")[2])
    assert (desk.asked[-1].question, desk.asked[-1].after) == ("Mehr dazu", address.rpartition("/")[2])
    assert again != address
    declined = Reader(client.get(ask(client, "Wen wählen?")).text)
    assert not [b for b in declined.all("button") if b.get("name") == "question"], "nothing to show more of"


def test_a_pack_without_an_operator_says_so_on_every_page_instead_of_an_address(desk: FakeDesk) -> None:
    built = desk.built[0]
    app = FastAPI()
    alone = replace(built, election=built.election.model_copy(update={"operator": None}))
    install_pages(app, FakeDesk((alone,), dict(desk.prepared)))
    with TestClient(app, headers={"accept-language": "de"}, follow_redirects=False) as client:
        pages = {a: Reader(client.get(a).text).text for a in (HOME, "/about", ask(client, "Wen wählen?"))}
    for address, words in pages.items():
        assert "Noch ist kein Betreiber eingetragen" in words, address
        assert "Landeswahlleitung Auenland" not in words.partition("zuständige Stelle")[0], address
    assert "nimmt hier niemand Beschwerden an" in pages["/about"]
    assert sum("nimmt hier niemand Beschwerden an" in words for words in pages.values()) == 2, "about and the answer"


def test_a_pause_is_a_page_without_a_record(client: TestClient) -> None:
    reply = client.post(f"{HOME}/ask", data={"question": "Pause bitte"})
    assert reply.status_code == 503 and "Der Dienst macht Pause." in reply.text


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/e/nowhere", "Diese Wahl gibt es hier nicht"),
        ("/e/nowhere/documents", "Diese Wahl gibt es hier nicht"),
        (f"{HOME}/a/{'0' * 32}", "Diese Antwort gibt es hier nicht"),
        (f"{HOME}/documents/{'0' * 64}", "Diese Seite gibt es hier nicht"),
        (f"{HOME}/documents/..%2F..%2Fetc", "Diese Seite gibt es hier nicht"),
        ("/static/../pages.py", None),
    ],
)
def test_what_is_not_there_says_so(client: TestClient, address: str, words: str | None) -> None:
    reply = client.get(address)
    assert reply.status_code == 404
    if words:
        assert words in reply.text and "Zur Startseite" in reply.text


@pytest.mark.parametrize(
    "tail",
    ["pages/0", "pages/3", "pages/-1", "pages/two", "pages/2/image.png?size=9", "pages/9/image.png", "sections/none"],
)
def test_a_page_that_a_document_lacks_is_not_there(client: TestClient, desk: FakeDesk, tail: str) -> None:
    document = next(iter(desk.built[0].files))
    reply = client.get(f"{HOME}/documents/{document}/{tail}")
    assert reply.status_code == 404 and "Diese Seite gibt es hier nicht" in reply.text


def test_a_record_of_another_election_is_not_shown(client: TestClient, desk: FakeDesk) -> None:
    record = ask(client, "Was zu Miete?").rsplit("/", 1)[1]
    desk.prepared[record] = desk.prepared[record].model_copy(update={"election": "other"})
    assert client.get(f"{HOME}/a/{record}").status_code == 404


def test_hostile_text_stays_text(evil: TestClient) -> None:
    question = '</textarea><script>alert("q")</script>'
    pages = [evil.get(a) for a in addresses(evil, "/e/evil")]
    pages += [evil.get(ask(evil, question, "/e/evil")), evil.post("/e/evil/ask", data={"question": question * 40})]
    pages.append(evil.get("/e/evil", params={"q": question, "lang": '"><script>'}))
    for reply in pages:
        page = Reader(reply.text)
        assert all(s.get("src", "").startswith("/static/") for s in page.all("script"))
        assert not page.all("img") and not page.all("b")
        assert not [a for _, a in page.tags if any(k.startswith("on") for k in a)]
        title = re.search(r"<title>(.*?)</title>", reply.text, re.DOTALL)
        assert title and "\u202e" not in title.group(1), "a direction mark may not turn the title around"
    answer = evil.get(ask(evil, "Was?", "/e/evil")).text
    assert "\u202e" in answer and '<blockquote dir="auto"' in answer, "quotations are shown as they are, isolated"


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "//evil.example/x", "https://evil.example", "/\\evil.example", "data:text/html,x"]
)
def test_an_address_that_leaves_the_site_is_no_citation_link(url: str) -> None:
    assert local(url) == ""


def test_an_answer_outlives_its_documents(desk: FakeDesk) -> None:
    built = invented({"auen": ("Ein Satz bleibt hier stehen.",)})
    app = FastAPI()
    later = FakeDesk((built,), dict(desk.prepared))
    install_pages(app, later)
    with TestClient(app) as client:
        reply = client.post(f"{HOME}/ask", data={"question": "Was zu Miete?"}, headers={"accept-language": "de"})
    assert reply.status_code == 200 and "nicht mehr zu dieser Wahl gehört" in reply.text


def test_static_files_are_kept_by_digest(client: TestClient) -> None:
    address = re.search(r'href="(/static/isegoria\.css\?v=\w+)"', client.get(HOME).text)
    assert address
    reply = client.get(address.group(1))
    assert "immutable" in reply.headers["cache-control"] and reply.headers["content-type"].startswith("text/css")
    assert client.get("/static/isegoria.css").headers["cache-control"] == "no-cache"
    again = client.get(address.group(1), headers={"if-none-match": reply.headers["etag"]})
    assert again.status_code == 304 and not again.content


def test_pages_are_whole_without_the_built_script(desk: FakeDesk, tmp_path: Path) -> None:
    for name in ("templates", "messages", "static"):
        (tmp_path / name).symlink_to(FRONTEND / name)
    app = FastAPI()
    install_pages(app, desk, tmp_path)
    with TestClient(app) as client:
        reply = client.get(HOME)
    assert (
        reply.status_code == 200
        and "<script" not in reply.text
        and "isegoria-ask" not in reply.text
        and "<form" in reply.text
    )


def test_messages_have_the_same_keys_and_slots_in_every_language() -> None:
    messages = load_messages(FRONTEND / "messages")
    assert set(messages) >= {"de", "fr", "en"}
    slots = {
        tag: {k: sorted(set(re.findall(r"\{(\w+)\}", v))) for k, v in words.items()} for tag, words in messages.items()
    }
    for tag, found in slots.items():
        assert found.keys() == slots["en"].keys(), tag
        assert {k: v for k, v in found.items() if v != slots["en"][k]} == {}, tag
        assert all(words.strip() for words in messages[tag].values())


def test_every_status_step_and_key_in_the_templates_has_words() -> None:
    words = load_messages(FRONTEND / "messages")["en"]
    for status in AnswerStatus:
        assert f"status.{status.value}" in words or f"status.{status.family}" in words, status
    for template in (FRONTEND / "templates").glob("*.html"):
        for key in re.findall(r"\bt\('([a-z_.0-9]+[a-z0-9_])'\s*[,)]", template.read_text()):
            assert key in words, f"{template.name}: {key}"
        for key in re.findall(r"\bn\('([a-z_.]+[a-z_])',", template.read_text()):
            assert f"{key}.one" in words and f"{key}.other" in words, f"{template.name}: {key}"


def test_no_message_is_left_unread() -> None:
    """Keys stand in templates and page code as they are, or as a beginning that is joined with the rest."""
    files = [*(FRONTEND / "templates").glob("*.html"), *(FRONTEND.parent / "app" / "api").glob("*.py")]
    code = "".join(path.read_text(encoding="utf-8") for path in files)
    whole = set(re.findall(r"""["']([a-z_0-9.]+)["']""", code))
    begun = {*re.findall(r"'([a-z_.]+[._])'\s*~", code), *re.findall(r"""f["']([a-z_]+\.)\{""", code)} - {"answer."}
    kinds = get_args(Claim.model_fields["kind"].annotation)
    whole |= {f"answer.{kind}" for kind in kinds}
    keys = {re.sub(r"\.(one|other)$", "", key): key for key in load_messages(FRONTEND / "messages")["en"]}
    assert [k for k in keys if k not in whole and not keys[k].startswith(tuple(begun))] == []


def test_masked_stretches_are_shown_in_the_readers_words(client: TestClient) -> None:
    page = Reader(client.get(ask(client, "Was gilt für [phone] und [address]?")).text)
    assert "Was gilt für [Telefonnummer] und [Anschrift]?" in page.text
    assert load_messages(FRONTEND / "messages")["fr"].keys() >= {f"masked.{kind}" for kind in MARKS}


def test_no_message_file_repeats_a_key() -> None:
    for path in (FRONTEND / "messages").glob("*.json"):
        pairs = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=list)
        keys = [key for key, _ in pairs]
        assert sorted(keys) == sorted(set(keys)), path.name


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", "de"), ("fr", "fr"), ("en-GB,en;q=0.9,de;q=0.8", "en"), ("it, fr;q=0.5, de;q=0.7", "de"),
        ("*", "de"), ("fr;q=0, en;q=0.1", "en"), ("fr;q=zzz", "de"), (";;;,,,q=1", "de"), ("FR-ca", "fr"),
    ],
)  # fmt: skip
def test_the_browsers_preference_is_followed(header: str, expected: str) -> None:
    assert preferred(header, ["de", "fr", "en"]) == expected


def test_plurals_and_numbers_follow_the_language() -> None:
    messages = load_messages(FRONTEND / "messages")
    french, german = Voice("fr", messages["fr"]), Voice("de", messages["de"])
    assert french.n("document.pages", 0) == "0 page" and german.n("document.pages", 0) == "0 Seiten"
    assert german.n("document.pages", 1) == "1 Seite" and german.number(12345) == "12.345"
