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
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

from sqlalchemy import Connection

from oneseat.pipeline.errors import OfOtherExam
from oneseat.pipeline.events import OnProgress, Progress, ignore
from oneseat.pipeline.exam.model import Exam
from oneseat.pipeline.issuing import run, worker
from oneseat.pipeline.issuing.errors import NothingFailed, WithdrawalUncertain
from oneseat.pipeline.issuing.run import ChunkOutcome, Run
from oneseat.pipeline.issuing.worker import IssueJob
from oneseat.pipeline.roster import files, read
from oneseat.pipeline.roster.check import FaultyRow, Rules
from oneseat.pipeline.roster.errors import RosterChanged, RosterFaulty
from oneseat.pipeline.roster.files import AS_IT_IS, OpenRoster, Reading
from oneseat.pipeline.signing_clock import TOLERANCE, SigningTime, signing_time
from oneseat.pipeline.workers.interrupts import stoppable
from oneseat.pipeline.workers.pool import SERIAL, WorkerOptions, worker_pool
from oneseat.state.accounts import audit
from oneseat.state.bulk import prepare_for_bulk
from oneseat.state.candidates import seat_list, seat_terms
from oneseat.state.candidates.seat_list import SeatRow
from oneseat.state.candidates.seats import WITHDRAWN
from oneseat.state.database import Database
from oneseat.state.issuing import issue_runs, licences
from oneseat.state.issuing.issue_runs import FaultRow, IssueRunRow, IssueWork
from oneseat.state.issuing.licences import EditionRow
from signing import jws
from signing.authority.keys import KeyRing
from signing.authority.manifest import Manifest
from signing.clock import Clock
from signing.text import Text

__all__ = ["THE_BASE", "Issued", "Issuer", "Planned", "Progress", "Step", "count_rows", "lock_name"]

THE_BASE = Text("The base", "该基础安装包")
THE_PHONE_APP = Text("The phone app", "该手机端安装包")
_ACTOR = "pipeline"
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
    fault_places: list[str]
    """The rows of ``faults`` as a spreadsheet shows them, after the sheet's name if several are read."""
    mended: int
    resumed: bool
    not_in_roster: int
    """Seats in force that the roster does not name, those withdrawn now included."""
    withdrawn: int
    with_terms: int
    """Seats of the exam that have a session, paper, extra time or adjustments of their own."""
    remarks: int
    """Rows whose candidates may be unable to type their names; ``roster check`` lists them."""
    hidden_rows: int
    hidden_columns: list[str]
    sheets: list[str]
    ignored_sheets: list[str]
    phones: int | None = None
    """Phone licences that were signed as well; None where the exam has no phone app."""


@dataclass(frozen=True)
class Step:
    """One planned change: the row, what would be done to its seat, and why.

    ``act`` is add, refresh, re-issue, leave out or withdraw; ``why`` is missing, stale, spelling, changed,
    asked, returned, dated ahead, faulty or gone. ``jti`` is that of the licence that would be issued or
    revoked.
    """

    row: int
    """0 for a seat that no row names."""
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
    not_in_roster: int
    withdraw: int
    remarks: int
    hidden_rows: int
    hidden_columns: list[str]
    sheets: list[str]
    ignored_sheets: list[str]


