"""How an exam goes, in figures: for the operators' desk. Nothing here names a person."""

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
    """Seats that candidates can log in to, and how far they have come.

    ``downloaded``, ``begun`` (not finished) and ``activated`` are about the seats' present licences,
    revoked ones aside;
    ``mocks`` counts candidates whom an exam room saw start a mock.
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
        """Seats whose owners have no installer yet, revoked ones aside."""
        return max(0, self.seats - self.downloaded - self.revoked)


@dataclass(frozen=True)
class Series:
    """How often something happened, by the beginning of each bucket of time in which it did."""

    name: str
    counts: dict[datetime, int]


def totals(connection: Connection, exam: str) -> Totals:
    """The present figures."""
    downloads = select(func.count(Download.finished_at), func.count()).where(
        Download.exam == exam, Download.jti.not_in(_gone(exam))
    )
    downloaded, granted = connection.execute(downloads).one()
    shown = select(func.count()).where(Seat.exam == exam, Seat.published_jti.is_not(None))
    revoked = shown.where(Seat.published_jti.in_(_revoked(exam)))
    active = select(func.count()).where(Activation.exam == exam, Activation.jti.not_in(_gone(exam)))
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


def _gone(exam: str) -> CompoundSelect[str]:
    """The licences that candidates no longer have: revoked, replaced, or of seats that are not shown.

    There are few of them, so leaving them out is many times cheaper than looking up all the others.
    """
    hidden = select(Seat.jti).where(Seat.exam == exam, Seat.published_jti.is_(None))
    return union_all(_revoked(exam), hidden)


def over_time(connection: Connection, exam: str, bucket: timedelta) -> tuple[Series, Series, Series]:
    """Finished downloads, activations and first mocks, counted in buckets of time.

    They are those of the seats' present licences, and of each candidate once, so that
    each series adds up to its figure in :func:`totals`.
    """
    finished = select(Download.finished_at.label("at")).where(
        Download.exam == exam, Download.jti.not_in(_gone(exam))
    )
    active = select(Activation.at.label("at")).where(
        Activation.exam == exam, Activation.jti.not_in(_gone(exam))
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
    """Admission numbers whose download never reached its end, in order, and whether it was begun.

    Revoked seats are left out: nobody should remind their owners.
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


def published(connection: Connection, exam: str) -> bool:
    """Whether the exam has a release."""
    found = connection.scalar(select(CurrentRelease.exam).where(CurrentRelease.exam == exam))
    return found is not None


def _counted(
    connection: Connection, moments: Select[datetime | None], bucket: timedelta
) -> dict[datetime, int]:
    """How many of a query's moments (column ``at``) lie in each bucket, by the bucket's beginning."""
    width = bucket // _MICROSECOND
    at = type_coerce(moments.subquery().c.at, BigInteger)
    number = (at // width).label("bucket")
    rows = connection.execute(
        select(number, func.count()).where(at.is_not(None)).group_by(number).order_by(number)
    )
    return {_EPOCH + row[0] * width * _MICROSECOND: row[1] for row in rows}
