"""The table of what was refused to a seat: by kind and code, without a word about the person."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from oneseat.state.tables.base import AdmissionNumber, Base, ExamId, Moment


class SeatFailure(Base):
    """Refusals of one kind and code at one seat, counted. Repetitions add to a row and make none."""

    __tablename__ = "seat_failures"
    __table_args__ = (Index(None, "exam", "kind", "code", "last_at"),)

    exam: Mapped[str] = mapped_column(ExamId, primary_key=True)
    admission_number: Mapped[str] = mapped_column(AdmissionNumber, primary_key=True)
    kind: Mapped[str] = mapped_column(String(12), primary_key=True)
    code: Mapped[str] = mapped_column(String(24), primary_key=True)
    channel: Mapped[str] = mapped_column(String(12))
    count: Mapped[int] = mapped_column(Integer)
    first_at: Mapped[datetime] = mapped_column(Moment)
    last_at: Mapped[datetime] = mapped_column(Moment)
