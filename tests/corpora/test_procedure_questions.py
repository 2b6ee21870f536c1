"""Questions of procedure on the real election go to the rules, never to a programme; wishes for reform do not."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from app.desk import Ask, Desk
from app.main import open_desk
from app.record import MemoryRecorder
from app.settings import Settings
from domain.exchange import Exchange, Subject
from tests.small_pack import ELECTIONS

QUESTIONS = yaml.safe_load(
    (Path(__file__).parents[1] / "data" / "procedure_questions.yaml").read_text(encoding="utf-8")
)
LEAST = 0.95


@pytest.fixture(scope="module")
def desk(bundestag_data: Path) -> Iterator[Desk]:
    """The real election with its records in memory."""
    settings = Settings(elections=ELECTIONS, data=bundestag_data)
    opened = open_desk(settings, MemoryRecorder(), ("bundestag-2025",))
    yield opened
    opened.election("bundestag-2025").close()


def target(exchange: Exchange, desk: Desk) -> str:
    """The first card, `law`, `authority`, `programmes`, or the status."""
    answer = exchange.answer
    assert answer is not None
    election = desk.election("bundestag-2025").election
    if any(c.party for c in answer.claims):
        return "programmes"
    if not answer.claims:
        named = any(name in (answer.message or "") for name in election.authority.name.values())
        return "authority" if named else answer.status.value
    texts = [c.text for c in answer.claims]
    for card in election.rules:
        said = [s.text[answer.language].split("{")[0] for s in card.statements]
        if len(said) <= len(texts) and all(t.startswith(s) for t, s in zip(texts, said, strict=False)):
            return card.id
    return "law"


@pytest.mark.parametrize("part", ["fit", "kept_aside"])
def test_each_question_reaches_what_can_answer_it(desk: Desk, part: str) -> None:
    wrong, to_programmes, count = [], [], 0
    for _, question, wanted in QUESTIONS[part]:
        exchange = asyncio.run(desk.ask(Ask("bundestag-2025", question), record=False))
        assert exchange.scope is not None
        count += 1
        if wanted == ["programmes"]:
            if exchange.scope.subject is not Subject.PARTIES:
                wrong.append((question, "rules"))
        elif (got := target(exchange, desk)) not in wanted:
            wrong.append((question, got))
            to_programmes += [question] if got == "programmes" else []
    assert len(wrong) <= (1 - LEAST) * count, wrong
    assert len(to_programmes) <= 1, to_programmes


def test_no_law_passage_holds_a_tag(desk: Desk) -> None:
    built = desk.election("bundestag-2025")
    for number in range(len(built.corpus)):
        text = built.corpus.passage(number).text
        assert "</" not in text and "style=" not in text and "<td" not in text, text[:200]
