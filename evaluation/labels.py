"""The committed labels: questions and the places in the programmes that answer them.

A place is `page:offset`, the offset in code points of the page text as extracted; it names a
passage without repeating a word of it, and survives a change of how passages are cut.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from app.built import Built
from domain.base import Frozen, Language
from domain.exchange import Exchange, Subject
from evaluation.frozen import frozen_bytes

FOLDER = Path(__file__).parent / "labels"
SLACK = 2
"""Code points by which a place may lie before the first character of a sentence (a bullet, a quotation mark)."""


class OwnQuestion(Frozen):
    """A question of our own, asked of one party; `relevant` are all places of its programme that answer it."""

    id: str
    language: Language
    text: str
    party: str
    relevant: tuple[str, ...]
    set: Literal["fit", "kept_aside"]
    style: str = ""
    silent: bool = False


class RulesQuestion(Frozen):
    """A question on the rules of voting with every section that answers it."""

    id: str
    language: Language
    text: str
    sections: tuple[str, ...]
    set: Literal["fit", "kept_aside"]
    annexes: tuple[str, ...] = ()


class SuggestedLabel(Frozen):
    """One of the 314 suggested questions, judged for one party without sight of any answer.

    `relevant` and `near` (passages) were found by reading the programme. Sentences of several
    rankings, shuffled among known answers with origin and rank hidden, were judged afterwards:
    `pooled` answer the question, `edge` touch it, `off` do not.
    """

    id: str
    party: str
    verdict: Literal["says", "near", "silent"]
    relevant: tuple[str, ...]
    near: tuple[str, ...]
    pooled: tuple[str, ...] = ()
    edge: tuple[str, ...] = ()
    off: tuple[str, ...] = ()


class AskedPosition(Frozen):
    """A question to one party with every physical page of its programme that answers it."""

    id: str
    kind: str
    party: str
    language: Language
    text: str
    pages: tuple[int, ...]


class AskedProcedure(Frozen):
    """A question on the rules of voting: facts that must stand in the answer, in one of their forms, and sections."""

    id: str
    language: Language
    text: str
    facts: tuple[tuple[str, ...], ...]
    sections: tuple[str, ...]


class AskedDialogue(Frozen):
    """A short conversation and what its last turn means: whom it asks, on what, and whether for more of the same."""

    id: str
    language: Language
    kind: str
    turns: tuple[str, ...]
    subject: Subject
    parties: tuple[str, ...] | Literal["all"]
    words: tuple[str, ...]
    more: bool

    def understood(self, exchange: Exchange, everyone: frozenset[str]) -> bool:
        """Whether the exchange of the last turn was taken to mean this, and neither declined nor asked back.

        `everyone` are the parties that the labels speak of: those with a document.
        """
        scope, answer = exchange.scope, exchange.answer
        if scope is None or answer is None or scope.subject is not self.subject:
            return False
        asked = everyone if self.parties == "all" else everyone.intersection(self.parties)
        served = answer.status.family not in ("refused", "redirected", "clarify", "failed")
        said = scope.matter.casefold()
        return (
            served
            and (self.subject is Subject.RULES or everyone.intersection(scope.parties) == asked)
            and any(word.casefold() in said for word in self.words)
            and bool(scope.more) is (self.more and self.subject is Subject.PARTIES)
        )


class AskedComparison(Frozen):
    """A question that names several parties: for each the pages that answer, none where it says nothing on it."""

    id: str
    language: Language
    text: str
    pages: dict[str, tuple[int, ...]]


def _lines(path: Path) -> Iterable[dict[str, object]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def own_questions() -> tuple[tuple[OwnQuestion, ...], tuple[RulesQuestion, ...]]:
    """Our labelled questions on the programmes, and on the rules of voting."""
    rows = list(_lines(FOLDER / "bundestag-questions.jsonl"))
    return (
        tuple(OwnQuestion.model_validate(r) for r in rows if "party" in r),
        tuple(RulesQuestion.model_validate(r) for r in rows if "sections" in r),
    )


def suggested_labels() -> tuple[SuggestedLabel, ...]:
    """Labels of sixty suggested questions, party by party."""
    return tuple(SuggestedLabel.model_validate(r) for r in _lines(FOLDER / "bundestag-suggested.jsonl"))


def frozen_rows(name: str) -> list[dict[str, object]]:
    """The rows of a part that was frozen before it was first asked. Raises ValueError when it is another."""
    return [json.loads(line) for line in frozen_bytes(FOLDER / f"{name}.jsonl").decode().splitlines() if line.strip()]


class Places:
    """Finds the passages of a built election at labelled places."""

    def __init__(self, built: Built) -> None:
        spans: dict[tuple[str, int], list[tuple[int, int, str]]] = defaultdict(list)
        for number in range(len(built.corpus)):
            passage = built.corpus.passage(number)
            for sentence in passage.sentences if passage.party else ():
                for span in sentence.spans:
                    spans[(passage.party or "", span.page)].append((span.start, span.end, passage.id))
        self._spans = spans

    def passages(self, party: str, places: Iterable[str]) -> frozenset[str]:
        """Ids of the passages that hold these places."""
        found = set()
        for place in places:
            page, offset = map(int, place.split(":"))
            found |= {i for a, b, i in self._spans[(party, page)] if a - SLACK <= offset < b}
        return frozenset(found)
