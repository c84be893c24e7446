"""The tables of the operators' desk: who may use it, and what it has changed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from oneseat.state.tables.seats import AdmissionNumber, Base, ExamId, Jti, Moment, SerialId

OperatorName = String(32)


class OperatorAccount(Base):
    """Somebody who may use an exam's desk. The password is an argon2id hash, the TOTP secret is sealed."""

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


class DeskSession(Base):
    """A login of an operator. Only the hash of its token is kept: a copy of the database opens no desk."""

    __tablename__ = "desk_sessions"

    token_sha256: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    exam: Mapped[str] = mapped_column(ExamId)
    name: Mapped[str] = mapped_column(OperatorName)
    created_at: Mapped[datetime] = mapped_column(Moment)
    seen_at: Mapped[datetime] = mapped_column(Moment)


class RetiredDevice(Base):
    """A device that once held a seat and never will again: the seat was moved away from it."""

    __tablename__ = "retired_devices"

    jti: Mapped[str] = mapped_column(Jti, primary_key=True)
    device_key: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    exam: Mapped[str] = mapped_column(ExamId)
    activated_at: Mapped[datetime] = mapped_column(Moment)
    retired_at: Mapped[datetime] = mapped_column(Moment)


class Reissue(Base):
    """A new licence that the desk asked for, and that ``issue`` makes outside the portal."""

    __tablename__ = "reissues"
    __table_args__ = (Index(None, "exam", "admission_number"),)

    id: Mapped[int] = mapped_column(SerialId, primary_key=True)
    exam: Mapped[str] = mapped_column(ExamId)
    admission_number: Mapped[str] = mapped_column(AdmissionNumber)
    jti: Mapped[str] = mapped_column(Jti)
    asked_at: Mapped[datetime] = mapped_column(Moment)
    done_at: Mapped[datetime | None] = mapped_column(Moment)


class Allowance(Base):
    """A seat that may download until a moment, whatever the windows say."""

    __tablename__ = "allowances"

    exam: Mapped[str] = mapped_column(ExamId, primary_key=True)
    admission_number: Mapped[str] = mapped_column(AdmissionNumber, primary_key=True)
    until: Mapped[datetime] = mapped_column(Moment)
    granted_at: Mapped[datetime] = mapped_column(Moment)


class MaintenanceMark(Base):
    """The exam's pages and API rest; ``back_at`` is when they are expected back, if anybody knows."""

    __tablename__ = "maintenance"

    exam: Mapped[str] = mapped_column(ExamId, primary_key=True)
    since: Mapped[datetime] = mapped_column(Moment)
    back_at: Mapped[datetime | None] = mapped_column(Moment)
