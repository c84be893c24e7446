"""The tables of the room's papers: waiting processes, messages to them, and keys from the start on."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from oneseat.state.tables.base import Base, ExamId, Moment
from oneseat.state.tables.retention import EVENTS, UNKEPT
from oneseat.state.tables.room import Digest

ProcessId = String(32)
_UNKEPT = {"info": {"retention": UNKEPT}}


class RoomPaperProcessRow(Base):
    """A process of the room that waits for keys, with a public key that lives as long as the process.

    ``signature`` is the room's over that key: who can only write to the database cannot pose as a process.

    ``papers`` is a JSON object: by a paper's digest in hex its name, its earliest release, whose shares are
    there, and whether it is unlocked.
    """

    __tablename__ = "room_paper_processes"
    __table_args__ = (_UNKEPT,)

    exam: Mapped[str] = mapped_column(ExamId, primary_key=True)
    process: Mapped[str] = mapped_column(ProcessId, primary_key=True)
    public_key: Mapped[bytes] = mapped_column(Digest)
    signature: Mapped[bytes] = mapped_column(LargeBinary(64))
    seen_at: Mapped[datetime] = mapped_column(Moment)
    papers: Mapped[str] = mapped_column(Text)


class RoomPaperMessageRow(Base):
    """A holder's share, or the key, encrypted for one process, which deletes it when it has read it."""

    __tablename__ = "room_paper_messages"
    __table_args__ = (_UNKEPT,)

    exam: Mapped[str] = mapped_column(ExamId, primary_key=True)
    process: Mapped[str] = mapped_column(ProcessId, primary_key=True)
    paper: Mapped[bytes] = mapped_column(Digest, primary_key=True)
    sender: Mapped[str] = mapped_column(ProcessId, primary_key=True)
    sender_name: Mapped[str] = mapped_column(String(64))
    sealed: Mapped[bytes] = mapped_column(LargeBinary, info={"private": True})
    sent_at: Mapped[datetime] = mapped_column(Moment)


class RoomPaperKeyRow(Base):
    """A paper's key from its session's start on, encrypted for the room, with the holders who released it."""

    __tablename__ = "room_paper_keys"
    __table_args__ = ({"info": {"retention": EVENTS}},)

    exam: Mapped[str] = mapped_column(ExamId, primary_key=True)
    paper: Mapped[bytes] = mapped_column(Digest, primary_key=True)
    name: Mapped[str] = mapped_column(String(32))
    sealed_key: Mapped[bytes] = mapped_column(LargeBinary, info={"private": True})
    holders: Mapped[str] = mapped_column(Text)
    stored_at: Mapped[datetime] = mapped_column(Moment)
