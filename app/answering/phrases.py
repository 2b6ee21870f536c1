"""How questions say what they are about: reviewed word lists per language, compared as folded words, and a sense.

The sense (`app.answering.sense`) is learnt; it helps where the lists of voting know no word, or one too many.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

import yaml

from app.answering.sense import NONE, Sense, read_sense
from app.errors import PackError
from app.retrieval.analyse import words
from domain.base import Digest, canonical, sha256

_LOADER: type[yaml.BaseLoader | yaml.CBaseLoader] = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
KINDS = (
    "opening", "topic", "same_parties", "same_matter", "all_parties", "other_parties", "except", "except_bare",
    "parties", "rules", "asking", "asker", "filler", "no_party", "more", "first", "second", "third",
    "turns", "lean", "it",
)  # fmt: skip
PROCEDURE = "procedure"
QUOTING = "quoting"
SENSE = "sense"
FOLDERS = (PROCEDURE, QUOTING)
"""Folders beside the lists: each `<lang>.yaml` in them holds kinds of that language alone, `folder/lang/kind`."""
Pattern = tuple[tuple[str, bool], ...]
"""Words in order; True means any ending is allowed."""
_Table = dict[str, tuple[tuple[str, Pattern], ...]]


@dataclass(frozen=True)
class Phrases:
    """Per kind the patterns of all languages together: people mix languages."""

    patterns: Mapping[str, tuple[Pattern, ...]]
    sense: Sense = NONE

    def __post_init__(self) -> None:
        table: dict[str, dict[str, list[Pattern]]] = {kind: {} for kind in self.patterns}
        for kind, patterns in self.patterns.items():
            for pattern in patterns:
                table[kind].setdefault(pattern[0][0][:_HEAD], []).append(pattern)
        object.__setattr__(self, "_table", table)

    @classmethod
    def opened(cls, data: bytes) -> Self:
        """What `canonical` wrote. Raises ValueError or TypeError when it is something else."""
        raw = json.loads(data)
        sense = Sense.opened(raw.pop(SENSE)) if SENSE in raw else NONE
        patterns = {k: tuple(tuple((str(w), bool(p)) for w, p in pattern) for pattern in raw[k]) for k in raw}
        return cls(patterns, sense)

    @cached_property
    def canonical(self) -> bytes:
        """Everything by which questions are understood, in one form."""
        return canonical(self.patterns if self.sense is NONE else {**self.patterns, SENSE: self.sense.plain()})

    @cached_property
    def digest(self) -> Digest:
        """Digest of the canonical form."""
        return sha256(self.canonical)

    def found(self, kind: str, text: Sequence[str]) -> bool:
        """Whether a phrase of this kind stands anywhere in the words."""
        return any(self._opens(kind, text, i) for i in range(len(text)))

    def standing(self, folder: str, text: Sequence[str]) -> Iterator[tuple[str, int, int]]:
        """Every kind of a folder that stands in the words, with the place of its first word and its length in words."""
        exact, beginning = self._folders.get(folder, ({}, {}))
        for start, word in enumerate(text):
            found = exact.get(word, ())
            for length in range(1, min(_HEAD, len(word)) + 1):
                found += beginning.get(word[:length], ())
            for kind, pattern in found:
                if _at(pattern, text, start):
                    yield kind, start, len(pattern)

    @cached_property
    def _folders(self) -> Mapping[str, tuple[_Table, _Table]]:
        """Per folder the patterns by their first word where it must stand as it is, and by its head where it begins."""
        tables: dict[str, tuple[_Table, _Table]] = {}
        for kind, patterns in self.patterns.items():
            folder, _, rest = kind.partition("/")
            for pattern in patterns if rest else ():
                first, any_ending = pattern[0]
                table = tables.setdefault(folder, ({}, {}))[any_ending]
                key = first[:_HEAD] if any_ending else first
                table[key] = (*table.get(key, ()), (kind, pattern))
        return tables

    def opens(self, text: Sequence[str], kind: str = "opening") -> bool:
        """Whether the words begin like a follow-up, or with a phrase of another kind."""
        return bool(text) and self._opens(kind, text, 0)

    def without(self, kind: str, text: Sequence[str]) -> list[str]:
        """The words that stand in no phrase of this kind."""
        kept: list[str] = []
        place = 0
        while place < len(text):
            lengths = [len(p) for p in self.patterns.get(kind, ()) if _at(p, text, place)]
            if not lengths:
                kept.append(text[place])
            place += max(lengths, default=1)
        return kept

    def _opens(self, kind: str, text: Sequence[str], start: int) -> bool:
        table: dict[str, list[Pattern]] = self._table.get(kind, {})  # type: ignore[attr-defined]
        word = text[start]
        return any(
            _at(pattern, text, start)
            for length in range(1, min(_HEAD, len(word)) + 1)
            for pattern in table.get(word[:length], ())
        )


_HEAD = 3
"""Letters by which patterns are looked up."""


def _at(pattern: Pattern, text: Sequence[str], start: int) -> bool:
    if start + len(pattern) > len(text):
        return False
    return all(
        word.startswith(wanted) if prefix else word == wanted
        for (wanted, prefix), word in zip(pattern, text[start:], strict=False)
    )


def _pattern(entry: str) -> Pattern:
    found: list[tuple[str, bool]] = []
    for part in entry.split():
        cut = words(part.rstrip("*"))
        found += [(w, False) for w in cut[:-1]] + [(cut[-1], part.endswith("*"))] if cut else []
    return tuple(found)


def read_phrases(folder: Path) -> Phrases:
    """Read `<lang>.yaml` of every language. Raises PackError naming the file."""
    merged: dict[str, list[Pattern]] = {kind: [] for kind in KINDS}
    for path in sorted(folder.glob("*.yaml")):
        for kind, entries in _lists(path).items():
            merged[kind] += [p for p in (_pattern(str(e)) for e in entries) if p]
    if not all(merged.values()):
        raise PackError(f"{folder}: every kind of {', '.join(KINDS)} needs at least one phrase")
    for name in FOLDERS:
        for path in sorted((folder / name).glob("*.yaml")):
            for kind, entries in _lists(path, None).items():
                merged[f"{name}/{path.stem}/{kind}"] = [p for p in (_pattern(str(e)) for e in entries) if p]
    return Phrases({kind: tuple(dict.fromkeys(found)) for kind, found in merged.items()}, read_sense(folder))


def _lists(path: Path, kinds: Sequence[str] | None = KINDS) -> Mapping[str, Iterable[str]]:
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), _LOADER)  # noqa: S506 - makes only texts
    except (OSError, yaml.YAMLError) as error:
        raise PackError(f"{path}: {error}") from error
    if not isinstance(data, dict) or (kinds is not None and set(data) != set(kinds)):
        raise PackError(f"{path}: must hold exactly the lists {', '.join(kinds or ())}")
    for kind, entries in data.items():
        if not isinstance(entries, list) or not entries:
            raise PackError(f"{path}: {kind}: must be a list of phrases")
    return data
