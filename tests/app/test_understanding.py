"""What a turn is taken to mean, what is said when nothing can be searched, and what a voter is told about it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.desk import Ask, Desk
from app.main import open_desk
from app.record import MemoryRecorder
from app.settings import Settings
from domain.answer import Answer, AnswerStatus
from domain.exchange import Exchange, Scope, Subject
from guardrails.personal_data import MARKS
from tests.small_pack import ELECTIONS, Doc, build_quietly, write_pack

LANGUAGES = ("de", "en", "fr")


@pytest.fixture(scope="module")
def desk(demo_data: Path) -> Iterator[Desk]:
    """The demo election with its records in memory."""
    opened = open_desk(Settings(elections=ELECTIONS, data=demo_data), MemoryRecorder(), ("demo",))
    yield opened
    opened.election("demo").close()


def talk(desk: Desk, *turns: str, language: str | None = None) -> Exchange:
    """The last exchange of a conversation."""

    async def run() -> Exchange:
        exchange = None
        for turn in turns:
            conversation = exchange.question.conversation if exchange else None
            exchange = await desk.ask(Ask("demo", turn, conversation, (), language))
        assert exchange is not None
        return exchange

    return asyncio.run(run())


def answered(desk: Desk, *turns: str, language: str | None = None) -> Answer:
    """The answer to the last turn."""
    answer = talk(desk, *turns, language=language).answer
    assert answer is not None
    return answer


def scope_of(desk: Desk, *turns: str) -> Scope:
    """The scope of the last turn."""
    scope = talk(desk, *turns).scope
    assert scope is not None
    return scope


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("Was plant die QRX beim Wohnen?", "QRX"),
        ("Was will die Biberpartei beim Wohnen?", "Biberpartei"),
        ("What does the Otter Party say about housing?", "Otter Party"),
        ("Que propose la QRX pour le logement ?", "QRX"),
    ],
)
def test_an_unknown_party_is_said_to_be_unknown_and_nobody_silent(desk: Desk, question: str, name: str) -> None:
    exchange = talk(desk, question)
    answer, scope = exchange.answer, exchange.scope
    assert answer is not None and scope is not None
    assert answer.status is AnswerStatus.UNANSWERABLE_NO_SOURCE
    assert name in (answer.message or "")
    assert (answer.claims, answer.silent, answer.near, answer.scope, exchange.hits) == ((), (), (), (), ())
    assert name.casefold() not in scope.matter.casefold()


def test_an_unknown_party_beside_a_known_one_is_named_and_the_known_one_heard(desk: Desk) -> None:
    alone = answered(desk, "Was fordert die Inselstimme beim Wohnen?")
    both = answered(desk, "Was fordern Inselstimme und QRX beim Wohnen?")
    assert alone.claims and [c.text for c in both.claims] == [c.text for c in alone.claims]
    assert "QRX" in (both.message or "") and both.status is AnswerStatus.ANSWERED_IN_PART


def test_an_unknown_party_in_a_follow_up(desk: Desk) -> None:
    scope = scope_of(desk, "Was fordert die Inselstimme beim Wohnen?", "Und die QRX?")
    assert (scope.parties, scope.unknown) == ((), ("QRX",))
    back = scope_of(desk, "Was fordert die QRX beim Wohnen?", "Und die Inselstimme?")
    assert (back.parties, back.unknown) == (("inselstimme",), ())
    assert "Wohnen" in back.matter


@pytest.mark.parametrize("known", ["EU", "NATO", "KI"])
def test_an_institution_is_no_unknown_party(desk: Desk, known: str) -> None:
    assert scope_of(desk, f"Was will die {known} beim Wohnen?").unknown == ()


@pytest.mark.parametrize(
    "question",
    ["?!", "...", "Wieso?", "hmm", "blabla", "jklö", "wxcvqk", "hjkfdsg", "Was sagen die Parteien?",
     "What do the parties say?", "Que disent les partis ?", "Was steht im Programm?"],
)  # fmt: skip
def test_a_question_without_a_matter_is_asked_back(desk: Desk, question: str) -> None:
    exchange = talk(desk, question)
    answer = exchange.answer
    assert answer is not None and answer.status is AnswerStatus.CLARIFY
    assert answer.message is not None and answer.message.count("?") == 1 and "{" not in answer.message
    assert (answer.claims, answer.silent, exchange.hits) == ((), (), ())
    assert answer.suggestion is not None
    follow = answered(desk, answer.suggestion, language=answer.language)
    assert follow.status.family == "answered"


@pytest.mark.parametrize("question", ["Zoo", "Bitcoin?", "Wohnen", "Wer darf wählen?", "Wann ist die Wahl?", "Quorum"])
def test_one_word_of_matter_is_enough(desk: Desk, question: str) -> None:
    assert answered(desk, question).status is not AnswerStatus.CLARIFY


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_choices_are_topics_of_the_pack_in_the_readers_language(desk: Desk, language: str) -> None:
    topics = [s.topic[language] for s in desk.election("demo").election.suggestions]
    message = answered(desk, "?", language=language).message or ""
    assert sum(topic in message for topic in topics) >= 2


def test_the_topic_given_when_asked_back_goes_to_the_party_of_the_question(desk: Desk) -> None:
    first = talk(desk, "Was will die Inselstimme?")
    assert first.answer is not None and first.answer.status is AnswerStatus.CLARIFY
    assert first.answer.scope == ("inselstimme",)
    scope = scope_of(desk, "Was will die Inselstimme?", "Wohnen")
    assert (scope.parties, scope.matter) == (("inselstimme",), "Wohnen")
    assert "Inselstimme" in scope.resolved
    assert len(scope_of(desk, "Hmm", "Wohnen").parties) == len(desk.election("demo").election.parties)


@pytest.mark.parametrize("question", ["Was sagt der Ahornring zum Wohnen?", "Was will der Ahornring?"])
def test_a_party_without_a_document_is_not_called_silent(desk: Desk, question: str) -> None:
    nothing = answered(desk, "Was sagt die Inselstimme zu Kryptowährungen?")
    answer = answered(desk, question)
    assert (answer.status, answer.no_document) == (AnswerStatus.UNANSWERABLE_NO_SOURCE, ("ahornring",))
    assert "Ahornring" in (answer.message or "") and nothing.message not in (answer.message or "")


@pytest.mark.parametrize(
    ("turns", "words"),
    [
        (("Wie kann ich per Brief wählen?", "Und bis wann?"), "Brief"),
        (("Wo ist mein Wahllokal?", "Und wann?"), "Wahllokal"),
        (("Wo ist mein Wahllokal?", "Und im Krankenhaus?"), "Krankenhaus"),
        (("How can I vote by post?", "And until when?"), "post"),
        (("Comment voter par correspondance ?", "Et jusqu'à quand ?"), "correspondance"),
    ],
)
def test_a_follow_up_on_procedure_stays_with_procedure(desk: Desk, turns: tuple[str, ...], words: str) -> None:
    exchange = talk(desk, *turns)
    assert exchange.scope is not None and exchange.answer is not None
    assert exchange.scope.subject is Subject.RULES
    assert words in exchange.scope.matter
    assert all(c.party is None for c in exchange.answer.claims)


@pytest.mark.parametrize(
    "follow_up",
    [
        "Und wie fordere ich den Wahlschein an?",
        "Können Sie mir sagen, wo mein Wahllokal ist?",
        "And how do I vote by post?",
    ],
)
def test_a_phrase_of_procedure_beats_the_party_of_the_turn_before(desk: Desk, follow_up: str) -> None:
    scope = scope_of(desk, "Was fordert die Inselstimme beim Wohnen?", follow_up)
    assert (scope.subject, scope.parties) == (Subject.RULES, ())


def test_a_topic_after_procedure_goes_back_to_the_parties(desk: Desk) -> None:
    named = scope_of(desk, "Wo ist mein Wahllokal?", "Und was will die Inselstimme beim Wohnen?")
    assert (named.subject, named.parties) == (Subject.PARTIES, ("inselstimme",))
    topic = scope_of(desk, "Wo ist mein Wahllokal?", "Und zur Fischerei?")
    assert topic.subject is Subject.PARTIES and len(topic.parties) > 1


@pytest.mark.parametrize(
    "rest", ["Und die anderen Parteien?", "Und die übrigen?", "and everyone else?", "Et tous les autres ?"]
)
def test_the_others_are_all_but_those_asked_before(desk: Desk, rest: str) -> None:
    everyone = [p.id for p in desk.election("demo").election.ordered()]
    scope = scope_of(desk, "Was fordert die Inselstimme beim Wohnen?", rest)
    assert list(scope.parties) == [p for p in everyone if p != "inselstimme"]
    assert "Wohnen" in scope.matter
    assert list(scope_of(desk, "Was sagen alle Parteien zum Wohnen?", rest).parties) == everyone


def test_a_party_that_is_spoken_about_is_neither_heard_nor_silent(desk: Desk) -> None:
    bare = answered(desk, "Was sagt die Inselstimme über den Kompass?")
    assert (bare.status, bare.scope) == (AnswerStatus.CLARIFY, ("inselstimme",))
    assert "Kompass" in (bare.message or "")
    topic = answered(desk, "Was sagt die Inselstimme zu den Plänen des Kompass beim Wohnen?")
    assert topic.scope == ("inselstimme",) and topic.claims
    assert "Kompass" in (topic.message or "")


@pytest.mark.parametrize(
    ("question", "language", "name"),
    [
        ("Que propose l'Inselstimme pour le logement ?", "fr", "Voix d’Orvane"),
        ("What does the Inselstimme say about housing?", "en", "Voice of Orvane"),
        ("Que propose Hedda Ruym pour le logement ?", "fr", "Voix d’Orvane"),
    ],
)
def test_parties_are_named_in_the_language_of_the_answer(desk: Desk, question: str, language: str, name: str) -> None:
    answer = answered(desk, question, language=language)
    assert name in (answer.message or "") and "Inselstimme" not in (answer.message or "")
    resolved = answered(desk, question, {"fr": "Et les impôts ?", "en": "And taxes?"}[language], language=language)
    assert name in (resolved.resolved_question or "")


@pytest.mark.parametrize(
    "question", ["Ich bin mia@example.org: Was sagt die Inselstimme zum Wohnen?", "mia@example.org"]
)
def test_a_voter_is_told_that_personal_data_were_masked(desk: Desk, question: str) -> None:
    exchange = talk(desk, question, language="de")
    assert exchange.answer is not None and exchange.scope is not None
    notice = desk.election("demo").common.words("de").personal_data_masked
    assert (exchange.answer.message or "").startswith(notice)
    assert not any(mark.strip("[]") in exchange.scope.matter for mark in MARKS.values())
    plain = talk(desk, "Was sagt die Inselstimme zum Wohnen?", language="de").answer
    assert plain is not None and notice not in (plain.message or "")


def test_a_refusal_tells_of_masked_data_too(desk: Desk) -> None:
    answer = answered(desk, "Ich bin mia@example.org, wen soll ich wählen?", language="de")
    assert answer.status is AnswerStatus.REFUSED_VOTING_ADVICE
    assert (answer.message or "").startswith(desk.election("demo").common.words("de").personal_data_masked)


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """An election with one programme in German that is also asked in English, without suggested topics."""
    folder = tmp_path_factory.mktemp("foreign")
    text = "# Wohnen\n\nWir deckeln die Mieten in allen Städten des Landes.\n\n# Bahn\n\nDie Züge fahren auch nachts.\n"
    pack = write_pack(folder / "packs" / "toy", [Doc("auen", text.encode())], languages=["de", "en"])
    build_quietly(pack, folder / "data")
    opened = open_desk(Settings(elections=ELECTIONS, data=folder / "data"), MemoryRecorder(), ("toy",))
    yield opened
    opened.election("toy").close()


@pytest.mark.parametrize(
    ("question", "status"),
    [
        ("What do the parties say about squirrels?", AnswerStatus.CLARIFY),
        ("What do the parties say about rents?", AnswerStatus.ANSWERED),
        ("Was sagen die Parteien zu Eichhörnchen?", AnswerStatus.UNANSWERABLE_NO_SOURCE),
    ],
)
def test_what_cannot_be_read_is_never_called_silence(foreign: Desk, question: str, status: AnswerStatus) -> None:
    exchange = asyncio.run(foreign.ask(Ask("toy", question)))
    answer = exchange.answer
    assert answer is not None and answer.status is status
    wording = foreign.election("toy").common.words(answer.language)
    if status is AnswerStatus.CLARIFY:
        assert answer.message == f"{wording.not_read} {wording.clarify_without_topics}"
        assert (answer.silent, answer.suggestion) == ((), None)
    else:
        assert wording.not_read not in (answer.message or "")
        assert bool(answer.silent) is (status is AnswerStatus.UNANSWERABLE_NO_SOURCE)


@pytest.mark.parametrize("question", ["Co partie mówią o czynszach?", "Что говорят партии об аренде жилья?"])
def test_a_language_that_is_not_read_is_said_and_never_searched(foreign: Desk, question: str) -> None:
    exchange = asyncio.run(foreign.ask(Ask("toy", question, language="de")))
    answer = exchange.answer
    assert answer is not None and answer.status is AnswerStatus.CLARIFY
    assert answer.message is not None and "nicht gelesen" in answer.message and "English" in answer.message
    assert (exchange.hits, answer.silent, answer.claims, answer.suggestion) == ((), (), (), None)
