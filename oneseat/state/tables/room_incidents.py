"""The tables of incidents in the room: what attempts have reported lately, and incidents."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from oneseat.state.tables.accounts import OperatorName
from oneseat.state.tables.base import Base, ExamId, Jti, Moment
from oneseat.state.tables.retention import EVENTS
from oneseat.state.tables.room import AttemptId

_UNCLOSED = text("closed_at IS NULL")
Cause = String(48)


class RoomSymptomRow(Base):
    """A cause that an attempt has reported lately: one row however often it does, until it is forgotten.

    What a room that was stopped has not forgotten is erased with the attempt.
    """

    __tablename__ = "room_symptoms"
    __table_args__ = (Index("ix_room_symptoms_last", "exam", "last_at"), {"info": {"retention": EVENTS}})

    exam: Mapped[str] = mapped_column(ExamId, primary_key=True)
    cause: Mapped[str] = mapped_column(Cause, primary_key=True)
    attempt: Mapped[str] = mapped_column(AttemptId, primary_key=True)
    jti: Mapped[str] = mapped_column(Jti)
    first_at: Mapped[datetime] = mapped_column(Moment)
    last_at: Mapped[datetime] = mapped_column(Moment)


class RoomIncidentRow(Base):
    """A cause that many seats share: proposed by the room, opened and closed by people. It names no seat.

    A unique index allows one per cause that is not closed. ``seats`` counts, at the proposal and again at the
    close. ``announcement`` is the number of the room's announcement.

    It is the outbox to the portal too: an incident that was opened is sent as it is now, at ``next_try_at``,
    until the portal has it (``sent_at``), and while it is open again and again. ``refusal`` is the code of
    the last failure to send it, or ``ended`` where somebody ended it at the portal.
    """

    __tablename__ = "room_incidents"
    __table_args__ = (
        Index(
            "uq_room_incidents_cause",
            "exam",
            "cause",
            unique=True,
            sqlite_where=_UNCLOSED,
            postgresql_where=_UNCLOSED,
        ),
        {"info": {"retention": EVENTS}},
    )

    exam: Mapped[str] = mapped_column(ExamId, primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    cause: Mapped[str] = mapped_column(Cause)
    build: Mapped[str | None] = mapped_column(String(128))
    proposed_at: Mapped[datetime] = mapped_column(Moment)
    seats: Mapped[int] = mapped_column(Integer)
    first_at: Mapped[datetime] = mapped_column(Moment)
    last_at: Mapped[datetime] = mapped_column(Moment)
    opened_at: Mapped[datetime | None] = mapped_column(Moment)
    opened_by: Mapped[str | None] = mapped_column(OperatorName)
    zh: Mapped[str | None] = mapped_column(Text)
    en: Mapped[str | None] = mapped_column(Text)
    announcement: Mapped[int | None] = mapped_column(Integer)
    closed_at: Mapped[datetime | None] = mapped_column(Moment)
    closed_by: Mapped[str | None] = mapped_column(OperatorName)
    closed_reason: Mapped[str | None] = mapped_column(String(16))
    tries: Mapped[int] = mapped_column(Integer, server_default="0")
    next_try_at: Mapped[datetime | None] = mapped_column(Moment)
    sent_at: Mapped[datetime | None] = mapped_column(Moment)
    refusal: Mapped[str | None] = mapped_column(String(8))
