"""Requests of people about their own data: each is recorded with its deadline, and answered once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Select, func, insert, select, update

from oneseat.state.tables.room import new_salt
from oneseat.state.tables.room_personal import RoomPersonalRequestRow


@dataclass(frozen=True)
class PersonalRequest:
    """A request about a seat's data; the last four are None until it is answered."""

    id: int
    jti: str
    kind: str
    received_at: datetime
    due_at: datetime
    operator: str
    words: str
    answered_at: datetime | None
    answered_by: str | None
    outcome: str | None
    answer: str | None


@dataclass(frozen=True)
class NewPersonalRequest:
    """A request as it is recorded."""

    jti: str
    kind: str
    received_at: datetime
    due_at: datetime
    operator: str
    words: str


@dataclass(frozen=True)
class PersonalAnswer:
    """How a request was answered, by whom."""

    answered_at: datetime
    answered_by: str
    outcome: str
    answer: str


def add(connection: Connection, exam: str, new: NewPersonalRequest) -> int:
    """Record a request; return its id."""
    statement = insert(RoomPersonalRequestRow).returning(RoomPersonalRequestRow.id)
    return connection.execute(statement, {"exam": exam, **vars(new)}).scalar_one()


def of_seat(connection: Connection, exam: str, jti: str) -> list[PersonalRequest]:
    """List a seat's requests, oldest first."""
    query = _requests(exam).where(RoomPersonalRequestRow.jti == jti).order_by(RoomPersonalRequestRow.id)
    return [PersonalRequest(*row) for row in connection.execute(query)]


def open_ones(connection: Connection, exam: str, limit: int) -> list[PersonalRequest]:
    """List the requests that are not answered, those first that are due first."""
    row = RoomPersonalRequestRow
    query = _requests(exam).where(row.answered_at.is_(None)).order_by(row.due_at, row.id).limit(limit)
    return [PersonalRequest(*found) for found in connection.execute(query)]


def answer(connection: Connection, exam: str, jti: str, number: int, given: PersonalAnswer) -> bool:
    """Record the answer; False if the seat has no such request, or it was answered before."""
    row = RoomPersonalRequestRow
    mine = (row.exam == exam, row.jti == jti, row.id == number, row.answered_at.is_(None))
    salt = func.coalesce(row.salt, new_salt())  # a request from before salts has none
    return connection.execute(update(row).where(*mine).values(**vars(given), salt=salt)).rowcount == 1


_Columns = tuple[
    int, str, str, datetime, datetime, str, str, datetime | None, str | None, str | None, str | None
]


def _requests(exam: str) -> Select[*_Columns]:
    row = RoomPersonalRequestRow
    columns = (row.id, row.jti, row.kind, row.received_at, row.due_at, row.operator, row.words)
    answered = (row.answered_at, row.answered_by, row.outcome, row.answer)
    return select(*columns, *answered).where(row.exam == exam)
