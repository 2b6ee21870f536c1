"""What all elections share: policy, wording, stop words, vocabulary and fitted weights, read and checked once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import yaml
from pydantic import ConfigDict, Field

from app.errors import PackError
from app.retrieval.analyse import Stopwords
from app.retrieval.meaning import Files, read_files
from app.retrieval.vocabulary import Stemmed, VocabularyFile, stemmed
from app.retrieval.weights import WeightTable
from app.yaml_lines import load_checked
from domain.answer import AnswerStatus
from domain.base import Digest, Frozen, Language, canonical, digest_of, main_language
from guardrails.policy import Policy, PolicyError, load_policy

LISTS = ("stop", "frame", "light", "stance", "amount")
"""The word lists of a language, as `Stopwords` holds them."""


class StatusWording(Frozen):
    """What a voter reads for one status."""

    message: str
    reason: str | None = None
    suggestion: str | None = None


class Wording(Frozen):
    """`wording/<lang>.yaml`: everything the service says in its own words in one language."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    language: Language
    name: str = ""
    lead: dict[str, str]
    silent: str
    no_document: str
    unknown_party: str
    names_not_searched: str
    clarify_without_topics: str
    not_read: str
    other_language: str = ""
    past_polling_day: str
    people_mapped: str
    expired_rule: str
    personal_data_masked: str
    of_others: str = ""
    taken_as: str = ""
    more: str = ""
    composed: str = ""
    not_composed: str = ""
    follow_up: tuple[str, ...] = Field(min_length=1)
    about: dict[str, str]
    status: dict[AnswerStatus, StatusWording]


@dataclass(frozen=True)
class RetrievalData:
    """The frozen inputs of retrieval: word lists, vocabulary, fitted weights."""

    stopwords: dict[Language, Stopwords]
    vocabulary: VocabularyFile
    weights: WeightTable
    stems: Stemmed
    """The terms of the vocabulary as they are looked for."""
    meaning: Files = field(default_factory=dict, repr=False)
    """The encoder with which a build reads what matters mean; an opened build names the one that it was read with."""

    def sealed(self) -> bytes:
        """All of it as JSON, to be kept in a build: a service reads what its corpus was built with."""
        lists = {
            tag: {name: sorted(getattr(one, name)) for name in LISTS} for tag, one in sorted(self.stopwords.items())
        }
        return canonical(
            {
                "stopwords": lists,
                "vocabulary": self.vocabulary.model_dump(mode="json"),
                "weights": self.weights.model_dump(mode="json"),
                "stems": self.stems,
            }
        )

    @classmethod
    def opened(cls, data: bytes) -> Self:
        """What `sealed` wrote. Raises ValueError or KeyError when it is damaged."""
        raw = json.loads(data)
        return cls(
            stopwords={tag: _stopwords(lists) for tag, lists in raw["stopwords"].items()},
            vocabulary=VocabularyFile.model_validate(raw["vocabulary"]),
            weights=WeightTable.model_validate(raw["weights"]),
            stems=raw["stems"],
        )

    def pinned(self) -> dict[str, object]:
        """What the corpus lock holds of it."""
        return {
            "weights": self.weights.model_dump(mode="json"),
            "vocabulary": digest_of(self.vocabulary.model_dump(mode="json")),
            "stopwords": {
                tag: digest_of([sorted(getattr(lists, name)) for name in LISTS])
                for tag, lists in sorted(self.stopwords.items())
            },
        }


def _stopwords(lists: dict[str, Any]) -> Stopwords:
    return Stopwords(
        frozenset(lists["stop"]),
        frozenset(lists["frame"]),
        frozenset(lists["light"]),
        *(frozenset((word, bool(any_ending)) for word, any_ending in lists[name]) for name in ("stance", "amount")),
    )


@dataclass(frozen=True)
class Common:
    """The shared data of `elections/common` that every answer may need."""

    policy: Policy
    wording: Mapping[Language, Wording]
    prompts: Mapping[str, str] = field(default_factory=dict)
    """What a composing model is told, by file name: public, kept with every request that holds it."""

    def words(self, language: Language) -> Wording:
        """Wording in the language, else in its main language, else in the first one there is."""
        found = self.wording.get(language) or self.wording.get(main_language(language))
        return found or next(iter(self.wording.values()))

    @cached_property
    def wording_digest(self) -> Digest:
        """Digest of everything the service can say in its own words."""
        return digest_of([w.model_dump(mode="json") for _, w in sorted(self.wording.items())])


def load_common(root: Path) -> Common:
    """Read `common/` under the folder of the packs. Raises PackError naming file, line and field."""
    folder = _common(root)
    try:
        policy = load_policy(folder)
    except PolicyError as error:
        raise PackError(str(error)) from error
    return Common(policy, _wording(folder / "wording"), _prompts(folder / "prompts"))


def load_retrieval(root: Path) -> RetrievalData:
    """Read `common/retrieval/`: all that a build needs of the shared data. Raises PackError."""
    folder = _common(root) / "retrieval"
    stopwords = {p.stem: read_stopwords(p) for p in sorted(folder.glob("??.yaml"))}
    words = load_checked(folder / "vocabulary.yaml", VocabularyFile)
    weights = load_checked(folder / "weights.yaml", WeightTable)
    return RetrievalData(stopwords, words, weights, stemmed(words, stopwords), read_files(folder.parent))


def _common(root: Path) -> Path:
    if not (root / "common").is_dir():
        raise PackError(f"{root / 'common'}: the folder with policy, wording and retrieval data is missing")
    return root / "common"


def _wording(folder: Path) -> dict[Language, Wording]:
    found = {w.language: w for w in (load_checked(p, Wording) for p in sorted(folder.glob("*.yaml")))}
    for language, words in found.items():
        missing = [s.value for s in AnswerStatus if s not in words.status]
        if missing:
            raise PackError(f"{folder / language}.yaml: status: no wording for {', '.join(missing)}")
    if not found:
        raise PackError(f"{folder}: there is no wording file")
    return found


def _prompts(folder: Path) -> dict[str, str]:
    try:
        return {p.stem: p.read_text(encoding="utf-8") for p in sorted(folder.glob("*.txt"))}
    except (OSError, UnicodeDecodeError) as error:
        raise PackError(f"{folder}: a prompt cannot be read: {error}") from error


def read_stopwords(path: Path) -> Stopwords:
    """Word lists of one language; every entry is text, also `on` and `no`."""
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)  # noqa: S506 - BaseLoader makes only texts
    except (OSError, yaml.YAMLError) as error:
        raise PackError(f"{path}: {error}") from error
    if not isinstance(data, dict) or set(data) - set(LISTS):
        raise PackError(f"{path}: must hold the lists {', '.join(f'`{name}`' for name in LISTS)} and nothing else")
    return Stopwords.of(data)
