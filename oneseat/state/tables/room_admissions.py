"""The tables of admission without the portal's tickets: the switch's log, and who was admitted."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from oneseat.state.tables.base import Base, ExamId, Jti, Moment, SerialId
from oneseat.state.tables.retention import EVENTS


class RoomAdmissionSwitchRow(Base):
    """Two persons switched admission without tickets on or off. The last row is how it is now."""

    __tablename__ = "room_admission_switches"
    __table_args__ = (
        Index("ix_room_admission_switches_exam", "exam", "id"),
        {"info": {"retention": EVENTS}},
    )

    id: Mapped[int] = mapped_column(SerialId, primary_key=True)
    exam: Mapped[str] = mapped_column(ExamId)
    is_on: Mapped[int] = mapped_column(Integer)
    first_name: Mapped[str] = mapped_column(String(100))
    second_name: Mapped[str] = mapped_column(String(100))
    at: Mapped[datetime] = mapped_column(Moment)


class RoomAdmissionRow(Base):
    """A seat that came in without a ticket: the list that is reconciled with the portal.

    ``activated_at`` is the activation's time, ``ticket`` the portal's afterwards. ``refusal`` is the code of
    what the portal's rules object to; NULL with ``reconciled_at`` means nothing.
    """

    __tablename__ = "room_admissions"
    __table_args__ = (
        Index("ix_room_admissions_due", "exam", "next_try_at"),
        {"info": {"retention": EVENTS}},
    )

    exam: Mapped[str] = mapped_column(ExamId, primary_key=True)
    jti: Mapped[str] = mapped_column(Jti, primary_key=True)
    kind: Mapped[str] = mapped_column(String(8), primary_key=True)
    session: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    device_key: Mapped[bytes] = mapped_column(LargeBinary(32))
    activated_at: Mapped[datetime] = mapped_column(Moment)
    activation: Mapped[str] = mapped_column(Text, info={"private": True})
    at: Mapped[datetime] = mapped_column(Moment)
    next_try_at: Mapped[datetime] = mapped_column(Moment)
    ticket: Mapped[str | None] = mapped_column(Text, info={"private": True})
    reconciled_at: Mapped[datetime | None] = mapped_column(Moment)
    refusal: Mapped[str | None] = mapped_column(String(8))
