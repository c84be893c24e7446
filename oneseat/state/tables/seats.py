"""The tables. Names are the field's terms; times are microseconds since 1970 in UTC.

Big tables (seats, licences) carry no foreign keys: they are written in bulk, by one
job under one lock, and every join is by primary key.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, MetaData, String, Text, UniqueConstraint
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Moment(TypeDecorator[datetime]):
    """An aware datetime as microseconds since 1970: exact and sortable in every database.

    Raises:
        ValueError: a time without an offset is stored.
    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> int | None:
        """To the database."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("only aware times are stored")
        return (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, _dialect: Dialect) -> datetime | None:
        """From the database, in UTC."""
        return None if value is None else instant(value)


def instant(microseconds: int) -> datetime:
    """The time that so many microseconds since 1970 are, in UTC."""
    return _EPOCH + microseconds * _MICROSECOND


class Base(DeclarativeBase):
    """The declarative base, with constraint names that both databases agree on."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


ExamId = String(64)
AdmissionNumber = String(64)
Jti = String(32)
Sha256Hex = String(64)
# SQLite counts up by itself only in columns of type INTEGER.
SerialId = BigInteger().with_variant(Integer, "sqlite")


class Mark(Base):
    """A fact about the whole database, such as that it is for rehearsals."""

    __tablename__ = "marks"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[str] = mapped_column(String(64))


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


class Batch(Base):
    """One batch of ``issue``: what it works on, and how far it has come.

    ``owner`` names the run that may write, ``retry_of`` the batch whose faulty rows it takes up.
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


class Release(Base):
    """A base file and an edition made visible together."""

    __tablename__ = "releases"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    exam: Mapped[str] = mapped_column(ExamId)
    edition_id: Mapped[int] = mapped_column(Integer)
    base_sha256: Mapped[str] = mapped_column(Sha256Hex)
    object_name: Mapped[str] = mapped_column(String(255))
    manifest: Mapped[str] = mapped_column(Text)
    seats: Mapped[int] = mapped_column(BigInteger)
    published_at: Mapped[datetime] = mapped_column(Moment)


class CurrentRelease(Base):
    """Which release of an exam candidates see."""

    __tablename__ = "current_releases"

    exam: Mapped[str] = mapped_column(ExamId, primary_key=True)
    release_id: Mapped[int] = mapped_column(Integer)


class PublishedCharter(Base):
    """A charter that candidates may fetch. The highest version is the one in force."""

    __tablename__ = "charters"

    exam: Mapped[str] = mapped_column(ExamId, primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    token: Mapped[str] = mapped_column(Text)
    published_at: Mapped[datetime] = mapped_column(Moment)


class Activation(Base):
    """The one device of a seat. The primary key is what makes the winner the only one."""

    __tablename__ = "activations"

    jti: Mapped[str] = mapped_column(Jti, primary_key=True)
    exam: Mapped[str] = mapped_column(ExamId)
    device_key: Mapped[bytes] = mapped_column(LargeBinary(32))
    token: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Moment)


class Download(Base):
    """What became of one seat's download: first and latest grant, first start, first full delivery."""

    __tablename__ = "downloads"

    jti: Mapped[str] = mapped_column(Jti, primary_key=True)
    exam: Mapped[str] = mapped_column(ExamId)
    granted_at: Mapped[datetime] = mapped_column(Moment)
    last_granted_at: Mapped[datetime] = mapped_column(Moment)
    started_at: Mapped[datetime | None] = mapped_column(Moment)
    finished_at: Mapped[datetime | None] = mapped_column(Moment)


class ProofBudget(Base):
    """Proofs of identity that failed. ``subject`` is a keyed hash: a mistyped field may hold an ID number."""

    __tablename__ = "proof_budget"

    subject: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    failures: Mapped[int] = mapped_column(Integer)
    last_at: Mapped[datetime] = mapped_column(Moment)
    next_at: Mapped[datetime] = mapped_column(Moment)


class AuditEntry(Base):
    """Who did what, chained: ``digest`` covers the entry and the digest before it."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(SerialId, primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment)
    exam: Mapped[str | None] = mapped_column(ExamId)
    actor: Mapped[str] = mapped_column(String(64))
    act: Mapped[str] = mapped_column(String(64))
    facts: Mapped[str] = mapped_column(Text)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
