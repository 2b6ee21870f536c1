"""Many different answers, replayed in other processes under another clock, locale, hash seed and number of threads.

A hundred in `make test`, two thousand with ISEGORIA_SOAK=1; every one must be of grade A.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.desk import Ask, Desk
from app.main import open_desk, open_recorder
from app.packs import load_pack
from app.settings import Settings
from bench.questions import generated
from domain.answer import AnswerStatus
from domain.exchange import Exchange
from tests.small_pack import ELECTIONS, ROOT

SOAK = os.environ.get("ISEGORIA_SOAK") == "1"
COUNT = 2_000 if SOAK else 100
DATA = ROOT / "tests" / "data"
PARTIES = [party.id for party in load_pack(ELECTIONS / "demo").ordered()]
NAMES = [party.short for party in load_pack(ELECTIONS / "demo").ordered()]


@dataclass(frozen=True)
class World:
    """What differs around a replay, and nothing that an answer may depend on."""

    zone: str
    locale: str
    seed: str
    threads: int

    def environment(self, settings: Settings) -> dict[str, str]:
        """The environment of the child."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ISEGORIA_", "LC_", "OMP_"))}
        count = str(self.threads)
        return kept | {
            "TZ": self.zone, "LC_ALL": self.locale, "LANG": self.locale, "PYTHONHASHSEED": self.seed,
            "OMP_NUM_THREADS": count, "OPENBLAS_NUM_THREADS": count, "RAYON_NUM_THREADS": count,
            "ISEGORIA_DATA": str(settings.data), "ISEGORIA_DATABASE_URL": settings.database,
            "ISEGORIA_ELECTIONS": "/nonexistent",
        }  # fmt: skip

    def begin(self, command: list[str], settings: Settings) -> subprocess.Popen[str]:
        """Start the child on as many processors as it has threads: ONNX Runtime counts those it may use."""
        here = os.sched_getaffinity(0)
        os.sched_setaffinity(0, set(sorted(here)[: self.threads]))
        try:
            return subprocess.Popen(
                command, cwd=ROOT, env=self.environment(settings), text=True, encoding="utf-8",
                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            )  # fmt: skip
        finally:
            os.sched_setaffinity(0, here)


WORLDS = (World("Pacific/Kiritimati", "tr_TR.UTF-8", "0", 1), World("America/St_Johns", "C", "4242", 2))


def texts() -> Iterator[tuple[str, str]]:
    """Language and text of every question in the data of tests and bench; the demo parties stand where names belong."""
    demo = read("demo_questions")
    for row in (*demo["questions"], *demo["procedure"]):
        yield row["language"], row["text"]
    for row in (row for rows in read("procedure_questions").values() for row in rows):
        yield row[0], row[1]
    for language in ("de", "en"):
        yield from ((language, text) for text in generated(language))
    topics = read("guard_dev")["topics"]
    groups = [group for name in ("guard_dev", "guard_kept_aside", "guard_unusual") for group in read(name)["groups"]]
    for number, group in enumerate(groups):
        tag = group["language"]
        for turn, text in enumerate(group["texts"]):
            for topic in topics[tag] if "{topic}" in text else [""]:
                one, other = (NAMES[(number + turn + n) % len(NAMES)] for n in (0, 3))
                filled = text.replace("{party}", one.get(tag) or one["de"]).replace("{topic}", topic)
                yield tag, filled.replace("{other}", other.get(tag) or other["de"])


def read(name: str) -> Any:
    return yaml.safe_load((DATA / f"{name}.yaml").read_text(encoding="utf-8"))


def questions(count: int) -> list[Ask]:
    """So many questions, no two alike: with and without language, for all parties and for some."""
    chance = random.Random(20270314)
    found = sorted(set(texts()))
    chance.shuffle(found)
    asks = []
    for number, (language, text) in enumerate(found[:count]):
        some = tuple(chance.sample(PARTIES, chance.randrange(1, 4))) if number % 4 == 1 else ()
        asks.append(Ask("demo", text, parties=some, language=language if number % 3 else None))
    assert len(asks) == count
    return asks


async def answered(desk: Desk, asks: list[Ask]) -> list[Exchange]:
    """Every question answered; every third goes on with the conversation before it, or after its answer."""
    found: list[Exchange] = []
    for number, ask in enumerate(asks):
        more: dict[str, str] = {}
        if number % 6 == 3:
            more = {"conversation": found[-1].question.conversation}
        elif number % 6 == 5:
            more = {"after": found[-1].record}
        found.append(await desk.ask(Ask(**vars(ask) | more)))
    return found


@pytest.fixture(scope="module")
def recorded(demo_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, list[Exchange]]:
    """Answers over the shared demo build in a store of their own."""
    store = tmp_path_factory.mktemp("many") / "records.db"
    settings = Settings(elections=ELECTIONS, data=demo_data, database_url=f"sqlite:///{store}")

    async def run() -> list[Exchange]:
        async with open_recorder(settings, serving=False) as recorder:
            desk = open_desk(settings, recorder)
            try:
                return await answered(desk, questions(COUNT))
            finally:
                desk.election("demo").close()

    return settings, asyncio.run(run())


def test_the_answers_are_of_many_kinds(recorded: tuple[Settings, list[Exchange]]) -> None:
    _, exchanges = recorded
    answers = [e.answer for e in exchanges if e.answer is not None]
    assert len(answers) == COUNT
    assert len({a.language for a in answers}) == 3
    assert len({a.status for a in answers}) >= 6
    assert sum(a.status is AnswerStatus.ANSWERED for a in answers) >= COUNT // 6
    assert sum(bool(e.question.history) for e in exchanges) == sum(n % 6 in (3, 5) for n in range(COUNT))


def test_every_answer_is_computed_again_byte_for_byte_elsewhere(recorded: tuple[Settings, list[Exchange]]) -> None:
    settings, exchanges = recorded
    children = [world.begin([sys.executable, "-m", "app", "replay", "--all"], settings) for world in WORLDS]
    for world, child in zip(WORLDS, children, strict=True):
        said, trouble = child.communicate(timeout=1800 if SOAK else 120)
        assert child.returncode == 0, (world, trouble, [line for line in said.splitlines() if "grade A" not in line])
        graded = set(re.findall(r"^([0-9a-f]{32})  grade A, same$", said, flags=re.MULTILINE))
        assert graded == {exchange.record for exchange in exchanges}, world
        assert f"{COUNT} of grade A, 0 of grade B, 0 of grade C, 0 of none; 0 cannot" in said
