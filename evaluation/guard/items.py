"""Phrasing families with slots, filled into questions: the guard's development set in three languages.

A family is one way of putting a question. Whoever fits anything on them splits by family, never by
question, so that what is measured is phrasing that was not seen.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import Field

from app.common import load_retrieval
from domain.base import Frozen, Language
from domain.verdict import Action

FOLDER = Path(__file__).parent
LANGUAGES = ("de", "en", "fr")
_SLOT = re.compile(r"\{([a-z]+?)2?\}")
FOLDS = 8
OWN = 6
"""Words from which a question stands for itself."""
_NAMES = ("party", "person")


class Family(Frozen):
    """One way of putting a question, in several variants with slots."""

    family: str
    action: Action
    category: str
    register_: str = Field(alias="register")
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
    before: tuple[str, ...] = ()
    """The turns before it, oldest first."""


class Dialogue(Frozen):
    """Turns of a conversation, and what the last one asks for: a category, or `answer`."""

    turns: tuple[str, ...] = Field(min_length=2)
    expect: str


def load(language: Language) -> Set:
    """The families of a language, from all its volumes. Raises ValueError naming file and line."""
    families: list[Family] = []
    fillers: Mapping[str, tuple[str, ...]] = {}
    for path in volumes(language):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            try:
                row = json.loads(line)
                if "fillers" in row:
                    fillers = {slot: tuple(values) for slot, values in row["fillers"].items()}
                else:
                    families.append(Family.model_validate(row))
            except ValueError as error:
                raise ValueError(f"{path.name}, line {number}: {error}") from error
    return Set(language, tuple(families), {**fillers, "noun": (*fillers["noun"], *_nouns(language))})


def dialogues(one: Set, actions: Mapping[str, Action], fills: int, seed: int) -> Iterator[Item]:
    """The conversations of a language, filled; those with the same last turn are one family. Raises ValueError."""
    path = FOLDER / f"dialogues.{one.language}.jsonl"
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            dialogue = Dialogue.model_validate_json(line)
            action = actions[dialogue.expect]
        except (ValueError, KeyError) as error:
            raise ValueError(f"{path.name}, line {number}: {error}") from error
        for turn in range(fills if _SLOT.search("".join(dialogue.turns)) else 1):
            chance = random.Random(f"{seed}/{number}/{turn}")  # noqa: S311 - a fixed choice, no secret
            *before, last = _fill("\n".join(dialogue.turns), one.fillers, chance).split("\n")
            family = f"dialogue {one.language} {dialogue.turns[-1].casefold()}"
            yield Item(last, family, one.language, action, dialogue.expect, tuple(before))


def after_others(items: Sequence[Item], share: float, seed: int) -> Iterator[Item]:
    """A share of longer questions after one of another family, which changes nothing about what they ask."""
    for item in items:
        chance = random.Random(f"{seed}/after/{item.family}/{item.text}")  # noqa: S311 - a fixed choice, no secret
        if len(item.text.split()) >= OWN and chance.random() < share:
            before = chance.choice(items)
            yield replace(item, before=(before.text,))


def left_out(family: str) -> bool:
    """Whether a family stays out of training: one in `FOLDS`, by its name."""
    return number_of(family) % FOLDS == 0


def number_of(text: str) -> int:
    """A number that depends on the text alone."""
    return int(hashlib.sha256(text.encode()).hexdigest(), 16)


def _nouns(language: Language) -> tuple[str, ...]:
    """The names of policy matters that the retrieval vocabulary knows in a language."""
    concepts = load_retrieval(Path(__file__).parents[2] / "elections").vocabulary.concepts
    return tuple(dict.fromkeys(term for concept in concepts for term in concept.terms.get(language, ())[:1]))


def names_in(volume: Path) -> frozenset[str]:
    """The families of one volume."""
    rows = map(json.loads, volume.read_text(encoding="utf-8").splitlines())
    return frozenset(row["family"] for row in rows if "family" in row)


def volumes(language: Language) -> list[Path]:
    """The files of a language; the first line of the first one holds the fillers."""
    return [FOLDER / f"families.{language}.jsonl", *sorted(FOLDER.glob(f"families-*.{language}.jsonl"))]


def filled(one: Set, fills: int, seed: int) -> Iterator[Item]:
    """Each variant of each family with `fills` fillings of its slots; without slots, once."""
    for family in one.families:
        for n, text in enumerate(family.texts):
            seen: set[str] = set()
            for turn in range(fills if _SLOT.search(text) else 1):
                chance = random.Random(f"{seed}/{family.family}/{n}/{turn}")  # noqa: S311 - a fixed choice, no secret
                question = _fill(text, one.fillers, chance)
                if question not in seen:
                    seen.add(question)
                    yield Item(question, family.family, one.language, family.action, family.category)


def _fill(text: str, fillers: Mapping[str, Sequence[str]], chance: random.Random) -> str:
    used: dict[str, str] = {}

    def chosen(match: re.Match[str]) -> str:
        slot, whole = match.group(1), match.group(0)
        if whole not in used:
            rest = [f for f in fillers[slot] if f not in used.values()]
            used[whole] = chance.choice(rest)
        return used[whole]

    return _SLOT.sub(chosen, text)
