"""How questions say what they are about: reviewed word lists per language, compared as folded words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from app.errors import PackError
from app.retrieval.analyse import words
from domain.base import Language

KINDS = ("opening", "same_parties", "same_matter", "all_parties", "parties", "rules", "asking")
Pattern = tuple[tuple[str, bool], ...]
"""Words in order; True means any ending is allowed."""


@dataclass(frozen=True)
class Phrases:
    """Per kind the patterns of all languages together: people mix languages."""

    patterns: Mapping[str, tuple[Pattern, ...]]

    def __post_init__(self) -> None:
        table: dict[str, dict[str, list[Pattern]]] = {kind: {} for kind in self.patterns}
        for kind, patterns in self.patterns.items():
            for pattern in patterns:
                table[kind].setdefault(pattern[0][0][:_HEAD], []).append(pattern)
        object.__setattr__(self, "_table", table)

    def found(self, kind: str, text: Sequence[str]) -> bool:
        """Whether a phrase of this kind stands anywhere in the words."""
        return any(self._opens(kind, text, i) for i in range(len(text)))

    def opens(self, text: Sequence[str]) -> bool:
        """Whether the words begin like a follow-up."""
        return bool(text) and self._opens("opening", text, 0)

    def _opens(self, kind: str, text: Sequence[str], start: int) -> bool:
        table: dict[str, list[Pattern]] = self._table[kind]  # type: ignore[attr-defined]
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
    return Phrases({kind: tuple(dict.fromkeys(found)) for kind, found in merged.items()})


def _lists(path: Path) -> Mapping[Language, Iterable[str]]:
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)  # noqa: S506 - BaseLoader makes only texts
    except (OSError, yaml.YAMLError) as error:
        raise PackError(f"{path}: {error}") from error
    if not isinstance(data, dict) or set(data) != set(KINDS):
        raise PackError(f"{path}: must hold exactly the lists {', '.join(KINDS)}")
    return data
