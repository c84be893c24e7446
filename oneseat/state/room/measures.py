"""Measures that are drafted, given or withdrawn in the room, and which of their orders the portal has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, insert, select, update

from oneseat.state.dialect import in_values
from oneseat.state.tables.issuing import Seat
from oneseat.state.tables.room import RoomAttemptRow
from oneseat.state.tables.room_measures import RoomMeasureRow
from signing.session_times import FORMAL

GIVEN, WITHDRAWN = "given", "withdrawn"


@dataclass(frozen=True)
class Person:
    """An operator's account, and the name under which candidates read a measure."""

    account: str
    name: str


@dataclass(frozen=True)
class NewMeasure:
    """A draft. No ``seats`` means all; ``reason`` is a code of :mod:`oneseat.room.rules.measures`.

    ``group_number`` is the group whose members the seats were at the draft, or None. ``target`` is the
    session that a repeat gives them.
    """

    id: str
    exam: str
    drafted_at: datetime
    drafted_by: Person
    act: str
    session: int
    seconds: int
    seats: tuple[str, ...]
    reason: str
    group_number: int | None
    target: int | None = None


@dataclass(frozen=True, kw_only=True)
class Measure(NewMeasure):
    """A stored measure; without an ``outcome`` it waits for the second person."""

    outcome: str | None
    settled_at: datetime | None
    settled_by: Person | None
    number: int | None
    sent_at: datetime | None
    refusal: str | None


_COLUMNS = tuple(RoomMeasureRow.__table__.columns)
_NAMES = tuple(column.name for column in _COLUMNS)


class DueOrder(NamedTuple):
    """An order that the portal has not taken: ``tries`` counts this one."""

    id: str
    number: int
    tries: int


def add(connection: Connection, new: NewMeasure) -> None:
    """Add a draft."""
    row = {
        **{name: getattr(new, name) for name in ("id", "exam", "drafted_at", "act", "session", "seconds")},
        "group_number": new.group_number,
        "target": new.target,
        "drafted_by": new.drafted_by.account,
        "drafted_name": new.drafted_by.name,
        "seats": " ".join(new.seats),
        "reason": new.reason,
    }
    connection.execute(insert(RoomMeasureRow), row)


def find(connection: Connection, exam: str, measure_id: str) -> Measure | None:
    """Return a measure of an exam, or None."""
    row = connection.execute(_of(exam, measure_id)).first()
    return None if row is None else _measure(row)


def lock(connection: Connection, exam: str, measure_id: str) -> Measure | None:
    """As :func:`find`, so that nobody else settles it until this transaction ends."""
    row = connection.execute(_of(exam, measure_id).with_for_update()).first()
    return None if row is None else _measure(row)


def list_newest(connection: Connection, exam: str, limit: int) -> list[Measure]:
    """List the newest measures of an exam, the newest first."""
    query = select(*_COLUMNS).where(RoomMeasureRow.exam == exam)
    query = query.order_by(RoomMeasureRow.drafted_at.desc(), RoomMeasureRow.id).limit(limit)
    return [_measure(row) for row in connection.execute(query)]


def settle(
    connection: Connection,
    measure_id: str,
    outcome: str,
    person: Person,
    at: datetime,
    number: int | None = None,
) -> bool:
    """Record that a draft was given, as the order of that number, or withdrawn; False if it was settled."""
    values = {
        "outcome": outcome,
        "settled_at": at,
        "settled_by": person.account,
        "settled_name": person.name,
        "number": number,
        "next_try_at": None if number is None else at,
    }
    mine = (RoomMeasureRow.id == measure_id, RoomMeasureRow.outcome.is_(None))
    return connection.execute(update(RoomMeasureRow).where(*mine).values(values)).rowcount == 1


def take_due(connection: Connection, exam: str, now: datetime, retry_at: datetime) -> list[DueOrder]:
    """Take the order that the portal lacks next, if it is due, and set its next try.

    Orders follow each other by their numbers, so a later one waits for it.
    """
    row = RoomMeasureRow
    query = (
        select(row.id, row.number, row.tries, row.next_try_at)
        .where(row.exam == exam, row.number.is_not(None), row.sent_at.is_(None), row.next_try_at.is_not(None))
        .order_by(row.number)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    found = connection.execute(query).first()
    if found is None or found[1] is None or found[3] is None or found[3] > now:
        return []
    due = DueOrder(found[0], found[1], found[2] + 1)
    values = {"tries": due.tries, "next_try_at": retry_at}
    connection.execute(update(row).where(row.id == due.id).values(values))
    return [due]


def finish_sending(connection: Connection, measure_id: str, at: datetime) -> None:
    """Record that the portal has an order."""
    values = {"sent_at": at, "next_try_at": None, "refusal": None}
    connection.execute(update(RoomMeasureRow).where(RoomMeasureRow.id == measure_id).values(values))


def send_later(connection: Connection, measure_id: str, retry_at: datetime, refusal: str) -> None:
    """Record why the portal has not taken an order, and when to try again."""
    values = {"next_try_at": retry_at, "refusal": refusal}
    connection.execute(update(RoomMeasureRow).where(RoomMeasureRow.id == measure_id).values(values))


def seats_of(connection: Connection, exam: str, admission_numbers: list[str]) -> dict[str, str]:
    """Map admission numbers to the pseudonyms under which their seats are published now."""
    query = select(Seat.admission_number, Seat.published_jti, Seat.jti).where(
        Seat.exam == exam, in_values(connection, Seat.admission_number, admission_numbers)
    )
    return {number: published or jti for number, published, jti in connection.execute(query)}


def present(connection: Connection, exam: str, session: int) -> list[str]:
    """List the pseudonyms of the attempts of a formal session that are not handed in."""
    query = select(RoomAttemptRow.jti).where(
        RoomAttemptRow.exam == exam,
        RoomAttemptRow.kind == FORMAL,
        RoomAttemptRow.session == session,
        RoomAttemptRow.handed_in_at.is_(None),
    )
    return list(connection.scalars(query))


def _of(exam: str, measure_id: str) -> Select[Any]:
    return select(*_COLUMNS).where(RoomMeasureRow.id == measure_id, RoomMeasureRow.exam == exam)


def _measure(row: Row[Any]) -> Measure:
    stored = dict(zip(_NAMES, row, strict=True))
    same = ("id", "exam", "drafted_at", "act", "session", "seconds", "reason", "group_number", "target")
    later = ("outcome", "settled_at", "number", "sent_at", "refusal")
    settled = stored["settled_by"]
    return Measure(
        **{name: stored[name] for name in (*same, *later)},
        drafted_by=Person(stored["drafted_by"], stored["drafted_name"]),
        seats=tuple(stored["seats"].split()),
        settled_by=None if settled is None else Person(settled, stored["settled_name"]),
    )
