"""A figure is printed beside its aim, and what misses the aim is called missed, whatever the exit code says."""

from __future__ import annotations

import pytest

from evaluation.figures import Share, Target

HIGH = Target(aim=0.8, gate=0.5, more=True)
LOW = Target(aim=0.1, gate=0.2, more=False)


@pytest.mark.parametrize(
    ("target", "share", "words", "holds"),
    [
        (HIGH, Share(80, 100), "aim ≥ 0.80: reached  regression gate ≥ 0.50: held", True),
        (HIGH, Share(79, 100), "aim ≥ 0.80: MISSED  regression gate ≥ 0.50: held", True),
        (HIGH, Share(49, 100), "aim ≥ 0.80: MISSED  regression gate ≥ 0.50: BROKEN", False),
        (LOW, Share(10, 100), "aim ≤ 0.10: reached  regression gate ≤ 0.20: held", True),
        (LOW, Share(11, 100), "aim ≤ 0.10: MISSED  regression gate ≤ 0.20: held", True),
        (LOW, Share(21, 100), "aim ≤ 0.10: MISSED  regression gate ≤ 0.20: BROKEN", False),
        (HIGH, Share(0, 0), "aim ≥ 0.80: MISSED  regression gate ≥ 0.50: BROKEN", False),
        (LOW, Share(0, 0), "aim ≤ 0.10: MISSED  regression gate ≤ 0.20: BROKEN", False),
    ],
)
def test_aim_and_gate_are_judged_apart(target: Target, share: Share, words: str, holds: bool) -> None:
    assert target.judged(share) == f"{share}  {words}"
    assert target.holds(share) is holds


@pytest.mark.parametrize(("aim", "gate", "more"), [(0.5, 0.8, True), (0.2, 0.1, False)])
def test_a_gate_stricter_than_its_aim_is_a_mistake(aim: float, gate: float, more: bool) -> None:
    with pytest.raises(ValueError, match="more than the aim"):
        Target(aim, gate, more)


def test_the_interval_is_wilsons() -> None:
    low, high = Share(8, 10).interval
    assert (round(low, 3), round(high, 3)) == (0.490, 0.943)
