"""The exam room's tables of phones: those that film candidates, and the codes by which they come and move."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, Integer, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from oneseat.state.tables.base import Base, ExamId, Jti, Moment
from oneseat.state.tables.retention import EVENTS, UNKEPT
from oneseat.state.tables.room import AttemptId, Digest

_LIVE = text("moved_at IS NULL")
_PRIVATE = {"private": True}


class RoomPhoneRow(Base):
    """A phone that logged in at a seat. A unique index allows one live phone per seat.

    ``device_key`` is its public key (SPKI), ``licence`` the SHA-256 of the licence that it showed, ``facts``
    what it said of itself last (JSON). ``filmed`` is the attempt that ``swept_at``, ``placed_at`` and
    ``recorded_at`` belong to. ``fault`` is what the computer's page was told last. ``moved_at`` is when
    another phone took over: from then on it only uploads.
    """

    __tablename__ = "room_phones"
    __table_args__ = (
        Index("uq_room_phones_live", "exam", "jti", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
        Index("uq_room_phones_key", "exam", "jti", "device_key", unique=True),
        Index("uq_room_phones_cookie", "exam", "cookie_hash", unique=True),
        {"info": {"retention": EVENTS}},
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    exam: Mapped[str] = mapped_column(ExamId)
    jti: Mapped[str] = mapped_column(Jti)
    device_key: Mapped[bytes] = mapped_column(LargeBinary(128))
    kind: Mapped[str] = mapped_column(String(8))
    build: Mapped[str | None] = mapped_column(String(64))
    licence: Mapped[bytes | None] = mapped_column(Digest)
    entered_by: Mapped[str] = mapped_column(String(8))
    created_at: Mapped[datetime] = mapped_column(Moment)
    epoch: Mapped[int] = mapped_column(Integer)
    cookie_hash: Mapped[bytes | None] = mapped_column(Digest, info=_PRIVATE)
    consent_version: Mapped[str | None] = mapped_column(String(64))
    consent_at: Mapped[datetime | None] = mapped_column(Moment)
    checked_at: Mapped[datetime | None] = mapped_column(Moment)
    filmed: Mapped[str | None] = mapped_column(AttemptId)
    swept_at: Mapped[datetime | None] = mapped_column(Moment)
    placed_at: Mapped[datetime | None] = mapped_column(Moment)
    recorded_at: Mapped[datetime | None] = mapped_column(Moment)
    seen_at: Mapped[datetime] = mapped_column(Moment)
    facts: Mapped[str] = mapped_column(Text)
    fault: Mapped[str | None] = mapped_column(String(16))
    moved_at: Mapped[datetime | None] = mapped_column(Moment)


class RoomPhoneCodeRow(Base):
    """A code that a computer's page shows: ``pair`` lets a phone in, ``move`` lets it take over.

    A seat has one of each kind; a new one takes its place. ``code_hash`` is a keyed hash. A move code has six
    digits, so ``tries`` counts the wrong ones.
    """

    __tablename__ = "room_phone_codes"
    __table_args__ = (
        Index("ix_room_phone_codes_hash", "exam", "kind", "code_hash"),
        Index("ix_room_phone_codes_until", "exam", "until"),
        {"info": {"retention": UNKEPT}},
    )

    exam: Mapped[str] = mapped_column(ExamId, primary_key=True)
    jti: Mapped[str] = mapped_column(Jti, primary_key=True)
    kind: Mapped[str] = mapped_column(String(8), primary_key=True)
    code_hash: Mapped[bytes] = mapped_column(Digest, info=_PRIVATE)
    attempt: Mapped[str] = mapped_column(AttemptId)
    until: Mapped[datetime] = mapped_column(Moment)
    tries: Mapped[int] = mapped_column(Integer)
    used_at: Mapped[datetime | None] = mapped_column(Moment)
