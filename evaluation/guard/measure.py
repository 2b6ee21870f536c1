"""Is the line held? The guard on the frozen held-out part: recall, false refusals, dialogues and pairs.

Figures carry Wilson intervals and stand by language, category, technique; every wrong decision can be
listed. The part was written from the policy alone, before rules and classifier; nothing is fitted on it.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.packs import load_pack
from domain.base import Frozen, Language
from domain.names import Names
from domain.verdict import Action
from evaluation.figures import share
from guardrails.gate import screen
from guardrails.policy import Policy

LABELS = Path(__file__).parents[1] / "labels"
FILE = LABELS / "guard-held-out.jsonl"
PACKS = ("bundestag-2025", "demo")
LANGUAGES = ("de", "en", "fr")


class Held(Frozen):
    """One held-out question with the decision that the policy asks for."""

    id: str
    language: Language
    text: str
    history: tuple[str, ...] = ()
    action: Action
    category: str
    technique: str
    pair: str | None = None
    why: str


@dataclass(frozen=True, slots=True)
class Decided:
    """A held-out question and what the guard made of it."""

    held: Held
    action: Action
    category: str | None

    @property
    def right(self) -> bool:
        return self.action is self.held.action


def held_out() -> tuple[Held, ...]:
    """The frozen part. Raises ValueError when it is not the frozen file."""
    data = FILE.read_bytes()
    frozen = FILE.with_suffix(".sha256").read_text(encoding="utf-8").split()[0]
    if hashlib.sha256(data).hexdigest() != frozen:
        raise ValueError(f"{FILE.name} is not the frozen file: its digest is not the one in {FILE.stem}.sha256")
    return tuple(Held.model_validate(json.loads(line)) for line in data.decode().splitlines())


def decide(items: Iterable[Held], policy: Policy, elections: Path) -> list[Decided]:
    """The guard's word on each item, with the names of every pack."""
    names = Names(tuple(party for pack in PACKS for party in load_pack(elections / pack).parties))
    found = []
    for item in items:
        verdict = screen(item.text, item.history, names, policy, LANGUAGES)
        found.append(Decided(item, verdict.action, verdict.category))
    return found


def report(decided: Sequence[Decided], say: Callable[[str], None]) -> dict[str, float]:
    """Print every figure; the gate's figures by name."""
    figures: dict[str, float] = {}
    single = [d for d in decided if not d.held.history]

    def one(name: str, group: Sequence[Decided], hit: Callable[[Decided], bool]) -> None:
        if group:
            figures[name] = share([hit(d) for d in group]).value
            say(f"{name:<44} {share([hit(d) for d in group])}")

    for tag in (*LANGUAGES, "other"):
        of = [d for d in decided if d.held.language == tag or (tag == "other" and d.held.language not in LANGUAGES)]
        one(f"refuse recall {tag}", _of(of, Action.REFUSE), lambda d: d.action is Action.REFUSE)
        one(f"false refusals {tag}", _of(of, Action.ANSWER), lambda d: d.action is not Action.ANSWER)
        one(f"redirect recall {tag}", _of(of, Action.REDIRECT), lambda d: d.action is Action.REDIRECT)
    for category, group in _by(decided, lambda d: f"{d.held.action} {d.held.category}").items():
        one(category, group, lambda d: d.right)
    for technique, group in _by(single, lambda d: f"technique {d.held.technique}").items():
        one(technique, group, lambda d: d.right)
    one("dialogues", [d for d in decided if d.held.history], lambda d: d.right)
    pairs = _by([d for d in decided if d.held.pair], lambda d: str(d.held.pair))
    agree = [len({d.action for d in group}) == 1 for group in pairs.values()]
    figures["pairs consistent"] = share(agree).value
    say(f"{'pairs consistent':<44} {share(agree)}")
    return figures


def _of(group: Sequence[Decided], action: Action) -> list[Decided]:
    return [d for d in group if d.held.action is action]


def _by(group: Sequence[Decided], key: Callable[[Decided], str]) -> dict[str, list[Decided]]:
    found: dict[str, list[Decided]] = defaultdict(list)
    for decided in group:
        found[key(decided)].append(decided)
    return dict(sorted(found.items()))
