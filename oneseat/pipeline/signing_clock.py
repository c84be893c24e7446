"""Checks that the computer's clock is plausible before anything is signed with its time.

Licences, charters and batch heads take their time from :func:`signing_time`. A clock that is wrong shows
in two ways: it is past the exam's last interview, or before the last entry of the audit log. Both can be
right (the entry itself may be dated wrongly), so a release engineer may overrule the check.
The audit log says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from oneseat.pipeline.errors import ClockBehind, ExamOver
from oneseat.pipeline.exam.model import Exam
from oneseat.state.accounts import audit
from oneseat.state.database import Database
from signing import dates
from signing.clock import Clock
from signing.errors import OneSeatError
from signing.tokens import CLOCK_TOLERANCE_S

TOLERANCE = timedelta(seconds=CLOCK_TOLERANCE_S)
"""How far two computers' clocks may differ: as much as a client tolerates in a licence."""


@dataclass(frozen=True)
class SigningTime:
    """The time to sign with. ``doubt`` is the refusal that was overruled, None if there was none."""

    at: datetime
    doubt: OneSeatError | None = None

    def record(self, connection: Connection, exam: str, job: str) -> None:
        """Append to the audit log that a doubt was overruled, in the transaction of the job itself."""
        if self.doubt is not None:
            facts = {"job": job, "doubt": self.doubt.code}
            audit.append(connection, self.at, "pipeline", "clock.trusted", exam, facts)


def signing_time(clock: Clock, exam: Exam, database: Database, *, trust_clock: bool = False) -> SigningTime:
    """Read the clock, and refuse a time that is not plausible, unless ``trust_clock`` overrules that.

    Raises:
        ExamOver: the last interview has ended.
        ClockBehind: a release or another audit entry is newer.
    """
    now = clock.now()
    doubt = find_doubt(now, exam, database)
    if doubt is not None and not trust_clock:
        raise doubt
    return SigningTime(now, doubt)


def find_doubt(now: datetime, exam: Exam, database: Database | None) -> OneSeatError | None:
    """Return the reason why nothing should be signed at this time, or None. There may be no state yet."""
    ended = exam.last_interview_ends
    if now >= ended:
        return ExamOver(
            exam=exam.id, ended=dates.deadline(exam.local(ended)), now=dates.opening(exam.local(now))
        )
    recorded = _last_record(database) if database else None
    if recorded is not None and now < recorded - TOLERANCE:
        return ClockBehind(now=dates.opening(exam.local(now)), newest=dates.opening(exam.local(recorded)))
    return None


def _last_record(database: Database) -> datetime | None:
    """Return the time of the last audit entry; every release has one, written in its transaction."""
    # The portal of a rehearsal runs with a clock that is set, so what it records says nothing about ours.
    actor = "pipeline" if database.rehearsal else None
    with database.reading() as connection:
        return audit.newest_at(connection, actor)
