"""What a reader reports to the operator: an error, a bias, or a barrier, in the reader's own words."""

from __future__ import annotations

from enum import Enum

from pydantic import Field

from domain.base import Frozen


class ReportKind(Enum):
    """What the reader says is wrong."""

    ERROR = "error"
    BIAS = "bias"
    ACCESS = "access"
    OTHER = "other"


class Report(Frozen):
    """One report as it is kept: personal data masked, nothing about who sent it."""

    id: str
    at: str = Field(description="RFC 3339, UTC")
    election: str
    record: str | None = Field(default=None, description="The answer it is about, if it is about one")
    kind: ReportKind
    text: str
