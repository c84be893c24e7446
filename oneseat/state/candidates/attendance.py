"""Attendance records: a candidate's tickets for a session, and the exam room's reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Connection, Row, Select, func, literal, or_, select, update

from oneseat.state.dialect import insert_or_ignore
from oneseat.state.tables.activation import Activation
from oneseat.state.tables.attendance import Attendance
from oneseat.state.tables.base import Moment
from oneseat.state.tables.issuing import Licence

_PRIMARY_KEY = ["exam", "admission_number", "slot"]


@dataclass(frozen=True)
class AttendanceRecord:
    """One candidate's attendance of one session.

    ``day`` is the exam's date at the first ticket. ``device_key`` and ``ticket`` are the latest
    ones. What follows them is reported by the exam room: start, end, what is left to upload (None where the
    room cannot tell) and until when, as of ``upload_reported_at``, and when everything was received.
    """

    exam: str
    admission_number: str
    jti: str
    kind: str
    session: int
    day: date
    device_key: bytes
    ticket: str
    first_ticket_at: datetime
    last_ticket_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    upload_left_bytes: int | None = None
    upload_until: datetime | None = None
    upload_reported_at: datetime | None = None
    completed_at: datetime | None = None

    @property
    def slot(self) -> str:
        """The key of which a candidate has one record: a day for mocks, a session for formal interviews."""
        return f"mock/{self.day.isoformat()}" if self.kind == "mock" else f"{self.kind}/{self.session}"


@dataclass(frozen=True)
class Turnout:
    """Numbers of candidates with a ticket for a session on a day, of reported starts and of ends."""

    kind: str
    session: int
    day: date
    tickets: int
    started: int
    ended: int


def lock_active_device(connection: Connection, jti: str) -> bytes | None:
    """Read the seat's device key and lock its row until the transaction ends.

    Other ticket requests for the seat, and a move to another device, wait for this transaction.
    """
    key = connection.scalar(select(Activation.device_key).where(Activation.jti == jti).with_for_update())
    return None if key is None else bytes(key)


def find_by_seat(connection: Connection, exam: str, admission_number: str) -> tuple[AttendanceRecord, ...]:
    """List a candidate's records, in the order of their first tickets."""
    query = _places().where(Attendance.exam == exam, Attendance.admission_number == admission_number)
    return tuple(_place(row) for row in connection.execute(query.order_by(Attendance.first_ticket_at)))


def record_first_ticket(connection: Connection, place: AttendanceRecord) -> bool:
    """Insert a record; False if the candidate has one for that slot. The primary key decides."""
    row = {**asdict(place), "slot": place.slot}
    statement = insert_or_ignore(connection, Attendance, _PRIMARY_KEY).returning(Attendance.slot)
    return connection.execute(statement, row).first() is not None


def record_later_ticket(
    connection: Connection, place: AttendanceRecord, jti: str, device_key: bytes, ticket: str, at: datetime
) -> None:
    """Record that a further ticket was issued for a slot, with its licence and device."""
    values = {"jti": jti, "device_key": device_key, "ticket": ticket, "last_ticket_at": at}
    connection.execute(update(Attendance).where(*_key(place)).values(values))


def find_by_ticket(
    connection: Connection, exam: str, jti: str, kind: str, session: int, by: datetime
) -> AttendanceRecord | None:
    """Find the record of a ticket of this licence that was issued at ``by`` (to the second).

    A mock that goes on past midnight can have two records of one candidate. The ticket belongs to
    the latest one that existed when it was issued.
    """
    number = (
        select(Licence.admission_number).where(Licence.jti == jti, Licence.exam == exam).limit(1)
    ).scalar_subquery()
    query = _places().where(
        Attendance.exam == exam,
        Attendance.admission_number == number,
        Attendance.kind == kind,
        Attendance.session == session,
    )
    places = [_place(row) for row in connection.execute(query.order_by(Attendance.first_ticket_at))]
    earlier = [place for place in places if place.first_ticket_at.replace(microsecond=0) <= by]
    return earlier[-1] if earlier else None


def record_start(connection: Connection, place: AttendanceRecord, at: datetime) -> None:
    """Record the exam room's report of a start; the first report stays."""
    unknown = Attendance.started_at.is_(None)
    connection.execute(update(Attendance).where(*_key(place), unknown).values(started_at=at))


def record_end(connection: Connection, place: AttendanceRecord, at: datetime) -> None:
    """Record the exam room's report of an end; the first report stays. An end implies a start."""
    unknown = Attendance.ended_at.is_(None)
    values = {"ended_at": at, "started_at": func.coalesce(Attendance.started_at, literal(at, Moment))}
    connection.execute(update(Attendance).where(*_key(place), unknown).values(values))


def record_upload(
    connection: Connection, place: AttendanceRecord, left_bytes: int | None, until: datetime, at: datetime
) -> bool:
    """Record what was left to upload at ``at``; False where a later report is known, or the completion."""
    earlier = or_(Attendance.upload_reported_at.is_(None), Attendance.upload_reported_at < at)
    values = {"upload_left_bytes": left_bytes, "upload_until": until, "upload_reported_at": at}
    return _set_upload(connection, place, values, earlier)


def record_completion(connection: Connection, place: AttendanceRecord, until: datetime, at: datetime) -> bool:
    """Record that everything was received at ``at``; False if it was known. It is final."""
    values = {"upload_left_bytes": 0, "upload_until": until, "upload_reported_at": at, "completed_at": at}
    return _set_upload(connection, place, values)


def _set_upload(
    connection: Connection,
    place: AttendanceRecord,
    values: Mapping[str, object],
    *conditions: ColumnElement[bool],
) -> bool:
    statement = update(Attendance).where(*_key(place), Attendance.completed_at.is_(None), *conditions)
    return connection.execute(statement.values(values)).rowcount == 1


def count_turnout(connection: Connection, exam: str) -> list[Turnout]:
    """Count attendance by session and day."""
    grouped = (Attendance.kind, Attendance.session, Attendance.day)
    query = (
        select(
            *grouped,
            func.count(),
            func.count(Attendance.started_at),
            func.count(Attendance.ended_at),
        )
        .where(Attendance.exam == exam)
        .group_by(*grouped)
        .order_by(Attendance.day, Attendance.kind, Attendance.session)
    )
    return [Turnout(*row) for row in connection.execute(query)]


_Columns = tuple[
    str,
    str,
    str,
    str,
    int,
    date,
    bytes,
    str,
    datetime,
    datetime,
    datetime | None,
    datetime | None,
    int | None,
    datetime | None,
    datetime | None,
    datetime | None,
]


def _places() -> Select[*_Columns]:
    return select(
        Attendance.exam,
        Attendance.admission_number,
        Attendance.jti,
        Attendance.kind,
        Attendance.session,
        Attendance.day,
        Attendance.device_key,
        Attendance.ticket,
        Attendance.first_ticket_at,
        Attendance.last_ticket_at,
        Attendance.started_at,
        Attendance.ended_at,
        Attendance.upload_left_bytes,
        Attendance.upload_until,
        Attendance.upload_reported_at,
        Attendance.completed_at,
    )


def _place(row: Row[*_Columns]) -> AttendanceRecord:
    return AttendanceRecord(*row)


def _key(place: AttendanceRecord) -> tuple[ColumnElement[bool], ...]:
    return (
        Attendance.exam == place.exam,
        Attendance.admission_number == place.admission_number,
        Attendance.slot == place.slot,
    )
