"""`python -m bench`: one run of everything, on loopback, against what a user would otherwise assemble."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sqlite3
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from bench.load import request
from bench.measure import Case, Sheet, cold_starts, measure
from bench.packs import PARTY, SETS, english_pack, ensure_built, recall_pack, serving_view
from bench.questions import Asked, Supply, suggested
from bench.recall import recall, sample
from bench.report import Findings, text
from bench.servers import ONE_THREAD, Kind, uvicorn
from bench.vectors import vectors

PARTS = ("main", "cold", "large", "recall")
WARM = 6
FIRST = "Was sagt das Programm zum Thema Rente?"
"""Asked first of a cold server."""
LARGE = 10_900
"""Pieces of the large English set: the build joins some short neighbours, and 10,000 passages remain."""


@dataclass(frozen=True)
class Plan:
    """How much of everything. `passages` cuts the baseline's index, for trying the bench itself; `workers` are ours."""

    data: Path
    mirror: Path | None
    election: str = "bundestag-2025"
    parts: tuple[str, ...] = PARTS
    rounds: int = 3
    alone: int = 30
    together: int = 100
    slow_together: int = 24
    compared: int = 20
    cold: int = 3
    labelled: int = 500
    passages: int | None = None
    workers: int = os.cpu_count() or 1

    @property
    def work(self) -> Path:
        return self.data / "bench"

    @property
    def store(self) -> Path:
        return self.work / "vectors.npz"


def quick(plan: Plan) -> Plan:
    """The plan in small: one round, no large set, no recall; it proves that the bench works and little else."""
    few = replace(plan, rounds=1, alone=10, together=20, slow_together=8, compared=5, cold=1)
    return replace(few, parts=("main", "cold"))


def say(line: str) -> None:
    """Progress, on standard error."""
    print(line, file=sys.stderr, flush=True)


def run(plan: Plan) -> Findings:
    """Everything the plan asks for. Raises RuntimeError when a server fails."""
    found = Findings(about(plan))
    plan.work.mkdir(parents=True, exist_ok=True)
    for part, names in ((_main, {"main", "cold"}), (_recall, {"recall"}), (_large, {"large"})):
        if names & set(plan.parts):
            part(plan, found)
            (plan.work / "results.json").write_text(json.dumps(found.row(), indent=1), encoding="utf-8")
    return found


def about(plan: Plan) -> dict[str, object]:
    """What a reader must know to judge the figures."""
    described = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    model = next((line.split(":", 1)[1].strip() for line in described if line.startswith("model name")), "")
    return {
        "when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": f"{os.cpu_count()} cores of {model}",
        "python": platform.python_version(),
        "rounds": plan.rounds,
        "questions_per_round": {"one client": plan.alone, "eight clients": plan.together},
        "baseline_passages_cut_to": plan.passages,
        "workers": plan.workers,
    }


