"""The vocabulary file: complete in three languages, without doubles, stop words or names of parties."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.common import read_stopwords
from app.retrieval.analyse import Analyser, words
from app.retrieval.vocabulary import Vocabulary, VocabularyFile, stemmed, vocabulary
from app.yaml_lines import load_checked

ELECTIONS = Path(__file__).parents[2] / "elections"
RETRIEVAL = ELECTIONS / "common" / "retrieval"
LANGUAGES = ("de", "en", "fr")
FEWEST = {"de": 2, "en": 1, "fr": 1}

SHARED = {
    ("de", "Bauern", "Bauen"): "the stemmer gives farmers and building one stem; voters ask for both",
    ("en", "Islamism", "Islam"): "the stemmer gives both one stem",
    ("fr", "islamisme", "islam"): "the stemmer gives both one stem",
    ("fr", "Gaza", "gaz"): "the stemmer gives both one stem",
}
"""Pairs of terms of different concepts that have the same stems, and why that is accepted."""


@pytest.fixture(scope="module")
def file() -> VocabularyFile:
    return load_checked(RETRIEVAL / "vocabulary.yaml", VocabularyFile)


@pytest.fixture(scope="module")
def analysers() -> dict[str, Analyser]:
    return {tag: Analyser(tag, read_stopwords(RETRIEVAL / f"{tag}.yaml")) for tag in LANGUAGES}


def stems(analyser: Analyser, text: str) -> tuple[str, ...]:
    return tuple(analyser.stem(word) for word in analyser.content(text))


def party_names() -> set[tuple[str, ...]]:
    """Every name, short name and form in `parties.yaml` of every election, as folded words."""
    found: set[str] = set()
    for path in sorted(ELECTIONS.glob("*/parties.yaml")):
        for party in yaml.safe_load(path.read_text(encoding="utf-8"))["parties"]:
            found |= set(names_of(party))
    return {tuple(words(name)) for name in found if words(name)}


def names_of(party: dict[str, Any]) -> list[str]:
    forms = [*(party.get("forms") or []), *(a["form"] for a in party.get("ambiguous") or [])]
    lists = [text for entry in party.get("lists") or [] for text in (entry.get("name"), entry.get("short")) if text]
    people = [text for p in party.get("people") or [] for text in (p["name"], *(p.get("forms") or []))]
    return [*party["short"].values(), *party["name"].values(), *forms, *lists, *people]


def test_it_has_at_least_450_concepts_with_unique_ids(file: VocabularyFile) -> None:
    ids = [concept.id for concept in file.concepts]
    assert len(ids) >= 450
    assert sorted(set(ids)) == sorted(ids)


def test_every_concept_speaks_the_three_languages(file: VocabularyFile) -> None:
    poor = [
        (concept.id, tag)
        for concept in file.concepts
        for tag in LANGUAGES
        if len(concept.terms.get(tag, ())) < FEWEST[tag]
    ]
    other = [(concept.id, tag) for concept in file.concepts for tag in concept.terms if tag not in LANGUAGES]
    assert (poor, other) == ([], [])


def test_every_term_has_a_word_of_its_own(file: VocabularyFile, analysers: dict[str, Analyser]) -> None:
    empty = [
        (concept.id, term)
        for concept in file.concepts
        for tag, terms in concept.terms.items()
        for term in terms
        if not stems(analysers[tag], term) or term != term.strip()
    ]
    assert empty == []


@pytest.mark.parametrize("tag", LANGUAGES)
def test_no_two_concepts_share_a_term_but_by_decision(
    file: VocabularyFile, analysers: dict[str, Analyser], tag: str
) -> None:
    holders: dict[tuple[str, ...], list[tuple[str, str]]] = defaultdict(list)
    for concept in file.concepts:
        for term in concept.terms[tag]:
            holders[tuple(analysers[tag].stem(word) for word in words(term))].append((concept.id, term))
    shared = [sorted(term for _, term in held) for held in holders.values() if len(held) > 1]
    allowed = [sorted(pair[1:]) for pair in SHARED if pair[0] == tag]
    assert sorted(shared) == sorted(allowed)


def test_no_term_is_or_holds_the_name_of_a_party_or_its_people(file: VocabularyFile) -> None:
    names = party_names()
    assert ("spd",) in names and len(names) > 100
    named = []
    for concept in file.concepts:
        for terms in concept.terms.values():
            for term in terms:
                own = tuple(words(term))
                runs = {own[i:j] for i in range(len(own)) for j in range(i + 1, len(own) + 1)}
                if own in names or any(len(run) > 1 for run in runs & names):
                    named.append((concept.id, term))
    assert named == []


@pytest.mark.parametrize(
    ("asked", "question", "concept"),
    [
        ("de", "Was kostet mich ein Platz im Pflegeheim?", "care-homes"),
        ("de", "Wie kann ich per Brief wählen?", "postal-vote"),
        ("de", "Warum sind die Mieten so hoch?", "rents"),
        ("de", "Ich bekomme keinen Arzttermin", "doctor-appointments"),
        ("de", "Soll Kiffen erlaubt bleiben?", "cannabis"),
        ("de", "Rente mit 63 behalten?", "early-retirement"),
        ("en", "Can I vote by post?", "postal-vote"),
        ("en", "Where is my polling station?", "polling-station"),
        ("en", "Should there be a speed limit on motorways?", "speed-limit"),
        ("en", "What about the national debt?", "public-debt"),
        ("fr", "Comment voter par correspondance ?", "postal-vote"),
        ("fr", "Faut-il taxer les riches ?", "wealth-tax"),
        ("fr", "Que faire contre la pénurie d’enseignants ?", "teacher-shortage"),
    ],
)
def test_everyday_questions_meet_their_concept(
    file: VocabularyFile, analysers: dict[str, Analyser], asked: str, question: str, concept: str
) -> None:
    found = german(file, analysers, asked).matches(stems(analysers[asked], question))
    assert concept in [match.concept for match in found]
    assert all(match.added for match in found)


def german(file: VocabularyFile, analysers: dict[str, Analyser], asked: str) -> Vocabulary:
    """The vocabulary from the asked language to German documents."""
    return vocabulary(file, stemmed(file, {tag: one.lists for tag, one in analysers.items()}), asked, "de")
