"""From figures to a table: every ratio beside its target, and what falls short said as plainly as what does not."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from bench.measure import Sheet
from bench.recall import Recall

BASELINES = ("llamaindex", "llamaindex-1-thread")


@dataclass(frozen=True)
class Ratio:
    """One comparison. `at_most` says on which side of the target the ratio has to lie."""

    what: str
    value: float
    target: float
    at_most: bool
    detail: str

    @property
    def reached(self) -> bool:
        return self.value <= self.target if self.at_most else self.value >= self.target

    def cells(self) -> tuple[str, str, str, str, str]:
        sign = "≤" if self.at_most else "≥"
        return self.what, f"{self.value:.2f}", f"{sign} {self.target:g}", "yes" if self.reached else "NO", self.detail


@dataclass
class Findings:
    """Everything a run found; parts that were left out stay empty."""

    about: dict[str, Any]
    main: Sheet | None = None
    large: Sheet | None = None
    cold: dict[str, list[float]] = field(default_factory=dict)
    recall: dict[str, Recall] = field(default_factory=dict)
    durable: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Per data directory: answers acknowledged, records found afterwards."""

    def row(self) -> dict[str, Any]:
        return {
            "about": self.about,
            "ratios": [asdict(r) | {"reached": r.reached} for r in ratios(self)],
            "main": self.main.row() if self.main else None,
            "large": self.large.row() if self.large else None,
            "cold_start_seconds": self.cold,
            "recall_at_5": {tag: one.row() for tag, one in self.recall.items()},
            "records": self.durable,
        }


def ratios(found: Findings) -> list[Ratio]:
    """Every ratio that this run can give, in the order of the targets."""
    rows: list[Ratio] = []
    if found.main:
        rows += [r for case in ("de", "en") if case in found.main.rounds for r in _main(found.main, case)]
        rows += _comparison(found.main)
        rows += _memory(found.main)
    if found.large:
        rows += _against(found.large, "en-10000", 15, 50)
    rows += _cold(found.cold)
    rows += [_recall(tag, one) for tag, one in found.recall.items()]
    return rows


def _best(sheet: Sheet, case: str, name: str, lowest: bool) -> tuple[str, float]:
    """The baseline's better variant in this figure."""
    values = [(v, b) for b in BASELINES if (v := sheet.median(case, b, name)) is not None]
    value, baseline = min(values) if lowest else max(values)
    return baseline, value


def _median(sheet: Sheet, case: str, server: str, name: str) -> float:
    value = sheet.median(case, server, name)
    assert value is not None, f"{server} has no {name} in {case}"
    return value


def _main(sheet: Sheet, case: str) -> Iterator[Ratio]:
    ours, floor = _median(sheet, case, "ours", "p50"), _median(sheet, case, "embed-only", "p50")
    yield Ratio(f"{case}: p50, ours / embed-only server", ours / floor, 1.6, True, f"{ours:.1f} ms / {floor:.1f} ms")
    yield from _against(sheet, case, 5, 8)


def _against(sheet: Sheet, case: str, faster: float, more: float) -> Iterator[Ratio]:
    ours = _median(sheet, case, "ours", "p50")
    who, theirs = _best(sheet, case, "p50", lowest=True)
    yield Ratio(
        f"{case}: p50, LlamaIndex / ours", theirs / ours, faster, False, f"{theirs:.1f} ms ({who}) / {ours:.1f} ms"
    )
    rate = _median(sheet, case, "ours", "rate")
    who, slow = _best(sheet, case, "rate", lowest=False)
    detail = f"{rate:.1f} / {slow:.1f} ({who})"
    yield Ratio(f"{case}: answers/s at 8 clients, ours / LlamaIndex", rate / slow, more, False, detail)


def _comparison(sheet: Sheet) -> Iterator[Ratio]:
    if "all parties" not in sheet.rounds:
        return
    many = [f.p50 for f in sheet.rounds["all parties"]["ours"]]
    one = [f.p50 for f in sheet.rounds["one party"]["ours"]]
    value = statistics.median(a / b for a, b in zip(many, one, strict=True))
    detail = f"{statistics.median(many):.1f} ms / {statistics.median(one):.1f} ms"
    yield Ratio("de: p50, all parties / one party", value, 3, True, detail)


def _memory(sheet: Sheet) -> Iterator[Ratio]:
    ours = sheet.memory["ours"]
    who, theirs = min((sheet.memory[b], b) for b in BASELINES if b in sheet.memory)[::-1]
    detail = f"{ours:.0f} MB / {theirs:.0f} MB ({who})"
    yield Ratio("memory: resident, ours / LlamaIndex", ours / theirs, 0.6, True, detail)


def _cold(cold: Mapping[str, list[float]]) -> Iterator[Ratio]:
    if cold:
        ours, theirs = (statistics.median(cold[name]) for name in ("ours", "llamaindex"))
        detail = f"LlamaIndex {theirs:.1f} s, {theirs / ours:.1f} ×"
        yield Ratio("cold start to first cited answer, s", ours, 1.5, True, detail)


def _recall(tag: str, one: Recall) -> Ratio:
    missed, theirs = one.questions - one.ours, one.questions - one.baseline
    detail = f"recall@5 {one.ours / one.questions:.3f} / {one.baseline / one.questions:.3f} of {one.questions}"
    value = missed / theirs if theirs else float(missed > 0)
    return Ratio(f"{tag}: recall@5 misses, ours / LlamaIndex", value, 0.5, True, detail)


def table(rows: list[tuple[str, ...]], head: tuple[str, ...]) -> str:
    """A Markdown table with even columns."""
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    cells = [head, tuple("-" * w for w in widths), *rows]
    return "\n".join("| " + " | ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) + " |" for row in cells)


def text(found: Findings) -> str:
    """The whole report as Markdown."""
    parts = [table([r.cells() for r in ratios(found)], ("ratio", "value", "target", "reached", "figures"))]
    for title, sheet in (("Figures", found.main), ("Figures on the large English set", found.large)):
        if sheet:
            parts += [f"{title}: medians of {_rounds(sheet)} rounds", _figures(sheet), _outcomes(sheet)]
            resident = ", ".join(f"{name} {mb:.0f} MB" for name, mb in sheet.memory.items())
            load = ", ".join(f"{one:.1f}" for one in sheet.load)
            parts += [f"Resident memory at the end: {resident}. Load average before each round: {load}."]
    for where, (sent, kept) in found.durable.items():
        parts.append(f"Records on disk after the run on {where}: {kept} for {sent} acknowledged answers.")
    return "\n\n".join(parts)


def _rounds(sheet: Sheet) -> int:
    return max(len(figures) for by in sheet.rounds.values() for figures in by.values())


def _figures(sheet: Sheet) -> str:
    rows = []
    for case, by in sheet.rounds.items():
        for server in by:
            values = [sheet.median(case, server, name) for name in ("p50", "p95", "rate", "cpu")]
            rows.append((case, server, *(f"{v:.1f}" if v is not None else "" for v in values)))
    return table(rows, ("case", "server", "p50 ms", "p95 ms", "answers/s, 8 clients", "CPU ms per answer"))


def _outcomes(sheet: Sheet) -> str:
    rows = []
    for case in sheet.rounds:
        counts = sheet.outcomes(case, "ours")
        rows.append(f"{case}: " + ", ".join(f"{status} {n}" for status, n in counts.items()))
    return "What ours answered. " + "; ".join(rows) + "."
