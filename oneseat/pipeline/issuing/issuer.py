"""Roster to seats and licences: ``issue``.

Each candidate is constant work: a few keyed hashes and one signature. Candidates go
through in chunks, over as many workers as there are; a chunk is written in one
transaction together with its line in the batch's journal. So a run that is killed leaves
whole chunks, and the next run with the same roster goes on behind them: with the batch's
own issue time, the result is the one of an undisturbed run.
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

from oneseat.pipeline import roster as rosters
from oneseat.pipeline.errors import OfOtherExam
from oneseat.pipeline.events import OnProgress, Progress, ignore
from oneseat.pipeline.exam.model import Exam
from oneseat.pipeline.issuing import run as issue_run
from oneseat.pipeline.issuing import worker
from oneseat.pipeline.issuing.errors import NothingFailed
from oneseat.pipeline.issuing.run import Judged, Run
from oneseat.pipeline.issuing.worker import Recipe, SeatMaker
from oneseat.pipeline.roster import files
from oneseat.pipeline.roster.check import FaultyRow, Rules, filled
from oneseat.pipeline.roster.columns import Columns
from oneseat.pipeline.roster.errors import RosterChanged, RosterFaulty
from oneseat.pipeline.roster.files import Row
from oneseat.pipeline.workers.interrupts import stoppable
from oneseat.pipeline.workers.pool import SERIAL, Workers, crew
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

__all__ = ["THE_BASE", "Issued", "Issuer", "Planned", "Progress", "SeatMaker", "Step", "lock_name"]

THE_BASE = Text("The base", "该基础安装包")
FAULTS_SHOWN = 20
"""How many faults the result of an issue run names; the state keeps all of them."""


@dataclass(frozen=True)
class Issued:
    """What ``issue`` did. Counts cover the whole issue run, also what an interrupted process did of it.

    ``faulty`` rows got no seat; ``faults`` says why, of the first of them.
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
    """One thing that a run would do, to the candidate in this row, and why.

    ``act`` is add, refresh, re-issue or leave out; ``why`` is missing, stale, changed,
    asked or faulty. ``jti`` is the licence's that would be made.
    """

    row: int
    act: str
    why: str
    jti: str | None
    generation: int | None


@dataclass(frozen=True)
class Planned:
    """What a run would do altogether. Its number and issue time are fixed: the next run takes them."""

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
    """The job that issuing and publishing an exam share: neither runs beside itself or the other."""
    return f"issue and publish {exam_id}"


