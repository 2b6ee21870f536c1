"""Phrasing families with slots, filled into questions: what the classifier is trained on and measured with.

A family is one way of putting a question. Families, never single questions, are split between
training and measuring, so what is measured is phrasing that was not seen.
"""

from __future__ import annotations

import json
import random
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from domain.base import Frozen, Language
from domain.verdict import Action

FOLDER = Path(__file__).parent
LANGUAGES = ("de", "en", "fr")
_SLOT = re.compile(r"\{([a-z]+?)2?\}")
_NAMES = ("party", "person")


class Family(Frozen):
    """One way of putting a question, in several variants with slots."""

    family: str
    action: Action
    category: str
    register: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mention:
    """Where a name stands in a text."""

    start: int
    end: int


@dataclass(frozen=True)
class InventedNames:
    """Finds the fillers of the name slots, as `domain.names` finds the names of a pack."""

    expression: re.Pattern[str]

    def mentions(self, text: str) -> list[Mention]:
        """Every filler that stands in the text as a word of its own."""
        return [Mention(*m.span()) for m in self.expression.finditer(text)]


@dataclass(frozen=True)
class Set:
    """The families of one language and what fills their slots."""

    language: Language
    families: tuple[Family, ...]
    fillers: Mapping[str, tuple[str, ...]]

    @property
    def names(self) -> InventedNames:
        known = sorted({n for slot in _NAMES for n in self.fillers[slot]}, key=lambda n: (-len(n), n))
        return InventedNames(re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, known))})(?!\w)", re.IGNORECASE))


@dataclass(frozen=True, slots=True)
class Item:
    """One question with the family it comes from and the decision that the policy asks for."""

    text: str
    family: str
    language: Language
    action: Action
    category: str
    register: str
    technique: str = "plain"


def load(language: Language) -> Set:
    """The families of a language. Raises ValueError naming file and line."""
    path = FOLDER / f"families.{language}.jsonl"
    families: list[Family] = []
    fillers: Mapping[str, tuple[str, ...]] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            row = json.loads(line)
            if "fillers" in row:
                fillers = {slot: tuple(values) for slot, values in row["fillers"].items()}
            else:
                families.append(Family.model_validate(row))
        except ValueError as error:
            raise ValueError(f"{path.name}, line {number}: {error}") from error
    return Set(language, tuple(families), fillers)


def filled(one: Set, fills: int, seed: int) -> Iterator[Item]:
    """Each variant of each family with `fills` fillings of its slots; without slots, once."""
    for family in one.families:
        for n, text in enumerate(family.texts):
            seen: set[str] = set()
            for turn in range(fills if _SLOT.search(text) else 1):
                chance = random.Random(f"{seed}/{family.family}/{n}/{turn}")
                question = _fill(text, one.fillers, chance)
                if question not in seen:
                    seen.add(question)
                    yield Item(question, family.family, one.language, family.action, family.category, family.register)


def _fill(text: str, fillers: Mapping[str, Sequence[str]], chance: random.Random) -> str:
    used: dict[str, str] = {}

    def chosen(match: re.Match[str]) -> str:
        slot, whole = match.group(1), match.group(0)
        if whole not in used:
            rest = [f for f in fillers[slot] if f not in used.values()]
            used[whole] = chance.choice(rest)
        return used[whole]

    return _SLOT.sub(chosen, text)


def typo(text: str, chance: random.Random) -> str:
    """One or two slips of the fingers in longer words."""
    words = text.split(" ")
    long = [i for i, w in enumerate(words) if len(w) > 4 and w.isalpha()]
    for i in chance.sample(long, min(len(long), 1 + chance.randrange(2))):
        w = words[i]
        at = chance.randrange(1, len(w) - 1)
        lost, swapped, doubled = w[:at] + w[at + 1 :], w[:at] + w[at + 1] + w[at] + w[at + 2 :], w[: at + 1] + w[at:]
        words[i] = chance.choice((lost, swapped, doubled))
    return " ".join(words)


def plain_letters(text: str, chance: random.Random) -> str:
    """Without diacritics and capitals, as typed in a hurry."""
    flat = unicodedata.normalize("NFD", text.lower())
    return "".join(c for c in flat if not unicodedata.combining(c)).replace("?", "")


def umlauts_spelt(text: str, chance: random.Random) -> str:
    """ae, oe, ue and ss as on a foreign keyboard."""
    for a, b in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss"), ("Ä", "Ae"), ("Ö", "Oe"), ("Ü", "Ue")):
        text = text.replace(a, b)
    return text


DISGUISES: Mapping[str, Callable[[str, random.Random], str]] = {
    "typo": typo,
    "plain_letters": plain_letters,
    "umlauts_spelt": umlauts_spelt,
}


def disguised(items: Sequence[Item], share: float, seed: int) -> Iterator[Item]:
    """A share of the items once more, in each disguise, harmless ones as often as others."""
    for name, change in DISGUISES.items():
        for item in items:
            chance = random.Random(f"{seed}/{name}/{item.family}/{item.text}")
            if chance.random() < share:
                text = change(item.text, chance)
                if text != item.text:
                    yield Item(text, item.family, item.language, item.action, item.category, item.register, name)
