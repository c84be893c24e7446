"""Pictures of help requests: one row each, encrypted by the caller, erased with their request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from oneseat.state.tables.help_requests import HelpPictureRow


@dataclass(frozen=True)
class HelpPicture:
    """A stored picture without its content. ``tag`` is a keyed hash of the bytes as they were sent."""

    id: int
    tag: bytes
    added_at: datetime


def add(
    connection: Connection, exam: str, request_id: int, tag: bytes, sealed: bytes, added_at: datetime
) -> None:
    """Add a picture to a request that the caller has locked in this transaction."""
    row = {
        "exam": exam,
        "request_id": request_id,
        "tag": tag,
        "sealed_picture": sealed,
        "added_at": added_at,
    }
    connection.execute(insert(HelpPictureRow), row)


def list_of(connection: Connection, exam: str, request_id: int) -> list[HelpPicture]:
    """List a request's pictures, oldest first, without their contents."""
    query = (
        select(HelpPictureRow.id, HelpPictureRow.tag, HelpPictureRow.added_at)
        .where(HelpPictureRow.exam == exam, HelpPictureRow.request_id == request_id)
        .order_by(HelpPictureRow.id)
    )
    return [HelpPicture(*row) for row in connection.execute(query)]


def read_sealed(connection: Connection, exam: str, request_id: int, picture_id: int) -> bytes | None:
    """Read the encrypted content of one picture of a request; None if it has no such picture."""
    mine = (HelpPictureRow.exam == exam, HelpPictureRow.request_id == request_id)
    query = select(HelpPictureRow.sealed_picture).where(*mine, HelpPictureRow.id == picture_id)
    return connection.scalar(query)


def erase(connection: Connection, exam: str, request_id: int, picture_id: int | None = None) -> int:
    """Erase one picture of a request, or all of them; return how many."""
    mine = [HelpPictureRow.exam == exam, HelpPictureRow.request_id == request_id]
    if picture_id is not None:
        mine.append(HelpPictureRow.id == picture_id)
    return connection.execute(delete(HelpPictureRow).where(*mine)).rowcount