@dataclass(frozen=True)
class Issuer:
    """What an exam's licences are made of: its rules, one base, the authority's keys, and the state."""

    exam: Exam
    manifest: Manifest
    ring: KeyRing
    database: Database
    clock: Clock
    workers: Workers = SERIAL

    def issue(
        self,
        roster: Path,
        *,
        strict: bool = False,
        retry_failed: bool = False,
        on_progress: OnProgress = ignore,
    ) -> Issued:
        """Give every sound row of a roster its seat and its licence for the base.

        A seat that is there is left alone; it gets a licence for a new base or a later
        last day (refreshed); and when the person behind the number changed, it is
        re-issued: the old licence is revoked when the new one is published. So is a seat
        for which the operators' desk asked, although nothing about the person changed.
        Seats that the roster does not name are left alone.

        ``retry_failed`` takes up only the rows that the last issue run left out. What
        :meth:`plan` fixed for the same roster is done, and nothing else.

        Raises:
            OfOtherExam: the base was built for another exam.
            RosterUnreadable, RosterColumnsMissing, RosterChanged: as their names say.
            RosterFaulty: a row is faulty and ``strict``; nothing is written.
            NothingFailed: ``retry_failed``, and the last issue run left nothing out.
            RunInProgress: another run issues or publishes this exam.
            PlanStale: a chunk would do something else than was planned; those before it are done.
            IssueRunTakenOver, ClusterUnreachable: as their names say.
            Stopped: Ctrl-C was pressed; the chunk at hand is finished.
        """
        source = self._source(roster)
        if strict:
            _refuse_faults(roster, self.exam)
        with self.database.exclusive(lock_name(self.exam.id)):
            run = self._begun(source, retry_failed=retry_failed)
            self._through(run, source, run.write, on_progress)
            return self._finish(run)

    def plan(
        self,
        roster: Path,
        *,
        retry_failed: bool = False,
        on_step: Callable[[Step], None],
        on_progress: OnProgress = ignore,
    ) -> Planned:
        """Say what :meth:`issue` would do, step by step, and fix it: the next run does that and no more.

        No seat and no licence is written. An earlier plan is replaced; of an interrupted
        batch, what is left of it is planned.

        Raises:
            As :meth:`issue`, but for PlanStale and IssueRunTakenOver.
        """
        source = self._source(roster)
        with self.database.exclusive(lock_name(self.exam.id)):
            run, left = self._to_plan(source, retry_failed=retry_failed), _Left()

            def heed(judged: Judged) -> None:
                run.write_plan(judged)
                left.count(judged)
                for step in _steps(judged):
                    on_step(step)

            self._through(run, source, heed, on_progress)
            with self.database.writing() as connection:
                issue_runs.finish_plan(connection, run.batch.id)
            return left.told(run)

    def _source(self, roster: Path) -> _Source:
        if self.manifest.exam != self.exam.id:
            raise OfOtherExam(what=THE_BASE, found=self.manifest.exam, wanted=self.exam.id)
        return _Source(roster, files.contents(roster), *files.rows(roster))

    def _begun(self, source: _Source, *, retry_failed: bool) -> Run:
        owner, now = secrets.token_hex(16), issue_run.due(self.clock.now())
        with self.database.writing() as connection:
            prepare_for_bulk(connection)
            edition = self._edition(connection)
            work = self._work(connection, source, edition, retry_failed=retry_failed)
            batch = issue_runs.begin(connection, work, now, owner)
        recipe = self._recipe(source, edition, batch)
        return Run(self.database, self.clock, recipe, batch, owner)

    def _to_plan(self, source: _Source, *, retry_failed: bool) -> Run:
        now = issue_run.due(self.clock.now())
        with self.database.writing() as connection:
            edition = self._edition(connection)
            work = self._work(connection, source, edition, retry_failed=retry_failed)
            batch = issue_runs.plan(connection, work, now)
        recipe = self._recipe(source, edition, batch)
        return Run(self.database, self.clock, recipe, batch, "", worker.PLAN)

    def _edition(self, connection: Connection) -> EditionRow:
        manifest, exam = self.manifest, self.exam
        base, build = manifest.authenticode_sha256, manifest.build
        return licences.edition(connection, exam.id, base, build, exam.ends)

    def _work(
        self, connection: Connection, source: _Source, edition: EditionRow, *, retry_failed: bool
    ) -> IssueWork:
        retry_of = _to_retry(connection, self.exam.id) if retry_failed else None
        parts = {
            "roster": source.contents.digest,
            "document_kinds": self.exam.document_kinds,
            "admission_number": self.exam.admission_number.model_dump(),
            "licence_key": self.ring.entry("licence").kid,
            "chunk": issue_run.CHUNK,
            "retry_of": retry_of,
        }
        digest = hashlib.sha256(jws.canonical_json(parts)).hexdigest()
        return IssueWork(self.exam.id, digest, edition.id, retry_of)

    def _recipe(self, source: _Source, edition: EditionRow, batch: IssueRunRow) -> Recipe:
        kid, folder = self.ring.entry("licence").kid, str(self.ring.folder.absolute())
        return Recipe(Rules.of(self.exam), source.columns, edition, batch.issued_at, folder, kid)

    def _through(
        self,
        run: Run,
        source: _Source,
        heed: Callable[[Judged], None],
        on_progress: OnProgress,
    ) -> None:
        def listen(rows: int, faulty: int) -> None:
            on_progress(Progress(rows, faulty, source.about))

        with (
            worker.at_hand(self.ring),
            stoppable() as stop,
            crew(self.workers, self.ring.passphrase) as workers,
        ):
            run.through(workers, filled(source.rows), stop, heed, listen)
        if files.contents(source.path).digest != source.contents.digest:
            raise RosterChanged(file=source.path.name)

    def _finish(self, run: Run) -> Issued:
        """Close the batch and say what it did."""
        now, edition = self.clock.now(), run.recipe.edition
        with self.database.writing() as connection:
            done = issue_runs.finish(connection, run.batch.id, now)
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
            resumed=run.batch.rows_done > 0,
        )


@dataclass(frozen=True)
class _Source:
    """A roster that is being read."""

    path: Path
    contents: files.Contents
    columns: Columns
    rows: Iterator[Row]

    @property
    def about(self) -> int | None:
        """How many rows it has, from its lines: but for a header and blank or broken ones."""
        return None if self.contents.lines is None else max(self.contents.lines - 1, 1)


@dataclass
class _Left:
    """What a plan comes to."""

    lines: Counter[str] = field(default_factory=Counter)

    def count(self, judged: Judged) -> None:
        self.lines.update(
            {name: value for name, value in judged.line()._asdict().items() if name != "digest"}
        )

    def told(self, run: Run) -> Planned:
        edition, lines = run.recipe.edition, self.lines
        return Planned(
            exam=edition.exam,
            issue_run=run.batch.id,
            base=edition.base,
            build=edition.build,
            issued_at=run.batch.issued_at,
            rows=lines["rows"],
            add=lines["added"],
            refresh=lines["refreshed"],
            reissue=lines["reissued"],
            leave_alone=lines["unchanged"],
            leave_out=lines["faulty"],
            done_before=run.batch.rows_done,
        )


def _steps(judged: Judged) -> Iterator[Step]:
    """What a chunk would do, in the order of its rows."""
    steps = [Step(row, *_STEPS[act], one.jti, one.generation) for row, act, one in judged.licences]
    steps += [Step(fault.row, "leave out", "faulty", None, None) for fault in judged.faults]
    return iter(sorted(steps, key=lambda step: step.row))


def _to_retry(connection: Connection, exam_id: str) -> int:
    last = issue_runs.last_finished(connection, exam_id)
    if last is None or not last.faulty:
        raise NothingFailed(exam=exam_id)
    return last.id


def _refuse_faults(roster: Path, exam: Exam) -> None:
    rows = faulty = 0
    for rows, entry in enumerate(rosters.read(roster, exam), start=1):  # noqa: B007 -- the last is the count
        faulty += isinstance(entry, FaultyRow)
    if faulty:
        raise RosterFaulty(file=roster.name, faulty=faulty, rows=rows)
