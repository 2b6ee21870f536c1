"""Follow-ups: what a last turn means after the turns before it, how the guard judges it, and what is shown as more."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.api.page_language import load_messages
from app.api.page_shell import FRONTEND
from app.desk import Ask, Desk
from app.main import open_desk
from app.record import MemoryRecorder
from app.settings import Settings
from domain.answer import Answer, AnswerStatus
from domain.election import Party
from domain.exchange import Exchange, Scope, Subject
from tests.small_pack import ELECTIONS

DIALOGUES = yaml.safe_load((Path(__file__).parents[1] / "data" / "dialogues.yaml").read_text(encoding="utf-8"))
CAST = ("brevaire", "inselstimme", "varse")
"""Parties of the demo with a document and a name that is no other word, in any language."""


@pytest.fixture(scope="module")
def desk(demo_data: Path) -> Iterator[Desk]:
    """The demo election with its records in memory."""
    opened = open_desk(Settings(elections=ELECTIONS, data=demo_data), MemoryRecorder(), ("demo",))
    yield opened
    opened.election("demo").close()


def talk(desk: Desk, turns: Sequence[str]) -> list[Exchange]:
    """The exchanges of a conversation."""

    async def run() -> list[Exchange]:
        found: list[Exchange] = []
        for turn in turns:
            conversation = found[-1].question.conversation if found else None
            found.append(await desk.ask(Ask("demo", turn, conversation)))
        return found

    return asyncio.run(run())


def last(desk: Desk, *turns: str) -> tuple[Scope, Answer]:
    """What the last turn was taken to mean, and its answer."""
    exchange = talk(desk, turns)[-1]
    assert exchange.scope is not None and exchange.answer is not None
    return exchange.scope, exchange.answer


def language_of(row: dict[str, Any]) -> str:
    return next(tag for tag in ("de", "en", "fr") if tag in row)


@pytest.mark.parametrize("first", range(len(CAST)))
@pytest.mark.parametrize("row", DIALOGUES, ids=lambda row: " / ".join(row[language_of(row)]))
def test_the_last_turn_means_the_same_whoever_is_named(desk: Desk, row: dict[str, Any], first: int) -> None:
    language = language_of(row)
    election = desk.election("demo").election
    cast: dict[str, Party] = {}
    for slot, place in zip("ABC", range(first, first + 3), strict=True):
        party = election.party(CAST[place % len(CAST)])
        assert party is not None
        cast[slot] = party
    names = {slot: party.short_in(language) for slot, party in cast.items()}
    scope, answer = last(desk, *(turn.format(**names) for turn in row[language]))
    everyone = {party.id for party in election.parties}
    if row["asked"] == "rules":
        assert scope.subject is Subject.RULES
    else:
        asked = {
            "all": everyone,
            "others": everyone - {cast["A"].id},
        }.get(row["asked"]) if isinstance(row["asked"], str) else {cast[slot].id for slot in row["asked"]}  # fmt: skip
        assert (scope.subject, set(scope.parties)) == (Subject.PARTIES, asked)
    assert any(word.casefold() in scope.matter.casefold() for word in row["words"])
    assert scope.more == row.get("more", 0)
    assert answer.status.family != "refused"


@pytest.mark.parametrize(
    ("question", "status"),
    [
        ("Wen soll ich wählen?", AnswerStatus.REFUSED_VOTING_ADVICE),
        ("Ist die Inselstimme rechtsextrem?", AnswerStatus.REFUSED_LABELLING),
        ("Who will win, the Voice of Orvane?", AnswerStatus.REFUSED_PREDICTION),
    ],
)
@pytest.mark.parametrize("step", ["Und die VTG?", "mehr dazu", "Nur Varse-Bündnis bitte", "Nochmal die erste Frage"])
def test_who_steps_on_from_a_declined_question_asks_it_again(
    desk: Desk, question: str, status: AnswerStatus, step: str
) -> None:
    turns = talk(desk, (question, step, "Und Brévaire-Kreis?"))
    assert [t.answer.status for t in turns if t.answer] == [status] * 3


@pytest.mark.parametrize(
    "turn", ["Nur die beste bitte", "Und welche davon lügt?", "Zeig mir, wen ich wählen soll", "Und wer gewinnt?"]
)
def test_a_word_of_its_own_is_judged_as_it_stands(desk: Desk, turn: str) -> None:
    scope, answer = last(desk, "Was sagen die Parteien zu Mieten?", turn)
    assert scope.repeats is None
    assert answer.status.family == "refused"


@pytest.mark.parametrize(
    "turn",
    [
        "Magst du die VTG?", "Bist du für die VTG?", "Findest du die VTG gut?",
        "Do you like the VTG?", "Are you for the VTG?", "Would you take the VTG?",
        "Tu aimes le GUT-Talvénie ?", "Tu es pour l’Inselstimme ?", "Vous voulez l’Inselstimme ?",
    ],
)  # fmt: skip
def test_who_asks_the_service_itself_does_not_step_on(desk: Desk, turn: str) -> None:
    scope, answer = last(desk, "Was sagt das Varse-Bündnis zu Mieten?", turn)
    assert scope.repeats is None
    assert answer.status.family != "answered"


def test_more_shows_what_was_not_shown_and_the_first_again_where_nothing_is_left(desk: Desk) -> None:
    turns = talk(desk, ("Was sagen die Parteien zum Wohnen?", "Was noch?", "Weiter", "Weiter", "Weiter"))
    shown = [by_party(t.answer) for t in turns]
    assert all(set(one) == set(shown[0]) for one in shown), "who speaks is heard each time"
    fresh = [p for p in shown[0] if not set(shown[1][p]) & set(shown[0][p])]
    assert fresh, "at least one party says more"
    for party in shown[0]:
        assert shown[1][party] == shown[0][party] or party in fresh
        assert shown[-1][party] == shown[0][party]
    assert "Weitere Stellen" in (turns[1].answer.message if turns[1].answer else None or "")
    assert [t.scope.more for t in turns if t.scope] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("Was sagen die Parteien zum Wohnen?", "de"),
        ("Was sagen die Parteien zum Wohnen?", "de-simple"),
        ("What do the parties say about housing?", "en"),
        ("Que disent les partis sur le logement ?", "fr"),
    ],
)
def test_the_button_of_the_page_asks_for_more(desk: Desk, question: str, language: str) -> None:
    words = load_messages(FRONTEND / "messages")[language]["answer.more_words"]
    first = talk(desk, (question,))[0]
    again = asyncio.run(desk.ask(Ask("demo", words, after=first.record)))
    assert again.scope is not None and again.scope.more == 1
    assert first.scope is not None and again.scope.matter == first.scope.matter


def by_party(answer: Answer | None) -> dict[str | None, tuple[str, ...]]:
    assert answer is not None
    return {p: tuple(c.text for c in answer.claims if c.party == p) for p in {c.party for c in answer.claims}}


def test_the_question_back_is_drawn_evenly_and_by_nothing_but_the_seed(desk: Desk) -> None:
    """Over many seeds each template and topic comes equally often, whoever is asked and whatever was asked before."""
    drawn: dict[str, Counter[str]] = {}
    for question in ("Was sagt die Inselstimme zum Wohnen?", "Was sagt das Varse-Bündnis zum Wohnen?"):
        drawn[question] = Counter(follow_ups(desk, question))
    first, second = drawn.values()
    assert len(first) >= 3
    words = desk.election("demo").common.wording["de"].follow_up
    for counted in (first, second):
        per_template = Counter(template_of(text, words) for text in counted.elements())
        assert set(per_template) == set(words)
        for count in per_template.values():
            assert abs(count / sum(per_template.values()) - 1 / len(words)) < 0.17


def follow_ups(desk: Desk, question: str) -> Iterator[str]:
    for _ in range(90):
        answer = asyncio.run(desk.ask(Ask("demo", question), record=False)).answer
        assert answer is not None and answer.follow_up
        yield answer.follow_up


def template_of(text: str, templates: Sequence[str]) -> str:
    return next(t for t in templates if text.startswith(t.split("{")[0]) and text.endswith(t.rpartition("}")[2]))


@pytest.mark.parametrize(
    "turns",
    [
        ("Was sagen die Parteien zur Miete?", "Nicht {A} bitte"),
        ("Was sagen die Parteien zur Miete?", "Alle außer {A}"),
        ("Was sagen alle Parteien außer {A} zur Miete?",),
        ("What do the parties say about rents?", "Everyone except {A}"),
        ("What does every party except {A} say about rents?",),
        ("Que disent les partis sur les loyers ?", "Tous sauf {A}"),
    ],
)
def test_a_party_that_is_excepted_is_the_only_one_left_out(desk: Desk, turns: tuple[str, ...]) -> None:
    election = desk.election("demo").election
    for party in CAST:
        found = election.party(party)
        assert found is not None
        name = found.short_in("en" if "What" in turns[0] else "fr" if "Que" in turns[0] else "de")
        scope, _ = last(desk, *(turn.format(A=name) for turn in turns))
        assert set(scope.parties) == {p.id for p in election.parties} - {party}, turns


@pytest.mark.parametrize(
    ("before", "step"),
    [
        ("Was sagen die Parteien zur Miete?", "Inselstimme oder Kompass?"),
        ("What do the parties say about rents?", "Is Inselstimme a party for me?"),
        ("Was sagen die Parteien zur Miete?", "Ist Inselstimme was für mich?"),
    ],
)
def test_what_a_rule_declines_stays_declined_in_a_turn_without_words_of_its_own(
    desk: Desk, before: str, step: str
) -> None:
    _, answer = last(desk, before, step)
    assert answer.status.family == "refused", step


@pytest.mark.parametrize("step", ["Zurück zur dritten Frage", "The third question again", "La troisième question"])
def test_a_step_to_where_nothing_is_asks_back(desk: Desk, step: str) -> None:
    _, answer = last(desk, "Was sagen die Parteien zur Miete?", step)
    assert answer.status is AnswerStatus.CLARIFY


def test_the_second_party_is_the_second_that_has_something_to_show(desk: Desk) -> None:
    _, shown = last(desk, "Was sagen die Parteien zur Miete?")
    scope, _ = last(desk, "Was sagen die Parteien zur Miete?", "Die zweite Partei bitte")
    without = set(shown.no_document)
    assert scope.parties == tuple([p for p in shown.scope if p not in without][1:2])


@pytest.mark.parametrize("topic", ["Mieten", "Mindestlohn", "Klimaschutz"])
def test_a_topic_after_a_question_on_the_rules_is_no_question_on_the_rules(desk: Desk, topic: str) -> None:
    scope, _ = last(desk, "Wie wähle ich per Brief?", topic)
    assert scope.subject is Subject.PARTIES
