"""The table of what people asked about their own data, and how it was answered."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from oneseat.state.tables.base import Base, ExamId, Jti, Moment, SerialId
from oneseat.state.tables.retention import EVENTS
from oneseat.state.tables.room import Salt, new_salt


class RoomPersonalRequestRow(Base):
    """A request about a seat's data. It is answered once; ``due_at`` is by when it is to be."""

    __tablename__ = "room_personal_requests"
    __table_args__ = (
        Index("ix_room_personal_requests_seat", "exam", "jti", "id"),
        {"info": {"retention": EVENTS}},
    )

    id: Mapped[int] = mapped_column(SerialId, primary_key=True)
    exam: Mapped[str] = mapped_column(ExamId)
    jti: Mapped[str] = mapped_column(Jti)
    kind: Mapped[str] = mapped_column(String(16))
    received_at: Mapped[datetime] = mapped_column(Moment)
    due_at: Mapped[datetime] = mapped_column(Moment)
    operator: Mapped[str] = mapped_column(String(32))
    words: Mapped[str] = mapped_column(Text)
    answered_at: Mapped[datetime | None] = mapped_column(Moment)
    answered_by: Mapped[str | None] = mapped_column(String(32))
    outcome: Mapped[str | None] = mapped_column(String(16))
    answer: Mapped[str | None] = mapped_column(Text)
    salt: Mapped[str | None] = mapped_column(Salt, default=new_salt)
