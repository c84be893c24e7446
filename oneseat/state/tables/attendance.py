"""The tables of attendance and of device check-ins."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from oneseat.state.tables.base import AdmissionNumber, Base, ExamId, Jti, Moment

Slot = String(32)


class Attendance(Base):
    """A candidate's attendance of a session. The primary key allows one row per slot.

    ``slot`` is ``mock/2035-01-04`` (one a day) or ``formal/0`` (one a session). The key is the
    admission number and not the jti, so a re-issued licence does not allow a second attendance.
    ``started_at`` and ``ended_at`` are reported by the exam room, and so are ``upload_left_bytes`` (NULL if
    it is not known), ``upload_until`` and ``completed_at``, as of ``upload_reported_at``.
    """

    __tablename__ = "attendance"

    exam: Mapped[str] = mapped_column(ExamId, primary_key=True)
    admission_number: Mapped[str] = mapped_column(AdmissionNumber, primary_key=True)
    slot: Mapped[str] = mapped_column(Slot, primary_key=True)
    jti: Mapped[str] = mapped_column(Jti)
    kind: Mapped[str] = mapped_column(String(8))
    session: Mapped[int] = mapped_column(Integer)
    day: Mapped[date] = mapped_column(Date)
    device_key: Mapped[bytes] = mapped_column(LargeBinary(32))
    ticket: Mapped[str] = mapped_column(Text)
    first_ticket_at: Mapped[datetime] = mapped_column(Moment)
    last_ticket_at: Mapped[datetime] = mapped_column(Moment)
    started_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    upload_left_bytes: Mapped[int | None] = mapped_column(BigInteger)
    upload_until: Mapped[datetime | None] = mapped_column(Moment)
    upload_reported_at: Mapped[datetime | None] = mapped_column(Moment)
    completed_at: Mapped[datetime | None] = mapped_column(Moment)


class CheckIn(Base):
    """The last check-in of a seat's device, with its build."""

    __tablename__ = "check_ins"

    jti: Mapped[str] = mapped_column(Jti, primary_key=True)
    exam: Mapped[str] = mapped_column(ExamId)
    build: Mapped[str] = mapped_column(String(128))
    at: Mapped[datetime] = mapped_column(Moment)
