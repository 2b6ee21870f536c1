"""Shares with their uncertainty: every figure we publish carries its interval."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, Self

from domain.base import Frozen


@dataclass(frozen=True)
class Share:
    """`hits` of `total`."""

    hits: int
    total: int

    @property
    def value(self) -> float:
        return self.hits / self.total if self.total else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson score interval at 95 % (Wilson, 1927)."""
        if not self.total:
            return 0.0, 1.0
        z, n, p = 1.959964, self.total, self.value
        middle = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
        return max(0.0, middle - half), min(1.0, middle + half)

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.value:.3f} [{low:.3f}, {high:.3f}] ({self.hits}/{self.total})"


def share(outcomes: list[bool]) -> Share:
    """How many of the outcomes are true."""
    return Share(sum(outcomes), len(outcomes))


@dataclass(frozen=True)
class Target:
    """What a share is meant to be, and the regression gate behind which it must not fall.

    The aim is a promise and may be missed: then it is printed as missed. The gate guards what was already
    reached, and is all that an exit code speaks of. `more` says that a larger share is a better one.
    """

    aim: float
    gate: float
    more: bool

    def __post_init__(self) -> None:
        if not self.reaches(self.aim, self.gate):
            raise ValueError(f"the gate {self.gate} asks for more than the aim {self.aim}")

    def reaches(self, value: float, mark: float) -> bool:
        """Whether the value is at least as good as the mark."""
        return value >= mark if self.more else value <= mark

    def holds(self, found: Share) -> bool:
        """Whether the regression gate is passed; nothing measured is no pass."""
        return found.total > 0 and self.reaches(found.value, self.gate)

    def judged(self, found: Share) -> str:
        """The share beside its aim and its gate, each with what became of it."""
        sign = "≥" if self.more else "≤"
        aim = "reached" if found.total and self.reaches(found.value, self.aim) else "MISSED"
        gate = "held" if self.holds(found) else "BROKEN"
        return f"{found}  aim {sign} {self.aim:.2f}: {aim}  regression gate {sign} {self.gate:.2f}: {gate}"


class Figure(Frozen):
    """A share with its Wilson interval at 95 %, beside its aim if one is set."""

    hits: int
    total: int
    value: float | None
    low: float | None
    high: float | None
    aim: float | None = None
    aim_is: Literal["at least", "at most"] | None = None
    reached: bool | None = None

    @classmethod
    def of(cls, found: Share, aim: float | None = None, more: bool = True) -> Self:
        """The figure of a share; `more` says that a larger one is a better one."""
        some = found.total > 0
        low, high = found.interval if some else (None, None)
        reached = None if aim is None else some and (found.value >= aim if more else found.value <= aim)
        return cls(
            hits=found.hits,
            total=found.total,
            value=found.value if some else None,
            low=low,
            high=high,
            aim=aim,
            aim_is=None if aim is None else "at least" if more else "at most",
            reached=reached,
        )

    def __str__(self) -> str:
        return str(Share(self.hits, self.total)) if self.total else "no items"
