"""Whoever asks for plain language is answered in it; question, search and quotations are those of the main language."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.api.page_language import load_messages, matching, preferred
from app.api.page_shell import FRONTEND
from app.desk import Ask, Desk
from app.errors import BadQuestion
from app.main import open_desk
from app.record import MemoryRecorder
from app.settings import Settings
from domain.answer import Answer
from domain.base import in_language, main_language
from tests.small_pack import ELECTIONS

QUESTIONS = (
    "Was sagen die Parteien zu Mieten?",
    "Wie beantrage ich Briefwahl?",
    "Wen soll ich wählen?",
    "Bist du ein Mensch?",
    "Darf ich im Bademantel wählen?",
)


@pytest.fixture(scope="module")
def desk(demo_data: Path) -> Iterator[Desk]:
    """The demo election with its records in memory."""
    opened = open_desk(Settings(elections=ELECTIONS, data=demo_data), MemoryRecorder(), ("demo",))
    yield opened
    opened.election("demo").close()


def answer(desk: Desk, question: str, language: str) -> Answer:
    """The answer in a language."""
    found = asyncio.run(desk.ask(Ask("demo", question, language=language), record=False)).answer
    assert found is not None
    return found


@pytest.mark.parametrize("question", QUESTIONS)
def test_plain_german_changes_our_words_and_nothing_else(desk: Desk, question: str) -> None:
    usual, simple = answer(desk, question, "de"), answer(desk, question, "de-simple")
    assert simple.language == "de-simple"
    assert simple.message != usual.message
    assert [c.citations for c in simple.claims] == [c.citations for c in usual.claims]
    assert [c.text for c in simple.claims if c.kind == "quotation"] == [
        c.text for c in usual.claims if c.kind == "quotation"
    ]
    same = ("status", "scope", "silent", "no_document", "near", "expansion")
    assert [getattr(simple, name) for name in same] == [getattr(usual, name) for name in same]


def test_every_card_of_the_demo_speaks_plain_german(desk: Desk) -> None:
    election = desk.election("demo").election
    assert election.plain == ("de-simple",)
    assert [c.id for c in election.rules for s in c.statements if "de-simple" not in s.text] == []
    said = answer(desk, "Wie beantrage ich Briefwahl?", "de-simple")
    texts = {c.text for c in answer(desk, "Wie beantrage ich Briefwahl?", "de").claims}
    assert {c.text for c in said.claims}.isdisjoint(texts)


def test_the_next_turn_is_read_in_the_main_language(desk: Desk) -> None:
    async def talk() -> str:
        first = await desk.ask(Ask("demo", "Was sagen die Parteien zu Mieten?", language="de-simple"))
        then = await desk.ask(Ask("demo", "Und zur Schule?", conversation=first.question.conversation))
        return then.question.language

    assert asyncio.run(talk()) == "de"


def test_a_form_that_no_pack_offers_is_refused_by_name(desk: Desk) -> None:
    with pytest.raises(BadQuestion, match=r"'fr-simple' is not offered .*: de, fr, en, de-simple"):
        answer(desk, "Quand vote-t-on ?", "fr-simple")


def test_a_text_without_the_simplified_form_is_that_of_its_main_language() -> None:
    assert main_language("de-simple") == "de"
    assert main_language("de-CH") == "de-CH"
    assert in_language({"en": "a", "de": "b"}, "de-simple") == "b"
    assert in_language({"en": "a"}, "de-simple") == "a"
    assert in_language({}, "de") == ""
    messages = load_messages(FRONTEND / "messages")
    assert messages["de-simple"].keys() == messages["de"].keys()
    assert messages["de-simple"]["language.fr"] == messages["de"]["language.fr"]


def test_no_browser_gets_plain_language_unasked() -> None:
    offered = ["de", "fr", "en", "de-simple"]
    assert preferred("de-AT,de;q=0.9", offered) == "de"
    assert matching("de-simple", offered) == "de-simple"
