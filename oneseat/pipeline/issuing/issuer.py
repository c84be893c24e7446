"""``issue``: turns a roster into seats and licences, chunk by chunk, in a run that can be resumed.

Each candidate costs a few keyed hashes and one signature. Rows go to workers in chunks. A
chunk is written in one transaction, together with its row in the run's journal. So a
process that is killed leaves whole chunks, and the next one with the same roster resumes
after them. It uses the issue time of the first, so the result is that of an undisturbed run.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

from sqlalchemy import Connection

from oneseat.pipeline.errors import OfOtherExam
from oneseat.pipeline.events import OnProgress, Progress, ignore
from oneseat.pipeline.exam.model import Exam
from oneseat.pipeline.issuing import run, worker
from oneseat.pipeline.issuing.errors import NothingFailed
from oneseat.pipeline.issuing.run import ChunkOutcome, Run
from oneseat.pipeline.issuing.worker import IssueJob
from oneseat.pipeline.roster import files, read
from oneseat.pipeline.roster.check import FaultyRow, Rules, skip_blank
from oneseat.pipeline.roster.columns import Columns
from oneseat.pipeline.roster.errors import RosterChanged, RosterFaulty
from oneseat.pipeline.roster.files import Row
from oneseat.pipeline.workers.interrupts import stoppable
from oneseat.pipeline.workers.pool import SERIAL, WorkerOptions, worker_pool
from oneseat.state.accounts import audit
from oneseat.state.bulk import prepare_for_bulk
from oneseat.state.database import Database
from oneseat.state.issuing import issue_runs, licences
from oneseat.state.issuing.issue_runs import FaultRow, IssueRunRow, IssueWork
from oneseat.state.issuing.licences import EditionRow
from signing import jws
from signing.authority.keys import KeyRing
from signing.authority.manifest import Manifest
from signing.clock import Clock
from signing.text import Text

__all__ = ["THE_BASE", "Issued", "Issuer", "Planned", "Progress", "Step", "lock_name"]

THE_BASE = Text("The base", "该基础安装包")
FAULTS_SHOWN = 20
"""How many faulty rows the result names; the state keeps all of them."""


@dataclass(frozen=True)
class Issued:
    """The result of ``issue``. Counts cover the whole issue run, also what an interrupted process did.

    ``faulty`` rows got no seat; ``faults`` holds the reasons for the first of them.
    """

    exam: str
    issue_run: int
    base: str
    build: str
    issued_at: datetime
    rows: int
    added: int
    unchanged: int
    refreshed: int
    reissued: int
    faulty: int
    faults: list[FaultRow] = field(repr=False)
    mended: int
    resumed: bool


@dataclass(frozen=True)
class Step:
    """One planned change: the row, what would be done to its seat, and why.

    ``act`` is add, refresh, re-issue or leave out; ``why`` is missing, stale, changed,
    asked or faulty. ``jti`` is that of the licence that would be issued.
    """

    row: int
    act: str
    why: str
    jti: str | None
    generation: int | None


@dataclass(frozen=True)
class Planned:
    """The totals of a plan. Its number and issue time are stored, and the next ``issue`` uses them."""

    exam: str
    issue_run: int
    base: str
    build: str
    issued_at: datetime
    rows: int
    add: int
    refresh: int
    reissue: int
    leave_alone: int
    leave_out: int
    done_before: int


_STEPS = {
    worker.ADDED: ("add", "missing"),
    worker.REFRESHED: ("refresh", "stale"),
    worker.CHANGED: ("re-issue", "changed"),
    worker.ASKED: ("re-issue", "asked"),
}


def lock_name(exam_id: str) -> str:
    """Return the name of the lock that issuing and publishing an exam share: one excludes the other."""
    return f"issue and publish {exam_id}"


@dataclass(frozen=True)
class Issuer:
    """Issues an exam's licences for one base, with the authority's keys, into the state."""

    exam: Exam
    manifest: Manifest
    ring: KeyRing
    database: Database
    clock: Clock
    workers: WorkerOptions = SERIAL

    def issue(
        self,
        roster: Path,
        *,
        strict: bool = False,
        retry_failed: bool = False,
        on_progress: OnProgress = ignore,
    ) -> Issued:
        """Give every sound row of a roster a seat and a licence for the base.

        A seat with a licence is left alone. With a new base or a later last day, it gets
        another licence under the same jti (refreshed). If the person behind the number
        changed, it is re-issued: the old licence is revoked when the new one is published.
        A seat is also re-issued when the operators' desk asked for it. Seats that the roster
        does not name are left alone.

        ``retry_failed`` takes only the rows that the last issue run left out. If
        :meth:`plan` was called for the same roster, exactly the plan is carried out.

        Raises:
            OfOtherExam: the base was built for another exam.
            RosterUnreadable: the roster cannot be read.
            RosterColumnsMissing: the roster lacks a column.
            RosterChanged: the roster's file changed while it was read.
            RosterFaulty: a row is faulty, and ``strict`` is set; nothing is written.
            NothingFailed: ``retry_failed`` is set, and the last issue run left no row out.
            RunInProgress: another process issues or publishes this exam.
            PlanStale: a chunk would do something else than was planned; the chunks before it are written.
            IssueRunTakenOver: another process has resumed the run since.
            ClusterUnreachable: no Dask scheduler answers, or the cluster went away.
            Stopped: a signal such as Ctrl-C asked for it; the chunks before are written.
        """
        source = self._source(roster)
        if strict:
            _refuse_faults(roster, self.exam)
        with self.database.exclusive(lock_name(self.exam.id)):
            issue_run = self._begin(source, retry_failed=retry_failed)
            self._process(issue_run, source, issue_run.write, on_progress)
            return self._finish(issue_run)

    def plan(
        self,
        roster: Path,
        *,
        retry_failed: bool = False,
        on_step: Callable[[Step], None],
        on_progress: OnProgress = ignore,
    ) -> Planned:
        """Report what :meth:`issue` would do, step by step, and store it as the plan of the next run.

        No seat and no licence is written. An earlier plan is replaced. Of an interrupted
        run, the rest is planned.

        Raises:
            OneSeatError: what :meth:`issue` raises, except PlanStale and IssueRunTakenOver.
        """
        source = self._source(roster)
        with self.database.exclusive(lock_name(self.exam.id)):
            issue_run, totals = self._begin_plan(source, retry_failed=retry_failed), _PlanTotals()

            def on_chunk(outcome: ChunkOutcome) -> None:
                issue_run.write_plan(outcome)
                totals.count(outcome)
                for step in _steps(outcome):
                    on_step(step)

            self._process(issue_run, source, on_chunk, on_progress)
            with self.database.writing() as connection:
                issue_runs.finish_plan(connection, issue_run.row.id)
            return totals.planned(issue_run)

    def _source(self, roster: Path) -> _Source:
        if self.manifest.exam != self.exam.id:
            raise OfOtherExam(what=THE_BASE, found=self.manifest.exam, wanted=self.exam.id)
        return _Source(roster, files.fingerprint(roster), *files.rows(roster))

    def _begin(self, source: _Source, *, retry_failed: bool) -> Run:
        owner, now = secrets.token_hex(16), run.issue_time(self.clock.now())
        with self.database.writing() as connection:
            prepare_for_bulk(connection)
            edition = self._edition(connection)
            work = self._work(connection, source, edition, retry_failed=retry_failed)
            row = issue_runs.begin(connection, work, now, owner)
        job = self._job(source, edition, row)
        return Run(self.database, self.clock, job, row, owner)

    def _begin_plan(self, source: _Source, *, retry_failed: bool) -> Run:
        now = run.issue_time(self.clock.now())
        with self.database.writing() as connection:
            edition = self._edition(connection)
            work = self._work(connection, source, edition, retry_failed=retry_failed)
            row = issue_runs.plan(connection, work, now)
        job = self._job(source, edition, row)
        return Run(self.database, self.clock, job, row, "", worker.PLAN)

    def _edition(self, connection: Connection) -> EditionRow:
        manifest, exam = self.manifest, self.exam
        base, build = manifest.authenticode_sha256, manifest.build
        return licences.edition(connection, exam.id, base, build, exam.ends)

    def _work(
        self, connection: Connection, source: _Source, edition: EditionRow, *, retry_failed: bool
    ) -> IssueWork:
        retry_of = _run_to_retry(connection, self.exam.id) if retry_failed else None
        parts = {
            "roster": source.fingerprint.digest,
            "document_kinds": self.exam.document_kinds,
            "admission_number": self.exam.admission_number.model_dump(),
            "licence_key": self.ring.entry("licence").kid,
            "chunk": run.CHUNK,
            "retry_of": retry_of,
        }
        digest = hashlib.sha256(jws.canonical_json(parts)).hexdigest()
        return IssueWork(self.exam.id, digest, edition.id, retry_of)

    def _job(self, source: _Source, edition: EditionRow, row: IssueRunRow) -> IssueJob:
        kid, folder = self.ring.entry("licence").kid, str(self.ring.folder.absolute())
        return IssueJob(Rules.of(self.exam), source.columns, edition, row.issued_at, folder, kid)

    def _process(
        self,
        issue_run: Run,
        source: _Source,
        on_chunk: Callable[[ChunkOutcome], None],
        on_progress: OnProgress,
    ) -> None:
        def report(rows: int, faulty: int) -> None:
            on_progress(Progress(rows, faulty, source.estimated_rows))

        with (
            worker.preopened(self.ring),
            stoppable() as stop,
            worker_pool(self.workers, self.ring.passphrase) as pool,
        ):
            issue_run.process(pool, skip_blank(source.rows), stop, on_chunk, report)
        # Rows were read while the file could be written; a changed digest means that they may be mixed.
        if files.fingerprint(source.path).digest != source.fingerprint.digest:
            raise RosterChanged(file=source.path.name)

    def _finish(self, issue_run: Run) -> Issued:
        """Close the run, and read its totals from the journal."""
        now, edition = self.clock.now(), issue_run.job.edition
        with self.database.writing() as connection:
            done = issue_runs.finish(connection, issue_run.row.id, now)
            facts = {"batch": done.id, "added": done.added, "refreshed": done.refreshed}
            facts |= {"reissued": done.reissued, "unchanged": done.unchanged, "faulty": done.faulty}
            audit.append(connection, now, "pipeline", "issue", edition.exam, facts)
            faults = list(islice(issue_runs.faults(connection, done.id), FAULTS_SHOWN))
        return Issued(
            exam=edition.exam,
            issue_run=done.id,
            base=edition.base,
            build=edition.build,
            issued_at=done.issued_at,
            rows=done.rows_done,
            added=done.added,
            unchanged=done.unchanged,
            refreshed=done.refreshed,
            reissued=done.reissued,
            faulty=done.faulty,
            faults=faults,
            mended=done.mended,
            resumed=issue_run.row.rows_done > 0,
        )


@dataclass(frozen=True)
class _Source:
    """An open roster: its digest, its columns, and an iterator of its rows."""

    path: Path
    fingerprint: files.Fingerprint
    columns: Columns
    rows: Iterator[Row]

    @property
    def estimated_rows(self) -> int | None:
        """Estimate the rows from the lines, without the header. Blank and broken lines count as rows."""
        return None if self.fingerprint.lines is None else max(self.fingerprint.lines - 1, 1)


@dataclass
class _PlanTotals:
    """Adds up the chunks of a plan."""

    lines: Counter[str] = field(default_factory=Counter)

    def count(self, outcome: ChunkOutcome) -> None:
        self.lines.update(
            {name: value for name, value in outcome.journal_row()._asdict().items() if name != "digest"}
        )

    def planned(self, issue_run: Run) -> Planned:
        edition, lines = issue_run.job.edition, self.lines
        return Planned(
            exam=edition.exam,
            issue_run=issue_run.row.id,
            base=edition.base,
            build=edition.build,
            issued_at=issue_run.row.issued_at,
            rows=lines["rows"],
            add=lines["added"],
            refresh=lines["refreshed"],
            reissue=lines["reissued"],
            leave_alone=lines["unchanged"],
            leave_out=lines["faulty"],
            done_before=issue_run.row.rows_done,
        )


def _steps(outcome: ChunkOutcome) -> Iterator[Step]:
    """List a chunk's planned changes, in the order of its rows."""
    steps = [
        Step(row, *_STEPS[act], licence.jti, licence.generation) for row, act, licence in outcome.licences
    ]
    steps += [Step(fault.row, "leave out", "faulty", None, None) for fault in outcome.faults]
    return iter(sorted(steps, key=lambda step: step.row))


def _run_to_retry(connection: Connection, exam_id: str) -> int:
    last = issue_runs.last_finished(connection, exam_id)
    if last is None or not last.faulty:
        raise NothingFailed(exam=exam_id)
    return last.id


def _refuse_faults(roster: Path, exam: Exam) -> None:
    rows = faulty = 0
    for rows, entry in enumerate(read(roster, exam), start=1):  # noqa: B007 -- the last is the count
        faulty += isinstance(entry, FaultyRow)
    if faulty:
        raise RosterFaulty(file=roster.name, faulty=faulty, rows=rows)
