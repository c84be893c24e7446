"""A batch's journal: what was planned and done chunk by chunk, and which rows were left out."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from oneseat.state.tables.seats import Base, Moment, Sha256Hex


class BatchChunk(Base):
    """A chunk of a batch: its rows by what becomes of them, and when that was written.

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


class BatchFault(Base):
    """A row that a batch left out, by its number in the roster, and why: never what stands in it."""

    __tablename__ = "batch_faults"

    batch_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    row: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    reasons: Mapped[str] = mapped_column(Text)
