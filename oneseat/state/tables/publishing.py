"""The tables of the batch log: manifest lines, the tree over them in tiles, and the signed heads."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from oneseat.state.tables.seats import Base, ExamId, Jti, Moment


class ManifestLine(Base):
    """One manifest line. Lines behind the newest head's size are staged and count for nothing.

    ``licence_sha256``, ``sha256`` and ``size`` are null in a withdrawal.
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


class ManifestTile(Base):
    """Up to 256 hashes of the tree, end to end (:data:`signing.authority.merkle.Tile`)."""

    __tablename__ = "manifest_tiles"

    exam: Mapped[str] = mapped_column(ExamId, primary_key=True)
    level: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    hashes: Mapped[bytes] = mapped_column(LargeBinary)


class ManifestHead(Base):
    """A batch's signed head, written in the transaction that published its release.

    ``sbom`` and ``provenance`` are the documents of its base, "" where it has none.
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
    at: Mapped[datetime] = mapped_column(Moment)
