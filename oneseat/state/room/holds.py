"""Holds on seats: nothing of a held seat is erased until every hold on it is released."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Select, insert, select, update

from oneseat.state.tables.issuing import Licence
from oneseat.state.tables.room_keeping import RoomHoldRow


@dataclass(frozen=True)
class Hold:
    """A hold on one licence of a seat: why, by whom, since when, and when it was released."""

    id: int
    jti: str
    reason: str
    placed_by: str
    placed_at: datetime
    released_by: str | None
    released_at: datetime | None


_COLUMNS = tuple(getattr(RoomHoldRow, member.name) for member in fields(Hold))


def place(connection: Connection, exam: str, jtis: Sequence[str], reason: str, by: str, at: datetime) -> None:
    """Place a hold on each licence of a seat."""
    rows = [{"exam": exam, "jti": jti, "reason": reason, "placed_by": by, "placed_at": at} for jti in jtis]
    connection.execute(insert(RoomHoldRow), rows)


def release(connection: Connection, exam: str, jtis: Sequence[str], by: str, at: datetime) -> int:
    """Release all holds on a seat; return how many there were."""
    statement = update(RoomHoldRow).where(
        RoomHoldRow.exam == exam, RoomHoldRow.jti.in_(jtis), RoomHoldRow.released_at.is_(None)
    )
    return connection.execute(statement.values(released_by=by, released_at=at)).rowcount


def held_jtis(connection: Connection, exam: str) -> set[str]:
    """The licences that are held, and all others of their seats, those issued after the hold too."""
    held = select(RoomHoldRow.jti).where(RoomHoldRow.exam == exam, RoomHoldRow.released_at.is_(None))
    return set(connection.scalars(held.union(_of_same_seats(exam, Licence.jti.in_(held)))))


def all_jtis(connection: Connection, exam: str, jtis: Sequence[str]) -> set[str]:
    """Some licences of a seat, and all others of it."""
    return {*jtis, *connection.scalars(_of_same_seats(exam, Licence.jti.in_(jtis)))}


def _of_same_seats(exam: str, chosen: ColumnElement[bool]) -> Select[str]:
    seats = select(Licence.admission_number).where(Licence.exam == exam, chosen)
    return select(Licence.jti).where(Licence.exam == exam, Licence.admission_number.in_(seats))


def list_all(connection: Connection, exam: str) -> list[Hold]:
    """List an exam's holds, those released too, oldest first."""
    query = select(*_COLUMNS).where(RoomHoldRow.exam == exam).order_by(RoomHoldRow.id)
    return [Hold(*row) for row in connection.execute(query)]
