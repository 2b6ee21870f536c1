"""Everyday words, official terms and translations of policy concepts: reviewed data, equal for every party.

A question that uses one expression of a concept also looks for the others; every added term is
recorded and shown with the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache

from pydantic import Field

from domain.base import Digest, Frozen, Language, digest_of

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
    digest: Digest
    longest: int = field(default=1)

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


Stemmed = Callable[[str], Sequence[str]]


def vocabulary(file: VocabularyFile, asked: Language, documents: Language, stem: tuple[Stemmed, Stemmed]) -> Vocabulary:
    """The vocabulary from one language to another; `stem` gives content stems in each of the two."""
    phrases: dict[Stems, list[int]] = {}
    for number, concept in enumerate(file.concepts):
        for term in concept.terms.get(asked, ()):
            key = tuple(stem[0](term))
            if key and number not in phrases.setdefault(key, []):
                phrases[key].append(number)

    @cache
    def expressed(number: int) -> Expressed:
        terms = ((t, tuple(stem[1](t))) for t in file.concepts[number].terms.get(documents, ()))
        return file.concepts[number].id, tuple((t, s) for t, s in terms if s)

    longest = max((len(p) for p in phrases), default=1)
    digest = digest_of([asked, documents, [[c.id, sorted(c.terms.items())] for c in file.concepts]])
    return Vocabulary({k: tuple(v) for k, v in phrases.items()}, expressed, digest, longest)
