"""The journal of issue runs: the plan of each, its chunks, its faults, and the process that owns it.

A chunk is written in one transaction with its line here, so a killed process leaves whole
chunks and a record of which. Only the process that owns an issue run writes to it. One that
lost its connection, and with it the lock, may find that another has become the owner. The
tables are named ``batches``, ``batch_chunks`` and ``batch_faults``; published batches, which
are counted apart, are :mod:`oneseat.state.publishing.published_batches`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
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
    """An issue run: its fixed issue time, its rows so far, and what became of them."""

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
class Work:
    """What an issue run works on. ``digest`` covers all that its outcome depends on besides the edition."""

    exam: str
    digest: str
    edition_id: int
    retry_of: int | None = None


class ChunkRow(NamedTuple):
    """A chunk's line in the journal."""

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
    """A row that was left out, and for each faulty column (empty: the row as a whole) why."""

    row: int
    reasons: tuple[tuple[str, Text], ...]


def begin(connection: Connection, work: Work, now: datetime, owner: str) -> IssueRunRow:
    """The exam's interrupted or planned run of exactly this work, or a new one; ``owner`` may write to it.

    Issue runs of other work that are not ended are abandoned: what they committed stays.
    """
    found = running(connection, work) or _latest(connection, work, PLANNED)
    _abandon_others(connection, work, found, now)
    if found is None:
        found = _insert(connection, work, RUNNING, now)
    taken = update(IssueRun).where(IssueRun.id == found.id).values(state=RUNNING, owner=owner)
    connection.execute(taken)
    return found


def plan(connection: Connection, work: Work, now: datetime) -> IssueRunRow:
    """An issue run to plan: an interrupted one of this work as it is, or a new one."""
    found = running(connection, work)
    if found is not None:
        _forget_plan(connection, [found.id])
        return found
    planned = select(IssueRun.id).where(IssueRun.exam == work.exam, IssueRun.state.in_(_NOT_BEGUN))
    old = list(connection.scalars(planned))
    _forget_plan(connection, old)
    connection.execute(delete(IssueRun).where(IssueRun.id.in_(old)))
    return _insert(connection, work, PLANNING, now)


def running(connection: Connection, work: Work) -> IssueRunRow | None:
    """The interrupted issue run of this work."""
    return _latest(connection, work, RUNNING)


def unfinished(connection: Connection, exam: str) -> Sequence[int]:
    """The numbers of issue runs that were started and not ended."""
    return connection.scalars(
        select(IssueRun.id).where(IssueRun.exam == exam, IssueRun.state == RUNNING)
    ).all()


def last_finished(connection: Connection, exam: str) -> IssueRunRow | None:
    """The issue run that ended last."""
    query = (
        _batch()
        .where(IssueRun.exam == exam, IssueRun.state == FINISHED)
        .order_by(IssueRun.id.desc())
        .limit(1)
    )
    return _row(connection, query)


def chunks(connection: Connection, batch_id: int) -> dict[int, tuple[str, bool]]:
    """The digest of every chunk that was planned or done, and whether it is done."""
    query = select(IssueRunChunk.chunk, IssueRunChunk.digest, IssueRunChunk.done_at.is_not(None))
    return {
        row[0]: (row[1], row[2])
        for row in connection.execute(query.where(IssueRunChunk.batch_id == batch_id))
    }


def write_plan(connection: Connection, batch_id: int, line: ChunkRow) -> None:
    """Fix what a chunk will do."""
    connection.execute(insert(IssueRunChunk), {"batch_id": batch_id, **line._asdict(), "done_at": None})


def plan_is_whole(connection: Connection, batch_id: int) -> None:
    """Let the next run take the plan: all of its chunks are written."""
    connection.execute(
        update(IssueRun).where(IssueRun.id == batch_id, IssueRun.state == PLANNING).values(state=PLANNED)
    )


