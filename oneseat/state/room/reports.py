"""The outbox of reports to the portal: who started and who ended, sent until the portal has answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Select, select, update

from oneseat.state.dialect import insert_or_ignore
from oneseat.state.tables.room import RoomAttemptRow, RoomReportRow


@dataclass(frozen=True)
class DueReport:
    """A report to send: ``what`` is ``start`` or ``end``; ``tries`` counts this one."""

    attempt: str
    what: str
    at: datetime
    tries: int
    ticket: str = field(repr=False)


def add(connection: Connection, exam: str, attempt: str, what: str, at: datetime) -> bool:
    """Add a report, due at once; False if it was added before. The first one's time stays."""
    statement = insert_or_ignore(connection, RoomReportRow, ["attempt", "what"])
    row = {"attempt": attempt, "what": what, "exam": exam, "at": at, "tries": 0, "next_try_at": at}
    return connection.scalar(statement.returning(RoomReportRow.what), row) is not None


def take_due(
    connection: Connection, exam: str, now: datetime, retry_at: datetime, limit: int
) -> list[DueReport]:
    """Take reports that are due, and set their next try, so that another process does not send them too.

    A process that dies before it has sent them has only delayed them. A start comes before its end.
    """
    rows = connection.execute(_due(exam, now, limit)).all()
    reports = [DueReport(*row[:3], row[3] + 1, row[4]) for row in rows]
    for report in reports:
        values = {"tries": report.tries, "next_try_at": retry_at}
        connection.execute(update(RoomReportRow).where(*_key(report)).values(values))
    return reports


def _due(exam: str, now: datetime, limit: int) -> Select[str, str, datetime, int, str]:
    columns = (
        RoomReportRow.attempt,
        RoomReportRow.what,
        RoomReportRow.at,
        RoomReportRow.tries,
        RoomAttemptRow.ticket,
    )
    return (
        select(*columns)
        .join(RoomAttemptRow, RoomAttemptRow.id == RoomReportRow.attempt)
        .where(
            RoomReportRow.exam == exam,
            RoomReportRow.next_try_at <= now,
            RoomReportRow.done_at.is_(None),
        )
        .order_by(RoomReportRow.next_try_at, RoomReportRow.what.desc())
        .limit(limit)
        .with_for_update(of=RoomReportRow, skip_locked=True)
    )


def finish(connection: Connection, report: DueReport, at: datetime, refusal: str | None = None) -> None:
    """Record that the portal took a report, or refused it for good with a code."""
    connection.execute(update(RoomReportRow).where(*_key(report)).values(done_at=at, refusal=refusal))


def postpone(connection: Connection, report: DueReport, retry_at: datetime, refusal: str) -> None:
    """Record why a report did not get through, and when to try again."""
    values = {"next_try_at": retry_at, "refusal": refusal}
    connection.execute(update(RoomReportRow).where(*_key(report)).values(values))


def _key(report: DueReport) -> tuple[ColumnElement[bool], ...]:
    return RoomReportRow.attempt == report.attempt, RoomReportRow.what == report.what
