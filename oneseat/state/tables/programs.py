"""The tables behind programs that call: when a device was last heard of, and which proofs were retries."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from oneseat.state.tables.seats import Base, ExamId, Jti, Moment


class CheckIn(Base):
    """The last time that a seat's device said it was there, and the build that it runs."""

    __tablename__ = "check_ins"

    jti: Mapped[str] = mapped_column(Jti, primary_key=True)
    exam: Mapped[str] = mapped_column(ExamId)
    build: Mapped[str] = mapped_column(String(128))
    at: Mapped[datetime] = mapped_column(Moment)


class FailedCall(Base):
    """A failed proof that came with an idempotency key.

    ``key`` and ``request`` are keyed hashes: one of the caller's key, one of what was
    asked with it. Neither tells anything without the portal's pepper.
    """

    __tablename__ = "failed_calls"
    __table_args__ = (Index(None, "at"),)

    key: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    request: Mapped[bytes] = mapped_column(LargeBinary(32))
    at: Mapped[datetime] = mapped_column(Moment)
