"""The tables of what is decided on the day: drafts of measures, announcements, and who has seen them.

The drafts' table is also the outbox of the orders that became of them.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from oneseat.state.tables.base import Base, ExamId, Moment
from oneseat.state.tables.retention import EVENTS
from oneseat.state.tables.room import AttemptId


class RoomMeasureRow(Base):
    """A measure that one person drafted; a second one has it signed, or somebody withdraws it.

    ``seats`` are pseudonyms, separated by spaces; empty means all. ``group_number`` is the group whose
    members they were, where a group was chosen. ``target`` is the session that a repeat gives them, NULL for
    every other act. ``outcome`` is ``given`` or ``withdrawn``, NULL while it
    waits for the second person. ``number`` is that of the order; ``refusal`` is the code of
    the last failure to send it.
    """

    __tablename__ = "room_measures"
    __table_args__ = (
        Index("ix_room_measures_drafted", "exam", "drafted_at"),
        Index("ix_room_measures_due", "exam", "number"),
        {"info": {"retention": EVENTS}},
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    exam: Mapped[str] = mapped_column(ExamId)
    drafted_at: Mapped[datetime] = mapped_column(Moment)
    drafted_by: Mapped[str] = mapped_column(String(32))
    drafted_name: Mapped[str] = mapped_column(String(100))
    act: Mapped[str] = mapped_column(String(16))
    session: Mapped[int] = mapped_column(Integer)
    seconds: Mapped[int] = mapped_column(Integer)
    target: Mapped[int | None] = mapped_column(Integer)
    seats: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(String(16))
    group_number: Mapped[int | None] = mapped_column(Integer)
    outcome: Mapped[str | None] = mapped_column(String(16))
    settled_at: Mapped[datetime | None] = mapped_column(Moment)
    settled_by: Mapped[str | None] = mapped_column(String(32))
    settled_name: Mapped[str | None] = mapped_column(String(100))
    number: Mapped[int | None] = mapped_column(Integer)
    tries: Mapped[int] = mapped_column(Integer, server_default="0")
    next_try_at: Mapped[datetime | None] = mapped_column(Moment)
    sent_at: Mapped[datetime | None] = mapped_column(Moment)
    refusal: Mapped[str | None] = mapped_column(String(8))


class RoomAnnouncementRow(Base):
    """An announcement; ``kind`` and ``session`` are NULL where it is for every session.

    ``attempts`` are the ids of a group's attempts, separated by spaces; empty where it is for all. One that
    tells of an ``incident`` is shown until ``ended_at``; the others have no end.
    """

    __tablename__ = "room_announcements"
    __table_args__ = ({"info": {"retention": EVENTS}},)

    exam: Mapped[str] = mapped_column(ExamId, primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(Moment)
    account: Mapped[str] = mapped_column(String(32))
    kind: Mapped[str | None] = mapped_column(String(8))
    session: Mapped[int | None] = mapped_column(Integer)
    zh: Mapped[str] = mapped_column(Text)
    en: Mapped[str] = mapped_column(Text)
    group_number: Mapped[int | None] = mapped_column(Integer)
    attempts: Mapped[str] = mapped_column(Text, server_default="")
    incident: Mapped[int | None] = mapped_column(Integer)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)


class RoomBulletinRow(Base):
    """A measure (``m`` and its number) or announcement (``a``) was shown on an attempt's page, and read."""

    __tablename__ = "room_bulletins"
    __table_args__ = (
        Index("ix_room_bulletins_name", "exam", "bulletin"),
        {"info": {"retention": EVENTS}},
    )

    attempt: Mapped[str] = mapped_column(AttemptId, primary_key=True)
    bulletin: Mapped[str] = mapped_column(String(16), primary_key=True)
    exam: Mapped[str] = mapped_column(ExamId)
    shown_at: Mapped[datetime] = mapped_column(Moment)
    read_at: Mapped[datetime | None] = mapped_column(Moment)
