"""The outbox of reports to the portal: who started, who ended, and how far the upload is.

A report is sent until the portal has answered; that of the upload again and again until everything is stored.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Select, case, delete, select, update

from oneseat.state.dialect import insert_or_ignore
from oneseat.state.tables.room import RoomAttemptRow, RoomReportRow

START, END, UPLOAD = "start", "end", "upload"
_ORDER = case({START: 0, END: 1}, value=RoomReportRow.what, else_=2)
"""Of reports that are due at one time, the one of what came first."""


@dataclass(frozen=True)
class DueReport:
    """A report to send: ``what`` is :data:`START`, :data:`END` or :data:`UPLOAD`; ``tries`` counts this one.

    The outbox has one row of an attempt's upload. What is left is read when it is sent.
    """

    attempt: str
    what: str
    at: datetime
    tries: int
    ticket: str = field(repr=False)


def add(
    connection: Connection, exam: str, attempt: str, what: str, at: datetime, due_at: datetime | None = None
) -> bool:
    """Add a report, due at once or at ``due_at``; False if it was added before: its time stays."""
    statement = insert_or_ignore(connection, RoomReportRow, ["attempt", "what"])
    row = {"attempt": attempt, "what": what, "exam": exam, "at": at, "tries": 0, "next_try_at": due_at or at}
    return connection.scalar(statement.returning(RoomReportRow.what), row) is not None


def take_due(
    connection: Connection, exam: str, now: datetime, retry_at: datetime, limit: int
) -> list[DueReport]:
    """Take reports that are due, and set their next try, so that another process does not send them too.

    A process that dies before it has sent them has only delayed them. A start comes before its
    end, and an end before the upload.
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
        .order_by(RoomReportRow.next_try_at, _ORDER)
        .limit(limit)
        .with_for_update(of=RoomReportRow, skip_locked=True)
    )


def finish(connection: Connection, report: DueReport, at: datetime, refusal: str | None = None) -> None:
    """Record that the portal took a report, or refused it for good with a code."""
    connection.execute(update(RoomReportRow).where(*_key(report)).values(done_at=at, refusal=refusal))


def send_again(connection: Connection, attempt: str, what: str, due_at: datetime) -> None:
    """Make a report due at ``due_at``, also one that is finished, with its tries forgotten."""
    mine = (RoomReportRow.attempt == attempt, RoomReportRow.what == what)
    values = {"next_try_at": due_at, "tries": 0, "done_at": None, "refusal": None}
    connection.execute(update(RoomReportRow).where(*mine).values(values))


def forget_end(connection: Connection, attempt: str) -> None:
    """Delete the reports of an end that was taken back, and of its upload."""
    connection.execute(
        delete(RoomReportRow).where(RoomReportRow.attempt == attempt, RoomReportRow.what.in_((END, UPLOAD)))
    )


def postpone(connection: Connection, report: DueReport, retry_at: datetime, refusal: str) -> None:
    """Record why a report did not get through, and when to try again."""
    values = {"next_try_at": retry_at, "refusal": refusal}
    connection.execute(update(RoomReportRow).where(*_key(report)).values(values))


def _key(report: DueReport) -> tuple[ColumnElement[bool], ...]:
    return RoomReportRow.attempt == report.attempt, RoomReportRow.what == report.what
