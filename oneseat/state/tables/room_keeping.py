"""The tables of what a room keeps and erases: holds on seats, and the journal of erasures."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from oneseat.state.tables.base import Base, ExamId, Jti, Moment, SerialId, Sha256Hex
from oneseat.state.tables.retention import UNKEPT


class RoomHoldRow(Base):
    """A hold: nothing of this seat is erased until it is released. It names people of the exam's staff."""

    __tablename__ = "room_holds"
    __table_args__ = (Index("ix_room_holds_jti", "exam", "jti"), {"info": {"retention": UNKEPT}})

    id: Mapped[int] = mapped_column(SerialId, primary_key=True)
    exam: Mapped[str] = mapped_column(ExamId)
    jti: Mapped[str] = mapped_column(Jti)
    reason: Mapped[str] = mapped_column(Text)
    placed_by: Mapped[str] = mapped_column(String(80))
    placed_at: Mapped[datetime] = mapped_column(Moment)
    released_by: Mapped[str | None] = mapped_column(String(80))
    released_at: Mapped[datetime | None] = mapped_column(Moment)


class RoomErasureRow(Base):
    """What was erased of an attempt in one retention class: a journal from which certificates are written.

    It is written before anything is deleted, so that a run that was killed counts nothing twice and nothing
    less. ``names`` is the SHA-256 of the erased objects' names, which contain their digests. ``done_at`` is
    NULL while the deletion runs, ``certificate`` until a certificate names the row.
    """

    __tablename__ = "room_erasures"
    __table_args__ = (
        Index("ix_room_erasures_certificate", "exam", "certificate"),
        {"info": {"retention": UNKEPT}},
    )

    attempt: Mapped[str] = mapped_column(String(32), primary_key=True)
    retention: Mapped[str] = mapped_column(String(16), primary_key=True)
    exam: Mapped[str] = mapped_column(ExamId)
    kind: Mapped[str] = mapped_column(String(8))
    objects: Mapped[int] = mapped_column(Integer)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    names: Mapped[bytes] = mapped_column(LargeBinary(32))
    rows: Mapped[int] = mapped_column(Integer)
    begun_at: Mapped[datetime] = mapped_column(Moment)
    done_at: Mapped[datetime | None] = mapped_column(Moment)
    certificate: Mapped[str | None] = mapped_column(Sha256Hex)
