"""The coordinator of an issue run: sends chunks to workers, and writes each in one transaction.

Reading, finding repeats and writing happen here, in one process and in the roster's order.
What takes time happens in the workers (:mod:`oneseat.pipeline.issuing.worker`).
"""

from __future__ import annotations

import hashlib
from array import array
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import islice
from typing import NamedTuple

from sqlalchemy import Connection

from oneseat.pipeline.issuing import worker
from oneseat.pipeline.issuing.errors import IssueRunTakenOver, PlanStale
from oneseat.pipeline.issuing.worker import ChunkRequest, ChunkResult, IssueJob, StoredSeat
from oneseat.pipeline.roster.check import RowChecker, repeat_fault
from oneseat.pipeline.roster.columns import (
    ADJUSTMENTS,
    ADMISSION_NUMBER,
    EXTRA_MINUTES,
    ID_NUMBER,
    PAPER,
    SESSION,
)
from oneseat.pipeline.roster.repeats import RepeatIndex
from oneseat.pipeline.roster.workbooks import Row
from oneseat.pipeline.signing_clock import TOLERANCE
from oneseat.pipeline.workers.interrupts import Stop
from oneseat.pipeline.workers.pool import ChunkDone, ChunkLost, WorkerPool
from oneseat.state.candidates import seat_list, seat_support, seat_terms
from oneseat.state.candidates.seat_list import SeatRow
from oneseat.state.candidates.term_rows import NewTerms
from oneseat.state.database import Database
from oneseat.state.issuing import issue_runs, licences
from oneseat.state.issuing.issue_runs import ChunkRow, FaultRow, IssueRunRow
from oneseat.state.issuing.licence_rows import NewLicence
from signing.clock import Clock
from signing.text import Text

CHUNK = 1000
"""Rows a transaction: enough to spread its cost, few enough that a killed run loses little."""

_STORED = {
    SESSION: "session",
    PAPER: "paper",
    EXTRA_MINUTES: "sealed_extra",
    ADJUSTMENTS: "sealed_adjustments",
}
"""Where the state keeps a roster's optional columns."""

_WORKER_DIED = Text(
    "every worker that was given this row or its neighbours died", "处理本行及相邻行的工作进程异常终止"
)


class ChunkSent(NamedTuple):
    """A chunk that was sent: its number, how far workers go with it, its row numbers, those of a retry."""

    chunk: int
    intent: str
    rows: list[int]
    only: frozenset[int] | None


@dataclass
class ChunkOutcome:
    """A chunk's acts, licences and faults, ready to be written."""

    sent: ChunkSent
    acts: str
    licences: list[tuple[int, str, NewLicence]] = field(default_factory=list)
    """Row, act and licence of each row that gets one."""
    faults: list[FaultRow] = field(default_factory=list)
    mended: int = 0
    terms: list[NewTerms] = field(default_factory=list)

    def journal_row(self) -> ChunkRow:
        """Make the chunk's row in the issue run's journal."""
        acts = self.acts
        reissued = sum(map(acts.count, worker.REISSUED))
        return ChunkRow(
            self.sent.chunk,
            len(acts) - acts.count(worker.PASSED),
            acts.count(worker.ADDED),
            acts.count(worker.REFRESHED) + acts.count(worker.RESPELT),
            reissued,
            acts.count(worker.UNCHANGED),
            len(self.faults),
            self.mended,
            self._digest(),
        )

    def licences_with(self, *acts: str) -> list[NewLicence]:
        """Select the licences of rows with one of these acts."""
        return [licence for _, act, licence in self.licences if act in acts]

    def _digest(self) -> str:
        lines = [f"{row} {act} {licence.jti}" for row, act, licence in self.licences]
        lines += [f"{fault.row} {worker.FAULTY}" for fault in self.faults]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


