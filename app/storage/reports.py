"""Every query about reports: kept beside the records, gone with the record they are about, or one by one."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, select

from app.storage.tables import reports
from domain.report import Report


def insert_report(connection: Connection, report: Report) -> None:
    """Keep one."""
    connection.execute(insert(reports).values(**report.model_dump(mode="json")))


def all_reports(connection: Connection) -> tuple[Report, ...]:
    """All of them, oldest first."""
    rows = connection.execute(select(reports).order_by(reports.c.at, reports.c.id)).mappings()
    return tuple(Report.model_validate(dict(row)) for row in rows)


def drop_report(connection: Connection, id: str) -> bool:
    """Forget one; whether it was there."""
    return connection.execute(delete(reports).where(reports.c.id == id)).rowcount == 1


def drop_reports_on(connection: Connection, records: Sequence[str]) -> None:
    """Forget those about these records."""
    connection.execute(delete(reports).where(reports.c.record.in_(records)))
