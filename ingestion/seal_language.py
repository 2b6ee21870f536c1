"""All that is counted of the documents in one language, as integers, and made from masked text alone.

What a word is worth depends on all documents of the language together; no value belongs to a party.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from app.retrieval.analyse import SLOT, Analyser, Stopwords, learn_compounds, split, word_counts
from app.retrieval.lexicon import Lexicon, Posting, build_lexicon, offsets, postings
from app.retrieval.variants import gram_table
from domain.base import Language
from domain.election import RuleCard
from domain.names import Names
from domain.passage import Passage
from domain.register import Matter
from ingestion.meaning import Centres
from ingestion.register import plain_names
from ingestion.subjects import Lines, added, beside, document, phrases

Array = NDArray[np.int64]


@dataclass(frozen=True)
class Helps:
    """What a pack adds for finding: lines of its subject index by passage, matters of its register, its cards.

    `centres` finds what matters and cards mean, where there is an encoder.
    """

    subjects: Lines = field(default_factory=dict)
    matters: tuple[Matter, ...] = ()
    cards: tuple[RuleCard, ...] = ()
    centres: Centres | None = None


NO_HELPS = Helps()


@dataclass(frozen=True)
class LanguageSeal:
    """One language of a build: its analyser, arrays by name, the lexicon as JSON, and what an engine finds each by."""

    analyser: Analyser
    arrays: dict[str, Array]
    lexicon: str
    postings: Sequence[Posting]
    """Per passage."""

    @property
    def size(self) -> int:
        """How many term ids it takes: all terms and the sentinel."""
        return len(self.arrays["idf"]) + 1


def seal_language(
    passages: Sequence[Passage], texts: Sequence[str], names: Names, language: Language, lists: Stopwords, helps: Helps
) -> LanguageSeal:
    """Count the passages of one language; `texts` are what is searched of each, masked as the matters are."""
    lines = [helps.subjects.get(p.id) for p in passages]
    plainly = plain_names(helps.matters, language)
    # Only beside a line: coverage is counted by text and line together where there is one, by the text alone elsewhere.
    said = [[*phrases(line, names), *plainly.get(line.passage, ())] if line else [] for line in lines]
    counts, parts = _compounds(texts, [phrase for one in said for phrase in one], language, lists)
    called = word_counts((name for matter in helps.matters for name in matter.names.get(language, ())), lists)
    # Names of matters are no words of the documents: they are only split, so that question and name can meet.
    parts |= {w: halves for w in called if w not in counts and (halves := split(w, counts, language)) is not None}
    analyser = Analyser(language, lists, parts)
    documents = [document(analyser, [text]) for text in texts]
    subjects = [document(analyser, one) for one in said]
    lexicon = build_lexicon(documents, [p.document for p in passages], subjects)
    sentinel = len(lexicon.idf)
    found = postings(lexicon, documents)
    both = postings(lexicon, documents, subjects) if helps.subjects else found
    more = [added(*one, lexicon) for one in zip(found, both, subjects, strict=True)]
    table = gram_table(lexicon.stems)
    arrays = {
        "idf": lexicon.idf,
        "found": lexicon.found,
        "topical": lexicon.topical,
        "related": lexicon.related,
        "related_shares": lexicon.shares,
        "related_starts": lexicon.related_starts,
        **_flat("", [ids for ids, _ in found], sentinel),
        "weights": _closed([weights for _, weights in found], 0),
        **_flat("subject_", [ids for ids, _ in more], sentinel),
        "subject_weights": _closed([weights for _, weights in more], 0),
        "beside": np.array([beside(line) for line in lines], dtype=np.int64),
        **_sentences(passages, names, analyser, lexicon),
        "key": _keys(passages, [line.key if line else None for line in lines]),
        "gram_starts": table.starts,
        "gram_holders": table.holders,
        "gram_sizes": table.sizes,
    }
    data = {
        "stems": lexicon.stems,
        "stem_grams": table.grams,
        "grams": lexicon.grams,
        "parts": parts,
        "counts": counts,
        "analyser": analyser.digest(),
    }
    return LanguageSeal(analyser, arrays, json.dumps(data, ensure_ascii=False), both)


def _compounds(
    texts: Sequence[str], phrases: Sequence[str], language: Language, lists: Stopwords
) -> tuple[dict[str, int], dict[str, tuple[str, ...]]]:
    """How often each word occurs, and the compounds with their parts; of phrases only words that no text holds."""
    counts = word_counts(texts, lists)
    new = {word: n for word, n in word_counts(phrases, lists).items() if word not in counts}
    parts: dict[str, tuple[str, ...]] = {**learn_compounds(counts, language)}
    counts = dict(sorted((counts | new).items()))
    return counts, parts | {w: halves for w in new if (halves := split(w, counts, language)) is not None}


def _sentences(passages: Sequence[Passage], names: Names, analyser: Analyser, lexicon: Lexicon) -> dict[str, Array]:
    """Every sentence's terms, whether it takes a stand or holds a number; where each passage's sentences begin."""
    texts = [names.mask(p.text[s.start : s.end], SLOT) for p in passages for s in p.sentences]
    terms = [_ids({*analyser.stems(text), *analyser.pairs(text)}, lexicon.stem_id) for text in texts]
    return {
        **_flat("sentence_", terms, len(lexicon.idf)),
        "stance": np.array([analyser.lists.takes_stand(text) for text in texts], dtype=np.int64),
        "number": np.array([any(c.isdigit() for c in text) for text in texts], dtype=np.int64),
        "first_sentence": offsets([len(p.sentences) for p in passages]),
    }


def _keys(passages: Sequence[Passage], keys: Sequence[int | None]) -> Array:
    """Per sentence 1 where it is the key sentence of its passage, else 0."""
    found = [key == place for p, key in zip(passages, keys, strict=True) for place in range(len(p.sentences))]
    return np.array(found, dtype=np.int64)


def _ids(stems: set[str], lookup: Callable[[str], int | None]) -> Array:
    return np.array(sorted(i for s in stems if (i := lookup(s)) is not None), dtype=np.int64)


def _flat(name: str, rows: Sequence[Array], sentinel: int) -> dict[str, Array]:
    """Rows of terms end to end and where each starts, each closed by the sentinel so that none is empty."""
    return {f"{name}terms": _closed(rows, sentinel), f"{name}starts": offsets([len(row) + 1 for row in rows])}


def _closed(rows: Sequence[Array], end: int) -> Array:
    close = np.array([end], dtype=np.int64)
    return np.concatenate([part for row in rows for part in (row, close)]) if rows else close[:0]
