"""What a question looks for: foreign words are read through the vocabulary, unknown ones never outweigh the rest."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from app.retrieval.analyse import Analyser, Stopwords, as_typed, learn_compounds, word_counts, words
from app.retrieval.lexicon import build_lexicon
from app.retrieval.question import UNKNOWN, Query, Reader, parse
from app.retrieval.variants import Variants, gram_table
from app.retrieval.vocabulary import Concept, VocabularyFile, stemmed, vocabulary

TEXTS = (
    "Die Rente muss steigen und die Renten der Frauen auch.",
    "Die Miete soll sinken; wir deckeln Mieten in den Städten.",
    "Das Existenzminimum bleibt steuerfrei, das Minimum wird erhöht.",
    "Der Mindestlohn steigt auf fünfzehn Euro.",
    "Kontrollen an den Grenzen und Zurückweisungen sind zulässig.",
    "Grenzen schützen und Grenzschutz stärken.",
    "Die Inflation frisst Löhne auf; Inflation bekämpfen.",
)
CONCEPTS = VocabularyFile(
    concepts=(
        Concept(id="rents", terms={"de": ("Miete",), "en": ("rent", "rents")}),
        Concept(id="minimum-wage", terms={"de": ("Mindestlohn",), "en": ("minimum wage",)}),
    )
)
LISTS = Stopwords(frozenset({"die", "der", "und", "das", "was", "the", "on"}), frozenset({"sagt", "says", "zur", "zu"}))


def _reader(asked: str) -> Reader:
    counts = word_counts(TEXTS, LISTS)
    german = Analyser("de", LISTS, learn_compounds(counts, "de"))
    documents = [(german.stems(t) + german.pairs(t), german.grams(t)) for t in TEXTS]
    lexicon = build_lexicon(documents, ["one"] * len(TEXTS))
    speaker = german if asked == "de" else Analyser(asked, LISTS)

    words = vocabulary(CONCEPTS, stemmed(CONCEPTS, {"de": LISTS, "en": LISTS}), asked, "de")
    return Reader(speaker, german, lexicon, Variants(lexicon, gram_table(lexicon.stems)), counts, words)


def _looked_for(query: Query, reader: Reader) -> set[str]:
    stems = reader.lexicon.stems
    return {stems[t] for _, _, found in query.concepts for t, s in found if t < len(stems) and s >= 500}


@pytest.mark.parametrize(
    ("question", "wanted", "never"),
    [("What says the rent", "miet", "rent"), ("minimum wage", "mindestlohn", "minimum"), ("rents", "miet", "rent")],
)
def test_an_english_word_is_not_the_german_word_spelt_alike(question: str, wanted: str, never: str) -> None:
    reader = _reader("en")
    found = _looked_for(parse(question, reader, 700), reader)
    assert wanted in found and never not in found


def test_a_foreign_word_that_stands_in_the_documents_is_the_same_word() -> None:
    reader = _reader("en")
    query = parse("inflation", reader, 700)
    assert _looked_for(query, reader) == {reader.documents.stem("inflation")} and query.unread == ()


def test_what_cannot_be_read_is_named_and_not_guessed() -> None:
    query = parse("squirrels", _reader("en"), 700)
    assert query.unread == ("squirrels",) and query.terms == () and query.concepts == ()


def test_a_word_that_no_document_holds_does_not_outweigh_one_that_they_hold() -> None:
    query = parse("Mindestlohn Blorbifikat", _reader("de"), 700)
    weights = {word: weight for word, weight, _ in query.concepts}
    assert weights["blorbifikat"] <= UNKNOWN
    assert sum(w for word, w in weights.items() if word != "blorbifikat") > 0


def test_a_compound_is_split_though_only_its_first_part_is_a_word_of_the_documents() -> None:
    reader = _reader("de")
    assert "ruckweisungen" not in reader.counts
    query = parse("Grenzenrückweisungen", reader, 700)
    assert {"grenz", reader.documents.stem("zuruckweisungen")} <= _looked_for(query, reader)


def test_a_german_word_keeps_its_own_spelling_and_its_synonyms() -> None:
    reader = _reader("de")
    found = _looked_for(parse("Was sagt die Miete", reader, 700), reader)
    assert "miet" in found and "rent" not in found


def _scores(words: Sequence[str], reader: Reader) -> list[int]:
    return [weight for word in words for _, weight, _ in parse(word, reader, 700).concepts]


def test_weights_are_integers() -> None:
    assert all(isinstance(w, int) for w in _scores(["Rente", "Miete", "Inflation"], _reader("de")))


def test_words_are_shown_as_they_were_typed() -> None:
    text = "Nachtzügen und STRASSE, straße; l’été"
    typed = as_typed(text)
    assert [typed[word] for word in words(text)] == ["Nachtzügen", "und", "STRASSE", "STRASSE", "l", "été"]
