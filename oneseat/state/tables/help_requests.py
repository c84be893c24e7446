"""The tables of the service desk: help requests, their events and pictures, and incidents."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, Integer, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from oneseat.state.tables.accounts import OperatorName
from oneseat.state.tables.base import AdmissionNumber, Base, ExamId, Jti, Moment, SerialId

_OPEN = text("closed_at IS NULL")
_REASON = String(16)


class HelpRequestRow(Base):
    """A candidate's request for help. A unique index allows one open request per seat.

    ``admission_number`` is set only where the candidate was identified by login, device or exam room.
    ``sealed_details`` holds callback number and words, encrypted. The tags are keyed hashes of the
    callback number and of the network address, for rate limits.
    """

    __tablename__ = "help_requests"
    __table_args__ = (
        Index("uq_help_requests_number", "exam", "number", unique=True),
        Index(
            "uq_help_requests_open_seat",
            "exam",
            "admission_number",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        Index("ix_help_requests_open", "exam", "urgency", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_help_requests_seat", "exam", "admission_number", "id"),
        Index("ix_help_requests_callback", "exam", "callback_tag", "submitted_at"),
        Index("ix_help_requests_address", "exam", "address_tag", "submitted_at"),
        Index("ix_help_requests_reached", "exam", "reached_at"),
        Index("ix_help_requests_closed", "exam", "closed_at"),
    )

    id: Mapped[int] = mapped_column(SerialId, primary_key=True)
    exam: Mapped[str] = mapped_column(ExamId)
    number: Mapped[str] = mapped_column(String(16))
    door: Mapped[str] = mapped_column(String(8))
    reason: Mapped[str] = mapped_column(_REASON)
    admission_number: Mapped[str | None] = mapped_column(AdmissionNumber)
    jti: Mapped[str | None] = mapped_column(Jti)
    sealed_details: Mapped[bytes] = mapped_column(LargeBinary)
    callback_tag: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    address_tag: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    codes: Mapped[str] = mapped_column(Text)
    urgency: Mapped[int] = mapped_column(Integer)
    order_at: Mapped[datetime] = mapped_column(Moment)
    submitted_at: Mapped[datetime] = mapped_column(Moment)
    status: Mapped[str] = mapped_column(String(12))
    operator: Mapped[str | None] = mapped_column(OperatorName)
    touched_at: Mapped[datetime] = mapped_column(Moment)
    retry_at: Mapped[datetime | None] = mapped_column(Moment)
    missed_calls: Mapped[int] = mapped_column(Integer)
    reached_at: Mapped[datetime | None] = mapped_column(Moment)
    closed_at: Mapped[datetime | None] = mapped_column(Moment)


class HelpEventRow(Base):
    """What happened to a request: who did what, from which number, with which (encrypted) words."""

    __tablename__ = "help_events"
    __table_args__ = (Index("ix_help_events_request", "exam", "request_id", "id"),)

    id: Mapped[int] = mapped_column(SerialId, primary_key=True)
    exam: Mapped[str] = mapped_column(ExamId)
    request_id: Mapped[int] = mapped_column(SerialId)
    at: Mapped[datetime] = mapped_column(Moment)
    act: Mapped[str] = mapped_column(String(16))
    actor: Mapped[str] = mapped_column(String(64))
    called_from: Mapped[str | None] = mapped_column(String(32))
    sealed_words: Mapped[bytes | None] = mapped_column(LargeBinary)


class HelpPictureRow(Base):
    """A picture that a candidate attached to a request, encoded anew and encrypted.

    ``tag`` is a keyed hash of the bytes as they were sent: the same file is stored once per request.
    """

    __tablename__ = "help_pictures"
    __table_args__ = (Index("uq_help_pictures_tag", "exam", "request_id", "tag", unique=True),)

    id: Mapped[int] = mapped_column(SerialId, primary_key=True)
    exam: Mapped[str] = mapped_column(ExamId)
    request_id: Mapped[int] = mapped_column(SerialId)
    tag: Mapped[bytes] = mapped_column(LargeBinary(32))
    sealed_picture: Mapped[bytes] = mapped_column(LargeBinary)
    added_at: Mapped[datetime] = mapped_column(Moment)


class IncidentRow(Base):
    """A fault that concerns many candidates. ``words`` are shown to all of them and name no person.

    ``reason`` limits a bulk answer to requests of that reason; empty means all. ``room_number`` is the exam
    room's number of an incident that was opened there.
    """

    __tablename__ = "help_incidents"
    __table_args__ = (
        Index("ix_help_incidents_open", "exam", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("uq_help_incidents_room", "exam", "room_number", unique=True),
    )

    id: Mapped[int] = mapped_column(SerialId, primary_key=True)
    exam: Mapped[str] = mapped_column(ExamId)
    reason: Mapped[str] = mapped_column(_REASON)
    words: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime] = mapped_column(Moment)
    opened_by: Mapped[str] = mapped_column(OperatorName)
    closed_at: Mapped[datetime | None] = mapped_column(Moment)
    room_number: Mapped[int | None] = mapped_column(Integer)
