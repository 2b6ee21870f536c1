"""Questions of procedure go to the rules, wishes for other rules to the programmes; appeals for votes are no answer."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from app.answering.desk_view import Room
from app.answering.phrases import read_phrases
from app.answering.voices import voice
from app.common import load_common
from app.desk import Ask, Desk
from app.main import open_desk
from app.record import MemoryRecorder
from app.settings import Settings
from domain.answer import AnswerStatus
from domain.base import in_language, main_language
from domain.exchange import Exchange, Subject
from tests.small_pack import ELECTIONS

PROCEDURE = ELECTIONS / "common" / "understand" / "procedure"
TOPICAL = {"de": "Was sagen die Programme zum Thema {}?", "en": "What do the programmes say about {}?",
           "fr": "Que disent les programmes au sujet de ce thème : {} ?"}  # fmt: skip


@pytest.fixture(scope="module")
def desk(demo_data: Path) -> Iterator[Desk]:
    """The demo election with its records in memory."""
    opened = open_desk(Settings(elections=ELECTIONS, data=demo_data), MemoryRecorder(), ("demo",))
    yield opened
    opened.election("demo").close()


def ask(desk: Desk, question: str) -> Exchange:
    """The exchange of one question."""
    return asyncio.run(desk.ask(Ask("demo", question), record=False))


def test_every_language_knows_the_same_concepts_and_cards_cue_on_nothing_else() -> None:
    known = [set(yaml.safe_load(p.read_text(encoding="utf-8"))) for p in sorted(PROCEDURE.glob("*.yaml"))]
    assert len(known) == 3
    assert all(one == known[0] for one in known)
    for pack in sorted(ELECTIONS.glob("*/rules/*.yaml")):
        for card in yaml.safe_load(pack.read_text(encoding="utf-8"))["cards"]:
            named = {part.lstrip("=!") for cue in card.get("cues", ()) for part in cue.split()}
            assert named <= known[0], (pack, card["id"])


@pytest.mark.parametrize(
    "question",
    [
        "Mein Ausweis ist abgelaufen, darf ich dennoch abstimmen?",
        "Wann machen die Wahlräume zu?",
        "Was muss ich in den Wahlraum mitbringen?",
        "Ich sitze in U-Haft im Gefängnis, wie wähle ich?",
        "What time do the polling places shut?",
        "My wallet is gone, can I vote without identification?",
        "Je viens d’emménager, où voter ?",
        "Mon frère est incarcéré, peut-il voter ?",
    ],
)
def test_procedure_is_answered_by_a_card(desk: Desk, question: str) -> None:
    exchange = ask(desk, question)
    assert exchange.answer is not None
    assert {claim.kind for claim in exchange.answer.claims} == {"card"}, exchange.answer.message


@pytest.mark.parametrize(
    ("question", "steps"),
    [
        ("Wie wähle ich per Brief?", {"12", "13"}),
        ("Briefwahl", {"12", "13"}),
        ("How do I vote by post?", {"12", "13"}),
        ("Comment voter par correspondance ?", {"12", "13"}),
        ("Wie beantrage ich Briefwahl?", {"12"}),
        ("How do I apply for a postal vote?", {"12"}),
    ],
)
def test_who_asks_for_the_whole_is_told_every_step(desk: Desk, question: str, steps: set[str]) -> None:
    answer = ask(desk, question).answer
    claims = answer.claims if answer is not None else ()
    assert {number for c in claims for number in re.findall(r"§ (\d+)", c.citations[0].section or "")} == steps
    assert len({c.text for c in claims}) == len(claims)


@pytest.mark.parametrize(
    "question", ["Darf ich im Bademantel wählen?", "May I vote in fancy dress?", "Puis-je voter en pyjama ?"]
)
def test_without_card_and_clear_law_the_authority_is_named(desk: Desk, question: str) -> None:
    exchange = ask(desk, question)
    assert exchange.answer is not None
    assert exchange.answer.status is AnswerStatus.UNANSWERABLE_NO_SOURCE
    names = desk.election("demo").election.authority.name.values()
    assert any(name in (exchange.answer.message or "") for name in names)


@pytest.mark.parametrize(
    "question",
    ["Wahlalter senken", "Soll man schon mit 16 wählen dürfen?", "Should the voting age be lowered?",
     "Faut-il abaisser l’âge du droit de vote ?", "Was sagen die Parteien zur Briefwahl?"],
)  # fmt: skip
def test_wishes_for_other_rules_go_to_the_programmes(desk: Desk, question: str) -> None:
    scope = ask(desk, question).scope
    assert scope is not None
    assert scope.subject is Subject.PARTIES


def test_whatever_is_suggested_is_answered(desk: Desk) -> None:
    common = load_common(ELECTIONS)
    election = desk.election("demo").election
    wrong = []
    for language, wording in common.wording.items():
        offered = {w.suggestion for s, w in wording.status.items() if w.suggestion and w.suggestion.endswith("?")}
        offered = {o for o in offered if "{" not in o}
        topics = [in_language(s.topic, language) for s in election.suggestions]
        offered |= {TOPICAL[main_language(language)].format(topic) for topic in topics}
        offered |= {f.replace("{topic}", topic) for f in wording.follow_up if "{topic}" in f for topic in topics}
        for question in sorted(offered):
            answer = ask(desk, question).answer
            assert answer is not None
            if answer.status.family not in ("answered", "about_service"):
                wrong.append((language, question, answer.status))
    assert wrong == []


@pytest.mark.parametrize(
    ("language", "text", "appeal"),
    [
        ("de", "Darum: Wählen Sie am Sonntag mit beiden Stimmen {}!", True),
        ("de", "Wer {} wählt, wählt den Aufbruch.", True),
        ("de", "Wir senken das Wahlalter, damit junge Menschen mit 16 wählen können.", False),
        ("de", "Kinder sollen ihre Stimme in der Schule einbringen.", False),
        ("en", "That is why you should vote for {}.", True),
        ("en", "We want everyone to be able to vote at sixteen.", False),
        ("fr", "Votez pour {} dimanche !", True),
        ("fr", "Nous voulons que chacun puisse voter à seize ans.", False),
    ],
)
def test_appeals_are_told_alike_for_every_party(desk: Desk, language: str, text: str, appeal: bool) -> None:
    built = desk.election("demo")
    phrases = read_phrases(ELECTIONS / "common" / "understand")
    room = Room(built, Settings(elections=ELECTIONS), phrases, lambda *_: None, "2027-01-01")
    names = [p.name[language] for p in built.election.parties]
    assert {voice(text.format(name), None, language, room) == "appeal" for name in names} == {appeal}