def _main(plan: Plan, found: Findings) -> None:
    build = ensure_built(plan.election, plan.election, plan.data, plan.mirror)
    kinds = _kinds(plan, plan.data, plan.election, build)
    log = plan.work / "servers.log"
    supply = {"de": Supply("de", suggested(plan.mirror)), "en": Supply("en")}
    parties = _parties(build)
    ask = Asker(plan.election, parties)
    warm = ask.bytes_for(kinds, supply["de"].programme(WARM // 2) + supply["en"].programme(WARM - WARM // 2))
    if "cold" in plan.parts:
        by_name = {kind.name: kind for kind in kinds}
        first = ask.bytes_for(kinds, [Asked(FIRST, law=False)])
        starts = [(by_name[name], first[name][0]) for name in ("ours", "llamaindex")]
        found.cold = cold_starts(starts, plan.cold, log, say)
    if "main" in plan.parts:
        rounds = [_round(plan, ask, kinds, supply) for _ in range(plan.rounds)]
        view = _fresh(plan, plan.election)
        found.main = measure(kinds, warm, rounds, log, say)
        sent = _sent(found.main, rounds, warm)
        found.durable[plan.election] = (sent, _records(view))


def _round(plan: Plan, ask: Asker, kinds: Sequence[Kind], supply: Mapping[str, Supply]) -> list[Case]:
    cases = []
    for language, source in supply.items():
        questions = source.mixed(plan.alone + plan.together)
        alone, together = questions[: plan.alone], questions[plan.alone :]
        cases.append(Case(language, ask.bytes_for(kinds, alone), ask.bytes_for(kinds, together, plan.slow_together)))
    ours = [kind for kind in kinds if kind.name == "ours"]
    one, every = supply["de"].programme(plan.compared), supply["de"].programme(plan.compared)
    cases.append(Case("one party", ask.bytes_for(ours, one), {}))
    with_all = Asker(ask.election, ()).bytes_for([k for k in kinds if k.name != "embed-only"], every)
    cases.append(Case("all parties", with_all, {}))
    return cases


def _large(plan: Plan, found: Findings) -> None:
    assert plan.mirror is not None, "the large set is made of the corpora"
    pack = english_pack(plan.mirror, plan.work / "packs" / "english-10000", LARGE)
    build = ensure_built("english-10000", str(pack.resolve()), plan.work / "data", None)
    kinds = [k for k in _kinds(plan, plan.work / "data", "english-10000", build) if k.name != "embed-only"]
    supply, ask = Supply("en"), Asker("english-10000", (PARTY,))
    warm = ask.bytes_for(kinds, supply.programme(WARM))
    rounds = []
    for _ in range(plan.rounds):
        alone, together = supply.programme(plan.alone // 2), supply.programme(plan.together)
        both = ask.bytes_for(kinds, alone), ask.bytes_for(kinds, together, plan.slow_together // 2)
        rounds.append([Case("en-10000", *both)])
    view = _fresh(plan, "english-10000")
    found.about["large_passages"] = sum(1 for _ in (build / "passages.jsonl").open("rb"))
    found.large = measure(kinds, warm, rounds, plan.work / "servers.log", say)
    found.durable["english-10000"] = (_sent(found.large, rounds, warm), _records(view))


def _recall(plan: Plan, found: Findings) -> None:
    assert plan.mirror is not None, "the labelled sets are in the corpora"
    for language in SETS:
        name = f"recall-{language}"
        labelled = recall_pack(plan.mirror, language, plan.work / "packs" / name)
        build = ensure_built(name, str(Path(labelled.pack).resolve()), plan.work / "data", None)
        passages = build / "passages.jsonl"
        _embed(plan, passages)
        say(f"recall, {language}")
        pairs = sample(labelled, plan.labelled)
        found.recall[language] = recall(name, plan.work / "data", pairs, plan.store, passages)


def _kinds(plan: Plan, data: Path, election: str, build: Path) -> list[Kind]:
    """The four servers over one build: ours, the floor, and the baseline with default threads and with one."""
    from ingestion.embedding import ensure_model

    passages = build / "passages.jsonl"
    if plan.passages is not None:
        passages = plan.work / "passages.cut.jsonl"
        lines = (build / "passages.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
        passages.parent.mkdir(parents=True, exist_ok=True)
        passages.write_text("".join(lines[: plan.passages]), encoding="utf-8")
    _embed(plan, passages)
    model, _, _ = ensure_model(data)
    view = serving_view(data, election, plan.work / "serving" / election)
    ours = {"ISEGORIA_DATA": str(view.resolve()), "ISEGORIA_REQUESTS_PER_MINUTE": "0", **ONE_THREAD}
    floor = {"BENCH_MODEL": str(model.parent.resolve()), **ONE_THREAD}
    theirs = {"BENCH_PASSAGES": str(passages.resolve()), "BENCH_VECTORS": str(plan.store.resolve())}
    return [
        Kind("ours", ("-m", "app", "serve", "--port", "{port}", "--workers", str(plan.workers)), ours),
        Kind("embed-only", uvicorn("bench.reference:app", factory=False), floor),
        Kind("llamaindex", uvicorn("bench.baseline:create", factory=True), theirs),
        Kind("llamaindex-1-thread", uvicorn("bench.baseline:create", factory=True), theirs | ONE_THREAD),
    ]


def _embed(plan: Plan, passages: Path) -> None:
    with passages.open(encoding="utf-8") as lines:
        vectors([json.loads(line)["text"] for line in lines], plan.store, plan.data)


class Asker:
    """Turns questions into each server's requests; a programme question goes to one party at a time, in turn."""

    def __init__(self, election: str, parties: Sequence[str]) -> None:
        self.election = election
        self._parties = parties
        self._turn = 0

    def bytes_for(
        self, kinds: Sequence[Kind], questions: Sequence[Asked], slow: int | None = None
    ) -> dict[str, list[bytes]]:
        """Requests per server; the baseline gets only the first `slow` of them."""
        found: dict[str, list[bytes]] = {}
        for kind in kinds:
            if kind.name == "ours":
                found[kind.name] = [request("/v1/answers", self._ours(q)) for q in questions]
            else:
                path = "/ask"
                most = slow if kind.name != "embed-only" else None
                found[kind.name] = [request(path, {"question": q.text}) for q in questions[:most]]
        return found

    def _ours(self, question: Asked) -> dict[str, object]:
        body: dict[str, object] = {"election": self.election, "question": question.text}
        if self._parties and not question.law:
            body["parties"] = [self._parties[self._turn % len(self._parties)]]
            self._turn += 1
        return body


def _parties(build: Path) -> list[str]:
    """Parties with a programme in this build."""
    election = json.loads((build / "election.json").read_text(encoding="utf-8"))
    return sorted({s["party"] for s in election["sources"] if s["party"]})


def _fresh(plan: Plan, election: str) -> Path:
    """The serving view without records of earlier runs."""
    view = plan.work / "serving" / election
    for old in view.glob("records.db*"):
        old.unlink()
    for name in ("log", "keys"):  # the log of records that are gone would not go on
        shutil.rmtree(view / name, ignore_errors=True)
    return view


def _sent(sheet: Sheet, rounds: Sequence[Sequence[Case]], warm: Mapping[str, Sequence[bytes]]) -> int:
    return len(warm["ours"]) + sum(
        len(c.alone.get("ours", ())) + len(c.together.get("ours", ())) for cases in rounds for c in cases
    )


def _records(view: Path) -> int:
    with closing(sqlite3.connect(view / "records.db")) as database:
        (count,) = database.execute("select count(*) from records").fetchone()
    return int(count)


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse options, run, print the table; the JSON lies in `DATA/bench/results.json`."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("var"), help="data directory; work goes to DATA/bench")
    parser.add_argument("--mirror", type=Path, default=Path("../shared/corpora"), help="the public corpora")
    parser.add_argument("--election", default="bundestag-2025", help="the pack of the main part")
    parser.add_argument("--parts", default=None, help=f"which of {','.join(PARTS)}, separated by commas")
    parser.add_argument("--rounds", type=int, default=None, help="rounds; medians are taken over them")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes of ours; one for each core")
    parser.add_argument("--quick", action="store_true", help="one small round, no large set, no recall")
    given = parser.parse_args(arguments)
    plan = Plan(given.data, given.mirror if given.mirror.is_dir() else None, given.election, workers=given.workers)
    if given.quick:
        plan = quick(plan)
    if given.parts:
        plan = replace(plan, parts=tuple(given.parts.split(",")))
    if given.rounds:
        plan = replace(plan, rounds=given.rounds)
    unknown = set(plan.parts) - set(PARTS)
    if unknown:
        parser.error(f"unknown part {sorted(unknown)[0]!r}")
    if plan.mirror is None and set(plan.parts) & {"large", "recall"}:
        say(f"{given.mirror} is not there: the large set and recall are left out")
        plan = replace(plan, parts=tuple(p for p in plan.parts if p in {"main", "cold"}))
    print(text(run(plan)))
    say(f"written: {plan.work / 'results.json'}")


if __name__ == "__main__":
    main()
