"""A question as integers: what to look for, how much each word weighs, and which words keep it company.

Reads the question's words, never a party. A word in another language than the documents counts
through the reviewed vocabulary; what cannot be read is named, not guessed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from app.retrieval.analyse import COMPOUNDING, PAIR, Analyser, split, word_grams, words
from app.retrieval.lexicon import MILLION, Lexicon
from app.retrieval.variants import Variants
from app.retrieval.vocabulary import Match, Vocabulary
from domain.base import Language

SYNONYM = 800
"""Strength, in thousandths, of another expression of the same concept."""
TRANSLATED = 950
"""Strength, in thousandths, of an expression of the same concept in another language."""
MOST = 6000
"""Weight, in thousandths of idf, above which rarity no longer counts: a rare word is not the only matter."""
UNKNOWN = 2500
"""Weight of a word that no document holds: it counts against what is found, but does not outweigh the rest."""
LIGHT = 300
"""Share, in thousandths, of its weight that a word of action or degree keeps in what counts as covered."""
LIGHT_FOUND = 2
"""How many times that share it keeps in the lexical score: what is done tells passages on one matter apart."""
LEAST_TOPICAL, MOST_TOPICAL = 300, 1300
"""Bounds of the factor, in thousandths, by which a word's topicality changes its weight."""
HEAD, TAIL, WHOLE = 350, 250, 400
"""Shares, in thousandths, of a compound's weight on its first part, its last, and the compound itself.

Wald+schutz is about Wald; but Wald alone is less than half of it.
"""
PAIRED = 750
"""Share, in thousandths, of its idf that a pair of neighbouring words weighs."""
LEAST = 260
"""Strength, in thousandths, below which a term counts for coverage only."""
SURE = 600
"""Strength, in thousandths, from which the company of a term counts as the company of the word."""
COMPANY = 40
"""Related words of a whole question."""
COGNATE = 5
"""Letters from which a foreign word that stands in the documents as it is counts as the same word."""
LOOSE = 5
"""Letters of either part from which a compound is split though the documents hold only its first part."""


@dataclass(frozen=True)
class Query:
    """A question as integers.

    `weights` are per term, in millionths; `concepts` say which terms express each content word;
    `company` holds related terms with shares in millionths; `unread` are words that neither the
    documents nor the vocabulary know in the question's language.
    """

    terms: tuple[int, ...]
    weights: tuple[int, ...]
    concepts: tuple[tuple[str, int, tuple[tuple[int, int], ...]], ...]
    """(word, weight in thousandths, ((term, strength in thousandths), …))"""
    company: tuple[tuple[int, int], ...] = ()
    unread: tuple[str, ...] = ()
    amount: bool = False
    """Whether a number is asked for."""


@dataclass(frozen=True)
class Reader:
    """What turns a question into a query: `asked` analyses the question, `documents` the documents.

    `counts` are the words of the documents, by which compounds they do not hold are still split.
    """

    asked: Analyser
    documents: Analyser
    lexicon: Lexicon
    variants: Variants
    counts: Mapping[str, int]
    vocabulary: Vocabulary | None = None

    @property
    def foreign(self) -> bool:
        """Whether the question is in another language than the documents."""
        return _base(self.asked.language) != _base(self.documents.language)


def _base(language: Language) -> str:
    return language.split("-")[0]


@dataclass(frozen=True)
class Part:
    """One thing to look for: a word of the question, or half of a compound, with its weight and terms."""

    word: str
    weight: int
    terms: dict[int, int]


def parse(text: str, reader: Reader, gram_share: int) -> Query:
    """The question as an integer query: `gram_share` thousandths of the score come from 4-grams.

    Weights are shares of a million, so a passage that holds every term at saturation scores the
    same for a short question as for a long one.
    """
    content = reader.asked.content(text) or [w for w in words(text) if len(w) > 3]
    added = _added(content, reader)
    unread = tuple(w for w, extra in zip(content, added, strict=True) if not extra and not _readable(w, reader))
    parts = [
        part
        for word, extra in zip(content, added, strict=True)
        if word not in unread
        for part in _parts(word, extra, reader)
    ]
    parts += [] if reader.foreign else _pairs(text, reader)
    stem_weights: Counter[int] = Counter()
    for part in parts:
        times = LIGHT_FOUND if part.word in reader.asked.lists.light else 1
        for term, weight in _shares(part).items():
            stem_weights[term] += weight * times
    gram_weights = _grams([w for w in content if not reader.foreign or _cognate(w, reader)], reader)
    weights = _scaled(stem_weights, 1000 - gram_share) | _scaled(gram_weights, gram_share)
    terms = sorted(weights)
    concepts = tuple((p.word, p.weight, tuple((t, p.terms[t]) for t in sorted(p.terms))) for p in parts)
    company, amount = _company(parts, reader), reader.asked.lists.asks_amount(text)
    return Query(tuple(terms), tuple(weights[t] for t in terms), concepts, company, unread, amount)


