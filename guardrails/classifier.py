"""The second reader of questions: a small language model that says what a question asks for.

Promise: it reads the same slots and tokens as the rules, so it knows no party; it runs from committed
weights, offline, one question at a time; a score is a whole number of thousandths; missing or altered
files raise, they are never skipped.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from io import BytesIO
from itertools import accumulate, pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError

from domain.base import Digest, Frozen, Language, sha256
from guardrails.gloss import Glossary, GlossError, in_english, read_glossary
from guardrails.grams import ROWS, Grams
from guardrails.normalise import BREAKS, PARTY, Token
from guardrails.slips import Counts, SpellingError, meant, read_counts
from guardrails.wordpiece import INSIDE, joined, pieces

CARD, WEIGHTS, PIECES = "classifier.json", "classifier.onnx", "classifier.pieces.txt"
GRAMS = "classifier.grams.npy"
WORDS = "words.{}.tsv"
LINES = ("refuse", "redirect", "refuse after", "redirect after")
"""Where the lines are drawn: for a text alone, and for one that is read after others."""
ANSWER = "answer"
SLOT = "party"
"""The English word that stands for a slot."""

Ids = tuple[int, ...]
Floats = NDArray[np.float32]
Said = tuple[Sequence[Token], Language]
"""The words of a turn and the language they are read in."""
Run = Callable[[Ids], tuple[Floats, Floats]]
"""Piece ids [pieces] to logits [labels], and to what each piece adds to them [pieces, labels]."""


class ClassifierError(ValueError):
    """The weights or what belongs to them cannot be used."""


class Card(Frozen):
    """`classifier.json`: what the weights are, where they come from, and where the lines are drawn."""

    labels: tuple[str, ...] = Field(description="What a text may ask for: `answer`, or a category of the policy")
    thresholds: dict[str, int] = Field(description="Per action, alone and after others, in thousandths: from here on")
    doubt: int = Field(ge=0, description="In thousandths: below this a refusal by a rule alone does not stand")
    most: int = Field(ge=8, description="Pieces read of a text, or of a conversation")
    step: int = Field(ge=0, description="In millionths: what one step of the weights of spelling adds to a label")
    files: dict[str, Digest] = Field(description="SHA-256 of every file that the readings depend on")
    trained_on: Digest = Field(description="SHA-256 of the phrasings and of the program that made the weights")
    averaged: dict[Digest, int] = Field(
        default={},
        exclude_if=lambda shares: not shares,  # a card from before has the digest that records name
        description="Where weights are a mean: what each training was made of, its share in thousandths",
    )
    further_from: tuple[Digest, ...] = Field(
        default=(),
        exclude_if=lambda before: not before,
        description="Where weights were trained further: what the trainings before were made of",
    )
    base: str = Field(description="The published model that training started from")
    licence: str
    families: int
    texts: int


@dataclass(frozen=True)
class Classifier:
    """The opened model and its files."""

    card: Card
    folder: Path
    glossaries: Mapping[Language, Glossary]
    vocabulary: Mapping[str, int]
    words: frozenset[str]
    run: Run
    grams: Grams
    counts: Mapping[Language, Counts]
    _meant: Callable[[str, Language], str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_meant", lru_cache(maxsize=20_000)(self._meant_by))

    def read(self, tokens: Sequence[Token], language: Language) -> Mapping[str, int]:
        """How likely each label is, in thousandths that add up to about a thousand."""
        words = self.meant(tokens, language)
        return self.scores(self._cut(words, language), words)

    def read_after(self, before: Sequence[Said], tokens: Sequence[Token], language: Language) -> Mapping[str, int]:
        """The same for a turn after others, oldest first; spelling says nothing about what hangs together."""
        parts = [self.cut(*turn) for turn in (*before, (tokens, language))]
        return self.scores(joined(parts, self.card.most), ())

    def known(self) -> list[Container[str]]:
        """The words of each language that the model can read."""
        return [self.words, *(g.words for g in self.glossaries.values())]

    def cut(self, tokens: Sequence[Token], language: Language) -> list[int]:
        """The ids of the pieces that are read."""
        return self._cut(self.meant(tokens, language), language)

    def english(self, tokens: Sequence[Token], language: Language) -> list[str]:
        """The words that are read, in English."""
        return english(self.meant(tokens, language), language, self.glossaries, self.words)

    def meant(self, tokens: Sequence[Token], language: Language) -> list[str]:
        """The words as they stand, slips of the fingers undone."""
        return [self._meant(word, language) for word in spelled(tokens)]

    def _meant_by(self, word: str, language: Language) -> str:
        return meant(word, self.counts.get(language.split("-")[0], {}), self._knows)

    def _knows(self, word: str) -> bool:
        read = word in self.words or any(word in counts for counts in self.counts.values())
        return read or any(word in g.words or g.begins(word) for g in self.glossaries.values())

    def _cut(self, words: Sequence[str], language: Language) -> list[int]:
        return pieces(english(words, language, self.glossaries, self.words), self.vocabulary, self.card.most)

    def scores(self, ids: Sequence[int], words: Sequence[str]) -> Mapping[str, int]:
        """The same for a text already cut into pieces, with its words as they are spelled."""
        logits = self.run(tuple(ids))[0].astype(np.float64)
        if words:
            logits += self.grams.logits(words)
        return dict(zip(self.card.labels, _shares(logits), strict=True))

    def weightiest(self, words: Sequence[Token], language: Language, label: str) -> tuple[int, int]:
        """First and last place of the words without which the label is least likely.

        Only the runs of words that add most to the label are left out in turn.
        """
        width = max(1, min(SPAN, len(words) - 1))
        added = self._added(words, language, label)
        sums = [sum(added[i : i + width]) for i in range(len(words) - width + 1)]
        tried: list[int] = []
        for place in sorted(range(len(sums)), key=lambda i: -sums[i]):
            if len(tried) < TRIED and all(abs(place - other) >= APART for other in tried):
                tried.append(place)
        left = {i: self.read([*words[:i], *words[i + width :]], language)[label] for i in tried}
        place = min(tried, key=left.__getitem__)
        return place, place + width - 1

    def _added(self, words: Sequence[Token], language: Language, label: str) -> list[float]:
        """Per word what it adds to the label, less what it adds to being answered."""
        of, answer = (self.card.labels.index(name) for name in (label, ANSWER))
        parts = self.run(tuple(self.cut(words, language)))[1][1:-1]
        ends = list(accumulate((len(self.cut([word], language)) - 2 for word in words), initial=0))
        return [float((parts[a:b, of] - parts[a:b, answer]).sum()) for a, b in pairwise(ends)]


RECENT = 16
"""Texts whose reading is kept: that of a declined one is asked for again to explain it."""
SPAN = 3
"""Words that are left out together to find what a verdict rests on."""
TRIED, APART = 3, 2
"""Runs of words that are left out, and how many words apart they start at least."""


def spelled(tokens: Sequence[Token]) -> list[str]:
    """The words as they stand, without sentence breaks."""
    return [t.text for t in tokens if t.text not in BREAKS]


def english(
    words: Sequence[str], language: Language, glossaries: Mapping[Language, Glossary], known: frozenset[str]
) -> list[str]:
    """What the model reads: the words in English, one for the party slot."""
    words = [SLOT if word == PARTY else word for word in words]
    return [word for found in in_english(words, language, glossaries, known) for word in found.split()]


def _shares(logits: NDArray[np.float64]) -> list[int]:
    """Softmax in thousandths."""
    powers = np.exp(logits - logits.max())
    return [round(1000 * float(p)) for p in powers / powers.sum()]


def open_classifier(folder: Path) -> Classifier:
    """The model in `folder`. Raises ClassifierError."""
    try:
        card = Card.model_validate_json((folder / CARD).read_bytes())
        data = {name: (folder / name).read_bytes() for name in card.files}
    except (OSError, ValidationError) as error:
        raise ClassifierError(f"{CARD} and its files cannot be read ({error})") from error
    for name, content in data.items():
        if sha256(content) != card.files[name]:
            raise ClassifierError(f"{name} is not the file that {CARD} describes")
    if not {WEIGHTS, PIECES, GRAMS} <= set(data) or ANSWER not in card.labels or set(card.thresholds) != set(LINES):
        raise ClassifierError(f"{CARD}: files, labels or thresholds are not complete")
    vocabulary = {piece: i for i, piece in enumerate(data[PIECES].decode().split("\n"))}
    try:
        glossaries = {n.split(".")[1]: read_glossary(b.decode(), n) for n, b in data.items() if n.startswith("gloss.")}
        counts = {n.split(".")[1]: read_counts(b.decode(), n) for n, b in data.items() if n.startswith("words.")}
    except (GlossError, SpellingError) as error:
        raise ClassifierError(str(error)) from error
    known = frozenset(piece for piece in vocabulary if not piece.startswith((INSIDE, "[")))
    run = _opened(data[WEIGHTS], len(card.labels))
    return Classifier(card, folder, glossaries, vocabulary, known, run, _spelling(data[GRAMS], card), counts)


def _spelling(content: bytes, card: Card) -> Grams:
    try:
        weights = np.load(BytesIO(content), allow_pickle=False)
    except (ValueError, OSError) as error:
        raise ClassifierError(f"{GRAMS} cannot be read ({error})") from error
    if weights.shape != (ROWS, len(card.labels)) or weights.dtype != np.int8:
        raise ClassifierError(f"{GRAMS}: not int8 [{ROWS}, {len(card.labels)}]")
    return Grams(weights, card.step / 1e6)


def _opened(weights: bytes, labels: int) -> Run:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the engine raises its own kinds
        raise ClassifierError(f"{WEIGHTS} cannot be opened ({type(error).__name__})") from error
    if [out.shape[-1] for out in session.get_outputs()] != [labels, labels]:
        raise ClassifierError(f"{WEIGHTS} and {CARD} do not have the same labels")

    @lru_cache(maxsize=RECENT)
    def run(ids: Ids) -> tuple[Floats, Floats]:
        row = np.array([ids], dtype=np.int32)
        logits, parts = session.run(None, {"ids": row, "mask": np.ones_like(row)})
        return logits[0], parts[0]

    return run
