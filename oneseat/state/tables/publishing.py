"""The tables of publishing: releases, charters, maintenance, published batches."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from oneseat.state.artefacts import INSTALLER
from oneseat.state.tables.base import Base, ExamId, Jti, Moment, Sha256Hex


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


class ReleaseArtefact(Base):
    """A file that a release shows besides its installer, with the edition whose licences go into it."""

    __tablename__ = "release_artefacts"

    release_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    artefact: Mapped[str] = mapped_column(String(16), primary_key=True)
    exam: Mapped[str] = mapped_column(ExamId)
    edition_id: Mapped[int] = mapped_column(Integer)
    base_sha256: Mapped[str] = mapped_column(Sha256Hex)
    object_name: Mapped[str] = mapped_column(String(255))
    manifest: Mapped[str] = mapped_column(Text)


class CurrentRelease(Base):
    """The current release of each exam."""

    __tablename__ = "current_releases"

    exam: Mapped[str] = mapped_column(ExamId, primary_key=True)
    release_id: Mapped[int] = mapped_column(Integer)


class ExamOrder(Base):
    """A signed order that changes sessions on the day. Its number is the exam's next one."""

    __tablename__ = "exam_orders"

    exam: Mapped[str] = mapped_column(ExamId, primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    token: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime] = mapped_column(Moment)


class PublishedCharter(Base):
    """A published charter. The highest version is in force."""

    __tablename__ = "charters"

    exam: Mapped[str] = mapped_column(ExamId, primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    token: Mapped[str] = mapped_column(Text)
    published_at: Mapped[datetime] = mapped_column(Moment)


class MaintenanceMark(Base):
    """Maintenance of the exam's pages and API. ``back_at`` is its expected end, if known."""

    __tablename__ = "maintenance"

    exam: Mapped[str] = mapped_column(ExamId, primary_key=True)
    since: Mapped[datetime] = mapped_column(Moment)
    back_at: Mapped[datetime | None] = mapped_column(Moment)


class ManifestLine(Base):
    """A line of the log. Lines behind the newest head's size are only staged.

    ``licence_sha256``, ``sha256`` and ``size`` are null in a withdrawal, which is of every artefact.
    """

    __tablename__ = "manifest_lines"
    __table_args__ = (Index(None, "exam", "jti", "position"),)

    exam: Mapped[str] = mapped_column(ExamId, primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    seat: Mapped[str] = mapped_column(String(32))
    jti: Mapped[str] = mapped_column(Jti)
    licence_sha256: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    sha256: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    size: Mapped[int | None] = mapped_column(BigInteger)
    artefact: Mapped[str] = mapped_column(String(16), server_default=INSTALLER)


class ManifestTile(Base):
    """Up to 256 concatenated hashes of the tree (:data:`signing.authority.merkle.Tile`)."""

    __tablename__ = "manifest_tiles"

    exam: Mapped[str] = mapped_column(ExamId, primary_key=True)
    level: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    hashes: Mapped[bytes] = mapped_column(LargeBinary)


class ManifestHead(Base):
    """A batch's signed head, written in the transaction that published its release.

    ``sbom`` and ``provenance`` are the documents of its base, "" where it has none; the other two are
    those of its phone app.
    """

    __tablename__ = "manifest_heads"

    exam: Mapped[str] = mapped_column(ExamId, primary_key=True)
    batch: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    release_id: Mapped[int] = mapped_column(Integer)
    start: Mapped[int] = mapped_column(BigInteger)
    size: Mapped[int] = mapped_column(BigInteger)
    token: Mapped[str] = mapped_column(Text)
    sbom: Mapped[str] = mapped_column(Text)
    provenance: Mapped[str] = mapped_column(Text)
    phone_sbom: Mapped[str] = mapped_column(Text, server_default="")
    phone_provenance: Mapped[str] = mapped_column(Text, server_default="")
    at: Mapped[datetime] = mapped_column(Moment)
