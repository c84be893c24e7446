"""The tables of what people find after a session: reviews of attempts, and the steps of judgements."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from oneseat.state.tables.base import Base, ExamId, Moment, SerialId
from oneseat.state.tables.retention import EVENTS
from oneseat.state.tables.room import AttemptId, Salt, new_salt


class RoomReviewRow(Base):
    """What one person found when looking an attempt through. Rows are only added; the last one counts."""

    __tablename__ = "room_reviews"
    __table_args__ = (
        Index("ix_room_reviews_attempt", "exam", "attempt", "id"),
        {"info": {"retention": EVENTS}},
    )

    id: Mapped[int] = mapped_column(SerialId, primary_key=True)
    exam: Mapped[str] = mapped_column(ExamId)
    attempt: Mapped[str] = mapped_column(AttemptId)
    at: Mapped[datetime] = mapped_column(Moment)
    operator: Mapped[str] = mapped_column(String(32))
    finding: Mapped[str] = mapped_column(String(16))
    note: Mapped[str] = mapped_column(String(200))
    salt: Mapped[str | None] = mapped_column(Salt, default=new_salt)


class RoomJudgementStepRow(Base):
    """One step of a judgement: what is alleged, the notice, the statement, the decision. Rows are only added.

    ``clause`` and ``evidence`` (a JSON list of references) belong to the first step, ``outcome`` to the last,
    and to a statement that was not made.
    """

    __tablename__ = "room_judgement_steps"
    __table_args__ = (
        Index("uq_room_judgement_steps", "exam", "attempt", "judgement", "stage", unique=True),
        {"info": {"retention": EVENTS}},
    )

    id: Mapped[int] = mapped_column(SerialId, primary_key=True)
    exam: Mapped[str] = mapped_column(ExamId)
    attempt: Mapped[str] = mapped_column(AttemptId)
    judgement: Mapped[str] = mapped_column(String(32))
    stage: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime] = mapped_column(Moment)
    operator: Mapped[str] = mapped_column(String(32))
    clause: Mapped[str | None] = mapped_column(String(200))
    evidence: Mapped[str | None] = mapped_column(Text)
    outcome: Mapped[str | None] = mapped_column(String(16))
    words: Mapped[str] = mapped_column(Text)
    salt: Mapped[str | None] = mapped_column(Salt, default=new_salt)
