"""Words of the interface: reviewed message files, one per language, with the same keys in each.

The language is what the address says (`?lang=`), else what the browser prefers among the
languages offered, else the first of them. A key that is missing is an error, never a blank; the file
of a simplified form, as `de-simple`, holds only what reads otherwise there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from app.locales import long_date, whole_number
from domain.base import main_language

Messages = Mapping[str, Mapping[str, str]]


def load_messages(folder: Path) -> Messages:
    """All message files of the folder by language, in alphabetical order."""
    own = {p.stem: json.loads(p.read_text(encoding="utf-8")) for p in sorted(folder.glob("*.json"))}
    return {tag: own.get(main_language(tag), {}) | words for tag, words in own.items()}


@dataclass(frozen=True)
class Voice:
    """One interface language: its messages, plurals and dates."""

    language: str
    words: Mapping[str, str]

    def has(self, key: str) -> bool:
        """Whether this language has the message."""
        return key in self.words

    def t(self, key: str, **values: object) -> str:
        """The message with its `{slots}` filled; the template escapes the result."""
        text = self.words[key]
        return text.format_map(values) if values else text

    def n(self, key: str, count: int) -> str:
        """The message for a count: `key.one` or `key.other`, with `{count}` (CLDR: French counts 0 as one)."""
        one = count == 1 or (count == 0 and self.language.startswith("fr"))
        return self.t(f"{key}.{'one' if one else 'other'}", count=self.number(count))

    def number(self, value: int) -> str:
        """A whole number with this language's mark between thousands."""
        return whole_number(value, self.language)

    def date(self, day: date) -> str:
        """A date in words, for example `23. Februar 2025`."""
        return long_date(day, self.language)

    def day(self, day: str) -> str:
        """The same for a day as it is stored, `2025-02-23`."""
        return self.date(date.fromisoformat(day))

    def outcome(self, status: str) -> str:
        """What became of a question, by its status; of those that failed, that they did."""
        name = f"outcome.{status}"
        return self.t(name if self.has(name) else f"outcome.{status.split('_', maxsplit=1)[0]}")

    def name_of(self, language: str) -> str:
        """A language's name in this language; the tag itself where it is not known."""
        return self.words.get(f"language.{language.split('-', maxsplit=1)[0].lower()}", language)


def preferred(accept: str, offered: Sequence[str]) -> str:
    """The offered language that an Accept-Language header ranks first (RFC 9110, 12.5.4), else the first offered."""
    ranked: list[tuple[float, int, str]] = []
    for position, part in enumerate(accept.split(",")[:32]):
        tag, _, parameter = part.strip().partition(";")
        ranked.append((-_weight(parameter), position, tag.strip().lower()))
    for weight, _, tag in sorted(ranked):
        match = matching(tag, offered)
        if weight < 0 and match is not None:
            return match
    return offered[0]


def matching(tag: str, offered: Iterable[str]) -> str | None:
    """The offered language that serves the tag: the same, or the same main language."""
    choices = list(offered)
    exact = next((o for o in choices if o.lower() == tag.lower()), None)
    return exact or next((o for o in choices if o.lower().split("-")[0] == tag.lower().split("-")[0]), None)


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return min(max(float(value), 0.0), 1.0)
    except ValueError:
        return 0.0
