"""How far a batch of ``issue`` has come: its plan, its chunks, its faults, and the run that may write.

A chunk is written in one transaction with its line here, so a killed run leaves whole
chunks and knows which. Only the run that owns a batch writes to it: one that was cut off
from the database, and whose lock another has taken over since, finds itself disowned.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, Select, delete, insert, select, update

from oneseat.state.bulk import insert_many
from oneseat.state.tables.issuing import BatchChunk, BatchFault
from oneseat.state.tables.seats import Batch
from signing.errors import Text

PLANNING, PLANNED = "planning", "planned"
RUNNING, FINISHED, ABANDONED = "running", "finished", "abandoned"
_NOT_BEGUN = (PLANNING, PLANNED)
COUNTS = ("added", "refreshed", "reissued", "unchanged", "faulty", "mended")


@dataclass(frozen=True)
class BatchRow:
    """A batch: its fixed issue time, its rows so far, and what became of them."""

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
    """What a batch is about. ``digest`` covers everything that its outcome depends on besides the edition."""

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


def begin(connection: Connection, work: Work, now: datetime, owner: str) -> BatchRow:
    """The exam's interrupted or planned batch of exactly this work, or a new one; ``owner`` may write to it.

    Batches of other work that are not ended are abandoned: what they committed stays.
    """
    found = running(connection, work) or _latest(connection, work, PLANNED)
    _abandon_others(connection, work, found, now)
    if found is None:
        found = _insert(connection, work, RUNNING, now)
    taken = update(Batch).where(Batch.id == found.id).values(state=RUNNING, owner=owner)
    connection.execute(taken)
    return found


def plan(connection: Connection, work: Work, now: datetime) -> BatchRow:
    """A batch to plan: an interrupted one of this work as it is, or a new one."""
    found = running(connection, work)
    if found is not None:
        _forget_plan(connection, [found.id])
        return found
    planned = select(Batch.id).where(Batch.exam == work.exam, Batch.state.in_(_NOT_BEGUN))
    old = list(connection.scalars(planned))
    _forget_plan(connection, old)
    connection.execute(delete(Batch).where(Batch.id.in_(old)))
    return _insert(connection, work, PLANNING, now)


def running(connection: Connection, work: Work) -> BatchRow | None:
    """The interrupted batch of this work."""
    return _latest(connection, work, RUNNING)


def unfinished(connection: Connection, exam: str) -> Sequence[int]:
    """The numbers of batches that were started and not ended."""
    return connection.scalars(select(Batch.id).where(Batch.exam == exam, Batch.state == RUNNING)).all()


def last_finished(connection: Connection, exam: str) -> BatchRow | None:
    """The batch that ended last."""
    query = _batch().where(Batch.exam == exam, Batch.state == FINISHED).order_by(Batch.id.desc()).limit(1)
    return _row(connection, query)


def chunks(connection: Connection, batch_id: int) -> dict[int, tuple[str, bool]]:
    """The digest of every chunk that was planned or done, and whether it is done."""
    query = select(BatchChunk.chunk, BatchChunk.digest, BatchChunk.done_at.is_not(None))
    return {
        row[0]: (row[1], row[2]) for row in connection.execute(query.where(BatchChunk.batch_id == batch_id))
    }


def write_plan(connection: Connection, batch_id: int, line: ChunkRow) -> None:
    """Fix what a chunk will do."""
    connection.execute(insert(BatchChunk), {"batch_id": batch_id, **line._asdict(), "done_at": None})


def plan_is_whole(connection: Connection, batch_id: int) -> None:
    """Let the next run take the plan: all of its chunks are written."""
    connection.execute(
        update(Batch).where(Batch.id == batch_id, Batch.state == PLANNING).values(state=PLANNED)
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
    counts = {name: getattr(Batch, name) + getattr(line, name) for name in COUNTS}
    done = connection.execute(
        update(Batch)
        .where(Batch.id == batch_id, Batch.owner == owner, Batch.state == RUNNING)
        .values(rows_done=Batch.rows_done + line.rows, **counts)
    )
    if done.rowcount != 1:
        return False
    of_chunk = (BatchChunk.batch_id == batch_id, BatchChunk.chunk == line.chunk)
    planned = connection.execute(update(BatchChunk).where(*of_chunk).values(done_at=now))
    if planned.rowcount == 0:
        connection.execute(insert(BatchChunk), {"batch_id": batch_id, **line._asdict(), "done_at": now})
    insert_many(
        connection, BatchFault, ("batch_id", "row", "reasons"), [_stored(batch_id, f) for f in faults]
    )
    return True


def finish(connection: Connection, batch_id: int, now: datetime) -> BatchRow:
    """Record that the batch is done, and give its counts."""
    connection.execute(update(Batch).where(Batch.id == batch_id).values(state=FINISHED, finished_at=now))
    return BatchRow(*connection.execute(_batch().where(Batch.id == batch_id)).one())


def faults(
    connection: Connection, batch_id: int, first: int = 0, last: int | None = None
) -> Iterator[FaultRow]:
    """The rows that a batch left out, in order, from row ``first`` to row ``last``, streamed."""
    query = select(BatchFault.row, BatchFault.reasons).where(
        BatchFault.batch_id == batch_id, BatchFault.row >= first
    )
    if last is not None:
        query = query.where(BatchFault.row <= last)
    for row, reasons in connection.execution_options(yield_per=1000).execute(query.order_by(BatchFault.row)):
        yield FaultRow(row, tuple((column, Text(en, zh)) for column, en, zh in json.loads(reasons)))


def failed_rows(connection: Connection, batch_id: int, first: int, last: int) -> frozenset[int]:
    """The numbers of rows between two that a batch left out."""
    query = select(BatchFault.row).where(BatchFault.batch_id == batch_id, BatchFault.row.between(first, last))
    return frozenset(connection.scalars(query))


def _stored(batch_id: int, fault: FaultRow) -> tuple[int, int, str]:
    reasons = [(column, reason.en, reason.zh) for column, reason in fault.reasons]
    return batch_id, fault.row, json.dumps(reasons, ensure_ascii=False)


def _abandon_others(connection: Connection, work: Work, kept: BatchRow | None, now: datetime) -> None:
    others = (
        Batch.exam == work.exam,
        Batch.state.in_((RUNNING, *_NOT_BEGUN)),
        Batch.id != (kept.id if kept else 0),
    )
    connection.execute(update(Batch).where(*others).values(state=ABANDONED, finished_at=now))


def _forget_plan(connection: Connection, batch_ids: Sequence[int]) -> None:
    connection.execute(
        delete(BatchChunk).where(BatchChunk.batch_id.in_(batch_ids), BatchChunk.done_at.is_(None))
    )


def _insert(connection: Connection, work: Work, state: str, now: datetime) -> BatchRow:
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
    batch_id = connection.execute(insert(Batch).values(values).returning(Batch.id)).scalar_one()
    return BatchRow(batch_id, work.edition_id, now, state, 0, 0, 0, 0, 0, 0, 0, work.retry_of)


def _latest(connection: Connection, work: Work, state: str) -> BatchRow | None:
    query = _batch().where(
        Batch.exam == work.exam,
        Batch.state == state,
        Batch.work == work.digest,
        Batch.edition_id == work.edition_id,
    )
    return _row(connection, query.order_by(Batch.id.desc()).limit(1))


_Columns = tuple[int, int, datetime, str, int, int, int, int, int, int, int, int | None]


def _row(connection: Connection, query: Select[*_Columns]) -> BatchRow | None:
    row = connection.execute(query).first()
    return row and BatchRow(*row)


def _batch() -> Select[*_Columns]:
    return select(
        Batch.id,
        Batch.edition_id,
        Batch.issued_at,
        Batch.state,
        Batch.rows_done,
        Batch.added,
        Batch.refreshed,
        Batch.reissued,
        Batch.unchanged,
        Batch.faulty,
        Batch.mended,
        Batch.retry_of,
    )
