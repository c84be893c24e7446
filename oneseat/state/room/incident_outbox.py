"""Which incidents the portal lacks as they are now, in the table of incidents.

An incident is open, then closed, and never open again. So only its present state is sent, and what was sent
before it and arrives later changes nothing.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, update

from oneseat.state.room.incidents import ENDED, Incident, of_exam
from oneseat.state.tables.room_incidents import RoomIncidentRow


class DueIncident(NamedTuple):
    """An incident that the portal lacks; ``tries`` counts this one."""

    incident: Incident
    tries: int


def take_due(
    connection: Connection, exam: str, now: datetime, retry_at: datetime, limit: int
) -> list[DueIncident]:
    """Take incidents that are due, at most ``limit``, and set their next try."""
    row = RoomIncidentRow
    query = (
        of_exam(exam)
        .add_columns(row.tries)
        .where(row.next_try_at <= now)
        .order_by(row.next_try_at, row.number)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    due = [DueIncident(Incident(*found[:-1]), found[-1] + 1) for found in connection.execute(query)]
    for each in due:
        values = {"tries": each.tries, "next_try_at": retry_at}
        connection.execute(update(row).where(*_as_taken(each)).values(values))
    return due


def finish_sending(connection: Connection, due: DueIncident, at: datetime) -> None:
    """Record that the portal has an incident, unless it was closed since it was taken: then that is due."""
    _change(connection, due, sent_at=at, next_try_at=None, refusal=None)


def look_again(connection: Connection, due: DueIncident, at: datetime, look_at: datetime) -> None:
    """As :func:`finish_sending`, and when to ask whether the portal shows it still.

    The portal has it since the first time.
    """
    sent_at = due.incident.sent_at or at
    _change(connection, due, sent_at=sent_at, next_try_at=look_at, refusal=None, tries=0)


def end_elsewhere(connection: Connection, due: DueIncident, at: datetime) -> None:
    """Record that the portal had an incident and shows it no more, which the room learned at ``at``."""
    _change(connection, due, sent_at=at, next_try_at=None, refusal=ENDED)


def send_later(connection: Connection, due: DueIncident, retry_at: datetime, refusal: str) -> None:
    """Record why the portal has not taken an incident, and when to try again, unless it was closed since."""
    _change(connection, due, next_try_at=retry_at, refusal=refusal)


def _change(connection: Connection, due: DueIncident, **values: object) -> None:
    connection.execute(update(RoomIncidentRow).where(*_as_taken(due)).values(values))


def _as_taken(due: DueIncident) -> tuple[ColumnElement[bool], ...]:
    """The incident's row, as long as it is not another state that has to be sent."""
    row, incident = RoomIncidentRow, due.incident
    return row.exam == incident.exam, row.number == incident.number, row.closed_at == incident.closed_at