_STEPS = {
    worker.ADDED: ("add", "missing"),
    worker.REFRESHED: ("refresh", "stale"),
    worker.RESPELT: ("refresh", "spelling"),
    worker.CHANGED: ("re-issue", "changed"),
    worker.ASKED: ("re-issue", "asked"),
    worker.RETURNED: ("re-issue", "returned"),
    worker.AHEAD: ("re-issue", "dated ahead"),
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
    trust_clock: bool = False
    """Whether to sign although the clock is not plausible; see :mod:`oneseat.pipeline.signing_clock`."""

    def issue(
        self,
        roster: Path,
        *,
        reading: Reading = AS_IT_IS,
        strict: bool = False,
        retry_failed: bool = False,
        withdraw_missing: bool = False,
        on_progress: OnProgress = ignore,
    ) -> Issued:
        """Give every sound row of a roster a seat and a licence for the base.

        A seat with a licence is left alone. With a new base or a later last day, it gets
        another licence under the same jti (refreshed). If the person behind the number
        changed, it is re-issued: the old licence is revoked when the new one is published.
        A seat is also re-issued when the operators' desk asked for it, when it was withdrawn
        because an earlier roster did not name it, or when its licence is not valid yet, because
        it was issued while the clock was ahead. Seats that the roster does not name are
        counted, and with ``withdraw_missing`` revoked.

        ``retry_failed`` takes only the rows that the last issue run left out. If
        :meth:`plan` was called for the same roster, exactly the plan is carried out.

        Raises:
            OfOtherExam: the base was built for another exam.
            OneSeatError: the roster cannot be read; see :func:`oneseat.pipeline.roster.files.open_roster`.
            ExamOver, ClockBehind: the clock is not plausible, and ``trust_clock`` is not set.
            LicenceNeverValid: the licences would end before they begin.
            RosterChanged: the roster's file changed while it was read.
            RosterFaulty: a row is faulty, and ``strict`` is set; nothing is written.
            WithdrawalUncertain: a row is faulty, and ``withdraw_missing`` is set; nothing is written.
            NothingFailed: ``retry_failed`` is set, and the last issue run left no row out.
            RunInProgress: another process issues or publishes this exam.
            PlanStale: a chunk would do something else than was planned; the chunks before it are written.
            IssueRunTakenOver: another process has resumed the run since.
            ClusterUnreachable: no Dask scheduler answers, or the cluster went away.
            Stopped: a signal such as Ctrl-C asked for it; the chunks before are written.
        """
        source = self._source(roster, reading)
        if strict or withdraw_missing:
            refusal = RosterFaulty if strict else WithdrawalUncertain
            _refuse_faults(roster, reading, self.exam, refusal)
        with self.database.exclusive(lock_name(self.exam.id)):
            issue_run = self._begin(source, retry_failed=retry_failed)
            missing = _MissingSeats(keep=withdraw_missing)
            self._process(issue_run, source, issue_run.write, on_progress, missing)
            self._withdraw(missing.seats)
            return self._finish(issue_run, source, missing)

    def plan(
        self,
        roster: Path,
        *,
        reading: Reading = AS_IT_IS,
        retry_failed: bool = False,
        withdraw_missing: bool = False,
        on_step: Callable[[Step], None],
        on_progress: OnProgress = ignore,
    ) -> Planned:
        """Report what :meth:`issue` would do, step by step, and store it as the plan of the next run.

        No seat and no licence is written. An earlier plan is replaced. Of an interrupted
        run, the rest is planned.

        Raises:
            OneSeatError: what :meth:`issue` raises, except PlanStale and IssueRunTakenOver.
        """
        source = self._source(roster, reading)
        if withdraw_missing:
            _refuse_faults(roster, reading, self.exam, WithdrawalUncertain)
        with self.database.exclusive(lock_name(self.exam.id)):
            issue_run, totals = self._begin_plan(source, retry_failed=retry_failed), _PlanTotals()

            def on_chunk(outcome: ChunkOutcome) -> None:
                issue_run.write_plan(outcome)
                totals.count(outcome)
                for step in _steps(outcome):
                    on_step(step)

            missing = _MissingSeats(keep=withdraw_missing)
            self._process(issue_run, source, on_chunk, on_progress, missing)
            with self.database.writing() as connection:
                issue_runs.finish_plan(connection, issue_run.row.id)
            for seat in missing.seats:
                on_step(Step(0, "withdraw", "gone", seat.jti, seat.generation))
            return totals.planned(issue_run, source, missing)

    def preview(
        self, roster: Path, *, reading: Reading = AS_IT_IS, on_progress: OnProgress = ignore
    ) -> Planned:
        """Count what :meth:`issue` would do; nothing is written, not even a plan, and no lock is taken.

        The issue run's number is 0. Rows that an interrupted run has done count as left alone.

        Raises:
            OneSeatError: what :meth:`plan` raises, except RunInProgress.
        """
        source, now = self._source(roster, reading), run.issue_time(self._signing_time().at)
        manifest, exam = self.manifest, self.exam
        base, build = manifest.authenticode_sha256, manifest.build
        with self.database.reading() as connection:
            edition = licences.find_edition(connection, exam.id, base, build, exam.ends)
        edition = edition or EditionRow(0, exam.id, base, build, exam.ends)
        worker.require_validity(edition, now)
        row = IssueRunRow(0, edition.id, now, issue_runs.PLANNING, 0, 0, 0, 0, 0, 0, 0, None)
        job = self._job(source, edition, row)
        issue_run = Run(self.database, self.clock, job, row, "", worker.PLAN, source.opened.place)
        totals, missing = _PlanTotals(), _MissingSeats(keep=False)
        self._process(issue_run, source, totals.count, on_progress, missing)
        return totals.planned(issue_run, source, missing)

    def _source(self, roster: Path, reading: Reading = AS_IT_IS) -> _Source:
        if self.manifest.exam != self.exam.id:
            raise OfOtherExam(what=THE_BASE, found=self.manifest.exam, wanted=self.exam.id)
        return _Source(roster, reading, files.fingerprint(roster), files.open_roster(roster, reading))

    def _begin(self, source: _Source, *, retry_failed: bool) -> Run:
        owner, time = secrets.token_hex(16), self._signing_time()
        with self.database.writing() as connection:
            prepare_for_bulk(connection)
            edition = self._edition(connection)
            work = self._work(connection, source, edition, retry_failed=retry_failed)
            now = run.issue_time(time.at)
            worker.require_validity(edition, now)
            row = issue_runs.begin(connection, work, now, owner, TOLERANCE)
            time.record(connection, self.exam.id, "issue")
        job = self._job(source, edition, row)
        return Run(self.database, self.clock, job, row, owner, place=source.opened.place)

    def _begin_plan(self, source: _Source, *, retry_failed: bool) -> Run:
        now = run.issue_time(self._signing_time().at)
        with self.database.writing() as connection:
            edition = self._edition(connection)
            work = self._work(connection, source, edition, retry_failed=retry_failed)
            worker.require_validity(edition, now)
            row = issue_runs.plan(connection, work, now, TOLERANCE)
        job = self._job(source, edition, row)
        return Run(self.database, self.clock, job, row, "", worker.PLAN, source.opened.place)

    def _signing_time(self) -> SigningTime:
        return signing_time(self.clock, self.exam, self.database, trust_clock=self.trust_clock)

    def _edition(self, connection: Connection) -> EditionRow:
        manifest, exam = self.manifest, self.exam
        base, build = manifest.authenticode_sha256, manifest.build
        return licences.edition(connection, exam.id, base, build, exam.ends)

    def _work(
        self, connection: Connection, source: _Source, edition: EditionRow, *, retry_failed: bool
    ) -> IssueWork:
        retry_of = _run_to_retry(connection, self.exam.id) if retry_failed else None
        parts: dict[str, object] = {
            "roster": source.fingerprint.digest,
            "sheet": source.reading.sheet,
            "columns": source.opened.columns[:3],
            "document_kinds": self.exam.document_kinds,
            "admission_number": self.exam.admission_number.model_dump(),
            "licence_key": self.ring.entry("licence").kid,
            "chunk": run.CHUNK,
            "retry_of": retry_of,
        }
        if source.opened.columns.terms:
            rules = Rules.of(self.exam).terms
            parts |= {"terms": source.opened.columns[3:], "terms_rules": (rules.most_extra, rules.own_room)}
        digest = hashlib.sha256(jws.canonical_json(parts)).hexdigest()
        return IssueWork(self.exam.id, digest, edition.id, retry_of)

    def _job(self, source: _Source, edition: EditionRow, row: IssueRunRow) -> IssueJob:
        kid, folder = self.ring.entry("licence").kid, str(self.ring.folder.absolute())
        return IssueJob(Rules.of(self.exam), source.opened.columns, edition, row.issued_at, folder, kid)

    def _process(
        self,
        issue_run: Run,
        source: _Source,
        on_chunk: Callable[[ChunkOutcome], None],
        on_progress: OnProgress,
        missing: _MissingSeats | None = None,
    ) -> None:
        def report(rows: int, faulty: int) -> None:
            on_progress(Progress(rows, faulty, source.estimated_rows))

        with (
            worker.preopened(self.ring),
            stoppable() as stop,
            worker_pool(self.workers, self.ring.passphrase) as pool,
        ):
            issue_run.process(pool, source.opened.rows, stop, on_chunk, report)
            if missing is not None:
                for seat in issue_run.missing_seats():
                    missing.add(seat)
        # Rows were read while the file could be written; a changed digest means that they may be mixed.
        if files.fingerprint(source.path).digest != source.fingerprint.digest:
            raise RosterChanged(file=source.path.name)

    def _withdraw(self, missing: Sequence[SeatRow]) -> None:
        """Revoke seats, a chunk in each transaction. What a killed run leaves, the next one takes."""
        now = self.clock.now()
        for start in range(0, len(missing), run.CHUNK):
            chunk = missing[start : start + run.CHUNK]
            with self.database.writing() as connection:
                seat_list.revoke_seats(connection, self.exam.id, chunk, now, _ACTOR, WITHDRAWN)

    def _finish(self, issue_run: Run, source: _Source, missing: _MissingSeats) -> Issued:
        """Close the run, and read its totals from the journal."""
        now, edition = self.clock.now(), issue_run.job.edition
        with self.database.writing() as connection:
            done = issue_runs.finish(connection, issue_run.row.id, now)
            facts = {"batch": done.id, "added": done.added, "refreshed": done.refreshed}
            facts |= {"reissued": done.reissued, "unchanged": done.unchanged, "faulty": done.faulty}
            facts |= {"missing": missing.count, "withdrawn": len(missing.seats)}
            audit.append(connection, now, _ACTOR, "issue", edition.exam, facts)
            faults = list(islice(issue_runs.faults(connection, done.id), FAULTS_SHOWN))
            with_terms = seat_terms.count(connection, edition.exam)
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
            fault_places=[source.opened.place(fault.row) for fault in faults],
            mended=done.mended,
            resumed=issue_run.row.rows_done > 0,
            not_in_roster=missing.count,
            withdrawn=len(missing.seats),
            with_terms=with_terms,
            remarks=len(issue_run.remarked),
            hidden_rows=source.opened.hidden_rows,
            hidden_columns=source.opened.hidden_columns,
            sheets=source.sheets,
            ignored_sheets=list(source.opened.ignored),
        )


