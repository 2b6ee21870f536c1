"""`python -m evaluation.sense`: learn from our own phrasings what is about the rules of voting, and write `sense.json`.

Promise: one in eight families is left out of the training, and the shares are told of these alone; whole
weights are written, and the same phrasings give the same file.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from app.answering.sense import BUCKETS, FILE, SURE, Sense, features
from app.packs import load_pack
from domain.base import main_language
from domain.register import Matter
from domain.verdict import Action
from evaluation.guard.items import LANGUAGES, Set, filled, left_out, load, number_of

ELECTIONS = Path(__file__).parents[1] / "elections"
REFORMS = Path(__file__).with_name("reforms.txt")
PACKS = ("demo", "bundestag-2025")
RULES = frozenset({"procedure"})
PROGRAMMES = frozenset({"content", "position", "reasons", "compare", "absence", "off_topic"})
UNSORTED = tuple(f"{language}d-" for language in LANGUAGES)
"""How families begin whose category says only that they are answered."""
MOST, SENTENCE = 6, 4
"""Of each matter of a register at most so many names, and as many words in which people tell of it; sentences all."""
STRENGTH = 1.0
"""Inverse strength of the penalty on squared weights."""


@dataclass(frozen=True)
class Phrasing:
    """A text, whether it is about the rules of voting, and whether it stays out of the training."""

    text: str
    rules: bool
    aside: bool


def phrasings() -> list[Phrasing]:
    """Families of the guard's development set that are answered, ways to ask for cards, matters of registers."""
    found: list[Phrasing] = []
    for language in LANGUAGES:
        found += of_families(load(language))
    found += of_reforms()
    for pack in PACKS:
        found += [*of_cards(ELECTIONS / pack), *of_matters(ELECTIONS / pack)]
    return found


def of_families(one: Set) -> Iterator[Phrasing]:
    """Each variant once, without the names of parties and people."""
    for item in filled(one, 1, 0):
        sorted_ = item.action is Action.ANSWER and not item.family.startswith(UNSORTED)
        if sorted_ and item.category in RULES | PROGRAMMES:
            text, names = item.text, one.names.mentions(item.text)
            for name in reversed(names):
                text = f"{text[: name.start]} {text[name.end :]}"
            yield Phrasing(text, item.category in RULES, left_out(item.family))


def of_reforms() -> Iterator[Phrasing]:
    """What sounds like a question about voting, choosing or offices, and is one for the programmes."""
    for text in REFORMS.read_text(encoding="utf-8").splitlines():
        yield Phrasing(text, False, left_out(text))


def of_cards(pack: Path) -> Iterator[Phrasing]:
    """Every way to ask for a procedure card."""
    for card in load_pack(pack).rules:
        for language, texts in card.ask.items():
            aside = left_out(f"{card.id} {main_language(language)}")
            yield from (Phrasing(text, True, aside) for text in texts)


def of_matters(pack: Path) -> Iterator[Phrasing]:
    """Some names of every matter of the pack's register, and some words in which people tell of it."""
    path = pack / "register.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    for matter in map(Matter.model_validate_json, lines):
        for of_language in (*matter.names.values(), *matter.told.values()):
            said = sorted(of_language, key=lambda text: (number_of(text), text))
            long = [text for text in said if len(text.split()) >= SENTENCE]
            chosen = dict.fromkeys([*said[:MOST], *long])
            yield from (Phrasing(text, False, left_out(matter.id)) for text in chosen)


def learnt(data: Sequence[Phrasing]) -> Sense:
    """Logistic regression, both kinds weighing the same, in thousandths."""
    model = LogisticRegression(C=STRENGTH, class_weight="balanced", solver="liblinear", max_iter=1000)
    model.fit(table(data), np.array([one.rules for one in data]))
    weights = np.clip(np.rint(model.coef_[0] * 1000), -32000, 32000).astype(np.int16)
    return Sense(weights, round(float(model.intercept_[0]) * 1000))


def table(data: Sequence[Phrasing]) -> csr_matrix:
    """A row per phrasing with 1 for each of its features."""
    rows = [features(one.text) for one in data]
    starts = np.cumsum([0, *map(len, rows)])
    columns = np.array([bucket for row in rows for bucket in row], dtype=np.int32)
    return csr_matrix((np.ones(len(columns)), columns, starts), shape=(len(rows), BUCKETS))


def main() -> int:
    """Learn, tell, write."""
    data = phrasings()
    kept, aside = [one for one in data if not one.aside], [one for one in data if one.aside]
    sense = learnt(kept)
    for at in (0, SURE):
        for rules, name in ((True, "about the rules"), (False, "about programmes")):
            taken = [sense.of(one.text) >= at for one in aside if one.rules is rules]
            sys.stdout.write(f"from {at:>5}: {sum(taken):>5} of {len(taken)} kept aside {name} taken as rules\n")
    target = ELECTIONS / "common" / "understand" / FILE
    target.write_text(json.dumps(sense.plain(), separators=(",", ":")) + "\n", encoding="utf-8")
    sys.stdout.write(f"{target.name}: learnt from {len(kept)} phrasings\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
