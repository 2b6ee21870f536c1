"""Counts for the operator, in a registry of the application's own: never words, never ids, never parties.

Where several workers serve, whichever is asked adds up what all of them have counted.
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.values import ValueClass

from app.errors import RecordWriteFailed
from domain.exchange import Exchange

STEP_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)
ANSWER_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """What is counted while the application lives."""

    def __init__(self) -> None:
        own = self._all = CollectorRegistry()
        if ValueClass._multiprocess:  # decided by `app.serve` before this library is imported
            self._all = CollectorRegistry()
            MultiProcessCollector(self._all)  # type: ignore[no-untyped-call]
        self._answers = Counter("isegoria_answers", "Recorded answers by status", ["status"], registry=own)
        self._steps = Histogram(
            "isegoria_step_seconds", "Duration of one step", ["step"], registry=own, buckets=STEP_SECONDS
        )
        self.seconds = Histogram(
            "isegoria_answer_seconds", "From taking a question to its durable record", registry=own,
            buckets=ANSWER_SECONDS,
        )  # fmt: skip
        self.in_flight = Gauge(
            "isegoria_in_flight", "Questions being worked on", registry=own, multiprocess_mode="livesum"
        )
        self._away = Counter("isegoria_turned_away", "Questions turned away at the door", ["reason"], registry=own)
        self._problems = Counter("isegoria_problems", "Questions that ended in an error", ["code"], registry=own)
        self._joules = Counter("isegoria_estimated_joules", "CPU seconds times stated watts: an estimate", registry=own)
        for reason in ("rate", "busy"):
            self._away.labels(reason)

    def answered(self, exchange: Exchange) -> None:
        """Count a recorded exchange and its steps."""
        if exchange.answer is not None:
            self._answers.labels(exchange.answer.status.value).inc()
        for step in exchange.steps:
            self._steps.labels(step.name).observe(step.wall_us / 1_000_000)
        self._joules.inc(exchange.joules)

    def turned_away(self, reason: str) -> None:
        """Count a question that was not taken: `rate` or `busy`."""
        self._away.labels(reason).inc()

    def failed(self, code: str) -> None:
        """Count a question that ended in an error."""
        self._problems.labels(code).inc()

    @property
    def write_failed(self) -> bool:
        """Whether a worker has failed to store a record: it takes no more until the service is started again."""
        return bool(self._all.get_sample_value("isegoria_problems_total", {"code": RecordWriteFailed.code}))

    def text(self) -> bytes:
        """Prometheus text format."""
        return generate_latest(self._all)
