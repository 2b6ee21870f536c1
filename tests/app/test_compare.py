"""Side by side: every party that was asked, an order anyone can repeat, and blind reading that gives nothing away."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.api.page_compare import BLANK, LARGEST_SEED
from app.api.pages import install_pages
from app.links import compare_path
from domain.answer import Answer
from tests.app.invented_desk import FakeDesk, desk_for, hostile, invented
from tests.app.test_pages import HOME, Reader, ask

NAMES = ("AUEN", "HAFEN", "LINDE", "TURM")


@pytest.fixture(scope="module")
def desk() -> FakeDesk:
    """Answers over the invented election."""
    return desk_for(invented())


@pytest.fixture(scope="module")
def client(desk: FakeDesk) -> Iterator[TestClient]:
    """A browser without JavaScript."""
    app = FastAPI()
    install_pages(app, desk)
    with TestClient(app, follow_redirects=False, headers={"accept-language": "de"}) as client:
        yield client


@pytest.fixture(scope="module")
def address(client: TestClient) -> str:
    """The comparison of an answer of all parties."""
    return ask(client, "Was zu Miete?") + "/compare"


def columns(page: str) -> list[str]:
    """What stands above each column."""
    found = re.findall(r'<h3 id="name-\d+">(.*?)</h3>', page, re.S)
    return [re.sub(r"<span.*?</span>|<[^>]+>|\s+", " ", one).strip() for one in found]


def beside(page: str) -> str:
    """The comparison itself, without the form above it."""
    return page[page.index('<section class="comparison') : page.index("</main>")]


def test_every_party_that_was_asked_has_a_column_in_the_published_order(client: TestClient, address: str) -> None:
    page = client.get(address).text
    Reader(page)
    assert columns(page) == list(NAMES)
    text = Reader(page).text
    assert "Durchsucht, keine passende Stelle gefunden." in text
    assert text.index("Kein Dokument vorgelegt") < text.rindex("KREIS"), "named, with nothing to compare"
    assert "Programm Auen zur Landtagswahl, Seite 2" in text
    assert f'href="{address}"' in client.get(address.removesuffix("/compare")).text


def test_the_lot_is_decided_by_its_number_alone(client: TestClient, address: str) -> None:
    def order(seed: int) -> list[str]:
        return columns(client.get(f"{address}?order=shuffled&seed={seed}").text)

    assert order(7) == order(7)
    assert sorted(order(7)) == sorted(NAMES)
    assert len({tuple(order(n)) for n in range(12)}) > 6
    first = [order(n)[0] for n in range(200)]
    assert all(30 <= first.count(name) <= 72 for name in NAMES), "each party comes first about as often"
    page = client.get(f"{address}?order=shuffled&seed=7").text
    assert "mit der Zahl 7" in page and "seed=8" in page


def test_only_the_chosen_parties_are_shown(client: TestClient, address: str) -> None:
    assert columns(client.get(f"{address}?party=turm&party=auen").text) == ["AUEN", "TURM"]
    assert columns(client.get(f"{address}?party=nobody").text) == list(NAMES)


def test_a_blind_reader_gets_the_words_and_nothing_that_tells_whose_they_are(
    client: TestClient, desk: FakeDesk, address: str
) -> None:
    seen, blind = (client.get(f"{address}?{q}seed=5").text for q in ("order=shuffled&", "blind=1&"))
    shown = beside(blind)
    assert columns(blind) == [f"Partei {letter}" for letter in "ABCD"]
    shown = shown[: shown.index('class="without"')]
    for party in desk.election("auenland-2026").election.parties:
        for form in (party.id, *party.short.values(), *party.name.values(), *(p.name for p in party.people)):
            assert not re.search(rf"\b{re.escape(form)}\b", shown), form
    assert "/documents/" not in shown and "<cite" not in shown and not re.search(r"Seite \d", shown)
    assert "Textstellen" in beside(seen) and "Textstellen" not in shown, "the length of a programme would name it"
    words, of_seen = (re.findall(r"<blockquote[^>]*><p>(.*?)</p>", text, re.S) for text in (shown, beside(seen)))
    assert len(words) == len(of_seen) > 2
    assert all(len(a.split()) == len(b.split()) or BLANK in a for a, b in zip(words, of_seen, strict=True))


@pytest.mark.parametrize("sections", [False, True])
def test_a_name_in_question_quotation_and_section_is_left_out(sections: bool) -> None:
    built = invented()
    desk = desk_for(built)
    party = built.election.parties[0]
    name = party.short["de"]
    app = FastAPI()
    install_pages(app, desk)
    with TestClient(app, follow_redirects=False, headers={"accept-language": "de"}) as client:
        address = ask(client, f"Was will {name} zu Miete?") + "/compare"
        record = address.split("/")[-2]
        desk.prepared[record] = telling(desk.prepared[record], name, sections)
        page = client.get(f"{address}?blind=1").text
    assert name not in beside(page)
    assert name not in re.search(r"<h1.*?</h1>", page, re.S)[0]  # type: ignore[index]
    assert BLANK in beside(page)
    assert (f"Was {BLANK} will" in beside(page)) is sections, "of sections nothing is shown unless all have one"


def telling(answer: Answer, name: str, sections: bool) -> Answer:
    """The answer with a quotation in which a party names itself, in a section that names it, alone or as all are."""
    claim = answer.claims[0]
    quote = f"Wir von {name} sagen: {claim.text}"
    citation = claim.citations[0].model_copy(update={"quote": quote, "section": f"Was {name} will"})
    named = claim.model_copy(update={"text": quote, "citations": (citation,)})
    others = answer.claims[1:]
    if sections:
        places = [c.citations[0].model_copy(update={"section": "Wohnen"}) for c in others]
        others = tuple(c.model_copy(update={"citations": (p,)}) for c, p in zip(others, places, strict=True))
    return answer.model_copy(update={"claims": (named, *others)})


def test_lifting_a_cover_names_that_column_and_no_other(client: TestClient, address: str) -> None:
    covered = client.get(f"{address}?blind=1&seed=5").text
    lifts = re.findall(r'href="(\?[^"]*lift=\d+[^"]*)#column-\d+"', covered)
    assert len(lifts) == 4
    one = columns(client.get(address + lifts[1].replace("&amp;", "&")).text)
    assert one[1] in NAMES and [c for c in one if c in NAMES] == [one[1]]
    order = columns(client.get(f"{address}?order=shuffled&seed=5").text)
    assert one[1] == order[1]


@pytest.mark.parametrize(
    "query",
    ["seed=x", "seed=-1", "blind=1&seed=99999999999999999999", "blind=1&lift=0&lift=999&lift=²", "order=", "party=%00"],
)
def test_an_address_that_cannot_be_read_shows_the_page_all_the_same(
    client: TestClient, address: str, query: str
) -> None:
    reply = client.get(f"{address}?{query}")
    assert reply.status_code == 200
    assert len(columns(reply.text)) == 4
    seeds = [int(n) for n in re.findall(r"seed=(\d+)", beside(reply.text))]
    assert all(0 <= n <= LARGEST_SEED for n in seeds)


def test_hostile_text_stays_text_side_by_side() -> None:
    app = FastAPI()
    install_pages(app, desk_for(hostile()))
    with TestClient(app, follow_redirects=False) as client:
        address = ask(client, "Was zu Miete?", "/e/evil") + "/compare"
        for query in ("", "?blind=1", "?blind=1&lift=1", "?order=shuffled&seed=3"):
            page = Reader(client.get(address + query).text)
            assert not page.all("script") and not [a for _, a in page.tags if any(k.startswith("on") for k in a)]


def test_a_comparison_of_nobody_and_of_no_answer(client: TestClient) -> None:
    assert "keine Partei zu Wort" in client.get(ask(client, "Wen wählen?") + "/compare").text
    assert client.get(compare_path("auenland-2026", "0" * 32)).status_code == 404
    assert client.get(f"{HOME}/a/none/compare").status_code == 404
