"""The questions of a run: distinct, in a fixed order, and never asked twice of one server."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

FOLDER = Path(__file__).parent / "questions"


@dataclass(frozen=True)
class Asked:
    """A question and whether it is about the rules of voting (else about a programme)."""

    text: str
    law: bool


def lines(name: str) -> list[str]:
    """The lines of a question file, comments left out."""
    raw = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in raw if line.strip() and not line.startswith("#")]


def generated(language: str) -> list[str]:
    """Template times topic."""
    data = yaml.safe_load((FOLDER / "generated.yaml").read_text(encoding="utf-8"))
    return [t.format(topic=topic[language]) for t in data["templates"][language] for topic in data["topics"]]


def suggested(mirror: Path | None) -> list[str]:
    """Questions without a party's name that a real service suggested to voters in 2025; none without the corpora."""
    path = mirror / "btw2025" / "questions" / "suggested-questions.json" if mirror else None
    if path is None or not path.is_file():
        return []
    return [q["question"] for q in json.loads(path.read_text(encoding="utf-8")) if not q["parties"]]


class Supply:
    """Hands out each question once. Programme questions in random but fixed order, one in ten about the law."""

    def __init__(self, language: str, first: Sequence[str] = ()) -> None:
        own = [*first, *(lines("en.txt") if language == "en" else [])]
        chance = random.Random(2025)
        made = generated(language)
        for part in (own, made):
            chance.shuffle(part)
        self._programme = list(dict.fromkeys([*own, *made]))
        self._law = lines(f"law.{language}.txt")

    def programme(self, n: int) -> list[Asked]:
        """The next `n` questions about programmes. Raises ValueError when they run out."""
        return [Asked(text, False) for text in _taken(self._programme, n)]

    def mixed(self, n: int) -> list[Asked]:
        """The next `n` questions, every tenth about the rules of voting."""
        rules = min(n // 10, len(self._law))
        law = [Asked(text, True) for text in _taken(self._law, rules)]
        return list(_woven(law, self.programme(n - rules)))


def _taken(pool: list[str], n: int) -> list[str]:
    if n > len(pool):
        raise ValueError(f"{n} more questions are wanted and {len(pool)} are left; ask for fewer per round")
    taken, pool[:] = pool[:n], pool[n:]
    return taken


def _woven(law: Iterable[Asked], programme: Iterable[Asked]) -> Iterable[Asked]:
    rules = iter(law)
    for i, question in enumerate(programme):
        if i % 9 == 8 and (rule := next(rules, None)) is not None:
            yield rule
        yield question
    yield from rules
