"""Roster to seats and licences: ``issue``.

Each candidate is constant work: a few keyed hashes and one signature. Candidates go
through in chunks; a chunk is read from the state, signed, and written in one
transaction together with the mark of how far the batch has come. So a run that is
killed leaves whole chunks, and the next run with the same roster goes on behind them:
with the batch's own issue time, the result is the one of an undisturbed run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

from pipeline import roster as rosters
from pipeline.errors import OfOtherExam, RosterChanged, RosterFaulty
from pipeline.exam import Exam
from pipeline.roster import Candidate, FaultyRow, Report
from pipeline.roster.files import digest
from signing import binding, jws
from signing.clock import Clock
from signing.errors import Text
from signing.keys import KeyRing
from signing.manifest import Manifest
from signing.sealing import Sealer
from signing.signer import TokenSeries
from signing.tokens import VERSION, Licence
from state import audit, desk, issuing
from state.database import Database
from state.issuing import BatchRow, EditionRow, HeldSeat, NewLicence

FIRST_GENERATION = 1
THE_BASE = Text("The base", "该基础安装包")
CHUNK = 1000
"""Candidates a transaction: large enough that its cost is spread thin, small enough to lose little."""


@dataclass(frozen=True)
class Progress:
    """How far a run has come, in rows of the roster."""

    rows: int
    faulty: int


@dataclass(frozen=True)
class Issued:
    """What ``issue`` did. Counts cover the whole batch, whatever part of it this run did itself."""

    exam: str
    base: str
    build: str
    issued_at: datetime
    rows: int
    added: int
    unchanged: int
    refreshed: int
    reissued: int
    faulty: list[FaultyRow] = field(repr=False)
    mended: int
    resumed: bool


def _unheard(_: Progress) -> None:
    """Nobody listens."""


class SeatMaker:
    """Makes the licences of one edition. Secrets are made ready once for all candidates."""

    def __init__(self, ring: KeyRing, edition: EditionRow, issued_at: datetime) -> None:
        self._secret = binding.ExamSecret(ring.secret("exam"))
        self._pepper = binding.KeyedHash(ring.secret("pepper"))
        self._sealer = Sealer(ring.secret("delivery"))
        at = int(issued_at.timestamp())
        shared = {
            "exam": edition.exam,
            "build": edition.build,
            "base": edition.base,
            "iat": at,
            "nbf": at,
            "exp": int(edition.expires_at.timestamp()),
            "v": VERSION,
        }
        self._licences = TokenSeries(ring.signer("licence"), Licence.TYP, shared, ("jti", "seat"))

    def login_tag(self, candidate: Candidate) -> bytes:
        """What the state keeps of the person."""
        return binding.login_tag(
            self._pepper, candidate.name, candidate.id_number, candidate.admission_number
        )

    def licence(self, candidate: Candidate, generation: int, login_tag: bytes) -> NewLicence:
        """The candidate's licence, and what the portal needs to hand it out."""
        number = candidate.admission_number
        jti = binding.derive_jti(self._secret, number, generation)
        seat_key = binding.derive_seat_key(self._secret, jti)
        seat = binding.seat_tag(seat_key, candidate.id_number, number)
        token = self._licences.sign({"jti": jti, "seat": jws.b64url_encode(seat)})
        sealed = self._sealer.seal(seat_key, jti.encode("ascii"))
        return NewLicence(number, generation, jti, login_tag, sealed, token)


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

    def issue(
        self, roster: Path, *, strict: bool = False, on_progress: Callable[[Progress], None] = _unheard
    ) -> Issued:
        """Give every sound row of a roster its seat and its licence for the base.

        A seat that is there is left alone; it gets a licence for a new base or a later
        last day (refreshed); and when the person behind the number changed, it is
        re-issued: the old licence is revoked when the new one is published. So is a seat
        for which the operators' desk asked, although nothing about the person changed.
        Seats that the roster does not name are left alone.

        Raises:
            OfOtherExam: the base was built for another exam.
            RosterUnreadable, RosterColumnsMissing, RosterChanged: as their names say.
            RosterFaulty: a row is faulty and ``strict``; nothing is written.
            RunInProgress: another run issues or publishes this exam.
        """
        if self.manifest.exam != self.exam.id:
            raise OfOtherExam(what=THE_BASE, found=self.manifest.exam, wanted=self.exam.id)
        before = digest(roster)
        if strict:
            _refuse_faults(roster, self.exam)
        with self.database.exclusive(lock_name(self.exam.id)):
            run = self._start(before)
            report = run.through(rosters.read(roster, self.exam), on_progress)
            if digest(roster) != before:
                raise RosterChanged(file=roster.name)
            return run.finish(report)

    def _start(self, roster_sha256: str) -> _Run:
        now = self.clock.now().replace(microsecond=0)
        base, build, ends = self.manifest.authenticode_sha256, self.manifest.build, self.exam.ends
        with self.database.writing() as connection:
            edition = issuing.edition(connection, self.exam.id, base, build, ends)
            work = _work(self.exam, roster_sha256, self.ring)
            batch = issuing.start_or_resume(connection, self.exam.id, work, edition.id, now)
        return _Run(self.database, self.clock, edition, batch, SeatMaker(self.ring, edition, batch.issued_at))


