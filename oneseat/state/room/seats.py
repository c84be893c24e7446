"""Queries of the room's own copy of what rosters gave to seats."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, insert, select, update

from oneseat.state.tables.room import RoomSeatRow

_LEAST = timedelta(microseconds=1)


class CopiedSeat(NamedTuple):
    """A seat of the copy. ``sealed`` has extra time and adjustments, encrypted under the room's key."""

    session: int | None
    paper: str | None
    sealed: bytes


class CopyVersion(NamedTuple):
    """What changes whenever the copy does."""

    rows: int
    changed_at: datetime | None


def version(connection: Connection, exam: str) -> CopyVersion:
    """The copy's version."""
    query = select(func.count(), func.max(RoomSeatRow.changed_at)).where(RoomSeatRow.exam == exam)
    return CopyVersion(*connection.execute(query).one())


def list_all(connection: Connection, exam: str) -> dict[str, CopiedSeat]:
    """Map the jtis of the copy to their seats."""
    query = select(RoomSeatRow.jti, RoomSeatRow.session, RoomSeatRow.paper, RoomSeatRow.sealed)
    rows = connection.execute(query.where(RoomSeatRow.exam == exam))
    return {row.jti: CopiedSeat(row.session, row.paper, row.sealed) for row in rows}


def replace_all(connection: Connection, exam: str, seats: Mapping[str, CopiedSeat], at: datetime) -> int:
    """Make the copy these seats; return how many rows have changed. What is as it was is not written."""
    known, newest = list_all(connection, exam), version(connection, exam).changed_at
    if newest is not None:
        at = max(at, newest + _LEAST)  # each change is noticed, whatever the clock says
    gone = known.keys() - seats.keys()
    changed = {jti: seat for jti, seat in seats.items() if known.get(jti) != seat}
    for jti in gone:
        connection.execute(delete(RoomSeatRow).where(RoomSeatRow.exam == exam, RoomSeatRow.jti == jti))
    for jti in changed.keys() & known.keys():
        row = {**changed[jti]._asdict(), "changed_at": at}
        connection.execute(
            update(RoomSeatRow).where(RoomSeatRow.exam == exam, RoomSeatRow.jti == jti).values(**row)
        )
    added = [
        {"exam": exam, "jti": jti, **seat._asdict(), "changed_at": at}
        for jti, seat in changed.items()
        if jti not in known
    ]
    if added:
        connection.execute(insert(RoomSeatRow), added)
    return len(gone) + len(changed)
