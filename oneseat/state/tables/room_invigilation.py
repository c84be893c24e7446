"""The exam room's tables of what invigilators do: reminders, notes, marks, and attempts ended by two."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from oneseat.state.tables.base import Base, ExamId, Moment, SerialId
from oneseat.state.tables.retention import EVENTS
from oneseat.state.tables.room import AttemptId, Salt, new_salt

Operator = String(32)


class RoomReminderRow(Base):
    """A reminder that an invigilator sent. ``words`` are what the candidate's page showed, in Chinese."""

    __tablename__ = "room_reminders"
    __table_args__ = (
        Index("ix_room_reminders_attempt", "exam", "attempt", "id"),
        {"info": {"retention": EVENTS}},
    )

    id: Mapped[int] = mapped_column(SerialId, primary_key=True)
    exam: Mapped[str] = mapped_column(ExamId)
    attempt: Mapped[str] = mapped_column(AttemptId)
    at: Mapped[datetime] = mapped_column(Moment)
    operator: Mapped[str] = mapped_column(Operator)
    code: Mapped[str] = mapped_column(String(16))
    words: Mapped[str] = mapped_column(Text)
    shown_at: Mapped[datetime | None] = mapped_column(Moment)
    read_at: Mapped[datetime | None] = mapped_column(Moment)
    salt: Mapped[str | None] = mapped_column(Salt, default=new_salt)


class RoomNoteRow(Base):
    """An operator's note about an attempt. Rows are only ever added."""

    __tablename__ = "room_notes"
    __table_args__ = (
        Index("ix_room_notes_attempt", "exam", "attempt", "id"),
        {"info": {"retention": EVENTS}},
    )

    id: Mapped[int] = mapped_column(SerialId, primary_key=True)
    exam: Mapped[str] = mapped_column(ExamId)
    attempt: Mapped[str] = mapped_column(AttemptId)
    at: Mapped[datetime] = mapped_column(Moment)
    operator: Mapped[str] = mapped_column(Operator)
    words: Mapped[str] = mapped_column(Text)
    salt: Mapped[str | None] = mapped_column(Salt, default=new_salt)


class RoomMarkRow(Base):
    """A suspicion that people judge later: a clause, and from when to when it is seen in the streams.

    A mark that was withdrawn stays, with who withdrew it and when.
    """

    __tablename__ = "room_marks"
    __table_args__ = (
        Index("ix_room_marks_attempt", "exam", "attempt", "id"),
        {"info": {"retention": EVENTS}},
    )

    id: Mapped[int] = mapped_column(SerialId, primary_key=True)
    exam: Mapped[str] = mapped_column(ExamId)
    attempt: Mapped[str] = mapped_column(AttemptId)
    at: Mapped[datetime] = mapped_column(Moment)
    operator: Mapped[str] = mapped_column(Operator)
    clause: Mapped[str] = mapped_column(String(16))
    begins_at: Mapped[datetime] = mapped_column(Moment)
    ends_at: Mapped[datetime] = mapped_column(Moment)
    note: Mapped[str] = mapped_column(Text)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Moment)
    withdrawn_by: Mapped[str | None] = mapped_column(Operator)
    salt: Mapped[str | None] = mapped_column(Salt, default=new_salt)


class RoomEndingRow(Base):
    """A request to end an attempt, its decision by another person, and the reopening.

    ``outcome`` is ``confirmed`` or ``declined``. ``receipt`` is the hand-in receipt that a reopening has
    made void.
    """

    __tablename__ = "room_endings"
    __table_args__ = (
        Index("ix_room_endings_attempt", "exam", "attempt", "id"),
        {"info": {"retention": EVENTS}},
    )

    id: Mapped[int] = mapped_column(SerialId, primary_key=True)
    exam: Mapped[str] = mapped_column(ExamId)
    attempt: Mapped[str] = mapped_column(AttemptId)
    reason: Mapped[str] = mapped_column(String(16))
    note: Mapped[str] = mapped_column(Text)
    requested_at: Mapped[datetime] = mapped_column(Moment)
    requested_by: Mapped[str] = mapped_column(Operator)
    decided_at: Mapped[datetime | None] = mapped_column(Moment)
    decided_by: Mapped[str | None] = mapped_column(Operator)
    outcome: Mapped[str | None] = mapped_column(String(12))
    reopened_at: Mapped[datetime | None] = mapped_column(Moment)
    reopened_by: Mapped[str | None] = mapped_column(Operator)
    reopening: Mapped[str | None] = mapped_column(Text)
    receipt: Mapped[str | None] = mapped_column(Text)
    salt: Mapped[str | None] = mapped_column(Salt, default=new_salt)
