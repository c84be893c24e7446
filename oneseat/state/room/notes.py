"""Operators' notes about attempts. They are only ever added."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import Connection, insert, select

from oneseat.state.tables.room_invigilation import RoomNoteRow


@dataclass(frozen=True)
class Note:
    """A note: who wrote what about an attempt, and when."""

    exam: str
    attempt: str
    at: datetime
    operator: str
    words: str


_COLUMNS = tuple(getattr(RoomNoteRow, member.name) for member in fields(Note))


def add(connection: Connection, note: Note) -> int:
    """Add a note; return its id."""
    return connection.execute(insert(RoomNoteRow).returning(RoomNoteRow.id), vars(note)).scalar_one()


def list_of(connection: Connection, exam: str, attempt: str) -> list[Note]:
    """List an attempt's notes, oldest first."""
    mine = select(*_COLUMNS).where(RoomNoteRow.exam == exam, RoomNoteRow.attempt == attempt)
    return [Note(*row) for row in connection.execute(mine.order_by(RoomNoteRow.id))]
