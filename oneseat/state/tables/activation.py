"""The tables of downloads, devices, failed identity checks, and logins that were ended."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from oneseat.state.tables.base import AdmissionNumber, Base, ExamId, Jti, Moment, SerialId


class LoginBudget(Base):
    """Failed identity checks. ``subject`` is a keyed hash: a mistyped field may hold an ID number."""

    __tablename__ = "proof_budget"

    subject: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    failures: Mapped[int] = mapped_column(Integer)
    last_at: Mapped[datetime] = mapped_column(Moment)
    next_at: Mapped[datetime] = mapped_column(Moment)


class SessionEpoch(Base):
    """How often all login sessions of a seat were ended. A session is valid in the epoch that it was made in.

    A seat without a row is in epoch 0.
    """

    __tablename__ = "session_epochs"

    jti: Mapped[str] = mapped_column(Jti, primary_key=True)
    exam: Mapped[str] = mapped_column(ExamId)
    epoch: Mapped[int] = mapped_column(Integer)
    ended_at: Mapped[datetime] = mapped_column(Moment)


class _DownloadColumns:
    """One seat's download of one artefact: first and latest grant, first start, first full delivery."""

    jti: Mapped[str] = mapped_column(Jti, primary_key=True)
    exam: Mapped[str] = mapped_column(ExamId)
    granted_at: Mapped[datetime] = mapped_column(Moment)
    last_granted_at: Mapped[datetime] = mapped_column(Moment)
    started_at: Mapped[datetime | None] = mapped_column(Moment)
    finished_at: Mapped[datetime | None] = mapped_column(Moment)


class Download(_DownloadColumns, Base):
    """One seat's download of the installer."""

    __tablename__ = "downloads"


class PhoneDownload(_DownloadColumns, Base):
    """One seat's download of the phone app."""

    __tablename__ = "phone_downloads"


class Allowance(Base):
    """A permission for a seat to download until a time, regardless of the windows."""

    __tablename__ = "allowances"

    exam: Mapped[str] = mapped_column(ExamId, primary_key=True)
    admission_number: Mapped[str] = mapped_column(AdmissionNumber, primary_key=True)
    until: Mapped[datetime] = mapped_column(Moment)
    granted_at: Mapped[datetime] = mapped_column(Moment)


class Activation(Base):
    """A seat's active device. The primary key allows only one.

    ``traits`` maps names of the computer's traits to peppered hashes, as a JSON object; None where the device
    sent none.
    """

    __tablename__ = "activations"

    jti: Mapped[str] = mapped_column(Jti, primary_key=True)
    exam: Mapped[str] = mapped_column(ExamId)
    device_key: Mapped[bytes] = mapped_column(LargeBinary(32))
    token: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Moment)
    traits: Mapped[str | None] = mapped_column(Text)


class RetiredDevice(Base):
    """A former device of a seat, which can never activate it again."""

    __tablename__ = "retired_devices"

    jti: Mapped[str] = mapped_column(Jti, primary_key=True)
    device_key: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    exam: Mapped[str] = mapped_column(ExamId)
    activated_at: Mapped[datetime] = mapped_column(Moment)
    retired_at: Mapped[datetime] = mapped_column(Moment)


class RebindRequest(Base):
    """An operator's request to free a seat for the computer that lost its key, which another one decides.

    ``reason`` is a code, since free text would hold names. ``outcome`` is None until it is decided.
    """

    __tablename__ = "rebind_requests"

    id: Mapped[int] = mapped_column(SerialId, primary_key=True, autoincrement=True)
    exam: Mapped[str] = mapped_column(ExamId)
    jti: Mapped[str] = mapped_column(Jti, index=True)
    reason: Mapped[str] = mapped_column(String(32))
    asked_by: Mapped[str] = mapped_column(String(32))
    asked_at: Mapped[datetime] = mapped_column(Moment)
    outcome: Mapped[str | None] = mapped_column(String(16))
    decided_by: Mapped[str | None] = mapped_column(String(32))
    decided_at: Mapped[datetime | None] = mapped_column(Moment)
