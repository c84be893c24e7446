"""The tables of the room's identity step: photographs, typed names and numbers, and people's decisions."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, Integer, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from oneseat.state.tables.base import Base, ExamId, Jti, Moment, SerialId
from oneseat.state.tables.retention import IDENTITY
from oneseat.state.tables.room import AttemptId, Salt, new_salt

_NOT_DONE = text("done_at IS NULL")


class RoomIdentityPhotoRow(Base):
    """A photograph of an attempt: ``what`` is ``face`` or ``card``. The JPEG is sealed under the room's key.

    ``tries`` counts how often it was taken, ``finding`` is what the page said about its pixels.
    """

    __tablename__ = "room_identity_photos"
    __table_args__ = ({"info": {"retention": IDENTITY}},)

    attempt: Mapped[str] = mapped_column(AttemptId, primary_key=True)
    what: Mapped[str] = mapped_column(String(8), primary_key=True)
    exam: Mapped[str] = mapped_column(ExamId)
    at: Mapped[datetime] = mapped_column(Moment)
    tries: Mapped[int] = mapped_column(Integer)
    finding: Mapped[str] = mapped_column(String(16))
    sealed: Mapped[bytes] = mapped_column(LargeBinary, info={"private": True})


class RoomIdentityClaimRow(Base):
    """Name and number as typed in an attempt, sealed; and an outbox for their check at the portal.

    ``agrees`` is 1 or 0 as the portal has answered, NULL before. ``refusal`` is the code of the last failure.
    """

    __tablename__ = "room_identity_claims"
    __table_args__ = (
        Index("ix_room_identity_claims_seat", "exam", "jti"),
        Index(
            "ix_room_identity_claims_due",
            "exam",
            "next_try_at",
            sqlite_where=_NOT_DONE,
            postgresql_where=_NOT_DONE,
        ),
        {"info": {"retention": IDENTITY}},
    )

    attempt: Mapped[str] = mapped_column(AttemptId, primary_key=True)
    exam: Mapped[str] = mapped_column(ExamId)
    jti: Mapped[str] = mapped_column(Jti)
    at: Mapped[datetime] = mapped_column(Moment)
    sealed: Mapped[bytes] = mapped_column(LargeBinary, info={"private": True})
    agrees: Mapped[int | None] = mapped_column(Integer)
    tries: Mapped[int] = mapped_column(Integer)
    next_try_at: Mapped[datetime] = mapped_column(Moment)
    done_at: Mapped[datetime | None] = mapped_column(Moment)
    refusal: Mapped[str | None] = mapped_column(String(8))


class RoomIdentityDecisionRow(Base):
    """One person's decision on an attempt's identity. Rows are only ever added."""

    __tablename__ = "room_identity_decisions"
    __table_args__ = (
        Index("ix_room_identity_decisions_attempt", "exam", "attempt", "id"),
        {"info": {"retention": IDENTITY}},
    )

    id: Mapped[int] = mapped_column(SerialId, primary_key=True)
    exam: Mapped[str] = mapped_column(ExamId)
    attempt: Mapped[str] = mapped_column(AttemptId)
    at: Mapped[datetime] = mapped_column(Moment)
    operator: Mapped[str] = mapped_column(String(32))
    outcome: Mapped[str] = mapped_column(String(8))
    reason: Mapped[str] = mapped_column(String(32))
    note: Mapped[str] = mapped_column(String(200))
    salt: Mapped[str | None] = mapped_column(Salt, default=new_salt)
