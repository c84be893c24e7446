"""Incidents: faults that concern many candidates, each with one text for all of them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from oneseat.state.dialect import insert_or_ignore
from oneseat.state.tables.help_requests import IncidentRow


@dataclass(frozen=True)
class Incident:
    """An incident, but for its end. ``reason`` is that of the requests that it explains; empty for all."""

    id: int
    reason: str
    words: str
    opened_at: datetime
    opened_by: str


_COLUMNS = tuple(getattr(IncidentRow, member.name) for member in fields(Incident))


def begin(connection: Connection, exam: str, reason: str, words: str, operator: str, at: datetime) -> None:
    """Record that an incident has begun."""
    row = {"exam": exam, "reason": reason, "words": words, "opened_at": at, "opened_by": operator}
    connection.execute(insert(IncidentRow), row)


def begin_of_room(connection: Connection, exam: str, room_number: int, told: Incident) -> bool:
    """Record an incident that the exam room has opened, but for its id; False if that number is there."""
    statement = insert_or_ignore(connection, IncidentRow, ["exam", "room_number"])
    row: dict[str, object] = {
        "reason": told.reason,
        "words": told.words,
        "opened_at": told.opened_at,
        "opened_by": told.opened_by,
    }
    row |= {"exam": exam, "room_number": room_number}
    return connection.scalar(statement.returning(IncidentRow.id), row) is not None


def find_of_room(connection: Connection, exam: str, room_number: int) -> tuple[Incident, datetime | None]:
    """Return an incident of the exam room that is there, and when it was over, if it is."""
    query = select(*_COLUMNS, IncidentRow.closed_at)
    row = connection.execute(
        query.where(IncidentRow.exam == exam, IncidentRow.room_number == room_number)
    ).one()
    return Incident(*row[:-1]), row[-1]


def count_open_of_room(connection: Connection, exam: str) -> int:
    """Count the exam room's incidents that are not over."""
    row = IncidentRow
    mine = (row.exam == exam, row.closed_at.is_(None), row.room_number.is_not(None))
    return connection.scalar(select(func.count()).where(*mine)) or 0


def end_of_room(connection: Connection, exam: str, room_number: int, at: datetime) -> bool:
    """Record that an incident of the room is over; False if there is none of that number that is not."""
    row = IncidentRow
    mine = (row.exam == exam, row.room_number == room_number, row.closed_at.is_(None))
    return connection.execute(update(row).where(*mine).values(closed_at=at)).rowcount == 1


def end(connection: Connection, exam: str, incident_id: int, at: datetime) -> bool:
    """Record that an incident is over; False if there is none of that id that is not."""
    mine = (IncidentRow.exam == exam, IncidentRow.id == incident_id, IncidentRow.closed_at.is_(None))
    return connection.execute(update(IncidentRow).where(*mine).values(closed_at=at)).rowcount == 1


def list_open(connection: Connection, exam: str) -> list[Incident]:
    """List the exam's incidents that are not over, newest first."""
    query = (
        select(*_COLUMNS)
        .where(IncidentRow.exam == exam, IncidentRow.closed_at.is_(None))
        .order_by(IncidentRow.id.desc())
    )
    return [Incident(*row) for row in connection.execute(query)]
