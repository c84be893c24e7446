"""Who entered which session, when, on which device; and what the exam room reported of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Connection, Row, Select, func, literal, select, update

from oneseat.state.dialect import insert_or_ignore
from oneseat.state.tables.activation import Activation
from oneseat.state.tables.attendance import Attendance
from oneseat.state.tables.base import Moment
from oneseat.state.tables.issuing import Licence

_KEY = ["exam", "admission_number", "slot"]


@dataclass(frozen=True)
class Place:
    """One candidate's place in one session.

    ``day`` is the exam's date at the first ticket; ``device_key`` and ``ticket`` are the
    latest device and ticket. ``started_at`` and ``ended_at`` come from the exam room.
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

    @property
    def slot(self) -> str:
        """What there is one of per candidate: a mock a day, a formal interview a session."""
        return f"mock/{self.day.isoformat()}" if self.kind == "mock" else f"{self.kind}/{self.session}"


@dataclass(frozen=True)
class Turnout:
    """How many candidates got a ticket for a session on a day, and how many the room saw start and end."""

    kind: str
    session: int
    day: date
    tickets: int
    started: int
    ended: int


def confirmed_device(connection: Connection, jti: str) -> bytes | None:
    """The device key that holds the seat, locked until the transaction ends.

    Whoever else asks for this seat's tickets, or moves it, waits for this transaction.
    """
    found = connection.scalar(select(Activation.device_key).where(Activation.jti == jti).with_for_update())
    return None if found is None else bytes(found)


def of_seat(connection: Connection, exam: str, admission_number: str) -> tuple[Place, ...]:
    """Every place of a candidate, in the order of the first tickets."""
    query = _places().where(Attendance.exam == exam, Attendance.admission_number == admission_number)
    return tuple(_place(row) for row in connection.execute(query.order_by(Attendance.first_ticket_at)))


def take(connection: Connection, place: Place) -> bool:
    """Take a place; False when the candidate has one in that slot already. The primary key decides."""
    row = {**asdict(place), "slot": place.slot}
    taken = insert_or_ignore(connection, Attendance, _KEY).returning(Attendance.slot)
    return connection.execute(taken, row).first() is not None


def come_back(
    connection: Connection, place: Place, jti: str, device_key: bytes, ticket: str, at: datetime
) -> None:
    """Note that a ticket was given again for a place, and to which device of which licence."""
    values = {"jti": jti, "device_key": device_key, "ticket": ticket, "last_ticket_at": at}
    connection.execute(update(Attendance).where(*_is(place)).values(values))


def find(connection: Connection, exam: str, jti: str, kind: str, session: int, by: datetime) -> Place | None:
    """The place that a ticket of this licence, given at or after ``by``'s second, stands for.

    A mock that goes on past midnight can hold two places of one candidate: the ticket's
    is the latest that was there when it was made.
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
    there = [place for place in places if place.first_ticket_at.replace(microsecond=0) <= by]
    return there[-1] if there else None


def start(connection: Connection, place: Place, at: datetime) -> None:
    """Note that the exam room saw the candidate start; the first report stays."""
    unknown = Attendance.started_at.is_(None)
    connection.execute(update(Attendance).where(*_is(place), unknown).values(started_at=at))


def end(connection: Connection, place: Place, at: datetime) -> None:
    """Note that the exam room saw the candidate end; the first report stays. Who ended has started."""
    unknown = Attendance.ended_at.is_(None)
    values = {"ended_at": at, "started_at": func.coalesce(Attendance.started_at, literal(at, Moment))}
    connection.execute(update(Attendance).where(*_is(place), unknown).values(values))


def turnout(connection: Connection, exam: str) -> list[Turnout]:
    """How many came, by session and day."""
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
    str, str, str, str, int, date, bytes, str, datetime, datetime, datetime | None, datetime | None
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
    )


def _place(row: Row[*_Columns]) -> Place:
    return Place(*row)


def _is(place: Place) -> tuple[ColumnElement[bool], ...]:
    return (
        Attendance.exam == place.exam,
        Attendance.admission_number == place.admission_number,
        Attendance.slot == place.slot,
    )
