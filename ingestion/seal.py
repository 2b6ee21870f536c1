"""Passages to a sealed index: integer postings, coded vectors and the Qdrant shard, all from masked text.

Names of parties, their abbreviations and leaders are masked before any term or vector is made,
so no score can depend on who speaks.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.retrieval.analyse import SLOT, Analyser, Stopwords
from app.retrieval.corpus import CARDS, FORMAT, REGISTER, pool
from app.retrieval.embed import Code
from app.retrieval.index import EdgeCandidates, WindowPoint, build_edge
from app.retrieval.lexicon import offsets
from domain.base import Digest, Language, canonical, main_language
from domain.election import RuleCard
from domain.names import Names
from domain.passage import Passage
from ingestion.register import masked, sealed
from ingestion.seal_language import NO_HELPS, Helps, seal_language

HEADINGS = 2
"""How many of the innermost headings are searched with a passage."""


@dataclass(frozen=True)
class Encoder:
    """Turns many windows into coded vectors; `digest` names the weights."""

    digest: Digest
    width: int
    tokenize: Callable[[str], list[int]]
    encode: Callable[[Sequence[str]], NDArray[np.int8]]


def searchable(passage: Passage, names: Names) -> str:
    """What is searched of a passage: its headings and text with every name masked."""
    return names.mask(". ".join([*passage.heading[-HEADINGS:], passage.text]), SLOT)


def seal(
    folder: Path,
    passages: Sequence[Passage],
    names: Names,
    stopwords: dict[Language, Stopwords],
    encoder: Encoder | None,
    helps: Helps = NO_HELPS,
) -> Digest:
    """Write `index/` and `index.digest` under `folder`; the digest covers all of it. Deterministic."""
    index = folder / "index"
    index.mkdir(parents=True)
    texts = [searchable(p, names) for p in passages]
    languages = sorted({p.language for p in passages})
    arrays: dict[str, NDArray[np.generic]] = {}
    rows: dict[int, tuple[list[int], list[int]]] = {}
    helps = replace(helps, matters=tuple(masked(matter, names) for matter in helps.matters))
    analysers = {language: Analyser(language, lists) for language, lists in stopwords.items()}
    offset = 0
    for language in languages:
        numbers = [n for n, p in enumerate(passages) if p.language == language]
        own = [passages[n] for n in numbers], [texts[n] for n in numbers]
        one = seal_language(*own, names, language, stopwords.get(language, Stopwords()), helps)
        (index / f"lexicon.{language}.json").write_text(one.lexicon, encoding="utf-8")
        arrays |= {f"{language}.{name}": array for name, array in one.arrays.items()}
        arrays[f"{language}.rows"] = np.array(numbers, dtype=np.int64)
        for n, (ids, weights) in zip(numbers, one.postings, strict=True):
            rows[n] = ([int(i) + offset for i in ids], [int(w) for w in weights])
        analysers[language] = one.analyser
        offset += one.size
    codes, starts = _vectors(texts, encoder)
    arrays["window_starts"] = starts
    register = sealed(helps.matters, analysers, {p.id: n for n, p in enumerate(passages)}, helps.centres)
    if helps.centres is not None and helps.cards:
        arrays[CARDS] = helps.centres.of([_texts(card, names) for card in helps.cards])
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
        "meaning": helps.centres.digest if helps.centres else None,
        "register": register.meta,
    }
    (index / "meta.json").write_text(json.dumps(meta), encoding="utf-8")
    build_edge(index / "qdrant", points(passages, rows, codes, starts, encoder is not None), codes.shape[1])
    # The engine finishes its files when it first opens them: here, not where several processes share them.
    EdgeCandidates(index / "qdrant").close()
    digest = _digest(arrays, codes, canonical(register.meta))
    (folder / "index.digest").write_text(digest + "\n", encoding="utf-8")
    return digest


def _texts(card: RuleCard, names: Names) -> dict[Language, list[str]]:
    """How people ask for the card, and what it says."""
    found: dict[Language, list[str]] = {}
    for tag, asked in card.ask.items():
        found.setdefault(main_language(tag), []).extend(asked)
    for tag, text in [*card.title.items(), *(said for one in card.statements for said in one.text.items())]:
        found.setdefault(main_language(tag), []).append(text)
    return {tag: [names.mask(text, SLOT) for text in texts] for tag, texts in found.items()}


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


def _vectors(texts: Sequence[str], encoder: Encoder | None) -> tuple[Code, NDArray[np.int64]]:
    if encoder is None:
        return np.zeros((len(texts), 1), dtype=np.int8), np.arange(len(texts) + 1, dtype=np.int64)
    from ingestion.windows import windows

    cut = windows(texts, encoder.tokenize)
    starts = offsets([len(parts) for parts in cut])
    return encoder.encode([text for parts in cut for text in parts]), starts


def _digest(arrays: dict[str, NDArray[np.generic]], codes: Code, register: bytes) -> Digest:
    running = hashlib.sha256()
    for name, array in [*sorted(arrays.items()), ("vectors", codes)]:
        running.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        running.update(np.ascontiguousarray(array).tobytes())
    running.update(register)
    return running.hexdigest()