def _refuse_faults(roster: Path, exam: Exam) -> None:
    report = rosters.check(roster, exam)
    if report.faulty:
        raise RosterFaulty(file=roster.name, faulty=len(report.faulty), rows=report.rows)


@dataclass
class _Run:
    """One run over one batch: new, or taken up where an earlier run was stopped."""

    database: Database
    clock: Clock
    edition: EditionRow
    batch: BatchRow
    maker: SeatMaker

    def through(
        self, entries: Iterator[Candidate | FaultyRow], on_progress: Callable[[Progress], None]
    ) -> Report:
        """Take every row; chunks that an earlier run wrote are only counted."""
        report = Report()
        for chunk in _chunks(entries):
            done_before = report.rows + len(chunk) <= self.batch.rows_done
            for entry in chunk:
                report.count(entry)
            if not done_before:
                self._write([entry for entry in chunk if isinstance(entry, Candidate)], len(chunk))
            on_progress(Progress(report.rows, len(report.faulty)))
        return report

    def finish(self, report: Report) -> Issued:
        """Close the batch and say what it did."""
        now, exam = self.clock.now(), self.edition.exam
        with self.database.writing() as connection:
            done = issuing.finish(connection, self.batch.id, now)
            facts = {"batch": done.id, "added": done.added, "refreshed": done.refreshed}
            facts |= {"reissued": done.reissued, "unchanged": done.unchanged, "faulty": len(report.faulty)}
            audit.append(connection, now, "pipeline", "issue", exam, facts)
        return Issued(
            exam=exam,
            base=self.edition.base,
            build=self.edition.build,
            issued_at=done.issued_at,
            rows=report.rows,
            added=done.added,
            unchanged=done.unchanged,
            refreshed=done.refreshed,
            reissued=done.reissued,
            faulty=report.faulty,
            mended=report.mended,
            resumed=self.batch.rows_done > 0,
        )

    def _write(self, candidates: list[Candidate], rows: int) -> None:
        exam, edition_id = self.edition.exam, self.edition.id
        numbers = [candidate.admission_number for candidate in candidates]
        with self.database.reading() as connection:
            held = issuing.held_seats(connection, exam, edition_id, numbers)
            asked = desk.pending_reissues(connection, exam, numbers)
        # Signed before the transaction begins: the portal may want to write meanwhile.
        sorted_out = _Outcomes.of(candidates, held, self.maker, asked)
        with self.database.writing() as connection:
            issuing.add_seats(connection, exam, edition_id, sorted_out.added)
            issuing.add_licences(connection, exam, edition_id, sorted_out.refreshed)
            issuing.move_seats_on(connection, exam, edition_id, sorted_out.reissued)
            done = [one.admission_number for one in sorted_out.reissued if one.admission_number in asked]
            desk.finish_reissues(connection, exam, done, self.batch.issued_at)
            issuing.advance(connection, self.batch.id, rows, sorted_out.counts())


@dataclass
class _Outcomes:
    """A chunk's candidates by what happens to them."""

    added: list[NewLicence] = field(default_factory=list)
    refreshed: list[NewLicence] = field(default_factory=list)
    reissued: list[NewLicence] = field(default_factory=list)
    unchanged: int = 0

    @classmethod
    def of(
        cls,
        candidates: list[Candidate],
        held: dict[str, HeldSeat],
        maker: SeatMaker,
        asked: Container[str] = (),
    ) -> _Outcomes:
        outcomes = cls()
        for candidate in candidates:
            seat = held.get(candidate.admission_number)
            tag = maker.login_tag(candidate)
            if seat is None:
                outcomes.added.append(maker.licence(candidate, FIRST_GENERATION, tag))
            elif seat.login_tag != tag or candidate.admission_number in asked:
                outcomes.reissued.append(maker.licence(candidate, seat.generation + 1, tag))
            elif not seat.licensed:
                outcomes.refreshed.append(maker.licence(candidate, seat.generation, tag))
            else:
                outcomes.unchanged += 1
        return outcomes

    def counts(self) -> dict[str, int]:
        return {
            "added": len(self.added),
            "refreshed": len(self.refreshed),
            "reissued": len(self.reissued),
            "unchanged": self.unchanged,
        }


def _chunks(entries: Iterator[Candidate | FaultyRow]) -> Iterator[list[Candidate | FaultyRow]]:
    while chunk := list(islice(entries, CHUNK)):
        yield chunk


def _work(exam: Exam, roster_sha256: str, ring: KeyRing) -> str:
    """A digest of everything that decides a batch's outcome, besides the edition."""
    parts = {
        "roster": roster_sha256,
        "document_kinds": exam.document_kinds,
        "admission_number": exam.admission_number.model_dump(),
        "licence_key": ring.entry("licence").kid,
        "chunk": CHUNK,
    }
    return hashlib.sha256(jws.canonical_json(parts)).hexdigest()
