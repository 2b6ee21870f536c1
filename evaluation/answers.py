"""`isegoria evaluate answers`: do whole answers hold what the documents hold, for each party alike?

Over the built bundestag election with the extractive composer, on questions frozen before they were first asked, by
authors who read the documents alone. A position counts as found when a quotation of that party lies on a page that
answers; a question of procedure when every decisive fact stands in the answer, and when a right section is cited;
a follow-up when its last turn is taken to ask whom and what it asks.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

from app.desk import Ask, Desk
from domain.answer import Answer
from domain.base import Frozen
from domain.exchange import Exchange
from evaluation.figures import Figure, Share, Target, share
from evaluation.labels import AskedComparison, AskedDialogue, AskedPosition, AskedProcedure, frozen_rows
from evaluation.picture import Panel, drawn

ELECTION = "bundestag-2025"
POSITIONS = ("answers-positions", "answers-stories")
"""Frozen parts; the later one was written when the earlier had been looked at."""
PROCEDURE = {"answers-procedure": ("facts", "sections"), "answers-procedure-2": ("facts, new", "sections, new")}
"""The same for the rules of voting, each with the names of its two figures."""
AIMS = {
    "plain": Target(0.95, 0.90, True),
    "everyday": Target(0.75, 0.40, True),
    "stories": Target(0.75, 0.30, True),
    "english": Target(0.75, 0.70, True),
    "french": Target(0.75, 0.70, True),
    "comparisons": Target(0.85, 0.70, True),
    "silent said": Target(0.80, 0.70, True),
    "false silence": Target(0.08, 0.20, False),
    "facts": Target(0.95, 0.65, True),
    "sections": Target(0.95, 0.70, True),
    "facts, new": Target(0.95, 0.40, True),
    "sections, new": Target(0.95, 0.60, True),
    "follow-ups": Target(0.90, 0.60, True),
}
TITLE = "Answers on questions frozen before they were first asked"
_TAIL = re.compile(r" (?:abs|satz|nr|nummer)\b.*$")


class Measured(Frozen):
    """Every figure of one run; `outcomes` names what went wrong, so that nobody has to guess."""

    items: int
    shares: dict[str, tuple[int, int]]
    first: tuple[int, int]
    parties: dict[str, tuple[int, int]]
    wrong: tuple[str, ...]

    def share(self, name: str) -> Share:
        """One of the shares."""
        return Share(*self.shares[name])

    @property
    def gap(self) -> float:
        """Between the best and the worst served party, over plain questions, everyday ones and stories."""
        values = [Share(*one).value for one in self.parties.values()]
        return max(values) - min(values) if values else 0.0


async def measured(desk: Desk) -> Measured:
    """Ask every frozen question once."""
    outcomes: dict[str, list[bool]] = defaultdict(list)
    first: list[bool] = []
    parties: dict[str, list[bool]] = defaultdict(list)
    wrong: list[str] = []

    async def answer(text: str) -> Answer:
        found = (await desk.ask(Ask(ELECTION, text), record=False)).answer
        assert found is not None
        return found

    def note(name: str, id: str, well: bool) -> None:
        outcomes[name].append(well)
        if not well:
            wrong.append(f"{name} {id}")

    positions = [AskedPosition.model_validate(row) for part in POSITIONS for row in frozen_rows(part)]
    for one in positions:
        quoted = _pages(await answer(one.text), one.party)
        note(one.kind, one.id, any(_on(q, one.pages) for q in quoted))
        note("false silence", one.id, not quoted)
        first.append(bool(quoted) and _on(quoted[0], one.pages))
        if one.kind in ("plain", "everyday", "stories"):
            parties[one.party].append(outcomes[one.kind][-1])
    compared = [AskedComparison.model_validate(row) for row in frozen_rows("answers-comparisons")]
    for question in compared:
        found = await answer(question.text)
        right = {p: any(_on(q, pages) for q in _pages(found, p)) for p, pages in question.pages.items() if pages}
        note("comparisons", question.id, all(right.values()))
        for party, pages in question.pages.items():
            if not pages:
                note("silent said", f"{question.id} {party}", not _pages(found, party))
    dialogues = [AskedDialogue.model_validate(row) for row in frozen_rows("answers-dialogues")]
    built = desk.election(ELECTION)
    heard = frozenset(p.id for p in built.election.parties if built.language_for(p.id, "de") is not None)
    for dialogue in dialogues:
        note("follow-ups", dialogue.id, dialogue.understood(await _talk(desk, dialogue.turns), heard))
    rules = {part: [AskedProcedure.model_validate(row) for row in frozen_rows(part)] for part in PROCEDURE}
    for part, (facts, sections) in PROCEDURE.items():
        for rule in rules[part]:
            found = await answer(rule.text)
            note(facts, rule.id, all(_holds(_said(found), forms) for forms in rule.facts))
            note(sections, rule.id, bool(_sections(found) & {_section(s) for s in rule.sections}))
    # In false silence an outcome that is true is the bad one.
    wrong = [w for w in wrong if not w.startswith("false silence")]
    return Measured(
        items=len(positions) + len(compared) + len(dialogues) + sum(map(len, rules.values())),
        shares={name: (sum(found), len(found)) for name, found in outcomes.items()},
        first=(sum(first), len(first)),
        parties={party: (sum(found), len(found)) for party, found in sorted(parties.items())},
        wrong=tuple(wrong),
    )


async def _talk(desk: Desk, turns: Sequence[str]) -> Exchange:
    """The last exchange of a conversation."""
    exchange = await desk.ask(Ask(ELECTION, turns[0]))
    for turn in turns[1:]:
        exchange = await desk.ask(Ask(ELECTION, turn, exchange.question.conversation))
    return exchange


async def measure(desk: Desk, say: Callable[[str], None], folder: Path | None = None) -> bool:
    """Print every figure, and write it with its picture into a folder if one is given. True when every gate holds."""
    found = await measured(desk)
    for name, target in AIMS.items():
        say(f"{name:<14} {target.judged(found.share(name))}")
    say(f"{'first claim':<14} {Share(*found.first)}")
    for party, hits in found.parties.items():
        say(f"  {party:<22} {Share(*hits)}")
    say(f"  gap between best and worst served party: {found.gap:.3f}")
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "answers.json").write_text(found.model_dump_json(indent=1), encoding="utf-8")
        (folder / "answers.svg").write_text(picture(found), encoding="utf-8")
    return all(target.holds(found.share(name)) for name, target in AIMS.items())


def picture(found: Measured) -> str:
    """The figures as SVG."""
    shares = {n: Figure.of(found.share(n), t.aim, t.more) for n, t in AIMS.items()}
    high = {n: f for n, f in shares.items() if n != "false silence"}
    parties = {party: Figure.of(share([True] * h + [False] * (n - h))) for party, (h, n) in found.parties.items()}
    return drawn(
        TITLE,
        found.items,
        (
            Panel("What the answer must hold", high, None, 0.0, 1.0),
            Panel("Speaking parties called silent", {"all": shares["false silence"]}, AIMS["false silence"], 0.0, 0.4),
            Panel("Plain and everyday questions by party, no aim set", parties, None, 0.0, 1.0),
        ),
    )


def _pages(answer: Answer, party: str) -> list[tuple[int, int]]:
    """The pages of the party's claims, in order, each from its first to its last."""
    places = [c.citations[0] for c in answer.claims if c.party == party]
    return [(c.page, c.page_end or c.page) for c in places if c.page is not None]


def _on(quoted: tuple[int, int], pages: Sequence[int]) -> bool:
    return any(quoted[0] <= page <= quoted[1] for page in pages)


def _said(answer: Answer) -> str:
    """Everything that a reader of the answer sees, as it is compared."""
    claims = [part for c in answer.claims for part in (c.text, *(cited.quote for cited in c.citations))]
    return _plain(" ".join([answer.message or "", *claims]))


def _holds(said: str, forms: Sequence[str]) -> bool:
    return any(_plain(form) in said for form in forms)


def _plain(text: str) -> str:
    """Lower case, one space between words, no space inside a number and its unit."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text).casefold()).strip()


def _sections(answer: Answer) -> frozenset[str]:
    return frozenset(_section(c.section) for claim in answer.claims for c in claim.citations if c.section)


def _section(text: str) -> str:
    return _TAIL.sub("", _plain(text).replace("§§", "§")).replace(" ", "")
