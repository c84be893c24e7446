"""Places and releases holds: what appeals, inspectors or courts may need is not erased.

A hold and the beginning of an erasure take one lock of the database. So either the hold comes first, and the
purge leaves the seat alone, or the erasure has begun, and the hold is refused until it has ended.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime

from sqlalchemy import Connection

from oneseat.room.evidence import seats
from oneseat.room.refusals.keeping import ErasureUnderWay, HoldIncomplete, SeatNotHeld
from oneseat.state.accounts import audit
from oneseat.state.database import Database
from oneseat.state.errors import RunInProgress
from oneseat.state.room import erasures, holds
from oneseat.state.room.erasures import Erasure
from oneseat.state.room.holds import Hold
from oneseat.state.upkeep import purge as state_purge

_MOST_REASON, _MOST_NAME = 200, 80


def hold(database: Database, exam: str, seat: str, reason: str, by: str, now: datetime) -> int:
    """Place a hold on a seat; return on how many attempts.

    Raises:
        HoldIncomplete: reason or name is missing or too long.
        NothingToExport: nothing is kept of the seat.
        ErasureUnderWay: a purge that runs is erasing an attempt of the seat now.
        RunInProgress: the whole exam is being purged from the database.
    """
    if not 0 < len(reason.strip()) <= _MOST_REASON or not 0 < len(by.strip()) <= _MOST_NAME:
        raise HoldIncomplete
    with (
        database.exclusive(state_purge.job(exam)),
        _without_purge(database, exam) as alone,
        database.writing() as connection,
    ):
        database.lock(connection, erasure_lock(exam))
        named = seats.find(connection, exam, seat)
        # Where no purge runs, what a killed one has left half erased is kept from now on.
        if not alone and any(each.is_under_way for each in _erasures(connection, exam, named)):
            raise ErasureUnderWay
        holds.place(connection, exam, named.jtis, reason.strip(), by.strip(), now)
        facts: dict[str, audit.Fact] = {"jti": named.jtis[-1], "by": by.strip()}
        audit.append(connection, now, "room", "room.hold", exam, facts)
    return len(named.attempts)


def release(database: Database, exam: str, seat: str, by: str, now: datetime) -> None:
    """Release all holds on a seat.

    Raises:
        HoldIncomplete: the name is missing or too long.
        SeatNotHeld: there is none.
        NothingToExport: nothing is kept of the seat.
    """
    if not 0 < len(by.strip()) <= _MOST_NAME:
        raise HoldIncomplete
    with database.writing() as connection:
        named = seats.find(connection, exam, seat)
        if not holds.release(connection, exam, named.jtis, by.strip(), now):
            raise SeatNotHeld
        facts: dict[str, audit.Fact] = {"jti": named.jtis[-1], "by": by.strip()}
        audit.append(connection, now, "room", "room.release", exam, facts)


def list_erased(database: Database, exam: str, seat: str) -> list[Erasure]:
    """List what was erased of a seat's attempts before, in whole or by a purge that was killed.

    Raises:
        NothingToExport: nothing is kept of the seat.
    """
    with database.reading() as connection:
        return _erasures(connection, exam, seats.find(connection, exam, seat))


def purge_job(exam: str) -> str:
    """The job whose lock a purge of recordings holds while it runs (:meth:`Database.exclusive`)."""
    return f"room-purge-{exam}"


def erasure_lock(exam: str) -> str:
    """The lock of transactions that place a hold or begin an erasure (:meth:`Database.lock`)."""
    return f"room-erasure-{exam}"


@contextmanager
def _without_purge(database: Database, exam: str) -> Iterator[bool]:
    """Keep purges from running; yield False where one runs."""
    with ExitStack() as stack:
        try:
            stack.enter_context(database.exclusive(purge_job(exam)))
        except RunInProgress:
            yield False
        else:
            yield True


def _erasures(connection: Connection, exam: str, named: seats.NamedSeat) -> list[Erasure]:
    return erasures.list_of(connection, exam, holds.all_jtis(connection, exam, named.jtis))


def list_holds(database: Database, exam: str) -> list[Hold]:
    """List an exam's holds, released ones too, oldest first."""
    with database.reading() as connection:
        return holds.list_all(connection, exam)
