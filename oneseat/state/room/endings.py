"""Endings: requests to end an attempt, what another person decided on them, and reopenings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from oneseat.state.dialect import in_values
from oneseat.state.tables.room import new_salt
from oneseat.state.tables.room_invigilation import RoomEndingRow

CONFIRMED, DECLINED = "confirmed", "declined"


@dataclass(frozen=True)
class NewEnding:
    """What a request begins with."""

    exam: str
    attempt: str
    reason: str
    note: str
    requested_at: datetime
    requested_by: str


@dataclass(frozen=True)
class Ending(NewEnding):
    """A stored request. ``receipt`` is the hand-in receipt that a reopening has made void."""

    id: int
    decided_at: datetime | None
    decided_by: str | None
    outcome: str | None
    reopened_at: datetime | None
    reopened_by: str | None
    reopening: str | None
    receipt: str | None

    @property
    def is_open(self) -> bool:
        """Whether nobody has decided yet."""
        return self.outcome is None

    @property
    def is_in_force(self) -> bool:
        """Whether it has ended the attempt, and the attempt was not reopened since."""
        return self.outcome == CONFIRMED and self.reopened_at is None


_COLUMNS = tuple(getattr(RoomEndingRow, member.name) for member in fields(Ending))


def add(connection: Connection, new: NewEnding) -> int:
    """Add a request; return its id."""
    return connection.execute(insert(RoomEndingRow).returning(RoomEndingRow.id), vars(new)).scalar_one()


def list_of(connection: Connection, exam: str, attempt: str) -> list[Ending]:
    """List an attempt's requests, oldest first."""
    mine = select(*_COLUMNS).where(RoomEndingRow.exam == exam, RoomEndingRow.attempt == attempt)
    return [Ending(*row) for row in connection.execute(mine.order_by(RoomEndingRow.id))]


def in_force_of(connection: Connection, exam: str, attempts: Sequence[str]) -> set[str]:
    """Those of some attempts (ids) that two persons have ended and nobody has opened again."""
    query = select(RoomEndingRow.attempt).where(
        RoomEndingRow.exam == exam,
        RoomEndingRow.outcome == CONFIRMED,
        RoomEndingRow.reopened_at.is_(None),
        in_values(connection, RoomEndingRow.attempt, attempts),
    )
    return set(connection.scalars(query))


def reopened_at(connection: Connection, exam: str, attempt: str) -> datetime | None:
    """When an attempt was opened again last; None if it never was."""
    mine = select(func.max(RoomEndingRow.reopened_at)).where(
        RoomEndingRow.exam == exam, RoomEndingRow.attempt == attempt
    )
    return connection.execute(mine).scalar_one()


def decide(connection: Connection, ending: int, at: datetime, operator: str, outcome: str) -> None:
    """Record what was decided on a request, while its attempt is locked."""
    _set(connection, ending, decided_at=at, decided_by=operator, outcome=outcome)


def reopen(
    connection: Connection, ending: int, at: datetime, operator: str, why: str, receipt: str | None
) -> None:
    """Record that the attempt was opened again, and the receipt that is void by it."""
    salt = func.coalesce(RoomEndingRow.salt, new_salt())  # a request from before salts has none
    values = {"reopened_at": at, "reopened_by": operator, "reopening": why, "receipt": receipt}
    _set(connection, ending, **values, salt=salt)


def _set(connection: Connection, ending: int, **values: object) -> None:
    connection.execute(update(RoomEndingRow).where(RoomEndingRow.id == ending).values(values))
