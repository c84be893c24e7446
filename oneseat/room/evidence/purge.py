"""Erases what a room has kept long enough, and certifies it.

Each attempt and class is written down before anything is deleted, then its objects are deleted and looked for
again, then its rows are deleted in one transaction with the note that it is done. A run that was killed is
repeated: it goes on, and its certificate counts what the killed one erased.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from oneseat.files.atomic import write_atomic
from oneseat.room.evidence import tree
from oneseat.room.evidence.holding import erasure_lock, purge_job
from oneseat.room.exam.kept_room import KeptRoom
from oneseat.room.refusals.keeping import (
    CertificateUnwritable,
    CopiesHidden,
    ErasureIncomplete,
    RetentionUnset,
)
from oneseat.room.rules.due import ERASED, due_at
from oneseat.room.rules.segments import attempt_folder
from oneseat.state.accounts import audit
from oneseat.state.room import erasures, holds, kept
from oneseat.state.room.erasures import Erasure
from oneseat.state.room.kept import KeptAttempt
from oneseat.state.tables.retention import EVENTS, IDENTITY, RECORDINGS
from oneseat.state.upkeep.purge import enable_secure_delete, reclaim_space
from signing.authority import evidence
from signing.authority.signer import sign_token
from signing.charter import Charter, RetentionTerms
from signing.clock import Clock
from signing.fields import encode
from signing.os_faults import system_reason
from signing.session_times import FORMAL
from signing.tokens import VERSION

FORMAT = "oneseat-erasure/v1"
UNATTENDED = "seats"
"""The kind by which journal and certificate name what was kept of seats without an attempt, all in one."""
_AGENT = "room"
_TICK = timedelta(microseconds=1)
"""What makes an erasure that begins again later than its last end."""


@dataclass(frozen=True)
class Due:
    """What is due: an attempt in one class, with what there is of it."""

    attempt: KeptAttempt
    retained: str
    objects: int
    size_bytes: int
    names: bytes
    rows: int


@dataclass
class Plan:
    """What a purge would erase, and what it leaves because it is held. Times are when a class is due."""

    exam: str
    attempts: int = 0
    held: int = 0
    objects: int = 0
    size_bytes: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    due_at: dict[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True)
class Purged:
    """What a purge erased, and its certificate; None where nothing was."""

    exam: str
    erasures: int
    objects: int
    size_bytes: int
    rows: int
    held: int
    certificate: Path | None


@dataclass(frozen=True)
class Progress:
    """Attempts that were looked at, of how many."""

    rows: int
    total: int
    faulty: int = 0


def plan(room: KeptRoom, now: datetime) -> Plan:
    """Count what is due, and change nothing.

    Raises:
        RetentionUnset: the charter says nothing of retention.
        StoreUnavailable, StateUnavailable: store or database failed.
    """
    run = _Purge(room, now)
    result = Plan(room.exam, due_at=run.due_times())
    rows: Counter[str] = Counter()
    held = run.held_jtis()
    for attempt in run.attempts:
        if attempt.jti in held:
            result.held += 1
            continue
        due = [*run.due_of(attempt)]
        result.attempts += bool(due)
        for each in due:
            result.objects += each.objects
            result.size_bytes += each.size_bytes
            rows[each.retained] += each.rows
    for each in run.due_unattended():
        rows[each.retained] += each.rows
    result.rows = dict(rows)
    return result


def purge(
    room: KeptRoom, clock: Clock, folder: Path, on_progress: Callable[[Progress], None] = lambda _: None
) -> Purged:
    """Erase what is due, and write the certificate into a folder.

    Raises:
        RetentionUnset: the charter says nothing of retention.
        CopiesHidden: the store may keep copies that it does not show.
        ErasureIncomplete: objects are still there after they were deleted.
        CertificateUnwritable: the folder cannot be written.
        StoreUnavailable, StateUnavailable: store or database failed; a repeated run goes on.
    """
    with room.database.exclusive(purge_job(room.exam)):
        run = _Purge(room, clock.now())
        hidden = room.segments.hidden_copies()
        if hidden:
            raise CopiesHidden(where=room.segments.where, reason=hidden[0])
        enable_secure_delete(room.database)
        held = 0
        for number, attempt in enumerate(run.attempts, start=1):
            held += not run.erase_due(attempt, clock)
            on_progress(Progress(number, len(run.attempts)))
        run.erase_unattended(clock)
        result = _certify(room, run, clock.now(), folder, held)
        if result.erasures:
            reclaim_space(room.database, alone=False)
        return result


class _Purge:
    """One run: charter, terms and attempts, read once; holds, read again before each attempt."""

    def __init__(self, room: KeptRoom, now: datetime) -> None:
        self._room, self._now = room, now
        with room.database.reading() as connection:
            self.charter: Charter = room.charter(connection)
            terms = self.charter.room.retention if self.charter.room is not None else None
            if terms is None:
                raise RetentionUnset
            self.terms: RetentionTerms = terms
            self.attempts = kept.list_attempts(connection, room.exam)

    def held_jtis(self) -> set[str]:
        with self._room.database.reading() as connection:
            return holds.held_jtis(connection, self._room.exam)

    def due_times(self) -> dict[str, datetime]:
        kinds = {attempt.kind for attempt in self.attempts}
        return {f"{name} {kind}": self._due_at(name, kind) for kind in sorted(kinds) for name in ERASED}

    def due_of(self, attempt: KeptAttempt) -> Iterator[Due]:
        """Yield what is due of an attempt, in the order of erasure."""
        recordings_due = self._due_at(RECORDINGS, attempt.kind) <= self._now
        for retained in ERASED:
            # Without its events an attempt is not found any more, so they never go before its recordings.
            if self._due_at(retained, attempt.kind) > self._now or (
                retained == EVENTS and not recordings_due
            ):
                continue
            due = self._measure(attempt, retained)
            if due.objects or due.rows:
                yield due

    def due_unattended(self) -> Iterator[Due]:
        """Yield what is due of seats without an attempt: what others gave of them, and phones that logged in.

        They have no recordings: a take belongs to an attempt. What is about whole sessions goes with the
        last attempts, unless a seat is held: it is evidence of each.
        """
        held = sorted(self.held_jtis())
        for retained in (IDENTITY, EVENTS):
            if self._due_at(retained, FORMAL) > self._now:
                continue
            with self._room.database.reading() as connection:
                rows = kept.count_unattended(
                    connection, retained, self._room.exam, held, sessions=self._are_sessions_due
                )
            if rows:
                yield Due(_unattended(self._room.exam), retained, 0, 0, hashlib.sha256().digest(), rows)

    @property
    def _are_sessions_due(self) -> bool:
        return self._due_at(RECORDINGS, FORMAL) <= self._now

    def _due_at(self, retained: str, kind: str) -> datetime:
        return due_at(self.charter, self.terms, retained, kind)

    def _measure(self, attempt: KeptAttempt, retained: str) -> Due:
        objects, size, names = 0, 0, hashlib.sha256()
        if retained == RECORDINGS:
            for stored in self._room.segments.inventory(attempt_folder(self._room.exam, attempt.id)):
                objects, size = objects + 1, size + stored.size
                names.update(stored.name.encode() + b"\n")
        with self._room.database.reading() as connection:
            rows = kept.count_rows(connection, retained, attempt, self._room.exam)
        return Due(attempt, retained, objects, size, names.digest(), rows)

    def erase_due(self, attempt: KeptAttempt, clock: Clock) -> bool:
        """Erase what is due of an attempt; return False where a hold has kept any of it."""
        if attempt.jti in self.held_jtis():
            return False
        return all(self._erase(due, clock.now()) for due in self.due_of(attempt))

    def erase_unattended(self, clock: Clock) -> None:
        """Erase what is due of the seats without an attempt; held ones keep theirs."""
        for due in self.due_unattended():
            self._erase(due, clock.now())

    def _erase(self, due: Due, now: datetime) -> bool:
        """Erase one attempt's data of one class; return False where the seat is held."""
        room, attempt = self._room, due.attempt
        with room.database.writing() as connection:
            room.database.lock(connection, erasure_lock(room.exam))
            if attempt.jti in holds.held_jtis(connection, room.exam):
                return False  # held since this attempt was looked at
            begun = erasures.find(connection, attempt.id, due.retained)
            if begun is None:
                erasures.begin(connection, room.exam, _journalled(due, now))
            else:
                now = max(now, (begun.done_at or now) + _TICK)
                erasures.repeat(connection, attempt.id, due.retained, now)
        if due.retained == RECORDINGS:
            prefix = attempt_folder(room.exam, attempt.id)
            room.segments.erase(prefix)
            left = sum(1 for _ in room.segments.inventory(prefix))
            if left:
                raise ErasureIncomplete(where=room.segments.where, count=left)
        with room.database.writing() as connection:
            if attempt.kind == UNATTENDED:
                room.database.lock(connection, erasure_lock(room.exam))  # a hold comes before or after
                held = sorted(holds.held_jtis(connection, room.exam))
                rows = kept.delete_unattended(
                    connection, due.retained, room.exam, held, sessions=self._are_sessions_due
                )
            else:
                rows = kept.delete_rows(connection, due.retained, attempt, room.exam)
            before = begun.rows if begun is not None and not begun.is_under_way else 0
            erasures.finish(connection, attempt, due.retained, before + rows, now)
        return True


