"""The tables of programs that call the API: service tokens and failed calls."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from oneseat.state.tables.base import Base, ExamId, Moment


class ServiceToken(Base):
    """A program's token for an exam. Only the hash of its secret is stored."""

    __tablename__ = "service_tokens"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    exam: Mapped[str] = mapped_column(ExamId)
    label: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[str] = mapped_column(String(255))
    secret_sha256: Mapped[bytes] = mapped_column(LargeBinary(32))
    made_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)


class FailedCall(Base):
    """A failed identity check that came with an idempotency key.

    ``key`` and ``request`` are keyed hashes of the caller's key and of the request. Without the
    portal's pepper they reveal nothing.
    """

    __tablename__ = "failed_calls"
    __table_args__ = (Index(None, "at"),)

    key: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    request: Mapped[bytes] = mapped_column(LargeBinary(32))
    at: Mapped[datetime] = mapped_column(Moment)
