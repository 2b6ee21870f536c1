"""The demo pack keeps its promises: it loads, its bytes are the listed ones, its three editions are parallel,
every procedure card stands on words of the act, and every labelled question is labelled by the programmes' own words.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.packs import load_pack
from domain.base import sha256
from domain.election import DocumentKind, LawReference
from domain.names import Names

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "elections" / "demo"
PACK = load_pack(FOLDER)
NAMES = Names(PACK.parties)
LABELS: dict[str, Any] = yaml.safe_load((ROOT / "tests" / "data" / "demo_questions.yaml").read_text("utf-8"))
QUESTIONS: list[dict[str, Any]] = LABELS["questions"]
LANGUAGES = ("de", "fr", "en")
WITH_PROGRAMME = sorted({s.party for s in PACK.sources if s.party is not None})
SENTENCE_END = re.compile(r"[a-zäöüßéèà)][.!?]\s+[A-ZÄÖÜÉÀ]")


@cache
def _text(source_id: str) -> str:
    source = PACK.source(source_id)
    assert source is not None
    path = source.renditions[0].path
    assert path is not None
    return (FOLDER / path).read_text("utf-8")


def _blocks(source_id: str) -> list[str]:
    return _text(source_id).strip().split("\n\n")


def _shape(source_id: str) -> list[str]:
    """Kind of each block in order: heading level, list with its number of items, or paragraph."""
    shape = []
    for block in _blocks(source_id):
        mark = re.match(r"#+(?= )", block)
        shape.append(mark.group() if mark else f"list {len(re.findall(r'^- ', block, re.MULTILINE))}")
    return shape


def _numbers(text: str) -> Counter[str]:
    """Figures of three digits or more, without the marks that part thousands, which differ by language."""
    plain = re.sub(r"(?<=\d)[.,\s](?=\d{3}\b)", "", text)
    return Counter(re.findall(r"\d{3,}", plain))


def _section(reference: LawReference) -> str:
    found = [b for b in re.split(r"(?m)^# ", _text(reference.document)) if b.startswith(f"{reference.section} –")]
    assert len(found) == 1, reference
    return found[0].split("\n\n", 1)[1]


def _mentioned(text: str) -> set[str]:
    return {party for mention in NAMES.mentions(text) for party in mention.parties}


def test_scalars() -> None:
    assert (PACK.id, PACK.fictional, PACK.languages) == ("demo", True, LANGUAGES)
    assert PACK.polling_day == date(2027, 3, 14)
    assert PACK.polling_day.weekday() == 6
    assert PACK.authority.url is None
    assert len(PACK.suggestions) == 12
    assert all(set(s.topic) == set(LANGUAGES) for s in PACK.suggestions)


def test_eight_parties_of_which_one_supplied_no_document() -> None:
    assert len(PACK.parties) == 8
    assert {p.id for p in PACK.parties} - set(WITH_PROGRAMME) == {"ahornring"}
    two_lists = PACK.party("varse")
    one_region = PACK.party("inselstimme")
    assert two_lists is not None and len(two_lists.lists) == 2
    assert one_region is not None and [x.regions for x in one_region.lists] == [("Orvane",)]


@pytest.mark.parametrize("source", PACK.sources, ids=lambda s: s.id)
def test_bytes_are_the_listed_ones(source: Any) -> None:
    rendition = source.renditions[0]
    assert sha256((FOLDER / rendition.path).read_bytes()) == rendition.sha256
    assert _text(source.id).startswith(f"# {source.title}\n")


def test_no_file_is_left_out_of_the_sources() -> None:
    listed = {s.renditions[0].path for s in PACK.sources}
    assert {str(p.relative_to(FOLDER)) for d in ("programmes", "law") for p in (FOLDER / d).iterdir()} == listed


@pytest.mark.parametrize("stem", [*WITH_PROGRAMME, "election-act"])
def test_three_editions_are_parallel(stem: str) -> None:
    german, french, english = (f"{stem}-{language}" for language in LANGUAGES)
    assert _shape(german) == _shape(french) == _shape(english)


@pytest.mark.parametrize("stem", WITH_PROGRAMME)
def test_figures_agree_between_the_editions(stem: str) -> None:
    editions = zip(*(_blocks(f"{stem}-{language}") for language in LANGUAGES), strict=True)
    assert [b for b in editions if len({frozenset(_numbers(text).items()) for text in b}) != 1] == []


def test_programmes_are_unequal_in_length_and_rich() -> None:
    for language in LANGUAGES:
        lengths = sorted(len(_text(f"{party}-{language}").split()) for party in WITH_PROGRAMME)
        assert lengths[0] < 700 and lengths[-1] > 2500
        sentences = [_text(f"{party}-{language}").count(end) for party in WITH_PROGRAMME for end in (". ", ".\n")]
        assert sum(sentences) > 350


def test_forms_of_names_are_distinct() -> None:
    owner: dict[str, str] = {}
    for party in PACK.parties:
        people = [form for person in party.people for form in (person.name, *person.forms)]
        official = [*party.short.values(), *party.name.values(), *(x.name for x in party.lists)]
        for form in (*party.forms, *(a.form for a in party.ambiguous), *people, *official):
            assert owner.setdefault(form.casefold(), party.id) == party.id, form


def test_each_way_of_naming_a_party_is_found() -> None:
    for party in PACK.parties:
        for language in LANGUAGES:
            assert _mentioned(party.name_in(language)) == {party.id}
        for form in (*party.forms, *(person.name for person in party.people)):
            assert _mentioned(form) == {party.id}, form


@pytest.mark.parametrize(
    ("text", "parties"),
    [
        ("Was will die Laterne bei der Pflege?", {"laterne"}),
        ("Die Laterne brennt noch.", set()),
        ("Was sagt der Kompass zu Steuern?", {"kompass"}),
        ("Der Kompass zeigt nach Norden.", set()),
        ("Ich brauche Karte und Kompass.", set()),
        ("Where can I buy a compass?", set()),
        ("What does the Compass say about taxes?", {"kompass"}),
        ("Que veut la Boussole ?", {"kompass"}),
        ("Que veut la GUT ?", {"vtg"}),
        ("Wie gut sind die Schulen?", set()),
        ("Die Varse fließt durch Harn.", set()),
        ("Was plant die Sundliste?", {"varse"}),
    ],
)
def test_an_ordinary_word_names_a_party_only_with_a_cue(text: str, parties: set[str]) -> None:
    assert _mentioned(text) == parties


def test_cards_are_complete_and_valid_on_polling_day() -> None:
    assert len(PACK.rules) >= 12
    for card in PACK.rules:
        assert card.valid_from <= PACK.polling_day and card.valid_until is None
        assert all(len(card.ask[language]) >= 1 for language in LANGUAGES)
        shown = any("{deadline}" in text for s in card.statements for text in s.text.values())
        assert shown == (card.deadline is not None), card.id


@pytest.mark.parametrize("card", PACK.rules, ids=lambda c: c.id)
def test_each_statement_stands_on_words_of_each_edition(card: Any) -> None:
    for statement in card.statements:
        assert {r.document for r in statement.law} == {f"election-act-{language}" for language in LANGUAGES}
        for reference in statement.law:
            source = PACK.source(reference.document)
            assert source is not None and source.kind is DocumentKind.LAW
            assert _section(reference).count(reference.words) == 1, reference
            assert not SENTENCE_END.search(reference.words), reference


def test_enough_questions_and_a_third_kept_aside() -> None:
    assert len({q["id"] for q in QUESTIONS}) == len(QUESTIONS) >= 120
    for language in LANGUAGES:
        own = [q for q in QUESTIONS if q["language"] == language]
        assert len(own) >= 40
        assert sum(q["set"] == "kept_aside" for q in own) * 3 == len(own)
    assert {q["set"] for q in QUESTIONS} == {"fit", "kept_aside"}


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q["id"])
def test_question_is_labelled_by_the_programmes_own_words(question: dict[str, Any]) -> None:
    language = question["language"]
    for party, phrases in question["expect"].items():
        for phrase in phrases:
            assert _text(f"{party}-{language}").count(phrase) == 1, (party, phrase)
    words = re.compile(LABELS["key_words"][question["topic"]][language])
    for party in question["silent"]:
        assert not words.search(_text(f"{party}-{language}")), party
    assert not set(question["expect"]) & set(question["silent"])
    assert set(question["expect"]) | set(question["silent"]) <= set(question["parties"] or WITH_PROGRAMME)
    assert _mentioned(question["text"]) == set(question["parties"])


def test_key_words_would_catch_a_party_that_speaks() -> None:
    """Silence by key words means something only if the same words find the parties that do speak."""
    for topic in LABELS["key_words"]:
        for language in LANGUAGES:
            asked = [q for q in QUESTIONS if q["topic"] == topic and q["language"] == language]
            words = re.compile(LABELS["key_words"][topic][language])
            found = {p: bool(words.search(_text(f"{p}-{language}"))) for q in asked for p in q["expect"]}
            assert sum(found.values()) >= len(found) - 1, (topic, language, found)


def test_procedure_questions_name_a_card() -> None:
    questions = LABELS["procedure"]
    cards = {card.id for card in PACK.rules}
    assert Counter(q["language"] for q in questions) == dict.fromkeys(LANGUAGES, 10)
    assert {q["card"] for q in questions} <= cards
    assert not any(_mentioned(q["text"]) for q in questions)


@pytest.mark.parametrize("language", LANGUAGES)
def test_traps_are_where_the_readme_says(language: str) -> None:
    assert re.search(r"`<script>alert\(.+\)</script>`", _text(f"kompass-{language}"))
    assert re.search(r"(?i)(KI-Assistenten|assistants d’IA|AI assistants)", _text(f"kompass-{language}"))
    assert re.search(r"(?i)(KI-Assistenten|assistants d’IA|AI assistants)", _text(f"muehlrad-{language}"))
    assert max(map(len, re.findall(r"\w+", _text(f"kompass-{language}")))) > 60
    phrase = {"de": "schnelles Internet hat.", "fr": "Internet d’ici à 2030.", "en": "fast internet by 2030."}[language]
    twins = [re.findall(rf"[^.\n]*{re.escape(phrase)}", _text(f"{party}-{language}")) for party in ("laterne", "varse")]
    assert [t.strip() for t in twins[0]] == [t.strip() for t in twins[1]] and len(twins[0]) == 1