@dataclass(frozen=True)
class _Source:
    """A roster, how it is read, its digest, and its rows."""

    path: Path
    reading: Reading
    fingerprint: files.Fingerprint
    opened: OpenRoster

    @property
    def sheets(self) -> list[str]:
        """The sheets that were read; none of a text file."""
        return [sheet.name for sheet in self.opened.sheets if sheet.name]

    @property
    def estimated_rows(self) -> int | None:
        """Estimate the rows from the lines, without the header. Blank and broken lines count as rows."""
        return None if self.fingerprint.lines is None else max(self.fingerprint.lines - 1, 1)


@dataclass
class _MissingSeats:
    """The seats that a roster does not name: counted, and kept only to be withdrawn."""

    keep: bool
    count: int = 0
    seats: list[SeatRow] = field(default_factory=list)

    def add(self, seat: SeatRow) -> None:
        self.count += 1
        if self.keep:
            self.seats.append(seat)


@dataclass
class _PlanTotals:
    """Adds up the chunks of a plan."""

    lines: Counter[str] = field(default_factory=Counter)

    def count(self, outcome: ChunkOutcome) -> None:
        self.lines.update(
            {name: value for name, value in outcome.journal_row()._asdict().items() if name != "digest"}
        )

    def planned(self, issue_run: Run, source: _Source, missing: _MissingSeats) -> Planned:
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
            not_in_roster=missing.count,
            withdraw=len(missing.seats),
            remarks=len(issue_run.remarked),
            hidden_rows=source.opened.hidden_rows,
            hidden_columns=source.opened.hidden_columns,
            sheets=source.sheets,
            ignored_sheets=list(source.opened.ignored),
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


def count_rows(roster: Path, reading: Reading, exam: Exam) -> tuple[int, int]:
    """Count a roster's rows, and those of them that are faulty."""
    rows = faulty = 0
    for rows, entry in enumerate(read(roster, exam, reading), start=1):  # noqa: B007 -- the last is the count
        faulty += isinstance(entry, FaultyRow)
    return rows, faulty


def _refuse_faults(
    roster: Path, reading: Reading, exam: Exam, refusal: type[RosterFaulty | WithdrawalUncertain]
) -> None:
    rows, faulty = count_rows(roster, reading, exam)
    if faulty:
        raise refusal(file=roster.name, faulty=faulty, rows=rows)
