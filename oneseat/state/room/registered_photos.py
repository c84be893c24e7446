"""Queries of registered photographs, which the room keeps sealed by the jti of their seats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select

from oneseat.state.dialect import in_values
from oneseat.state.tables.room_photos import RoomRegisteredPhotoRow


@dataclass(frozen=True)
class RegisteredPhoto:
    """A sealed photograph; ``sha256`` is that of the JPEG in it."""

    at: datetime
    sha256: str
    sealed: bytes = field(repr=False)


def find(connection: Connection, exam: str, jti: str) -> RegisteredPhoto | None:
    """Return a seat's photograph, or None."""
    row = RoomRegisteredPhotoRow
    found = connection.execute(
        select(row.at, row.sha256, row.sealed).where(row.exam == exam, row.jti == jti)
    ).first()
    return None if found is None else RegisteredPhoto(*found)


def exists(connection: Connection, exam: str, jti: str) -> bool:
    """Whether a seat has a photograph."""
    row = RoomRegisteredPhotoRow
    return connection.scalar(select(row.jti).where(row.exam == exam, row.jti == jti)) is not None


def newest(connection: Connection, exam: str) -> datetime | None:
    """When the newest file of photographs was signed that the room has taken in; None before the first."""
    row = RoomRegisteredPhotoRow
    return connection.scalar(select(func.max(row.at)).where(row.exam == exam))


def count(connection: Connection, exam: str) -> int:
    """Count the seats that have a photograph."""
    row = RoomRegisteredPhotoRow
    return connection.scalar(select(func.count()).select_from(row).where(row.exam == exam)) or 0


def replace(connection: Connection, exam: str, photos: Mapping[str, RegisteredPhoto]) -> None:
    """Keep photographs by jti, in the place of earlier ones of these seats."""
    row = RoomRegisteredPhotoRow
    jtis: Sequence[str] = list(photos)
    connection.execute(delete(row).where(row.exam == exam, in_values(connection, row.jti, jtis)))
    rows = [{"exam": exam, "jti": jti, **vars(photo)} for jti, photo in photos.items()]
    if rows:
        connection.execute(insert(row), rows)
