"""Passages to a sealed index: integer postings, coded vectors and the Qdrant shard, all from masked text.

Names of parties, their abbreviations and leaders are masked before any term or vector is made,
so no score can depend on who speaks.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.retrieval.analyse import SLOT, Analyser, Stopwords, learn_compounds, split, word_counts
from app.retrieval.corpus import FORMAT, REGISTER, pool
from app.retrieval.embed import Code
from app.retrieval.index import EdgeCandidates, WindowPoint, build_edge
from app.retrieval.lexicon import build_lexicon, postings
from app.retrieval.variants import gram_table
from domain.base import Digest, Language, canonical
from domain.names import Names
from domain.passage import Passage
from domain.register import Matter
from ingestion.register import sealed
from ingestion.subjects import Lines, added, beside, document, phrases

HEADINGS = 2
"""How many of the innermost headings are searched with a passage."""


@dataclass(frozen=True)
class Encoder:
    """Turns many windows into coded vectors; `digest` names the weights."""

    digest: Digest
    width: int
    tokenize: Callable[[str], list[int]]
    encode: Callable[[Sequence[str]], NDArray[np.int8]]


@dataclass(frozen=True)
class Helps:
    """What a pack adds for finding: lines of its subject index by passage, and the matters of its register."""

    subjects: Lines = field(default_factory=dict)
    matters: tuple[Matter, ...] = ()


def searchable(passage: Passage, names: Names) -> str:
    """What is searched of a passage: its headings and text with every name masked."""
    return names.mask(". ".join([*passage.heading[-HEADINGS:], passage.text]), SLOT)


def seal(
    folder: Path,
    passages: Sequence[Passage],
    names: Names,
    stopwords: dict[Language, Stopwords],
    encoder: Encoder | None,
    helps: Helps = Helps(),
) -> Digest:
    """Write `index/` and `index.digest` under `folder`; the digest covers all of it. Deterministic."""
    index = folder / "index"
    index.mkdir(parents=True)
    texts = [searchable(p, names) for p in passages]
    languages = sorted({p.language for p in passages})
    arrays: dict[str, NDArray[np.generic]] = {}
    rows: dict[int, tuple[list[int], list[int]]] = {}
    offset = 0
    analysers = {language: Analyser(language, lists) for language, lists in stopwords.items()}
    for language in languages:
        numbers = [n for n, p in enumerate(passages) if p.language == language]
        size, analysers[language] = _seal_language(
            index, language, numbers, passages, texts, names, stopwords, arrays, rows, offset, helps
        )
        offset += size
    codes, starts = _vectors(texts, encoder)
    arrays["window_starts"] = starts
    register = sealed(helps.matters, analysers, {p.id: n for n, p in enumerate(passages)})
    arrays |= {REGISTER + name: array for name, array in register.arrays.items()}
    (index / "arrays").mkdir()
    for name, array in arrays.items():
        arrays[name] = array.astype(np.int32)
        np.save(index / "arrays" / f"{name}.npy", arrays[name])
    np.save(index / "vectors.npy", codes)
    pools: dict[str, int] = {}
    for p in passages:
        pools[pool(p.party, p.language)] = pools.get(pool(p.party, p.language), 0) + 1
    meta = {
        "format": FORMAT,
        "languages": languages,
        "ids": [p.id for p in passages],
        "pools": dict(sorted(pools.items())),
        "model": encoder.digest if encoder else None,
        "register": register.meta,
    }
    (index / "meta.json").write_text(json.dumps(meta), encoding="utf-8")
    build_edge(index / "qdrant", points(passages, rows, codes, starts, encoder is not None), codes.shape[1])
    # The engine finishes its files when it first opens them: here, not where several processes share them.
    EdgeCandidates(index / "qdrant").close()
    digest = _digest(arrays, codes, canonical(register.meta))
    (folder / "index.digest").write_text(digest + "\n", encoding="utf-8")
    return digest


def points(
    passages: Sequence[Passage],
    rows: dict[int, tuple[list[int], list[int]]],
    codes: Code,
    starts: NDArray[np.int64],
    dense: bool,
) -> list[WindowPoint]:
    """The points of the vector index; sparse terms ride on each passage's first window."""
    found = []
    for n, passage in enumerate(passages):
        for w in range(int(starts[n]), int(starts[n + 1])):
            first = w == int(starts[n])
            terms, weights = rows[n] if first else ([], [])
            code = codes[w] if dense else None
            found.append(WindowPoint(w, n, pool(passage.party, passage.language), code, terms, weights))
    return found


