"""Everyday words, official terms and translations of policy concepts: reviewed data, equal for every party.

A question that uses one expression of a concept also looks for the others; every added term is
recorded and shown with the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from pydantic import Field

from app.retrieval.analyse import Analyser, Stopwords
from domain.base import Frozen, Language

Stems = tuple[str, ...]
Expressed = tuple[str, tuple[tuple[str, Stems], ...]]
"""Id of a concept and its terms in the language of the documents, each with its stems."""


class Concept(Frozen):
    """One policy concept and its expressions per language; near in meaning, not merely related."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    terms: dict[Language, tuple[str, ...]]


class VocabularyFile(Frozen):
    """`elections/common/retrieval/vocabulary.yaml`."""

    concepts: tuple[Concept, ...]


@dataclass(frozen=True)
class Match:
    """A concept found in a question: which content words it took and the terms it adds in the documents' language."""

    concept: str
    words: tuple[int, ...]
    added: tuple[tuple[str, Stems], ...]


@dataclass(frozen=True)
class Vocabulary:
    """Concepts by the stems of their expressions in the question's language.

    `concept` gives a concept's id and what it adds; it is worked out when a question first needs it.
    """

    phrases: dict[Stems, tuple[int, ...]]
    concept: Callable[[int], Expressed]
    longest: int = 1

    def matches(self, stems: Sequence[str]) -> list[Match]:
        """Concepts whose expression stands in the question, longest first, without overlap."""
        found: list[Match] = []
        taken: set[int] = set()
        for length in range(min(self.longest, len(stems)), 0, -1):
            for i in range(len(stems) - length + 1):
                places = tuple(range(i, i + length))
                if taken & set(places):
                    continue
                numbers = self.phrases.get(tuple(stems[i : i + length]), ())
                if numbers:
                    taken |= set(places)
                    for concept, added in map(self.concept, numbers):
                        found.append(Match(concept, places, added))
        return sorted(found, key=lambda m: (m.words, m.concept))


Stemmed = Mapping[Language, Sequence[Sequence[str]]]
"""Per language and concept the content stems of each term, parted by spaces; "" for a term without content."""


def stemmed(file: VocabularyFile, stopwords: Mapping[Language, Stopwords]) -> Stemmed:
    """Every term of the file in stems: worked out when an election is built, not when it is served."""
    found: dict[Language, list[list[str]]] = {}
    for tag in sorted({tag for concept in file.concepts for tag in concept.terms}):
        analyser = Analyser(tag, stopwords.get(tag, Stopwords()))
        found[tag] = [
            [" ".join(analyser.stem(word) for word in analyser.content(term)) for term in concept.terms.get(tag, ())]
            for concept in file.concepts
        ]
    return found


def vocabulary(file: VocabularyFile, stems: Stemmed, asked: Language, documents: Language) -> Vocabulary:
    """The vocabulary from one language to another; `stems` are those of the file."""
    phrases: dict[Stems, list[int]] = {}
    for number, terms in enumerate(stems.get(asked, ())):
        for term in filter(None, terms):
            numbers = phrases.setdefault(tuple(term.split(" ")), [])
            if number not in numbers:
                numbers.append(number)

    @cache
    def expressed(number: int) -> Expressed:
        concept = file.concepts[number]
        own = stems[documents][number] if documents in stems else ()
        terms = zip(concept.terms.get(documents, ()), own, strict=True)
        return concept.id, tuple((term, tuple(held.split(" "))) for term, held in terms if held)

    return Vocabulary(
        {words: tuple(numbers) for words, numbers in phrases.items()}, expressed, max(map(len, phrases), default=1)
    )
