"""The table of live pictures: of each attempt's streams the newest small picture that its page has sent."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from oneseat.state.tables.base import Base, ExamId, Moment
from oneseat.state.tables.retention import RECORDINGS
from oneseat.state.tables.room import AttemptId


class RoomPictureRow(Base):
    """The newest live picture of a stream: a JPEG that is sealed under the room's key.

    ``at`` is when the room received it. The next one takes its place, so a stream has one row.
    """

    __tablename__ = "room_pictures"
    __table_args__ = ({"info": {"retention": RECORDINGS}},)

    attempt: Mapped[str] = mapped_column(AttemptId, primary_key=True)
    stream: Mapped[str] = mapped_column(String(8), primary_key=True)
    exam: Mapped[str] = mapped_column(ExamId)
    at: Mapped[datetime] = mapped_column(Moment)
    sealed: Mapped[bytes] = mapped_column(LargeBinary, info={"private": True})
