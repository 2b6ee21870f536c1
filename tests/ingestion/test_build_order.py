"""The order in which documents are listed and read changes no answer: the same bytes, whatever came first."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest
import yaml

from app.desk import Ask
from app.grades import differing
from app.main import load
from app.packs import load_pack
from app.record import MemoryRecorder
from app.replay import fresh
from app.settings import Settings
from domain.exchange import Exchange
from ingestion.build import Order, build
from tests.small_pack import ELECTIONS, ROOT, retrieval_data

pytestmark = pytest.mark.slow


def test_documents_listed_in_reverse_give_the_same_answers(demo_data: Path, tmp_path: Path) -> None:
    pack = tmp_path / "elections" / "demo"
    shutil.copytree(ELECTIONS / "demo", pack)
    shutil.copytree(ELECTIONS / "common", tmp_path / "elections" / "common")
    path = pack / "sources.yaml"
    listed = yaml.safe_load(path.read_text(encoding="utf-8"))
    listed["documents"].reverse()
    path.write_text(yaml.safe_dump(listed, allow_unicode=True), encoding="utf-8")
    order = Order(pack, tmp_path / "data", None, True)
    build(load_pack(pack), retrieval_data(), order, lambda _stage, _done, _all: None)

    questions = yaml.safe_load((ROOT / "tests" / "data" / "demo_questions.yaml").read_text(encoding="utf-8"))
    texts = sorted(asked(questions))[:80]
    assert len(texts) >= 40

    async def answered() -> list[Exchange]:
        loaded = load(Settings(elections=ELECTIONS, data=demo_data), ("demo",))
        loaded.open()
        desk = loaded.desk(MemoryRecorder())
        found = [await desk.ask(Ask("demo", text)) for text in texts]
        loaded.elections["demo"].close()
        return found

    exchanges = asyncio.run(answered())
    reverse = load(Settings(elections=tmp_path / "elections", data=tmp_path / "data"), ("demo",))
    reverse.open()
    desk = reverse.desk(MemoryRecorder())
    with_claims = 0
    for exchange in exchanges:
        again = desk.answered(fresh(exchange))
        assert exchange.answer is not None and again.answer is not None
        assert differing(exchange.answer, again.answer) == (), exchange.question.text
        with_claims += bool(exchange.answer.claims)
    reverse.elections["demo"].close()
    assert with_claims > len(texts) // 3


def asked(value: object) -> set[str]:
    """Every question in the file, whatever it is filed under."""
    if isinstance(value, str):
        return {value} if value.endswith("?") else set()
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return {text for one in inner for text in asked(one)}
