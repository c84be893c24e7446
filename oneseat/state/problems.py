"""Finds the candidates who are stuck on their way: a count, and the first of them in order.

The queries look at all seats of an exam, so they belong into a background reader, never into a request.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, Select, SQLColumnExpression, exists, func, literal, or_, select

from oneseat.state.tables.activation import Activation, Download
from oneseat.state.tables.attendance import Attendance, CheckIn
from oneseat.state.tables.base import Moment
from oneseat.state.tables.failures import SeatFailure
from oneseat.state.tables.issuing import Revocation, Seat

MAX_LISTED = 1000
"""How many seats of a problem are listed, those first that have waited longest."""


class Problem(StrEnum):
    """The problems that are listed."""

    WAITING = "waiting"
    BROKEN_OFF = "broken-off"
    NOT_ACTIVATED = "not-activated"
    SILENT = "silent"
    NO_MOCK = "no-mock"


@dataclass(frozen=True)
class ProblemSeat:
    """A seat with a problem, and since when it has it, if that is known."""

    admission_number: str
    since: datetime | None


@dataclass(frozen=True)
class ProblemList:
    """How many seats have a problem, and the first :data:`MAX_LISTED` of them."""

    count: int
    seats: tuple[ProblemSeat, ...] = ()


def broken_off(connection: Connection, exam: str, before: datetime) -> ProblemList:
    """Downloads that were begun, not finished, and last asked for before a time."""
    query = _current(exam, Download.last_granted_at).where(
        Download.started_at.is_not(None),
        Download.finished_at.is_(None),
        Download.last_granted_at < before,
    )
    return _listed(connection, query.join(Download, Download.jti == Seat.published_jti))


def not_activated(connection: Connection, exam: str, before: datetime) -> ProblemList:
    """Downloads finished before a time whose seat no device holds."""
    query = _current(exam, Download.finished_at).where(
        Download.finished_at < before, Activation.jti.is_(None)
    )
    joined = query.join(Download, Download.jti == Seat.published_jti)
    return _listed(connection, joined.outerjoin(Activation, Activation.jti == Seat.published_jti))


def silent(connection: Connection, exam: str, before: datetime) -> ProblemList:
    """Active devices that were last heard of before a time."""
    last = func.coalesce(CheckIn.at, Activation.at, type_=Moment)
    query = _current(exam, last).where(Activation.at < before, or_(CheckIn.at.is_(None), CheckIn.at < before))
    joined = query.join(Activation, Activation.jti == Seat.published_jti)
    return _listed(connection, joined.outerjoin(CheckIn, CheckIn.jti == Seat.published_jti))


def no_mock(connection: Connection, exam: str) -> ProblemList:
    """Seats without a reported start of a mock."""
    took = exists(literal(1)).where(
        Attendance.exam == Seat.exam,
        Attendance.admission_number == Seat.admission_number,
        Attendance.kind == "mock",
        Attendance.started_at.is_not(None),
    )
    return _listed(connection, _current(exam, literal(None, Moment)).where(~took))


def refused_since(connection: Connection, exam: str, since: datetime, limit: int) -> list[str]:
    """List the numbers whose login or activation was refused after a time, the latest first."""
    query = (
        select(SeatFailure.admission_number)
        .where(
            SeatFailure.exam == exam,
            SeatFailure.kind.in_(("login", "activation")),
            SeatFailure.last_at > since,
        )
        .group_by(SeatFailure.admission_number)
        .order_by(func.max(SeatFailure.last_at).desc())
        .limit(limit)
    )
    return list(connection.scalars(query))


def _current(exam: str, since: SQLColumnExpression[datetime | None]) -> Select[str, datetime | None]:
    """Select published seats that are not revoked, with a time."""
    revoked = select(Revocation.jti).where(Revocation.exam == exam)
    return (
        select(Seat.admission_number, since.label("since"))
        .select_from(Seat)
        .where(Seat.exam == exam, Seat.published_jti.is_not(None), Seat.published_jti.not_in(revoked))
    )


def _listed(connection: Connection, query: Select[str, datetime | None]) -> ProblemList:
    count = connection.scalar(select(func.count()).select_from(query.subquery())) or 0
    if not count:
        return ProblemList(0)
    columns = query.subquery()
    first = select(columns.c.admission_number, columns.c.since).order_by(
        columns.c.since, columns.c.admission_number
    )
    rows = connection.execute(first.limit(MAX_LISTED))
    return ProblemList(count, tuple(ProblemSeat(*row) for row in rows))
