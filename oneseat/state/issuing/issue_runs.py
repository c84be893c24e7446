"""The journal of issue runs: the plan, chunks, faults and owner process of each.

A chunk and its journal row are written in one transaction, so a killed process leaves whole chunks
and a record of them. Only the owner of a run writes to it. A process that lost its connection, and
with it the lock, may find that another process owns the run. The tables are named ``batches``,
``batch_chunks`` and ``batch_faults``. Published batches have a counter of their own; see
:mod:`oneseat.state.publishing.published_batches`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, Select, delete, insert, select, update

from oneseat.state.bulk import insert_many
from oneseat.state.tables.issuing import IssueRun, IssueRunChunk, IssueRunFault
from signing.text import Text

PLANNING, PLANNED = "planning", "planned"
RUNNING, FINISHED, ABANDONED = "running", "finished", "abandoned"
_NOT_BEGUN = (PLANNING, PLANNED)
COUNTS = ("added", "refreshed", "reissued", "unchanged", "faulty", "mended")


@dataclass(frozen=True)
class IssueRunRow:
    """An issue run: its fixed issue time, and its rows so far by outcome."""

    id: int
    edition_id: int
    issued_at: datetime
    state: str
    rows_done: int
    added: int
    refreshed: int
    reissued: int
    unchanged: int
    faulty: int
    mended: int
    retry_of: int | None


@dataclass(frozen=True)
class IssueWork:
    """The input of an issue run. ``digest`` covers all inputs besides the edition."""

    exam: str
    digest: str
    edition_id: int
    retry_of: int | None = None


class ChunkRow(NamedTuple):
    """A chunk's row in the journal."""

    chunk: int
    rows: int
    added: int
    refreshed: int
    reissued: int
    unchanged: int
    faulty: int
    mended: int
    digest: str


class FaultRow(NamedTuple):
    """A roster row that was left out, with column (empty: the whole row) and reason of each fault."""

    row: int
    reasons: tuple[tuple[str, Text], ...]


def begin(
    connection: Connection, work: IssueWork, now: datetime, owner: str, tolerance: timedelta = timedelta(0)
) -> IssueRunRow:
    """Resume the exam's interrupted or planned run of this work, or start a new one, for ``owner``.

    Unfinished runs of other work are abandoned; their committed chunks stay. So is a run whose issue time
    is more than ``tolerance`` after ``now``, since its licences would not be valid yet.
    """
    run = running(connection, work) or _latest(connection, work, PLANNED)
    if run is not None and run.issued_at > now + tolerance:
        run = None
    _abandon_others(connection, work, run, now)
    if run is None:
        run = _insert(connection, work, RUNNING, now)
    claimed = update(IssueRun).where(IssueRun.id == run.id).values(state=RUNNING, owner=owner)
    connection.execute(claimed)
    return run


def plan(
    connection: Connection, work: IssueWork, now: datetime, tolerance: timedelta = timedelta(0)
) -> IssueRunRow:
    """Return a run to plan: the interrupted run of this work, or a new one.

    A run whose issue time is more than ``tolerance`` after ``now`` is not gone on with; see :func:`begin`.
    """
    run = running(connection, work)
    if run is not None and run.issued_at <= now + tolerance:
        _forget_plan(connection, [run.id])
        return run
    planned = select(IssueRun.id).where(IssueRun.exam == work.exam, IssueRun.state.in_(_NOT_BEGUN))
    old = list(connection.scalars(planned))
    _forget_plan(connection, old)
    connection.execute(delete(IssueRun).where(IssueRun.id.in_(old)))
    return _insert(connection, work, PLANNING, now)


def running(connection: Connection, work: IssueWork) -> IssueRunRow | None:
    """Return the interrupted run of this work, or None."""
    return _latest(connection, work, RUNNING)


def unfinished(connection: Connection, exam: str) -> Sequence[int]:
    """List the ids of runs that were started and not finished."""
    return connection.scalars(
        select(IssueRun.id).where(IssueRun.exam == exam, IssueRun.state == RUNNING)
    ).all()


def any_issued_after(connection: Connection, edition_id: int, moment: datetime) -> bool:
    """Whether a run of this edition, finished or not, has an issue time after ``moment``."""
    query = select(IssueRun.id).where(IssueRun.edition_id == edition_id, IssueRun.issued_at > moment)
    return connection.scalar(query.limit(1)) is not None


def last_finished(connection: Connection, exam: str) -> IssueRunRow | None:
    """Return the run that finished last, or None."""
    query = (
        _runs().where(IssueRun.exam == exam, IssueRun.state == FINISHED).order_by(IssueRun.id.desc()).limit(1)
    )
    return _row(connection, query)


def chunks(connection: Connection, run_id: int) -> dict[int, tuple[str, bool]]:
    """Map each planned or finished chunk to its digest and whether it is finished."""
    query = select(IssueRunChunk.chunk, IssueRunChunk.digest, IssueRunChunk.done_at.is_not(None))
    return {
        row[0]: (row[1], row[2]) for row in connection.execute(query.where(IssueRunChunk.batch_id == run_id))
    }


def write_plan(connection: Connection, run_id: int, line: ChunkRow) -> None:
    """Write the plan of a chunk."""
    connection.execute(insert(IssueRunChunk), {"batch_id": run_id, **line._asdict(), "done_at": None})


