"""The tables of operators: accounts, sessions and the audit log."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from oneseat.state.tables.base import Base, ExamId, Jti, Moment, SerialId

OperatorName = String(32)


class OperatorAccount(Base):
    """An account of an exam's desk. The password is an argon2id hash, the TOTP secret is encrypted.

    ``browser_epoch`` counts how often the account's known browsers were forgotten.
    """

    __tablename__ = "operators"

    exam: Mapped[str] = mapped_column(ExamId, primary_key=True)
    name: Mapped[str] = mapped_column(OperatorName, primary_key=True)
    role: Mapped[str] = mapped_column(String(16))
    password: Mapped[str] = mapped_column(String(255))
    sealed_totp: Mapped[bytes | None] = mapped_column(LargeBinary)
    totp_step: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(Moment)
    last_login_at: Mapped[datetime | None] = mapped_column(Moment)
    disabled_at: Mapped[datetime | None] = mapped_column(Moment)
    browser_epoch: Mapped[int] = mapped_column(Integer, server_default="0")


class DeskSession(Base):
    """A session of an operator. Only the hash of its token is stored: a database copy holds no login.

    ``place`` is what it opens: ``desk``, ``room``, or ``entry`` for the step from the desk to the room.
    """

    __tablename__ = "desk_sessions"

    token_sha256: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    exam: Mapped[str] = mapped_column(ExamId)
    name: Mapped[str] = mapped_column(OperatorName)
    created_at: Mapped[datetime] = mapped_column(Moment)
    seen_at: Mapped[datetime] = mapped_column(Moment)
    place: Mapped[str] = mapped_column(String(8), server_default="desk")


class AuditEntry(Base):
    """An entry of the audit log: ``digest`` covers the entry and the digest before it.

    ``jti`` repeats the pseudonym that ``facts`` has, if any, so that an index finds a seat's entries.
    """

    __tablename__ = "audit"
    __table_args__ = (Index(None, "jti", "id"), Index(None, "actor", "id"))

    id: Mapped[int] = mapped_column(SerialId, primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment)
    exam: Mapped[str | None] = mapped_column(ExamId)
    actor: Mapped[str] = mapped_column(String(64))
    act: Mapped[str] = mapped_column(String(64))
    facts: Mapped[str] = mapped_column(Text)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    jti: Mapped[str | None] = mapped_column(Jti)
