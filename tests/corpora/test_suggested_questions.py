"""The 314 questions that a real service suggested to voters: none declined, every quotation verified."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.answering.phrases import read_phrases
from app.common import load_common
from app.desk import Ask, Desk, House
from app.main import open_election
from app.record import MemoryRecorder
from app.settings import Settings
from domain.answer import Answer, AnswerStatus
from domain.exchange import Exchange, Subject
from guardrails.grounding import comparable
from tests.small_pack import ELECTIONS

pytestmark = pytest.mark.slow


class Still:
    """A clock and a chance that stand still."""

    def now(self) -> datetime:
        """Two weeks before the election."""
        return datetime(2025, 2, 9, 12, tzinfo=UTC)

    def identity(self) -> str:
        """Always the same id."""
        return "0" * 32

    def seed(self) -> int:
        """Always the same seed."""
        return 0


@pytest.fixture(scope="module")
def desk(bundestag_data: Path) -> Iterator[Desk]:
    """A desk over the real election."""
    settings = Settings(elections=ELECTIONS, data=bundestag_data)
    built = open_election("bundestag-2025", load_common(ELECTIONS), settings)
    phrases = read_phrases(ELECTIONS / "common" / "understand")
    yield Desk({"bundestag-2025": built}, MemoryRecorder(), Still(), House(settings, phrases, "0", _raise))
    built.close()


def _raise(step: str, error: Exception) -> None:
    raise AssertionError(f"step {step} failed") from error


@pytest.fixture(scope="module")
def answered(desk: Desk, corpora: Path) -> list[tuple[dict[str, Any], Exchange]]:
    """Every suggested question with its exchange."""
    rows = json.loads((corpora / "btw2025/questions/suggested-questions.json").read_text(encoding="utf-8"))

    async def run() -> list[tuple[dict[str, Any], Exchange]]:
        return [(row, await desk.ask(Ask("bundestag-2025", row["question"]), record=False)) for row in rows]

    return asyncio.run(run())


def answer_of(exchange: Exchange) -> Answer:
    """The answer, which there always is."""
    assert exchange.answer is not None
    return exchange.answer


def test_none_is_declined(answered: list[tuple[dict[str, Any], Exchange]]) -> None:
    assert len(answered) == 314
    families = Counter(answer_of(e).status.family for _, e in answered)
    declined = [
        (row["question"], answer_of(e).status)
        for row, e in answered
        if answer_of(e).status.family in {"refused", "redirected", "withheld", "failed"}
        or answer_of(e).status is AnswerStatus.ABOUT_SERVICE
    ]
    assert declined == []
    assert families["answered"] >= 0.9 * len(answered)


def test_every_quotation_stands_on_its_page(answered: list[tuple[dict[str, Any], Exchange]], desk: Desk) -> None:
    built = desk.election("bundestag-2025")
    texts: dict[tuple[str, int], str] = {}
    checked = 0
    for _, exchange in answered:
        answer = answer_of(exchange)
        for claim in (*answer.claims, *answer.near):
            for citation in claim.citations:
                place = (citation.document, citation.page or 1)
                if place not in texts:
                    texts[place] = comparable(built.page(*place).text)
                assert comparable(citation.quote) in texts[place], (claim.party, citation.page, citation.quote)
                assert claim.kind == "card" or claim.text == citation.quote
                checked += 1
    assert checked > 2_000


def test_every_party_in_scope_is_heard_silent_or_without_document(
    answered: list[tuple[dict[str, Any], Exchange]], desk: Desk
) -> None:
    everyone = [p.id for p in desk.election("bundestag-2025").election.ordered()]
    checked: Counter[AnswerStatus] = Counter()
    for row, exchange in answered:
        answer, scope = answer_of(exchange), exchange.scope
        assert scope is not None
        if scope.subject is not Subject.PARTIES:
            continue
        checked[answer.status] += 1
        if answer.claims and all(c.party is None for c in answer.claims):
            continue  # no programme says anything and the law does
        heard = {c.party for c in answer.claims}
        silent, absent = {s.party for s in answer.silent}, set(answer.no_document)
        assert heard | silent | absent == set(answer.scope), row["question"]
        assert len(heard) + len(silent) + len(absent) == len(answer.scope), row["question"]
        assert list(answer.scope) == [p for p in everyone if p in answer.scope]
        if not scope.named:
            assert len(answer.scope) == len(everyone)
        if answer.status is AnswerStatus.UNANSWERABLE_NO_SOURCE:
            assert not heard, row["question"]
    assert checked[AnswerStatus.ANSWERED] > 0.8 * len(answered), checked


def test_nobody_gets_more_quotations_than_the_budget(answered: list[tuple[dict[str, Any], Exchange]]) -> None:
    settings = Settings()
    for _, exchange in answered:
        answer = answer_of(exchange)
        budget = settings.quotations_one if len(answer.scope) == 1 else settings.quotations_many
        counts = Counter(c.party for c in answer.claims if c.party)
        assert max(counts.values(), default=0) <= budget
