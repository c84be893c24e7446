"""The tables of those who watch: groups of attempts with their invigilators, and the log of watches."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from oneseat.state.tables.base import Base, ExamId, Moment, SerialId
from oneseat.state.tables.retention import EVENTS
from oneseat.state.tables.room import AttemptId

OperatorName = String(32)


class RoomGroupRow(Base):
    """A group of a session's attempts. ``members`` counts them.

    ``unwatched_since`` is when the group was found without anybody who watches; NULL while somebody does.
    """

    __tablename__ = "room_groups"
    __table_args__ = ({"info": {"retention": EVENTS}},)

    exam: Mapped[str] = mapped_column(ExamId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(8), primary_key=True)
    session: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    first: Mapped[str | None] = mapped_column(OperatorName)
    second: Mapped[str | None] = mapped_column(OperatorName)
    members: Mapped[int] = mapped_column(Integer)
    unwatched_since: Mapped[datetime | None] = mapped_column(Moment)


class RoomGroupAttemptRow(Base):
    """The group of an attempt."""

    __tablename__ = "room_group_attempts"
    __table_args__ = (
        Index("ix_room_group_attempts_group", "exam", "kind", "session", "number"),
        {"info": {"retention": EVENTS}},
    )

    attempt: Mapped[str] = mapped_column(AttemptId, primary_key=True)
    exam: Mapped[str] = mapped_column(ExamId)
    kind: Mapped[str] = mapped_column(String(8))
    session: Mapped[int] = mapped_column(Integer)
    number: Mapped[int] = mapped_column(Integer)


class RoomWatchRow(Base):
    """An uninterrupted watch of a group by one operator: from when to when its page was heard."""

    __tablename__ = "room_watches"
    __table_args__ = (
        Index("ix_room_watches_group", "exam", "kind", "session", "number", "seen_at"),
        {"info": {"retention": EVENTS}},
    )

    id: Mapped[int] = mapped_column(SerialId, primary_key=True)
    exam: Mapped[str] = mapped_column(ExamId)
    kind: Mapped[str] = mapped_column(String(8))
    session: Mapped[int] = mapped_column(Integer)
    number: Mapped[int] = mapped_column(Integer)
    operator: Mapped[str] = mapped_column(OperatorName)
    began_at: Mapped[datetime] = mapped_column(Moment)
    seen_at: Mapped[datetime] = mapped_column(Moment)
