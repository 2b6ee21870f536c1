"""What a text means as one vector: its words led to English one by one, read by a small sentence encoder.

Promise: it reads the words that the reviewed glossaries know and no party's name; a text is read by itself, one
thread, one text at a time, and its vector kept as whole numbers. It finds what a text may be about; it says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from pydantic import Field, ValidationError

from app.errors import PackError
from app.retrieval.analyse import words
from app.retrieval.embed import Code, Floats, code
from domain.base import Digest, Frozen, Language, digest_of, sha256
from guardrails.gloss import Glossary, GlossError, in_english, read_glossary
from guardrails.policy import GUARD_FOLDER
from guardrails.wordpiece import INSIDE, pieces

FOLDER = "meaning"
CARD, WEIGHTS, PIECES = "encoder.json", "encoder.onnx", "encoder.pieces.txt"
GLOSSARY = "gloss.{}.tsv"
RECENT = 64
"""Texts whose vectors are kept: a question is searched for matters, then for cards."""

Files = Mapping[str, bytes]
"""Everything that a reading depends on, by file name; empty where nothing is read."""


class MeaningCard(Frozen):
    """`encoder.json`: what the weights are and where they come from."""

    base: str = Field(description="The published model that training started from")
    licence: str
    most: int = Field(ge=8, description="Pieces read of a text")
    texts: int = Field(ge=0, description="Texts trained on")
    trained_on: Digest = Field(description="SHA-256 of the texts and of the program that made the weights")
    files: dict[str, Digest] = Field(description="SHA-256 of weights and pieces")


@dataclass(frozen=True)
class Meaning:
    """The opened encoder; `run` takes piece ids to a unit vector."""

    most: int
    vocabulary: Mapping[str, int]
    known: frozenset[str]
    glossaries: Mapping[Language, Glossary]
    run: Callable[[tuple[int, ...]], Floats]

    def cut(self, text: str, language: Language) -> tuple[int, ...]:
        """The ids of the pieces that are read of a text whose names are masked."""
        found = in_english(words(text), language, self.glossaries, self.known)
        return tuple(pieces((word for one in found for word in one.split()), self.vocabulary, self.most))

    def vector(self, text: str, language: Language) -> Floats:
        """Unit-length float32 vector."""
        return self.run(self.cut(text, language))

    def code(self, text: str, language: Language) -> Code:
        """The vector on the int8 grid."""
        return code(self.vector(text, language))


def read_files(common: Path) -> Files:
    """The files under `common/meaning` and the guard's glossaries; none without the folder. Raises PackError."""
    folder = common / FOLDER
    if not folder.is_dir():
        return {}
    try:
        card = MeaningCard.model_validate_json((folder / CARD).read_bytes())
        found = {name: (folder / name).read_bytes() for name in (CARD, WEIGHTS, PIECES)}
        found |= {path.name: path.read_bytes() for path in sorted((common / GUARD_FOLDER).glob(GLOSSARY.format("*")))}
    except (OSError, ValidationError) as error:
        raise PackError(f"{folder}: {CARD} and its files cannot be read ({error})") from error
    for name, digest in card.files.items():
        if sha256(found.get(name, b"")) != digest:
            raise PackError(f"{folder / name}: is not the file that {CARD} describes")
    return found


def stored(folder: Path) -> Files:
    """The files as a build kept them. Raises OSError."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def digest_of_files(files: Files) -> Digest:
    """One digest for all of them."""
    return digest_of({name: sha256(content) for name, content in files.items()})


def open_meaning(files: Files) -> Meaning:
    """The encoder in these files. Raises ValueError or KeyError when they cannot be used."""
    card = MeaningCard.model_validate_json(files[CARD])
    vocabulary = {piece: i for i, piece in enumerate(files[PIECES].decode().split("\n"))}
    opening, ending = GLOSSARY.split("{}")
    try:
        glossaries = {
            name[len(opening) : -len(ending)]: read_glossary(data.decode(), name)
            for name, data in files.items()
            if name.startswith(opening)
        }
    except GlossError as error:
        raise ValueError(str(error)) from error
    known = frozenset(piece for piece in vocabulary if not piece.startswith((INSIDE, "[")))
    return Meaning(card.most, vocabulary, known, glossaries, _opened(files[WEIGHTS]))


def _opened(weights: bytes) -> Callable[[tuple[int, ...]], Floats]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the engine raises its own kinds
        raise ValueError(f"{WEIGHTS} cannot be opened ({type(error).__name__})") from error

    @lru_cache(maxsize=RECENT)
    def run(ids: tuple[int, ...]) -> Floats:
        row = np.array([ids], dtype=np.int32)
        found: Floats = session.run(None, {"ids": row, "mask": np.ones_like(row)})[0][0]
        return found

    return run
