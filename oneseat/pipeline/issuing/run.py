"""One run over one batch: rows go out to workers in chunks, and come back to be written one by one.

Reading, judging and writing happen here, in one process and in the roster's order;
whatever takes time happens where the workers are (:mod:`oneseat.pipeline.issuing.worker`).
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

from oneseat.pipeline.issuing import worker
from oneseat.pipeline.issuing.errors import IssueRunTakenOver, PlanStale
from oneseat.pipeline.issuing.worker import Held, Made, Piece, Recipe
from oneseat.pipeline.roster.check import RowChecker, repeats
from oneseat.pipeline.roster.columns import ADMISSION_NUMBER, ID_NUMBER
from oneseat.pipeline.roster.files import Row
from oneseat.pipeline.roster.repeats import Repeats
from oneseat.pipeline.workers.interrupts import Stop, Stopped
from oneseat.pipeline.workers.pool import Crew, Done, Lost
from oneseat.state.candidates import seat_support
from oneseat.state.database import Database
from oneseat.state.issuing import issue_runs
from oneseat.state.issuing import licences as issuing
from oneseat.state.issuing.issue_runs import ChunkRow, FaultRow, IssueRunRow
from oneseat.state.issuing.licence_rows import NewLicence
from signing.clock import Clock
from signing.text import Text

CHUNK = 1000
"""Candidates a transaction: large enough that its cost is spread thin, small enough to lose little."""

_WORKER_DIED = Text(
    "every worker that was given this row or its neighbours died", "处理本行及相邻行的工作进程异常终止"
)


class Sent(NamedTuple):
    """A chunk that is out: its number, how far workers go with it, its rows' numbers, those asked for."""

    chunk: int
    intent: str
    rows: list[int]
    only: frozenset[int] | None


@dataclass
class Judged:
    """A chunk as it is to be written."""

    sent: Sent
    acts: str
    licences: list[tuple[int, str, NewLicence]] = field(default_factory=list)
    """Row, act, and licence of each row for which one is made."""
    faults: list[FaultRow] = field(default_factory=list)
    mended: int = 0

    def line(self) -> ChunkRow:
        """Its line in the journal."""
        acts = self.acts
        reissued = acts.count(worker.CHANGED) + acts.count(worker.ASKED)
        return ChunkRow(
            self.sent.chunk,
            len(acts) - acts.count(worker.PASSED),
            acts.count(worker.ADDED),
            acts.count(worker.REFRESHED),
            reissued,
            acts.count(worker.UNCHANGED),
            len(self.faults),
            self.mended,
            self._digest(),
        )

    def chosen(self, *acts: str) -> list[NewLicence]:
        """The licences of rows to which one of these happens."""
        return [licence for _, act, licence in self.licences if act in acts]

    def _digest(self) -> str:
        lines = [f"{row} {act} {licence.jti}" for row, act, licence in self.licences]
        lines += [f"{fault.row} {worker.FAULTY}" for fault in self.faults]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


