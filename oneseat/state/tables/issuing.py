"""The tables of issuing: seats, licences, issue runs, and re-issues queued at the desk.

Big tables (seats, licences) have no foreign keys: one job writes them in bulk under one lock,
and all joins are by primary key.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from oneseat.state.artefacts import INSTALLER
from oneseat.state.tables.base import AdmissionNumber, Base, ExamId, Jti, Moment, SerialId, Sha256Hex

TAIL_LENGTH = 4


class Seat(Base):
    """An admission number's seat. ``jti`` is the newest issued, ``published_jti`` the published one.

    ``tail`` is the admission number's last four characters, by which the desk finds a seat.
    """

    __tablename__ = "seats"
    __table_args__ = (Index(None, "exam", "tail"),)

    exam: Mapped[str] = mapped_column(ExamId, primary_key=True)
    admission_number: Mapped[str] = mapped_column(AdmissionNumber, primary_key=True)
    generation: Mapped[int] = mapped_column(Integer)
    jti: Mapped[str] = mapped_column(Jti)
    published_jti: Mapped[str | None] = mapped_column(Jti)
    tail: Mapped[str | None] = mapped_column(String(TAIL_LENGTH))


class SeatTermsRow(Base):
    """What a roster gave a seat besides its licence: formal session from 0, paper, and two encrypted values.

    It is not a licence's: a roster changes it without a new installer.
    """

    __tablename__ = "seat_terms"

    exam: Mapped[str] = mapped_column(ExamId, primary_key=True)
    admission_number: Mapped[str] = mapped_column(AdmissionNumber, primary_key=True)
    session: Mapped[int | None] = mapped_column(Integer)
    paper: Mapped[str | None] = mapped_column(String(16))
    sealed_extra: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed_adjustments: Mapped[bytes | None] = mapped_column(LargeBinary)
    changed_at: Mapped[datetime] = mapped_column(Moment)


class Edition(Base):
    """The properties that licences share: base, build and end of validity, and the artefact they are for.

    ``base`` is an installer's Authenticode SHA-256, or a phone app's APK digest.
    """

    __tablename__ = "editions"
    __table_args__ = (UniqueConstraint("exam", "base", "build", "expires_at"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    exam: Mapped[str] = mapped_column(ExamId)
    base: Mapped[str] = mapped_column(Sha256Hex)
    build: Mapped[str] = mapped_column(String(128))
    expires_at: Mapped[datetime] = mapped_column(Moment)
    artefact: Mapped[str] = mapped_column(String(16), server_default=INSTALLER)


class Licence(Base):
    """One seat's licence for one edition, with what the portal needs to deliver it.

    A phone licence has an empty login tag and an empty sealed key: those of the installer's licence count.
    """

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
    """A revoked jti, with time and reason (a code word that names no person)."""

    __tablename__ = "revocations"

    jti: Mapped[str] = mapped_column(Jti, primary_key=True)
    exam: Mapped[str] = mapped_column(ExamId)
    at: Mapped[datetime] = mapped_column(Moment)
    reason: Mapped[str] = mapped_column(String(32))


class IssueRun(Base):
    """A run of ``issue``: its input and its progress.

    ``owner`` names the process that may write, ``retry_of`` the issue run whose faulty rows it retries.
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
    """A chunk of an issue run: its rows by outcome, and when they were written.

    ``digest`` covers the outcome of each candidate. ``done_at`` is null while the chunk is only planned.
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
    """A roster row that an issue run left out: its number and the reasons, never its contents."""

    __tablename__ = "batch_faults"

    batch_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    row: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    reasons: Mapped[str] = mapped_column(Text)


class Reissue(Base):
    """A new licence queued at the desk, to be issued by the next ``issue``."""

    __tablename__ = "reissues"
    __table_args__ = (Index(None, "exam", "admission_number"),)

    id: Mapped[int] = mapped_column(SerialId, primary_key=True)
    exam: Mapped[str] = mapped_column(ExamId)
    admission_number: Mapped[str] = mapped_column(AdmissionNumber)
    jti: Mapped[str] = mapped_column(Jti)
    asked_at: Mapped[datetime] = mapped_column(Moment)
    done_at: Mapped[datetime | None] = mapped_column(Moment)
