"""A sealed build, opened for reading: passages, pages, integer postings and vector codes of one election.

Everything is addressed by passage number in build order; ids stay the identity that leaves
this package. Parsing is lazy, so opening a large election stays quick.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.errors import IndexUnusable
from app.retrieval.analyse import Analyser, Stopwords
from app.retrieval.embed import NO_CODES, Code
from app.retrieval.lexicon import Ints, Lexicon, offsets, ranges
from app.retrieval.register import open_register
from app.retrieval.variants import GramTable, Variants
from domain.base import Digest, Language, sha256
from domain.passage import Passage

LAW = "@law"
REGISTER = "register."
"""Opens the names of the register's arrays."""
CARDS = "cards"
FORMAT = 9


def pool(party: str | None, language: Language) -> str:
    """The name of the pool that holds this party's (or the law's) passages in one language."""
    return f"{party or LAW}/{language}"


@dataclass(frozen=True)
class Rows:
    """Concatenated term ids (and frequencies) of many rows; row i is `[starts[i], starts[i + 1])`."""

    terms: Ints
    weights: Ints
    starts: Ints

    def take(self, rows: Ints) -> Rows:
        """The given rows, concatenated anew. Every row holds at least a sentinel, so none is empty."""
        first, end = self.starts[rows], self.starts[rows + 1]
        index = ranges(first, end)
        weights = self.weights[index] if len(self.weights) else self.weights
        return Rows(self.terms[index], weights, offsets(end - first))


@dataclass(frozen=True)
class LanguageIndex:
    """All lexical data of the documents in one language."""

    analyser: Analyser
    lexicon: Lexicon
    variants: Variants
    counts: dict[str, int]
    passages: Rows
    sentences: Rows
    row_of: Ints
    """Per passage number its row, or -1 for passages in another language."""
    stance: Ints
    """Per sentence 1 where it takes a stand, else 0."""
    number: Ints
    """Per sentence 1 where it holds a digit, else 0."""
    first_sentence: Ints
    """Per row the number of its first sentence; one more entry closes the last row."""
    subjects: Rows
    """Per row the terms of its line in the subject index, and what each adds to the term's frequency."""
    key: Ints
    """Per sentence 1 where the subject index calls it the key sentence of its passage, else 0."""
    beside: Ints
    """Per row how far the subject index says that it takes no position: 0 not at all."""

    @property
    def size(self) -> int:
        """Table size for term lookups: all terms and the sentinel."""
        return len(self.lexicon.idf) + 1

    def searched(self, row: int) -> tuple[list[int], list[int]]:
        """What an engine finds the row's passage by: its terms and its line's, their frequencies added."""
        found: dict[int, int] = {}
        for rows in (self.passages, self.subjects):
            # The last entry of a row is its sentinel.
            part = slice(int(rows.starts[row]), int(rows.starts[row + 1]) - 1)
            for term, weight in zip(rows.terms[part].tolist(), rows.weights[part].tolist(), strict=True):
                found[term] = found.get(term, 0) + weight
        terms = sorted(found)
        return terms, [found[t] for t in terms]

    @property
    def indexed(self) -> bool:
        """Whether any passage has a line in a subject index."""
        return len(self.subjects.terms) >= len(self.subjects.starts)


