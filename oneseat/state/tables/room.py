"""The tables of the exam room: attempts, takes, answers, events, spent proofs, reports to the portal.

Each declares its retention class, see :mod:`oneseat.state.tables.retention`.
"""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from oneseat.state.tables.base import Base, ExamId, Jti, Moment, SerialId
from oneseat.state.tables.retention import EVENTS, RECORDINGS, UNKEPT

AttemptId = String(32)
Salt = String(32)
"""The random part of the digest by which the audit log vouches for a record; NULL in those of before."""
Digest = LargeBinary(32)
_PRIVATE = {"private": True}
_NOT_HANDED_IN = text("handed_in_at IS NULL")
_NOT_DONE = text("done_at IS NULL")


def new_salt() -> str:
    """128 random bits in hexadecimal."""
    return secrets.token_hex(16)


class RoomAttemptRow(Base):
    """One seat's attempt at one session. A unique index allows one row per ordinal.

    ``cookie_hash`` and ``grant_hash`` are SHA-256 digests: the database cannot log anybody in. A ticket is
    kept for reports to the portal that come late. Flags are 0, 1 or NULL. ``guard_sequence`` and
    ``guard_head`` are the last event of the guard's chain, ``guard_present`` is what it saw last (JSON).
    ``reminder`` is the oldest unread reminder (JSON), so that a page's call reads it with the attempt.
    ``permitted_until`` is when the last of its permissions ends or has ended, for the same reason.
    """

    __tablename__ = "room_attempts"
    __table_args__ = (
        Index("uq_room_attempts_place", "exam", "jti", "kind", "session", "ordinal", unique=True),
        Index("uq_room_attempts_cookie", "exam", "cookie_hash", unique=True),
        Index("uq_room_attempts_grant", "exam", "grant_hash", unique=True),
        Index(
            "ix_room_attempts_due",
            "exam",
            "ends_at",
            sqlite_where=_NOT_HANDED_IN,
            postgresql_where=_NOT_HANDED_IN,
        ),
        {"info": {"retention": EVENTS}},
    )

    id: Mapped[str] = mapped_column(AttemptId, primary_key=True)
    exam: Mapped[str] = mapped_column(ExamId)
    jti: Mapped[str] = mapped_column(Jti)
    kind: Mapped[str] = mapped_column(String(8))
    session: Mapped[int] = mapped_column(Integer)
    ordinal: Mapped[int] = mapped_column(Integer)
    device_key: Mapped[bytes] = mapped_column(Digest)
    ticket: Mapped[str] = mapped_column(Text, info=_PRIVATE)
    created_at: Mapped[datetime] = mapped_column(Moment)
    consent_at: Mapped[datetime | None] = mapped_column(Moment)
    consent_version: Mapped[str | None] = mapped_column(String(64))
    consent_face: Mapped[int | None] = mapped_column(Integer)
    devices_at: Mapped[datetime | None] = mapped_column(Moment)
    identity_at: Mapped[datetime | None] = mapped_column(Moment)
    identity_by: Mapped[str | None] = mapped_column(String(8))
    identity_state: Mapped[str | None] = mapped_column(String(10))
    room_at: Mapped[datetime | None] = mapped_column(Moment)
    began_at: Mapped[datetime | None] = mapped_column(Moment)
    starts_at: Mapped[datetime | None] = mapped_column(Moment)
    ends_at: Mapped[datetime | None] = mapped_column(Moment)
    answers_head: Mapped[bytes | None] = mapped_column(Digest)
    handed_in_at: Mapped[datetime | None] = mapped_column(Moment)
    handed_in_by: Mapped[str | None] = mapped_column(String(12))
    completed_at: Mapped[datetime | None] = mapped_column(Moment)
    receipt: Mapped[str | None] = mapped_column(Text)
    epoch: Mapped[int] = mapped_column(Integer)
    cookie_hash: Mapped[bytes | None] = mapped_column(Digest, info=_PRIVATE)
    cookie_scope: Mapped[str | None] = mapped_column(String(8))
    grant_hash: Mapped[bytes | None] = mapped_column(Digest, info=_PRIVATE)
    upload_until: Mapped[datetime | None] = mapped_column(Moment)
    window_seen_at: Mapped[datetime | None] = mapped_column(Moment)
    guard_seen_at: Mapped[datetime | None] = mapped_column(Moment)
    guard_sequence: Mapped[int | None] = mapped_column(Integer)
    guard_head: Mapped[bytes | None] = mapped_column(Digest)
    guard_present: Mapped[str | None] = mapped_column(Text)
    paper_variant: Mapped[str | None] = mapped_column(String(16))
    phone_at: Mapped[datetime | None] = mapped_column(Moment)
    reminder: Mapped[str | None] = mapped_column(Text)
    permitted_until: Mapped[datetime | None] = mapped_column(Moment)


class RoomSeatRow(Base):
    """The room's own copy of a seat's terms, by which it works on while the portal is away.

    ``sealed`` holds extra time and adjustments, encrypted under the room's key.
    """

    __tablename__ = "room_seats"
    __table_args__ = ({"info": {"retention": EVENTS}},)

    exam: Mapped[str] = mapped_column(ExamId, primary_key=True)
    jti: Mapped[str] = mapped_column(Jti, primary_key=True)
    session: Mapped[int | None] = mapped_column(Integer)
    paper: Mapped[str | None] = mapped_column(String(16))
    sealed: Mapped[bytes] = mapped_column(LargeBinary, info={"private": True})
    changed_at: Mapped[datetime] = mapped_column(Moment)