def _seal_language(
    index: Path,
    language: Language,
    numbers: Sequence[int],
    passages: Sequence[Passage],
    texts: Sequence[str],
    names: Names,
    stopwords: dict[Language, Stopwords],
    arrays: dict[str, NDArray[np.generic]],
    rows: dict[int, tuple[list[int], list[int]]],
    offset: int,
    helps: Helps,
) -> tuple[int, Analyser]:
    lists = stopwords.get(language, Stopwords(frozenset(), frozenset()))
    counts = word_counts((texts[n] for n in numbers), lists)
    subjects = helps.subjects
    said = [phrases(subjects.get(passages[n].id), names) for n in numbers]
    called = (name for matter in helps.matters for name in matter.names.get(language, ()))
    new = {w: c for w, c in word_counts((*(p for one in said for p in one), *called), lists).items() if w not in counts}
    parts = learn_compounds(counts, language)
    counts = dict(sorted((counts | new).items()))
    parts |= {w: halves for w in new if (halves := split(w, counts, language)) is not None}
    analyser = Analyser(language, lists, parts)
    documents = [document(analyser, [texts[n]]) for n in numbers]
    lines = [document(analyser, one) for one in said]
    lexicon = build_lexicon(documents, [passages[n].document for n in numbers], lines)
    sentinel = len(lexicon.idf)
    found = postings(lexicon, documents)
    both = postings(lexicon, documents, lines) if subjects else found
    for n, (ids, weights) in zip(numbers, both, strict=True):
        rows[n] = ([int(i) + offset for i in ids], [int(w) for w in weights])
    sentences: list[NDArray[np.int64]] = []
    first = [0]
    stands: list[bool] = []
    keys: list[bool] = []
    for n in numbers:
        passage = passages[n]
        line = subjects.get(passage.id)
        keys += [line is not None and line.key == place for place in range(len(passage.sentences))]
        for sentence in passage.sentences:
            text = names.mask(passage.text[sentence.start : sentence.end], SLOT)
            sentences.append(_ids({*analyser.stems(text), *analyser.pairs(text)}, lexicon.stem_id))
            stands.append(lists.takes_stand(text))
        first.append(len(sentences))
    key = f"{language}."
    arrays[key + "idf"], arrays[key + "found"] = lexicon.idf, lexicon.found
    arrays[key + "topical"], arrays[key + "related"] = lexicon.topical, lexicon.related
    arrays[key + "related_shares"], arrays[key + "related_starts"] = lexicon.shares, lexicon.related_starts
    arrays[key + "rows"] = np.array(numbers, dtype=np.int64)
    arrays[key + "terms"], arrays[key + "starts"] = _flat([ids for ids, _ in found], sentinel)
    arrays[key + "weights"], _ = _flat([weights for _, weights in found], 0)
    arrays[key + "sentence_terms"], arrays[key + "sentence_starts"] = _flat(sentences, sentinel)
    arrays[key + "stance"] = np.array(stands, dtype=np.int64)
    arrays[key + "first_sentence"] = np.array(first, dtype=np.int64)
    more = [added(*one, lexicon) for one in zip(found, both, lines, strict=True)]
    arrays[key + "subject_terms"], arrays[key + "subject_starts"] = _flat([ids for ids, _ in more], sentinel)
    arrays[key + "subject_weights"], _ = _flat([weights for _, weights in more], 0)
    arrays[key + "key"] = np.array(keys, dtype=np.int64)
    arrays[key + "beside"] = np.array([beside(subjects.get(passages[n].id)) for n in numbers], dtype=np.int64)
    table = gram_table(lexicon.stems)
    arrays[key + "gram_starts"], arrays[key + "gram_holders"] = table.starts, table.holders
    arrays[key + "gram_sizes"] = table.sizes
    data = {
        "stems": lexicon.stems,
        "stem_grams": table.grams,
        "grams": lexicon.grams,
        "parts": parts,
        "counts": counts,
        "analyser": analyser.digest(),
    }
    (index / f"lexicon.{language}.json").write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
    return sentinel + 1, analyser


def _ids(stems: set[str], lookup: Callable[[str], int | None]) -> NDArray[np.int64]:
    return np.array(sorted(i for s in stems if (i := lookup(s)) is not None), dtype=np.int64)


def _flat(rows: Sequence[NDArray[np.int64]], sentinel: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows end to end, each closed by the sentinel so that none is empty, and where each starts."""
    close = np.array([sentinel], dtype=np.int64)
    flat = np.concatenate([part for row in rows for part in (row, close)]) if rows else close[:0]
    starts = np.cumsum([0] + [len(row) + 1 for row in rows])
    return flat, starts.astype(np.int64)


def _vectors(texts: Sequence[str], encoder: Encoder | None) -> tuple[Code, NDArray[np.int64]]:
    if encoder is None:
        return np.zeros((len(texts), 1), dtype=np.int8), np.arange(len(texts) + 1, dtype=np.int64)
    from ingestion.windows import windows

    cut = windows(texts, encoder.tokenize)
    starts = np.cumsum([0] + [len(parts) for parts in cut]).astype(np.int64)
    return encoder.encode([text for parts in cut for text in parts]), starts


def _digest(arrays: dict[str, NDArray[np.generic]], codes: Code, register: bytes) -> Digest:
    running = hashlib.sha256()
    for name, array in [*sorted(arrays.items()), ("vectors", codes)]:
        running.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        running.update(np.ascontiguousarray(array).tobytes())
    running.update(register)
    return running.hexdigest()