class Corpus:
    """The build in `folder`. Raises IndexUnusable when a file is missing, damaged or of another format."""

    def __init__(self, folder: Path, stopwords: dict[Language, Stopwords]) -> None:
        self.folder = folder
        try:
            self.lock = json.loads((folder / "corpus.lock").read_text(encoding="utf-8"))
            meta = json.loads((folder / "index" / "meta.json").read_text(encoding="utf-8"))
            if meta["format"] != FORMAT:
                raise IndexUnusable(f"the build in {folder} has format {meta['format']}, not {FORMAT}; build it again")
            self._text = (folder / "passages.jsonl").read_bytes()
            self._ends = np.flatnonzero(np.frombuffer(self._text, dtype=np.uint8) == ord("\n"))
            arrays = _arrays(folder / "index" / "arrays")
            self.windows: NDArray[np.int8] = np.load(folder / "index" / "vectors.npy")
            self.window_starts: Ints = arrays["window_starts"]
            self.languages = {
                language: _language_index(folder, language, arrays, stopwords) for language in meta["languages"]
            }
            of_register = {n.removeprefix(REGISTER): a for n, a in arrays.items() if n.startswith(REGISTER)}
            self.register = open_register(meta["register"], of_register)
            self.cards: Code = np.asarray(arrays.get(CARDS, NO_CODES), dtype=np.int8)
            """What each card of the pack means, in its order; without rows where no encoder read them."""
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise IndexUnusable(f"the build in {folder} is incomplete or damaged ({error}); build it again") from error
        self.digest: Digest = sha256((folder / "corpus.lock").read_bytes())
        self.index_digest: Digest = (folder / "index.digest").read_text(encoding="utf-8").strip()
        self.ids: list[Digest] = meta["ids"]
        self.pool_sizes: dict[str, int] = meta["pools"]
        self.model: Digest | None = meta["model"]
        self.meaning: Digest | None = meta.get("meaning")
        """The files of the encoder with which matters and cards were read."""
        self._numbers = {i: n for n, i in enumerate(self.ids)}
        self.passage = lru_cache(maxsize=20_000)(self._parse)

    def __len__(self) -> int:
        return len(self.ids)

    def number(self, passage_id: Digest) -> int | None:
        """The passage's number in build order, or None."""
        return self._numbers.get(passage_id)

    def _parse(self, number: int) -> Passage:
        start = int(self._ends[number - 1]) + 1 if number else 0
        return Passage.model_validate_json(self._text[start : int(self._ends[number])])

    def codes(self, numbers: Ints) -> tuple[Code, Ints]:
        """Window codes of the passages, concatenated, and the start of each passage among them."""
        first, end = self.window_starts[numbers], self.window_starts[numbers + 1]
        return self.windows[ranges(first, end)], offsets(end - first)[:-1]


def _inverse(rows: Ints, size: int) -> Ints:
    found = np.full(size, -1, dtype=np.int64)
    found[rows] = np.arange(len(rows), dtype=np.int64)
    return found


def _arrays(folder: Path) -> dict[str, Ints]:
    """The sealed integers, mapped into memory: opening reads nothing, and processes share the pages."""
    return {path.stem: np.asarray(np.load(path, mmap_mode="r")) for path in sorted(folder.glob("*.npy"))}


def _gram_table(grams: list[str], language: Language, arrays: dict[str, Ints]) -> GramTable:
    names = ("gram_starts", "gram_holders", "gram_sizes")
    return GramTable(tuple(grams), *(arrays[f"{language}.{name}"] for name in names))


def _language_index(
    folder: Path, language: Language, arrays: dict[str, Ints], stopwords: dict[Language, Stopwords]
) -> LanguageIndex:
    data = json.loads((folder / "index" / f"lexicon.{language}.json").read_text(encoding="utf-8"))
    counted = ("idf", "found", "topical", "related", "related_shares", "related_starts")
    lexicon = Lexicon(tuple(data["stems"]), tuple(data["grams"]), *(arrays[f"{language}.{name}"] for name in counted))
    lists = stopwords.get(language, Stopwords())
    analyser = Analyser(language, lists, {w: tuple(p) for w, p in data["parts"].items()})
    none = np.zeros(0, dtype=np.int64)
    rows = arrays[f"{language}.rows"]
    return LanguageIndex(
        analyser=analyser,
        lexicon=lexicon,
        variants=Variants(lexicon, _gram_table(data["stem_grams"], language, arrays)),
        counts=data["counts"],
        passages=Rows(arrays[f"{language}.terms"], arrays[f"{language}.weights"], arrays[f"{language}.starts"]),
        sentences=Rows(arrays[f"{language}.sentence_terms"], none, arrays[f"{language}.sentence_starts"]),
        row_of=_inverse(rows, len(arrays["window_starts"]) - 1),
        stance=arrays[f"{language}.stance"],
        number=arrays[f"{language}.number"],
        first_sentence=arrays[f"{language}.first_sentence"],
        subjects=Rows(*(arrays[f"{language}.subject_{name}"] for name in ("terms", "weights", "starts"))),
        key=arrays[f"{language}.key"],
        beside=arrays[f"{language}.beside"],
    )
