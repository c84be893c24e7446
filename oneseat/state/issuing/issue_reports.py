"""Counts for the report of an issue run. They name no person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from oneseat.state import figures
from oneseat.state.accounts import audit
from oneseat.state.candidates import seats
from oneseat.state.issuing import issue_runs
from oneseat.state.tables.issuing import IssueRun, IssueRunChunk
from signing.text import Text


@dataclass(frozen=True)
class Funnel:
    """Numbers of the exam's seats by progress, from issued to activated."""

    issued: int
    published: int
    downloaded: int
    activated: int


@dataclass(frozen=True)
class IssueRunFacts:
    """An issue run: its times, and its rows by outcome."""

    number: int
    state: str
    issued_at: datetime
    finished_at: datetime | None
    rows: int
    added: int
    refreshed: int
    reissued: int
    unchanged: int
    faulty: int
    mended: int
    not_in_roster: int | None = None
    """Seats that the roster did not name when the run finished; None of an unfinished or older run."""
    withdrawn: int = 0


def issue_run(connection: Connection, exam: str, number: int | None = None) -> IssueRunFacts | None:
    """Return an issue run of the exam by number, by default the latest, or None."""
    query = select(
        IssueRun.id,
        IssueRun.state,
        IssueRun.issued_at,
        IssueRun.finished_at,
        IssueRun.rows_done,
        IssueRun.added,
        IssueRun.refreshed,
        IssueRun.reissued,
        IssueRun.unchanged,
        IssueRun.faulty,
        IssueRun.mended,
    ).where(
        IssueRun.exam == exam,
        IssueRun.state.in_((issue_runs.RUNNING, issue_runs.FINISHED, issue_runs.ABANDONED)),
    )
    if number is not None:
        query = query.where(IssueRun.id == number)
    row = connection.execute(query.order_by(IssueRun.id.desc()).limit(1)).first()
    return row and IssueRunFacts(*row, *_missing_seats(connection, exam, row[0]))


def _missing_seats(connection: Connection, exam: str, number: int) -> tuple[int | None, int]:
    """Read from the run's audit entry how many seats its roster left out, and how many were withdrawn."""
    facts = audit.find_facts(connection, exam, "issue", "batch", number)
    return facts.get("missing"), facts.get("withdrawn", 0)


def written(connection: Connection, run_id: int) -> Iterator[tuple[datetime, int]]:
    """Yield time and row count of each written chunk, in order of time."""
    query = (
        select(IssueRunChunk.done_at, IssueRunChunk.rows)
        .where(IssueRunChunk.batch_id == run_id, IssueRunChunk.done_at.is_not(None))
        .order_by(IssueRunChunk.done_at)
    )
    for done_at, rows in connection.execute(query):
        if done_at is not None:
            yield done_at, rows


def fault_kinds(connection: Connection, run_id: int) -> Counter[tuple[str, Text]]:
    """Count the reasons for which rows were left out, by column ("" for the row as a whole)."""
    kinds: Counter[tuple[str, Text]] = Counter()
    for fault in issue_runs.faults(connection, run_id):
        kinds.update(fault.reasons)
    return kinds


def funnel(connection: Connection, exam: str) -> Funnel:
    """Count the exam's seats by progress."""
    totals = figures.totals(connection, exam)
    return Funnel(seats.count(connection, exam), totals.seats, totals.downloaded, totals.activated)
