"""The table of registered photographs: what the organiser has of a face, beside which the room's are seen."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from oneseat.state.tables.base import Base, ExamId, Jti, Moment, Sha256Hex
from oneseat.state.tables.retention import IDENTITY


class RoomRegisteredPhotoRow(Base):
    """A seat's registered photograph: a JPEG that is sealed under the room's key.

    ``sha256`` is that of the JPEG, by which the audit log names what a person saw. ``at`` is when the file
    that brought it was signed.
    """

    __tablename__ = "room_registered_photos"
    __table_args__ = ({"info": {"retention": IDENTITY}},)

    exam: Mapped[str] = mapped_column(ExamId, primary_key=True)
    jti: Mapped[str] = mapped_column(Jti, primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment)
    sha256: Mapped[str] = mapped_column(Sha256Hex)
    sealed: Mapped[bytes] = mapped_column(LargeBinary, info={"private": True})