class RoomTakeRow(Base):
    """One uninterrupted run of one recorder, with the digests of its segments in one value.

    ``hashes`` has 32 bytes per segment, zeros where unknown; ``stored`` one bit per segment, the first in
    the lowest bit of the first byte. Both are changed under the row lock of their attempt.
    """

    __tablename__ = "room_takes"
    __table_args__ = ({"info": {"retention": RECORDINGS}},)

    attempt: Mapped[str] = mapped_column(AttemptId, primary_key=True)
    take: Mapped[str] = mapped_column(String(24), primary_key=True)
    exam: Mapped[str] = mapped_column(ExamId)
    stream: Mapped[str] = mapped_column(String(8))
    mime: Mapped[str] = mapped_column(String(80))
    began_at: Mapped[datetime] = mapped_column(Moment)
    announced: Mapped[int] = mapped_column(Integer)
    promised: Mapped[int | None] = mapped_column(Integer)
    size_total: Mapped[int] = mapped_column(BigInteger)
    hashes: Mapped[bytes] = mapped_column(LargeBinary)
    stored: Mapped[bytes] = mapped_column(LargeBinary)


class RoomAnswerRow(Base):
    """One answer of an attempt's hash chain. ``late`` is 1 where it arrived after the attempt's end."""

    __tablename__ = "room_answers"
    __table_args__ = ({"info": {"retention": EVENTS}},)

    attempt: Mapped[str] = mapped_column(AttemptId, primary_key=True)
    sequence: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    exam: Mapped[str] = mapped_column(ExamId)
    question: Mapped[str] = mapped_column(String(64))
    previous: Mapped[bytes] = mapped_column(Digest)
    hash: Mapped[bytes] = mapped_column(Digest)
    value: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(Moment)
    received_at: Mapped[datetime] = mapped_column(Moment)
    late: Mapped[int] = mapped_column(Integer)


class RoomEventRow(Base):
    """Something that happened in an attempt. ``facts`` is a JSON object of codes and numbers, no words."""

    __tablename__ = "room_events"
    __table_args__ = (
        Index("ix_room_events_attempt", "exam", "attempt", "id"),
        {"info": {"retention": EVENTS}},
    )

    id: Mapped[int] = mapped_column(SerialId, primary_key=True)
    exam: Mapped[str] = mapped_column(ExamId)
    attempt: Mapped[str] = mapped_column(AttemptId)
    at: Mapped[datetime] = mapped_column(Moment)
    source: Mapped[str] = mapped_column(String(8))
    code: Mapped[str] = mapped_column(String(32))
    facts: Mapped[str] = mapped_column(Text)


class RoomGuardEventRow(Base):
    """An event of a client's guard. ``event`` is the signed JSON, ``device_key`` the key that signed it."""

    __tablename__ = "room_guard_events"
    __table_args__ = {"info": {"retention": "events"}}  # noqa: RUF012 -- as SQLAlchemy reads it

    attempt: Mapped[str] = mapped_column(AttemptId, primary_key=True)
    sequence: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    exam: Mapped[str] = mapped_column(ExamId)
    at: Mapped[datetime] = mapped_column(Moment)
    code: Mapped[str] = mapped_column(String(32))
    hash: Mapped[bytes] = mapped_column(Digest)
    event: Mapped[str] = mapped_column(Text)
    device_key: Mapped[bytes] = mapped_column(Digest)
    received_at: Mapped[datetime] = mapped_column(Moment)


class RoomProofRow(Base):
    """A device's proof that was used, until it could not be used any more anyway."""

    __tablename__ = "room_proofs"
    __table_args__ = (Index("ix_room_proofs_until", "exam", "until"), {"info": {"retention": UNKEPT}})

    exam: Mapped[str] = mapped_column(ExamId, primary_key=True)
    proof_hash: Mapped[bytes] = mapped_column(Digest, primary_key=True)
    until: Mapped[datetime] = mapped_column(Moment)


class RoomReportRow(Base):
    """A report of a start, an end or the upload that the portal is to get: an outbox.

    ``refusal`` is the code of the last failure.
    """

    __tablename__ = "room_reports"
    __table_args__ = (
        Index(
            "ix_room_reports_due", "exam", "next_try_at", sqlite_where=_NOT_DONE, postgresql_where=_NOT_DONE
        ),
        {"info": {"retention": EVENTS}},
    )

    attempt: Mapped[str] = mapped_column(AttemptId, primary_key=True)
    what: Mapped[str] = mapped_column(String(8), primary_key=True)
    exam: Mapped[str] = mapped_column(ExamId)
    at: Mapped[datetime] = mapped_column(Moment)
    tries: Mapped[int] = mapped_column(Integer)
    next_try_at: Mapped[datetime] = mapped_column(Moment)
    done_at: Mapped[datetime | None] = mapped_column(Moment)
    refusal: Mapped[str | None] = mapped_column(String(8))
