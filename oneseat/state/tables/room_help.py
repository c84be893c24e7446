"""The exam room's tables about help: candidates' requests on their way to the portal, and permissions."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, Integer, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from oneseat.state.tables.base import Base, ExamId, Moment, SerialId
from oneseat.state.tables.retention import EVENTS, REQUESTS
from oneseat.state.tables.room import AttemptId

_OPEN = text("closed_at IS NULL")
_PRIVATE = {"private": True}


class RoomHelpRequestRow(Base):
    """A candidate's request for help, passed on to the portal and followed there until it is closed.

    ``id`` is the page's, so that sending it again adds none. ``sealed_details`` holds words and callback
    number until the request is closed, ``sealed_state`` the portal's last answer. ``stage`` is what the
    portal was told last. ``refusal`` is the code of the last failure.
    """

    __tablename__ = "room_help_requests"
    __table_args__ = (
        Index("ix_room_help_requests_due", "exam", "next_try_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_room_help_requests_attempt", "exam", "attempt", "received_at"),
        {"info": {"retention": REQUESTS}},
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    exam: Mapped[str] = mapped_column(ExamId)
    attempt: Mapped[str] = mapped_column(AttemptId)
    reason: Mapped[str] = mapped_column(String(16))
    sealed_details: Mapped[bytes | None] = mapped_column(LargeBinary, info=_PRIVATE)
    made_at: Mapped[datetime] = mapped_column(Moment)
    received_at: Mapped[datetime] = mapped_column(Moment)
    number: Mapped[str | None] = mapped_column(String(16))
    status: Mapped[str | None] = mapped_column(String(16))
    stage: Mapped[str | None] = mapped_column(String(16))
    sealed_state: Mapped[bytes | None] = mapped_column(LargeBinary, info=_PRIVATE)
    tries: Mapped[int] = mapped_column(Integer)
    next_try_at: Mapped[datetime] = mapped_column(Moment)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Moment)
    closed_at: Mapped[datetime | None] = mapped_column(Moment)
    refusal: Mapped[str | None] = mapped_column(String(8))


class RoomPermissionRow(Base):
    """A time in which a candidate may touch the phone or leave the picture.

    ``ends_at`` is when it ends at the latest, and later when it ended; ``ended_by`` is what ended it early.
    ``help_number`` is the number of the help request that is called about.
    """

    __tablename__ = "room_permissions"
    __table_args__ = (
        Index("ix_room_permissions_attempt", "exam", "attempt", "id"),
        {"info": {"retention": EVENTS}},
    )

    id: Mapped[int] = mapped_column(SerialId, primary_key=True)
    exam: Mapped[str] = mapped_column(ExamId)
    attempt: Mapped[str] = mapped_column(AttemptId)
    opener: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(16))
    begins_at: Mapped[datetime] = mapped_column(Moment)
    ends_at: Mapped[datetime] = mapped_column(Moment)
    ended_by: Mapped[str | None] = mapped_column(String(16))
    help_number: Mapped[str | None] = mapped_column(String(16))