@dataclass
class Run:
    """One process's work on an issue run: new, planned, or resumed after an interruption.

    ``owner`` is a random name; the database refuses writes of a process that is no longer the owner.
    """

    database: Database
    clock: Clock
    job: IssueJob
    row: IssueRunRow
    owner: str
    intent: str = worker.ISSUE
    place: Callable[[int], str] = str
    """Turns a row's number into words, for faults that name another row."""

    def __post_init__(self) -> None:
        self._pending: deque[ChunkSent] = deque()
        self._repeats = RepeatIndex()
        self.remarked: list[int] = []
        """Rows whose candidates may be unable to type their names."""
        self._checker = RowChecker(self.job.rules, self.job.columns)
        self._term_columns = [_STORED[column] for column in sorted(self.job.columns.terms)]
        with self.database.reading() as connection:
            self._journal = issue_runs.chunks(connection, self.row.id)
            self._some_ahead = issue_runs.any_issued_after(
                connection, self.job.edition.id, self._latest_valid
            )

    def process(
        self,
        pool: WorkerPool,
        rows: Iterator[Row],
        stop: Stop,
        on_chunk: Callable[[ChunkOutcome], None],
        on_progress: Callable[[int, int], None],
    ) -> None:
        """Send every row to the workers, and pass each chunk's outcome to ``on_chunk``, in order.

        ``on_progress`` gets the rows so far, and how many of them are faulty.

        Raises:
            Stopped: ``stop`` was set; the chunks before are written.
            PlanStale: a chunk would do something else than was planned.
            IssueRunTakenOver: another process owns the issue run.
        """
        taken, faulty = 0, self.row.faulty
        for reply in pool.map(partial(worker.run_chunk, self.job), self._requests(pool, rows)):
            outcome = self._outcome(self._pending.popleft(), reply)
            if outcome.sent.intent != worker.CHECK:
                on_chunk(outcome)
                faulty += len(outcome.faults)
            taken += len(outcome.sent.rows)
            on_progress(taken, faulty)
            if stop.asked:
                raise stop.stopped(taken)

    def missing_seats(self) -> Iterator[SeatRow]:
        """Yield the seats that are in force and that no row of the roster names.

        Call it after :meth:`process`. A faulty row names a seat if its admission number can be read.
        """
        key_of = worker.worker_for(self.job).number_key
        with self.database.reading() as connection:
            for seat in seat_list.all_seats(connection, self.job.edition.exam):
                if not seat.revoked and not self._repeats.has_number(key_of(seat.admission_number)):
                    yield seat

    def write(self, outcome: ChunkOutcome) -> None:
        """Write a chunk and its journal row in one transaction."""
        line, job = outcome.journal_row(), self.job
        exam, edition_id = job.edition.exam, job.edition.id
        planned, _ = self._journal.get(line.chunk, (line.digest, False))  # without a plan, anything fits
        if planned != line.digest:
            raise PlanStale(row=outcome.sent.rows[0])
        moved = outcome.licences_with(*worker.REISSUED)
        numbers = [licence.admission_number for licence in moved]
        with self.database.writing() as connection:
            licences.add_seats(connection, exam, edition_id, outcome.licences_with(worker.ADDED))
            licences.add_licences(connection, exam, edition_id, outcome.licences_with(worker.REFRESHED))
            licences.replace_login_tags(connection, edition_id, outcome.licences_with(worker.RESPELT))
            licences.advance_seats(connection, exam, edition_id, moved)
            seat_support.finish_reissues(connection, exam, numbers, job.issued_at)
            now = self.clock.now()
            changed = [licence.admission_number for licence in outcome.licences_with(worker.CHANGED)]
            seat_terms.clear(connection, exam, changed, now)
            seat_terms.replace(connection, exam, self._term_columns, outcome.terms, now)
            # Raising rolls the whole transaction back, seats and licences included.
            if not issue_runs.record_chunk(connection, self.row.id, self.owner, line, outcome.faults, now):
                raise IssueRunTakenOver(issue_run=self.row.id)

    def write_plan(self, outcome: ChunkOutcome) -> None:
        """Write the journal row of a chunk that is planned."""
        with self.database.writing() as connection:
            issue_runs.write_plan(connection, self.row.id, outcome.journal_row())

    def _requests(self, pool: WorkerPool, rows: Iterator[Row]) -> Iterator[ChunkRequest | bytes]:
        chunk = 0
        while chunk_rows := list(islice(rows, CHUNK)):
            request = self._request(chunk, chunk_rows)
            self._pending.append(
                ChunkSent(chunk, request.intent, [number for number, _ in chunk_rows], request.only)
            )
            # A request to another computer holds names and ID numbers, so it is sealed.
            yield request if pool.local else worker.worker_for(self.job).envelope.close(request)
            chunk += 1

    def _request(self, chunk: int, rows: list[Row]) -> ChunkRequest:
        _, done = self._journal.get(chunk, ("", False))
        if done:  # an earlier process wrote it; its rows still count when repeats are looked for
            return ChunkRequest(worker.CHECK, rows, {}, None)
        only = self._rows_to_retry(rows)
        checker = self._checker
        numbers = [
            number
            for row, cells in rows
            if (only is None or row in only) and (number := checker.admission_number(cells)) is not None
        ]
        return ChunkRequest(self.intent, rows, self._stored_seats(numbers), only)

    def _rows_to_retry(self, rows: list[Row]) -> frozenset[int] | None:
        if self.row.retry_of is None:
            return None
        with self.database.reading() as connection:
            return issue_runs.failed_rows(connection, self.row.retry_of, rows[0][0], rows[-1][0])

    def _stored_seats(self, numbers: list[str]) -> dict[str, StoredSeat]:
        edition = self.job.edition
        with self.database.reading() as connection:
            stored = licences.find_stored_seats(connection, edition.exam, edition.id, numbers)
            asked = seat_support.pending_reissues(connection, edition.exam, list(stored))
            ahead = self._dated_ahead(connection, [seat.jti for seat in stored.values()])
        return {
            number: StoredSeat(
                seat.generation,
                seat.login_tag,
                seat.licensed,
                number in asked,
                seat.withdrawn,
                seat.jti in ahead,
            )
            for number, seat in stored.items()
        }

    @property
    def _latest_valid(self) -> datetime:
        """The latest ``nbf`` with which a client accepts a licence at the run's issue time."""
        return self.job.issued_at + TOLERANCE

    def _dated_ahead(self, connection: Connection, jtis: list[str]) -> set[str]:
        """Select jtis whose licence a client would refuse as not valid yet."""
        if not self._some_ahead:  # then no token of the edition needs to be decoded
            return set()
        not_before = licences.find_not_before(connection, self.job.edition.id, jtis)
        return {jti for jti, moment in not_before.items() if moment > self._latest_valid}

    def _outcome(
        self,
        sent: ChunkSent,
        reply: ChunkDone[ChunkRequest | bytes, ChunkResult | bytes] | ChunkLost[ChunkRequest | bytes],
    ) -> ChunkOutcome:
        if isinstance(reply, ChunkLost):
            reason = (("", _WORKER_DIED),)
            rows = [row for row in sent.rows if sent.only is None or row in sent.only]
            faults = [FaultRow(row, reason) for row in rows]
            return ChunkOutcome(sent, worker.FAULTY * len(rows), faults=faults)
        result = reply.result
        if isinstance(result, bytes):
            result = worker.worker_for(self.job).envelope.open(result)
        self.remarked += [sent.rows[position] for position in result.remarked]
        return self._leave_out_repeats(sent, result)

    def _leave_out_repeats(self, sent: ChunkSent, result: ChunkResult) -> ChunkOutcome:
        """Turn rows that repeat an earlier row's number into faults; a worker sees its own chunk only."""
        faults = self._find_faults(sent, result)
        if not faults:
            acts = result.acts
        else:
            left_out = {fault.row for fault in faults}
            pairs = zip(sent.rows, result.acts, strict=True)
            acts = "".join(worker.FAULTY if row in left_out else act for row, act in pairs)
        issued = [
            (sent.rows[position], acts[position], licence)
            for position, licence in result.licences
            if acts[position] != worker.FAULTY
        ]
        mended = sum(acts[position] != worker.FAULTY for position in result.mended)
        terms = [given for position, given in result.terms if acts[position] != worker.FAULTY]
        return ChunkOutcome(sent, acts, issued, faults, mended, terms)

    def _find_faults(self, sent: ChunkSent, result: ChunkResult) -> list[FaultRow]:
        keys, faults, seen = array("Q"), list[FaultRow](), self._repeats.of
        keys.frombytes(result.keys)
        for position, row in enumerate(sent.rows):
            own = result.faults.get(position, ())
            id_row, number_row = seen(row, keys[2 * position], keys[2 * position + 1], sound=not own)
            if not own and not id_row and not number_row:
                continue
            if sent.intent == worker.CHECK or result.acts[position] == worker.PASSED:
                continue
            again = ((ID_NUMBER, id_row), (ADMISSION_NUMBER, number_row))
            repeats = ((column, repeat_fault(self.place(at))) for column, at in again if at)
            faults.append(FaultRow(row, (*own, *repeats)))
        return faults


def issue_time(at: datetime) -> datetime:
    """Round down to whole seconds, in which licences count time."""
    return at.replace(microsecond=0)