def _grams(content: Sequence[str], reader: Reader) -> Counter[int]:
    weights: Counter[int] = Counter()
    for word in content:
        share = LIGHT * LIGHT_FOUND if word in reader.asked.lists.light else 1000
        for gram in word_grams(word):
            i = reader.lexicon.gram_id(gram)
            if i is not None:
                weights[i] += int(reader.lexicon.idf[i]) * share // 1000
    return weights


def _cognate(word: str, reader: Reader) -> bool:
    """Whether a foreign word is the documents' own word: a name, an abbreviation, a loan word."""
    return word.isdigit() or (len(word) >= COGNATE and word in reader.counts)


def _readable(word: str, reader: Reader) -> bool:
    return not reader.foreign or _cognate(word, reader)


def _parts(word: str, extra: Sequence[tuple[int, int]], reader: Reader) -> list[Part]:
    """The word as one part, or the two halves of a compound; the whole compound satisfies both halves."""
    if reader.foreign:
        return [_foreign(word, extra, reader)]
    stem, variants = _own(word, reader)
    whole = _strongest([*variants, *extra])
    weight = _weight(word, stem, variants, whole, reader)
    halves = reader.documents.parts.get(word) or split(word, reader.counts, reader.documents.language)
    if halves is None and not whole:
        halves = _loose(word, reader)
    if halves is None:
        return [Part(word, weight, whole)]
    weight = max(weight, UNKNOWN) if not whole else weight
    found = [Part(word, weight * WHOLE // 1000, whole)]
    for half, share in zip(halves, (HEAD, TAIL), strict=True):
        light = half in reader.asked.lists.light
        terms = _strongest([*reader.variants.of(reader.documents.stem(half)), *((t, 1000) for t in whole)])
        found.append(Part(half, weight * (share // 2 if light else share) // 1000, terms))
    return found


def _foreign(word: str, extra: Sequence[tuple[int, int]], reader: Reader) -> Part:
    """A word in another language: by the vocabulary alone where it knows it, else as the same word."""
    stem = reader.lexicon.stem_id(reader.documents.stem(word)) if not extra else None
    terms = _strongest([(stem, 1000)] if stem is not None else extra)
    return Part(word, _weight(word, "", tuple(terms.items()), terms, reader), terms)


def _weight(word: str, stem: str, variants: Sequence[tuple[int, int]], whole: Mapping[int, int], reader: Reader) -> int:
    """Rarity times topicality, within bounds; a word of action or degree keeps a share of it."""
    own = reader.lexicon.stem_id(stem)
    known = [own] if own is not None else [t for t, _ in variants or whole.items()]
    if not known:
        weight = UNKNOWN
    else:
        best = max(known, key=lambda t: (int(reader.lexicon.idf[t]), -t))
        topical = min(MOST_TOPICAL, max(LEAST_TOPICAL, int(reader.lexicon.topical[best])))
        weight = min(MOST, int(reader.lexicon.idf[best])) * topical // 1000
    return weight * LIGHT // 1000 if word in reader.asked.lists.light else weight


def _loose(word: str, reader: Reader) -> tuple[str, str] | None:
    """A compound of which the documents hold only the first part as a word: the longest such, with its rest."""
    if _base(reader.documents.language) not in COMPOUNDING:
        return None
    for end in range(len(word) - LOOSE, LOOSE - 1, -1):
        head, tail = word[:end], word[end:]
        if head in reader.counts and reader.variants.of(reader.documents.stem(tail)):
            return head, tail
    return None


def _shares(part: Part) -> dict[int, int]:
    """The part's weight over its terms: its own in full, all others together no more than that once more."""
    own = {t: part.weight for t, s in part.terms.items() if s == 1000}
    others = {t: part.weight * s * s // 1_000_000 for t, s in part.terms.items() if LEAST <= s < 1000}
    total = sum(others.values())
    if total > part.weight:
        others = {t: w * part.weight // total for t, w in others.items()}
    return own | others


def _company(parts: Sequence[Part], reader: Reader) -> tuple[tuple[int, int], ...]:
    """The words that keep company with the question's words: what a passage on the matter is likely to say too."""
    lexicon = reader.lexicon
    shares = np.zeros(len(lexicon.stems), dtype=np.int64)
    for part in parts:
        sure = np.array([t for t, s in part.terms.items() if s >= SURE and t < len(shares)], dtype=np.int64)
        if len(sure):
            found = lexicon.found[sure].astype(np.int64)
            others, worth, lengths = lexicon.related_to(sure)
            worth = part.weight * worth // 1000 * np.repeat(found, lengths) // max(1, int(found.sum()))
            own = np.zeros(len(shares), dtype=bool)
            own[sure] = True
            kept = ~own[others]
            np.add.at(shares, others[kept], worth[kept])
    met = np.flatnonzero(shares)
    best = met[np.lexsort((met, -shares[met]))][:COMPANY]
    whole = int(shares[best].sum())
    return tuple(sorted((int(t), MILLION * int(shares[t]) // whole) for t in best)) if whole else ()


def _pairs(text: str, reader: Reader) -> list[Part]:
    """Pairs of neighbouring words of the question that the documents hold as pairs too."""
    lists = reader.asked.lists
    found = []
    for pair in dict.fromkeys(reader.documents.pairs(text, lists.stop | lists.frame)):
        i = reader.lexicon.stem_id(pair)
        if i is not None:
            found.append(Part(pair, min(MOST, int(reader.lexicon.idf[i])) * PAIRED // 1000, {i: 1000}))
    return found


def _strongest(pairs: Iterable[tuple[int, int]]) -> dict[int, int]:
    best: dict[int, int] = {}
    for term, strength in pairs:
        best[term] = max(best.get(term, 0), strength)
    return best


def _own(word: str, reader: Reader) -> tuple[str, tuple[tuple[int, int], ...]]:
    """The word's stem in the documents' language and its variants there; typed umlauts (ae) are tried too."""
    stem = reader.documents.stem(word)
    variants = reader.variants.of(stem)
    if not variants:
        plain = reader.documents.stem(word.replace("ae", "a").replace("oe", "o").replace("ue", "u"))
        return plain, reader.variants.of(plain)
    return stem, variants


def _added(content: Sequence[str], reader: Reader) -> list[list[tuple[int, int]]]:
    """Per content word the terms that the vocabulary adds, with their strengths.

    The stems of a term of several words share its strength by their rarity, and each counts for
    less the more there are, so one of them alone is never taken for the whole; the pair is.
    """
    added: list[list[tuple[int, int]]] = [[] for _ in content]
    strength = TRANSLATED if reader.foreign else SYNONYM
    for match in _matches(content, reader):
        for _, stems in match.added:
            ids = [(i, int(reader.lexicon.idf[i])) for s in stems if (i := reader.lexicon.stem_id(s)) is not None]
            total = sum(idf for _, idf in ids) if len(ids) == len(stems) else 0
            pair = reader.lexicon.stem_id(PAIR.join(stems)) if len(stems) == 2 else None
            for place in match.words if total else ():
                added[place] += [(i, strength * idf // total // len(ids)) for i, idf in ids]
                added[place] += [(pair, strength)] if pair is not None else []
    return added


def expansion_of(text: str, reader: Reader) -> tuple[str, ...]:
    """The vocabulary's terms that are looked for beside the question's own words, in order, each once."""
    matches = _matches(reader.asked.content(text), reader)
    return tuple(dict.fromkeys(term for match in matches for term, _ in match.added))


def _matches(content: Sequence[str], reader: Reader) -> list[Match]:
    """Concepts of the vocabulary in the question; words of action or degree are added to only across languages."""
    if reader.vocabulary is None:
        return []
    light = reader.asked.lists.light
    found = reader.vocabulary.matches([reader.asked.stem(word) for word in content])
    return [m for m in found if reader.foreign or not all(content[place] in light for place in m.words)]


def _scaled(weights: Mapping[int, int], share: int) -> dict[int, int]:
    """Weights as parts of a million times the share, relative to saturation (k1 + 1) of all terms."""
    ceiling = sum(weights.values())
    if not ceiling:
        return {}
    return {t: (w * share * 1000) // ceiling for t, w in weights.items()}
