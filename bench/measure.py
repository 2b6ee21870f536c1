"""Interleaved rounds: every server gets the same questions in the same round while the others are idle."""

from __future__ import annotations

import os
import statistics
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bench.load import Reply, drive
from bench.servers import Kind, Running, first_answer, running

CLIENTS = 8
Say = Callable[[str], None]


@dataclass(frozen=True)
class Case:
    """Requests of one round and kind of question: one after the other, then eight at a time.

    Both are bytes per server name; a server without requests is left out of the case.
    """

    name: str
    alone: Mapping[str, Sequence[bytes]]
    together: Mapping[str, Sequence[bytes]]


@dataclass(frozen=True)
class Figures:
    """One server, one case, one round. Milliseconds; CPU is of the server, per answer."""

    p50: float
    p95: float
    cpu: float
    rate: float | None
    outcomes: Mapping[str, int]


@dataclass
class Sheet:
    """All figures of a run of some servers: `rounds[case][server]` lists them by round."""

    rounds: dict[str, dict[str, list[Figures]]] = field(default_factory=dict)
    memory: dict[str, float] = field(default_factory=dict)
    load: list[float] = field(default_factory=list)

    def add(self, case: str, server: str, figures: Figures) -> None:
        self.rounds.setdefault(case, {}).setdefault(server, []).append(figures)

    def median(self, case: str, server: str, name: str) -> float | None:
        """Median over rounds of one figure, or None when it was not taken."""
        rows = self.rounds.get(case, {}).get(server, [])
        values = [v for v in (getattr(row, name) for row in rows) if v is not None]
        return statistics.median(values) if values else None

    def outcomes(self, case: str, server: str) -> dict[str, int]:
        """How often each status was answered, all rounds together."""
        total: Counter[str] = Counter()
        for row in self.rounds.get(case, {}).get(server, []):
            total.update(row.outcomes)
        return dict(total.most_common())

    def row(self) -> dict[str, object]:
        rounds = {c: {s: [asdict(f) for f in fs] for s, fs in by.items()} for c, by in self.rounds.items()}
        return {"rounds": rounds, "memory_mb": self.memory, "load_average": self.load}


def measure(kinds: Sequence[Kind], warm: Mapping[str, Sequence[bytes]], rounds: Sequence[Sequence[Case]], log: Path,
            say: Say) -> Sheet:  # fmt: skip
    """Start all servers, warm each, and go through the rounds; the order of servers turns by one each round."""
    sheet = Sheet()
    with ExitStack() as stack:
        servers = {kind.name: stack.enter_context(running(kind, log)) for kind in kinds}
        for name, server in servers.items():
            first_answer(server, warm[name][0], log)
            checked(drive(server.port, warm[name][1:], 1)[0], name)
        for number, cases in enumerate(rounds):
            order = [*servers][number % len(servers) :] + [*servers][: number % len(servers)]
            sheet.load.append(os.getloadavg()[0])
            for case in cases:
                for name in order:
                    if name in case.alone:
                        sheet.add(case.name, name, _figures(servers[name], case))
                say(f"round {number + 1} of {len(rounds)}, {case.name}: done")
        sheet.memory = {name: server.memory() for name, server in servers.items()}
    return sheet


def _figures(server: Running, case: Case) -> Figures:
    name = server.kind.name
    used = server.cpu()
    replies, _ = drive(server.port, case.alone[name], 1)
    checked(replies, name)
    cpu = 1000 * (server.cpu() - used) / len(replies)
    taken = sorted(r.ms for r in replies)
    rate = None
    crowd: list[Reply] = []
    if case.together.get(name):
        crowd, seconds = drive(server.port, case.together[name], CLIENTS)
        checked(crowd, name)
        rate = len(crowd) / seconds
    outcomes = dict(Counter(_status(r) for r in [*replies, *crowd]))
    return Figures(statistics.median(taken), taken[min(len(taken) - 1, int(0.95 * len(taken)))], cpu, rate, outcomes)


def checked(replies: Sequence[Reply], server: str) -> Sequence[Reply]:
    """The replies, all of them good. Raises RuntimeError on the first that is not."""
    for reply in replies:
        if reply.status != 200:
            raise RuntimeError(f"{server} answered {reply.status}: {reply.body[:300]!r}")
    return replies


def _status(reply: Reply) -> str:
    body = reply.json()
    return str(body.get("status", "ok"))


def cold_starts(kinds: Sequence[tuple[Kind, bytes]], times: int, log: Path, say: Say) -> dict[str, list[float]]:
    """Seconds from process start to the first answer, in turns, nothing else of ours running."""
    found: dict[str, list[float]] = {}
    for number in range(times):
        for kind, data in kinds:
            with running(kind, log) as server:
                seconds, reply = first_answer(server, data, log)
            if kind.name == "ours" and not reply.json()["claims"]:
                raise RuntimeError("the first answer of ours cites nothing; another question is needed for cold starts")
            found.setdefault(kind.name, []).append(seconds)
            say(f"cold start {number + 1} of {times}, {kind.name}: {seconds:.2f} s")
    return found
