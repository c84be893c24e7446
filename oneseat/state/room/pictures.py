"""Live pictures: the newest of each attempt and stream, sealed; a newer one takes its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Insert, select
from sqlalchemy.dialects import postgresql, sqlite

from oneseat.state.tables.room_pictures import RoomPictureRow


@dataclass(frozen=True)
class LivePicture:
    """A picture as it is stored; ``at`` is when the room received it."""

    attempt: str
    stream: str
    exam: str
    at: datetime
    sealed: bytes = field(repr=False)


_KEY = ("attempt", "stream")
_NAMES = tuple(member.name for member in fields(LivePicture))


def _saving(insert: Any) -> Insert:  # noqa: ANN401 -- a dialect's function of that name
    """``INSERT ... ON CONFLICT DO UPDATE`` of one dialect, unless a newer picture is there."""
    statement = insert(RoomPictureRow)
    changed = {"at": statement.excluded.at, "sealed": statement.excluded.sealed}
    built: Insert = statement.on_conflict_do_update(
        index_elements=_KEY, set_=changed, where=RoomPictureRow.at <= statement.excluded.at
    )
    return built


_SAVE = {"postgresql": _saving(postgresql.insert), "sqlite": _saving(sqlite.insert)}


def save(connection: Connection, pictures: Sequence[LivePicture]) -> None:
    """Store pictures in place of older ones, in one statement, in the order of their keys."""
    if pictures:
        ordered = sorted(pictures, key=lambda picture: (picture.attempt, picture.stream))
        rows = [{name: getattr(picture, name) for name in _NAMES} for picture in ordered]
        connection.execute(_SAVE[connection.dialect.name], rows)


def find(connection: Connection, exam: str, attempt: str, stream: str) -> LivePicture | None:
    """Return the newest picture of a stream, or None."""
    query = select(*(getattr(RoomPictureRow, name) for name in _NAMES)).where(
        RoomPictureRow.exam == exam, RoomPictureRow.attempt == attempt, RoomPictureRow.stream == stream
    )
    row = connection.execute(query).first()
    return None if row is None else LivePicture(*row)