def advance(
    connection: Connection,
    batch_id: int,
    owner: str,
    line: ChunkRow,
    faults: Iterable[FaultRow],
    now: datetime,
) -> bool:
    """Record a finished chunk in the transaction that wrote it; False when the batch is another run's by now.

    The caller must then roll back.
    """
    counts = {name: getattr(IssueRun, name) + getattr(line, name) for name in COUNTS}
    done = connection.execute(
        update(IssueRun)
        .where(IssueRun.id == batch_id, IssueRun.owner == owner, IssueRun.state == RUNNING)
        .values(rows_done=IssueRun.rows_done + line.rows, **counts)
    )
    if done.rowcount != 1:
        return False
    of_chunk = (IssueRunChunk.batch_id == batch_id, IssueRunChunk.chunk == line.chunk)
    planned = connection.execute(update(IssueRunChunk).where(*of_chunk).values(done_at=now))
    if planned.rowcount == 0:
        connection.execute(insert(IssueRunChunk), {"batch_id": batch_id, **line._asdict(), "done_at": now})
    insert_many(
        connection, IssueRunFault, ("batch_id", "row", "reasons"), [_stored(batch_id, f) for f in faults]
    )
    return True


def finish(connection: Connection, batch_id: int, now: datetime) -> IssueRunRow:
    """Record that the batch is done, and give its counts."""
    connection.execute(
        update(IssueRun).where(IssueRun.id == batch_id).values(state=FINISHED, finished_at=now)
    )
    return IssueRunRow(*connection.execute(_batch().where(IssueRun.id == batch_id)).one())


def faults(
    connection: Connection, batch_id: int, first: int = 0, last: int | None = None
) -> Iterator[FaultRow]:
    """The rows that a batch left out, in order, from row ``first`` to row ``last``, streamed."""
    query = select(IssueRunFault.row, IssueRunFault.reasons).where(
        IssueRunFault.batch_id == batch_id, IssueRunFault.row >= first
    )
    if last is not None:
        query = query.where(IssueRunFault.row <= last)
    for row, reasons in connection.execution_options(yield_per=1000).execute(
        query.order_by(IssueRunFault.row)
    ):
        yield FaultRow(row, tuple((column, Text(en, zh)) for column, en, zh in json.loads(reasons)))


def failed_rows(connection: Connection, batch_id: int, first: int, last: int) -> frozenset[int]:
    """The numbers of rows between two that a batch left out."""
    query = select(IssueRunFault.row).where(
        IssueRunFault.batch_id == batch_id, IssueRunFault.row.between(first, last)
    )
    return frozenset(connection.scalars(query))


def _stored(batch_id: int, fault: FaultRow) -> tuple[int, int, str]:
    reasons = [(column, reason.en, reason.zh) for column, reason in fault.reasons]
    return batch_id, fault.row, json.dumps(reasons, ensure_ascii=False)


def _abandon_others(connection: Connection, work: Work, kept: IssueRunRow | None, now: datetime) -> None:
    others = (
        IssueRun.exam == work.exam,
        IssueRun.state.in_((RUNNING, *_NOT_BEGUN)),
        IssueRun.id != (kept.id if kept else 0),
    )
    connection.execute(update(IssueRun).where(*others).values(state=ABANDONED, finished_at=now))


def _forget_plan(connection: Connection, batch_ids: Sequence[int]) -> None:
    connection.execute(
        delete(IssueRunChunk).where(IssueRunChunk.batch_id.in_(batch_ids), IssueRunChunk.done_at.is_(None))
    )


def _insert(connection: Connection, work: Work, state: str, now: datetime) -> IssueRunRow:
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
    batch_id = connection.execute(insert(IssueRun).values(values).returning(IssueRun.id)).scalar_one()
    return IssueRunRow(batch_id, work.edition_id, now, state, 0, 0, 0, 0, 0, 0, 0, work.retry_of)


def _latest(connection: Connection, work: Work, state: str) -> IssueRunRow | None:
    query = _batch().where(
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


def _batch() -> Select[*_Columns]:
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
