"""Incidents: faults that concern many candidates, each with one text for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from oneseat.state.dialect import insert_or_ignore
from oneseat.state.tables.help_requests import IncidentRow


@dataclass(frozen=True)
class Incident:
    """An incident that is not over. ``reason`` is that of the requests that it explains; empty for all."""

    id: int
    reason: str
    words: str
    opened_at: datetime
    opened_by: str


def begin(connection: Connection, exam: str, reason: str, words: str, operator: str, at: datetime) -> None:
    """Record that an incident has begun."""
    row = {"exam": exam, "reason": reason, "words": words, "opened_at": at, "opened_by": operator}
    connection.execute(insert(IncidentRow), row)


def begin_of_room(connection: Connection, exam: str, room_number: int, told: Incident) -> None:
    """Record an incident that the exam room has opened, but for its id; once more changes nothing."""
    statement = insert_or_ignore(connection, IncidentRow, ["exam", "room_number"])
    row = {
        "reason": told.reason,
        "words": told.words,
        "opened_at": told.opened_at,
        "opened_by": told.opened_by,
    }
    connection.execute(statement, {**row, "exam": exam, "room_number": room_number})


def end_of_room(connection: Connection, exam: str, room_number: int, at: datetime) -> None:
    """Record that an incident of the room is over."""
    row = IncidentRow
    mine = (row.exam == exam, row.room_number == room_number, row.closed_at.is_(None))
    connection.execute(update(row).where(*mine).values(closed_at=at))


def end(connection: Connection, exam: str, incident_id: int, at: datetime) -> bool:
    """Record that an incident is over; False if there is none of that id that is not."""
    mine = (IncidentRow.exam == exam, IncidentRow.id == incident_id, IncidentRow.closed_at.is_(None))
    return connection.execute(update(IncidentRow).where(*mine).values(closed_at=at)).rowcount == 1


def list_open(connection: Connection, exam: str) -> list[Incident]:
    """List the exam's incidents that are not over, newest first."""
    query = (
        select(
            IncidentRow.id,
            IncidentRow.reason,
            IncidentRow.words,
            IncidentRow.opened_at,
            IncidentRow.opened_by,
        )
        .where(IncidentRow.exam == exam, IncidentRow.closed_at.is_(None))
        .order_by(IncidentRow.id.desc())
    )
    return [Incident(*row) for row in connection.execute(query)]