@dataclass
class Run:
    """One run over a batch: new, planned, or taken up where an earlier run was stopped."""

    database: Database
    clock: Clock
    recipe: Recipe
    batch: IssueRunRow
    owner: str
    intent: str = worker.ISSUE

    def __post_init__(self) -> None:
        self._sent: deque[Sent] = deque()
        self._repeats = Repeats()
        self._checker = RowChecker(self.recipe.rules, self.recipe.columns)
        with self.database.reading() as connection:
            self._known = issue_runs.chunks(connection, self.batch.id)

    def through(
        self,
        crew: Crew,
        rows: Iterator[Row],
        stop: Stop,
        heed: Callable[[Judged], None],
        listen: Callable[[int, int], None],
    ) -> None:
        """Take every row. ``heed`` is given each chunk, ``listen`` the rows so far and how many are left out.

        Raises:
            Stopped: ``stop`` was asked; all before is written.
            PlanStale: a chunk would do something else than was planned.
            IssueRunTakenOver: another process owns the issue run.
        """
        taken, faulty = 0, self.batch.faulty
        for answer in crew.map(partial(worker.work, self.recipe), self._pieces(crew, rows)):
            judged = self._judged(self._sent.popleft(), answer)
            if judged.sent.intent != worker.CHECK:
                heed(judged)
                faulty += len(judged.faults)
            taken += len(judged.sent.rows)
            listen(taken, faulty)
            if stop.asked:
                raise Stopped(taken)

    def write(self, judged: Judged) -> None:
        """Write a chunk and its line in the journal, in one transaction."""
        line, recipe = judged.line(), self.recipe
        exam, edition_id = recipe.edition.exam, recipe.edition.id
        planned, _ = self._known.get(line.chunk, (line.digest, False))
        if planned != line.digest:
            raise PlanStale(row=judged.sent.rows[0])
        asked = [one.admission_number for one in judged.chosen(worker.ASKED, worker.CHANGED)]
        with self.database.writing() as connection:
            issuing.add_seats(connection, exam, edition_id, judged.chosen(worker.ADDED))
            issuing.add_licences(connection, exam, edition_id, judged.chosen(worker.REFRESHED))
            moved = judged.chosen(worker.CHANGED, worker.ASKED)
            issuing.advance_seats(connection, exam, edition_id, moved)
            seat_support.finish_reissues(connection, exam, asked, recipe.issued_at)
            now = self.clock.now()
            if not issue_runs.record_chunk(connection, self.batch.id, self.owner, line, judged.faults, now):
                raise IssueRunTakenOver(issue_run=self.batch.id)

    def write_plan(self, judged: Judged) -> None:
        """Fix what a chunk will do."""
        with self.database.writing() as connection:
            issue_runs.write_plan(connection, self.batch.id, judged.line())

    def _pieces(self, crew: Crew, rows: Iterator[Row]) -> Iterator[Piece | bytes]:
        chunk = 0
        while cut := list(islice(rows, CHUNK)):
            piece = self._piece(chunk, cut)
            self._sent.append(Sent(chunk, piece.intent, [number for number, _ in cut], piece.only))
            yield piece if crew.local else worker.bench_for(self.recipe).envelope.close(piece)
            chunk += 1

    def _piece(self, chunk: int, rows: list[Row]) -> Piece:
        _, done = self._known.get(chunk, ("", False))
        if done:
            return Piece(worker.CHECK, rows, {}, None)
        only = self._asked_for(rows)
        checker = self._checker
        numbers = [
            number
            for row, cells in rows
            if (only is None or row in only) and (number := checker.admission_number(cells)) is not None
        ]
        return Piece(self.intent, rows, self._held(numbers), only)

    def _asked_for(self, rows: list[Row]) -> frozenset[int] | None:
        if self.batch.retry_of is None:
            return None
        with self.database.reading() as connection:
            return issue_runs.failed_rows(connection, self.batch.retry_of, rows[0][0], rows[-1][0])

    def _held(self, numbers: list[str]) -> dict[str, Held]:
        edition = self.recipe.edition
        with self.database.reading() as connection:
            held = issuing.find_stored_seats(connection, edition.exam, edition.id, numbers)
            asked = seat_support.pending_reissues(connection, edition.exam, list(held))
        return {
            number: Held(seat.generation, seat.login_tag, seat.licensed, number in asked)
            for number, seat in held.items()
        }

    def _judged(self, sent: Sent, answer: Done[Piece | bytes, Made | bytes] | Lost[Piece | bytes]) -> Judged:
        if isinstance(answer, Lost):
            reason = (("", _WORKER_DIED),)
            asked = [row for row in sent.rows if sent.only is None or row in sent.only]
            return Judged(sent, worker.FAULTY * len(asked), faults=[FaultRow(row, reason) for row in asked])
        made = answer.result
        if isinstance(made, bytes):
            made = worker.bench_for(self.recipe).envelope.open(made)
        return self._against_the_rest(sent, made)

    def _against_the_rest(self, sent: Sent, made: Made) -> Judged:
        """What workers cannot see: numbers that an earlier row has."""
        faults = self._faults(sent, made)
        if not faults:
            acts = made.acts
        else:
            left_out = {fault.row for fault in faults}
            pairs = zip(sent.rows, made.acts, strict=True)
            acts = "".join(worker.FAULTY if row in left_out else act for row, act in pairs)
        licences = [
            (sent.rows[position], acts[position], licence)
            for position, licence in made.licences
            if acts[position] != worker.FAULTY
        ]
        mended = sum(acts[position] != worker.FAULTY for position in made.mended)
        return Judged(sent, acts, licences, faults, mended)

    def _faults(self, sent: Sent, made: Made) -> list[FaultRow]:
        keys, faults, seen = array("Q"), list[FaultRow](), self._repeats.of
        keys.frombytes(made.keys)
        for position, row in enumerate(sent.rows):
            own = made.faults.get(position, ())
            id_row, number_row = seen(row, keys[2 * position], keys[2 * position + 1], sound=not own)
            if not own and not id_row and not number_row:
                continue
            if sent.intent == worker.CHECK or made.acts[position] == worker.PASSED:
                continue
            again = ((ID_NUMBER, id_row), (ADMISSION_NUMBER, number_row))
            faults.append(FaultRow(row, (*own, *((column, repeats(at)) for column, at in again if at))))
        return faults


def due(at: datetime) -> datetime:
    """A batch's issue time: licences count in whole seconds."""
    return at.replace(microsecond=0)