def _unattended(exam: str) -> KeptAttempt:
    """Stands for all seats of an exam without an attempt, where the journal names an attempt."""
    name = f"{UNATTENDED}-{hashlib.sha256(exam.encode()).hexdigest()[:24]}"
    epoch = datetime.fromtimestamp(0, UTC)
    return KeptAttempt(name, "", UNATTENDED, 0, 0, epoch, None, None)


def _journalled(due: Due, now: datetime) -> Erasure:
    return Erasure(
        attempt=due.attempt.id,
        retention=due.retained,
        kind=due.attempt.kind,
        objects=due.objects,
        size_bytes=due.size_bytes,
        names=due.names,
        rows=due.rows,
        begun_at=now,
        done_at=None,
    )


def _certify(room: KeptRoom, run: _Purge, now: datetime, folder: Path, held: int) -> Purged:
    """Write and sign a certificate of all that no certificate names yet, then note it in the audit log."""
    with room.database.reading() as connection:
        done = erasures.list_uncertified(connection, room.exam)
        vouching = room.vouching_charter(connection)
    totals = {
        "erasures": len(done),
        "objects": sum(each.objects for each in done),
        "size_bytes": sum(each.size_bytes for each in done),
        "rows": sum(each.rows for each in done),
    }
    if not done:
        return Purged(exam=room.exam, held=held, certificate=None, **totals)
    content = tree.document(
        {
            "format": FORMAT,
            "exam": room.exam,
            "made_at": _wire(now),
            "charter": run.charter.version,
            "charter_token": vouching,
            "retention": encode(run.terms),
            **totals,
            "held": held,
            "not_covered": ["backups", "exports"],
            "erased": [_as_object(each) for each in done],
        }
    )
    digest = hashlib.sha256(content).hexdigest()
    claims = evidence.Erasure(exam=room.exam, at=int(now.timestamp()), document=digest, v=VERSION)
    token = sign_token(room.signer, evidence.Erasure.TYP, claims.claims())
    path = folder / f"erasure-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{digest[:8]}.json"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomic(path, [content])
        write_atomic(path.with_suffix(".jws"), [token.encode()])
    except OSError as error:
        raise CertificateUnwritable(folder=folder.name, reason=system_reason(error)) from None
    facts: dict[str, audit.Fact] = {**totals, "held": held, "certificate": digest}
    with room.database.writing() as connection:
        erasures.certify(connection, room.exam, now, digest)
        audit.append(connection, now, _AGENT, "room.purge", room.exam, facts)
    return Purged(exam=room.exam, held=held, certificate=path, **totals)


def _as_object(erasure: Erasure) -> dict[str, object]:
    members = asdict(erasure)
    times = {name: _wire(members.pop(name)) for name in ("begun_at", "done_at")}
    return {**members, "names": erasure.names.hex(), **times}


def _wire(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
