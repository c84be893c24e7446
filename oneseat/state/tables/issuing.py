"""The tables of issuing: seats and their licences, the runs of ``issue``, and what the desk asks it for.

Big tables (seats, licences) carry no foreign keys: they are written in bulk, by one
job under one lock, and every join is by primary key.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from oneseat.state.tables.base import AdmissionNumber, Base, ExamId, Jti, Moment, SerialId, Sha256Hex


class Seat(Base):
    """One admission number's place. ``jti`` is the newest issued, ``published_jti`` what the portal sees."""

    __tablename__ = "seats"

    exam: Mapped[str] = mapped_column(ExamId, primary_key=True)
    admission_number: Mapped[str] = mapped_column(AdmissionNumber, primary_key=True)
    generation: Mapped[int] = mapped_column(Integer)
    jti: Mapped[str] = mapped_column(Jti)
    published_jti: Mapped[str | None] = mapped_column(Jti)


class Edition(Base):
    """What all licences of one issue share: base, build and last day of validity."""

    __tablename__ = "editions"
    __table_args__ = (UniqueConstraint("exam", "base", "build", "expires_at"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    exam: Mapped[str] = mapped_column(ExamId)
    base: Mapped[str] = mapped_column(Sha256Hex)
    build: Mapped[str] = mapped_column(String(128))
    expires_at: Mapped[datetime] = mapped_column(Moment)


class Licence(Base):
    """One seat's licence for one edition, with what the portal needs to hand it out."""

    __tablename__ = "licences"
    __table_args__ = (Index(None, "exam", "admission_number"),)

    jti: Mapped[str] = mapped_column(Jti, primary_key=True)
    edition_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    exam: Mapped[str] = mapped_column(ExamId)
    admission_number: Mapped[str] = mapped_column(AdmissionNumber)
    login_tag: Mapped[bytes] = mapped_column(LargeBinary(32))
    sealed_key: Mapped[bytes] = mapped_column(LargeBinary)
    token: Mapped[str] = mapped_column(Text)


class Revocation(Base):
    """A jti that is no longer good, from when, and why (a short word, never a person)."""

    __tablename__ = "revocations"

    jti: Mapped[str] = mapped_column(Jti, primary_key=True)
    exam: Mapped[str] = mapped_column(ExamId)
    at: Mapped[datetime] = mapped_column(Moment)
    reason: Mapped[str] = mapped_column(String(32))


class IssueRun(Base):
    """One run of ``issue``: what it works on, and how far it has come.

    ``owner`` names the process that may write, ``retry_of`` the issue run whose faulty rows it takes up.
    """

    __tablename__ = "batches"
    __table_args__ = (Index(None, "exam", "state"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    exam: Mapped[str] = mapped_column(ExamId)
    work: Mapped[str] = mapped_column(Sha256Hex)
    edition_id: Mapped[int] = mapped_column(Integer)
    issued_at: Mapped[datetime] = mapped_column(Moment)
    state: Mapped[str] = mapped_column(String(16))
    rows_done: Mapped[int] = mapped_column(BigInteger)
    added: Mapped[int] = mapped_column(BigInteger)
    unchanged: Mapped[int] = mapped_column(BigInteger)
    refreshed: Mapped[int] = mapped_column(BigInteger)
    reissued: Mapped[int] = mapped_column(BigInteger)
    finished_at: Mapped[datetime | None] = mapped_column(Moment)
    faulty: Mapped[int] = mapped_column(BigInteger)
    mended: Mapped[int] = mapped_column(BigInteger)
    owner: Mapped[str | None] = mapped_column(String(32))
    retry_of: Mapped[int | None] = mapped_column(Integer)


class IssueRunChunk(Base):
    """A chunk of an issue run: its rows by what becomes of them, and when that was written.

    ``digest`` covers what the chunk does, candidate by candidate; ``done_at`` is empty
    while the chunk is only planned.
    """

    __tablename__ = "batch_chunks"

    batch_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    chunk: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    rows: Mapped[int] = mapped_column(Integer)
    added: Mapped[int] = mapped_column(Integer)
    refreshed: Mapped[int] = mapped_column(Integer)
    reissued: Mapped[int] = mapped_column(Integer)
    unchanged: Mapped[int] = mapped_column(Integer)
    faulty: Mapped[int] = mapped_column(Integer)
    mended: Mapped[int] = mapped_column(Integer)
    digest: Mapped[str] = mapped_column(Sha256Hex)
    done_at: Mapped[datetime | None] = mapped_column(Moment)


class IssueRunFault(Base):
    """A row that an issue run left out, by its number in the roster, and why: never what stands in it."""

    __tablename__ = "batch_faults"

    batch_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    row: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    reasons: Mapped[str] = mapped_column(Text)


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
