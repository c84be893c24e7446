"""Reminders: what an invigilator sent to a candidate's page, when it was shown there, and when read."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from oneseat.state.tables.room_invigilation import RoomReminderRow


@dataclass(frozen=True)
class NewReminder:
    """What a reminder begins with. ``words`` are what the candidate reads."""

    exam: str
    attempt: str
    at: datetime
    operator: str
    code: str
    words: str


@dataclass(frozen=True)
class Reminder(NewReminder):
    """A stored reminder."""

    id: int
    shown_at: datetime | None
    read_at: datetime | None


_COLUMNS = tuple(getattr(RoomReminderRow, member.name) for member in fields(Reminder))


def add(connection: Connection, new: NewReminder) -> int:
    """Add a reminder; return its id."""
    statement = insert(RoomReminderRow).returning(RoomReminderRow.id)
    return connection.execute(statement, vars(new)).scalar_one()


def list_of(connection: Connection, exam: str, attempt: str) -> list[Reminder]:
    """List an attempt's reminders, oldest first."""
    query = (
        select(*_COLUMNS)
        .where(RoomReminderRow.exam == exam, RoomReminderRow.attempt == attempt)
        .order_by(RoomReminderRow.id)
    )
    return [Reminder(*row) for row in connection.execute(query)]


def list_unread(connection: Connection, exam: str, attempt: str) -> list[Reminder]:
    """List an attempt's reminders that were not read, oldest first."""
    return [each for each in list_of(connection, exam, attempt) if each.read_at is None]


def record_shown(connection: Connection, attempt: str, reminder: int, at: datetime) -> bool:
    """Record that a reminder of the attempt is shown; False if it is known, or not the attempt's."""
    return _set_once(connection, attempt, reminder, RoomReminderRow.shown_at.key, at)


def record_read(connection: Connection, attempt: str, reminder: int, at: datetime) -> bool:
    """Record that a reminder of the attempt was read; False if it is known, or not the attempt's."""
    return _set_once(connection, attempt, reminder, RoomReminderRow.read_at.key, at)


def _set_once(connection: Connection, attempt: str, reminder: int, column: str, at: datetime) -> bool:
    mine = update(RoomReminderRow).where(
        RoomReminderRow.attempt == attempt,
        RoomReminderRow.id == reminder,
        getattr(RoomReminderRow, column).is_(None),
    )
    return connection.execute(mine.values({column: at})).rowcount == 1