def finish_plan(connection: Connection, run_id: int) -> None:
    """Mark the plan as complete, so that the next run uses it."""
    connection.execute(
        update(IssueRun).where(IssueRun.id == run_id, IssueRun.state == PLANNING).values(state=PLANNED)
    )


def record_chunk(
    connection: Connection,
    run_id: int,
    owner: str,
    line: ChunkRow,
    faults: Iterable[FaultRow],
    now: datetime,
) -> bool:
    """Record a finished chunk in the transaction that wrote it; False if another process owns the run.

    The caller must then roll back.
    """
    counts = {name: getattr(IssueRun, name) + getattr(line, name) for name in COUNTS}
    done = connection.execute(
        update(IssueRun)
        .where(IssueRun.id == run_id, IssueRun.owner == owner, IssueRun.state == RUNNING)
        .values(rows_done=IssueRun.rows_done + line.rows, **counts)
    )
    if done.rowcount != 1:
        return False
    of_chunk = (IssueRunChunk.batch_id == run_id, IssueRunChunk.chunk == line.chunk)
    planned = connection.execute(update(IssueRunChunk).where(*of_chunk).values(done_at=now))
    if planned.rowcount == 0:
        connection.execute(insert(IssueRunChunk), {"batch_id": run_id, **line._asdict(), "done_at": now})
    insert_many(
        connection, IssueRunFault, ("batch_id", "row", "reasons"), [_stored(run_id, f) for f in faults]
    )
    return True


def finish(connection: Connection, run_id: int, now: datetime) -> IssueRunRow:
    """Mark the run as finished; return its counts."""
    connection.execute(update(IssueRun).where(IssueRun.id == run_id).values(state=FINISHED, finished_at=now))
    return IssueRunRow(*connection.execute(_runs().where(IssueRun.id == run_id)).one())


def faults(
    connection: Connection, run_id: int, first: int = 0, last: int | None = None
) -> Iterator[FaultRow]:
    """Yield the rows that a run left out, in order, from row ``first`` to row ``last``."""
    query = select(IssueRunFault.row, IssueRunFault.reasons).where(
        IssueRunFault.batch_id == run_id, IssueRunFault.row >= first
    )
    if last is not None:
        query = query.where(IssueRunFault.row <= last)
    for row, reasons in connection.execution_options(yield_per=1000).execute(
        query.order_by(IssueRunFault.row)
    ):
        yield FaultRow(row, tuple((column, Text(en, zh)) for column, en, zh in json.loads(reasons)))


def failed_rows(connection: Connection, run_id: int, first: int, last: int) -> frozenset[int]:
    """Return the numbers of rows from ``first`` to ``last`` that a run left out."""
    query = select(IssueRunFault.row).where(
        IssueRunFault.batch_id == run_id, IssueRunFault.row.between(first, last)
    )
    return frozenset(connection.scalars(query))


def _stored(run_id: int, fault: FaultRow) -> tuple[int, int, str]:
    reasons = [(column, reason.en, reason.zh) for column, reason in fault.reasons]
    return run_id, fault.row, json.dumps(reasons, ensure_ascii=False)


def _abandon_others(connection: Connection, work: IssueWork, kept: IssueRunRow | None, now: datetime) -> None:
    others = (
        IssueRun.exam == work.exam,
        IssueRun.state.in_((RUNNING, *_NOT_BEGUN)),
        IssueRun.id != (kept.id if kept else 0),
    )
    connection.execute(update(IssueRun).where(*others).values(state=ABANDONED, finished_at=now))


def _forget_plan(connection: Connection, run_ids: Sequence[int]) -> None:
    connection.execute(
        delete(IssueRunChunk).where(IssueRunChunk.batch_id.in_(run_ids), IssueRunChunk.done_at.is_(None))
    )


def _insert(connection: Connection, work: IssueWork, state: str, now: datetime) -> IssueRunRow:
    values = {
        "exam": work.exam,
        "work": work.digest,
        "edition_id": work.edition_id,
        "issued_at": now,
        "state": state,
        "rows_done": 0,
        "retry_of": work.retry_of,
        **dict.fromkeys(COUNTS, 0),
    }
    run_id = connection.execute(insert(IssueRun).values(values).returning(IssueRun.id)).scalar_one()
    return IssueRunRow(run_id, work.edition_id, now, state, 0, 0, 0, 0, 0, 0, 0, work.retry_of)


def _latest(connection: Connection, work: IssueWork, state: str) -> IssueRunRow | None:
    query = _runs().where(
        IssueRun.exam == work.exam,
        IssueRun.state == state,
        IssueRun.work == work.digest,
        IssueRun.edition_id == work.edition_id,
    )
    return _row(connection, query.order_by(IssueRun.id.desc()).limit(1))


_Columns = tuple[int, int, datetime, str, int, int, int, int, int, int, int, int | None]


def _row(connection: Connection, query: Select[*_Columns]) -> IssueRunRow | None:
    row = connection.execute(query).first()
    return row and IssueRunRow(*row)


def _runs() -> Select[*_Columns]:
    return select(
        IssueRun.id,
        IssueRun.edition_id,
        IssueRun.issued_at,
        IssueRun.state,
        IssueRun.rows_done,
        IssueRun.added,
        IssueRun.refreshed,
        IssueRun.reissued,
        IssueRun.unchanged,
        IssueRun.faulty,
        IssueRun.mended,
        IssueRun.retry_of,
    )
