"""Counts of an exam's progress for the operators' desk. They name no person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, CompoundSelect, Connection, Select, func, select, type_coerce, union_all

from oneseat.state.tables.activation import Activation, Download
from oneseat.state.tables.attendance import Attendance
from oneseat.state.tables.issuing import Reissue, Revocation, Seat
from oneseat.state.tables.publishing import CurrentRelease

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Totals:
    """Numbers of published seats by progress.

    ``downloaded``, ``begun`` (not finished) and ``activated`` count current licences that are not
    revoked. ``mocks`` counts candidates whose start of a mock an exam room reported.
    """

    seats: int
    downloaded: int
    begun: int
    activated: int
    mocks: int
    revoked: int
    reissues: int

    @property
    def missing(self) -> int:
        """Seats without a finished download, without revoked ones."""
        return max(0, self.seats - self.downloaded - self.revoked)


@dataclass(frozen=True)
class Series:
    """Event counts by the start of each time bucket that has events."""

    name: str
    counts: dict[datetime, int]


def totals(connection: Connection, exam: str) -> Totals:
    """Count the exam's current totals."""
    downloads = select(func.count(Download.finished_at), func.count()).where(
        Download.exam == exam, Download.jti.not_in(unavailable_licences(exam))
    )
    downloaded, granted = connection.execute(downloads).one()
    shown = select(func.count()).where(Seat.exam == exam, Seat.published_jti.is_not(None))
    revoked = shown.where(Seat.published_jti.in_(_revoked(exam)))
    active = select(func.count()).where(
        Activation.exam == exam, Activation.jti.not_in(unavailable_licences(exam))
    )
    mocks = select(func.count(Attendance.admission_number.distinct())).where(
        Attendance.exam == exam, Attendance.kind == "mock", Attendance.started_at.is_not(None)
    )
    waiting = select(func.count()).where(Reissue.exam == exam, Reissue.done_at.is_(None))
    return Totals(
        seats=_number(connection, shown),
        downloaded=downloaded,
        begun=granted - downloaded,
        activated=_number(connection, active),
        mocks=_number(connection, mocks),
        revoked=_number(connection, revoked),
        reissues=_number(connection, waiting),
    )


def _number(connection: Connection, query: Select[int]) -> int:
    return connection.scalar(query) or 0


def _revoked(exam: str) -> Select[str]:
    return select(Revocation.jti).where(Revocation.exam == exam)


def unavailable_licences(exam: str) -> CompoundSelect[str]:
    """Select licences to exclude: revoked, replaced, or of unpublished seats.

    They are few, so excluding them is many times cheaper than looking up all others.
    """
    hidden = select(Seat.jti).where(Seat.exam == exam, Seat.published_jti.is_(None))
    return union_all(_revoked(exam), hidden)


def count_over_time(connection: Connection, exam: str, bucket: timedelta) -> tuple[Series, Series, Series]:
    """Count finished downloads, activations and first mocks per time bucket.

    Only current licences count, and each candidate once, so each series adds up to its figure in
    :func:`totals`.
    """
    finished = select(Download.finished_at.label("at")).where(
        Download.exam == exam, Download.jti.not_in(unavailable_licences(exam))
    )
    active = select(Activation.at.label("at")).where(
        Activation.exam == exam, Activation.jti.not_in(unavailable_licences(exam))
    )
    mocks = (
        select(func.min(Attendance.started_at).label("at"))
        .where(Attendance.exam == exam, Attendance.kind == "mock")
        .group_by(Attendance.admission_number)
    )
    named = (("downloads", finished), ("activations", active), ("mocks", mocks))
    downloads, activations, first_mocks = (
        Series(name, _counted(connection, moments, bucket)) for name, moments in named
    )
    return downloads, activations, first_mocks


def not_downloaded(connection: Connection, exam: str) -> Iterator[tuple[str, bool]]:
    """Yield admission numbers without a finished download, sorted, and whether a download was begun.

    Revoked seats are left out: their owners should not be reminded.
    """
    query = (
        select(Seat.admission_number, Download.started_at)
        .outerjoin(Download, Download.jti == Seat.published_jti)
        .outerjoin(Revocation, Revocation.jti == Seat.published_jti)
        .where(
            Seat.exam == exam,
            Seat.published_jti.is_not(None),
            Download.finished_at.is_(None),
            Revocation.jti.is_(None),
        )
        .order_by(Seat.admission_number)
    )
    for number, started_at in connection.execution_options(yield_per=1000).execute(query):
        yield number, started_at is not None


def has_release(connection: Connection, exam: str) -> bool:
    """Whether the exam has a release."""
    release_exam = connection.scalar(select(CurrentRelease.exam).where(CurrentRelease.exam == exam))
    return release_exam is not None


def _counted(
    connection: Connection, moments: Select[datetime | None], bucket: timedelta
) -> dict[datetime, int]:
    """Count a query's times (column ``at``) per bucket, by the bucket's start."""
    width = bucket // _MICROSECOND
    at = type_coerce(moments.subquery().c.at, BigInteger)
    number = (at // width).label("bucket")
    rows = connection.execute(
        select(number, func.count()).where(at.is_not(None)).group_by(number).order_by(number)
    )
    return {_EPOCH + row[0] * width * _MICROSECOND: row[1] for row in rows}
