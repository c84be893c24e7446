"""Marks: suspicions that invigilators noted, each with a clause and its time in the recordings."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from oneseat.state.tables.room import RoomAttemptRow
from oneseat.state.tables.room_invigilation import RoomMarkRow


@dataclass(frozen=True)
class NewMark:
    """What a mark begins with."""

    exam: str
    attempt: str
    at: datetime
    operator: str
    clause: str
    begins_at: datetime
    ends_at: datetime
    note: str


@dataclass(frozen=True)
class Mark(NewMark):
    """A stored mark. One that was withdrawn is shown as such, and never deleted."""

    id: int
    withdrawn_at: datetime | None
    withdrawn_by: str | None

    @property
    def reference(self) -> str:
        """What a judgement names it by, as its evidence."""
        return f"mark-{self.id}"


@dataclass(frozen=True)
class Marked:
    """How many marks an attempt has that stand, and when the newest of them was made."""

    count: int
    newest_at: datetime


_COLUMNS = tuple(getattr(RoomMarkRow, member.name) for member in fields(Mark))


def add(connection: Connection, new: NewMark) -> int:
    """Add a mark; return its id."""
    return connection.execute(insert(RoomMarkRow).returning(RoomMarkRow.id), vars(new)).scalar_one()


def list_of(connection: Connection, exam: str, attempt: str) -> list[Mark]:
    """List an attempt's marks in the order of their time in the recordings."""
    mine = select(*_COLUMNS).where(RoomMarkRow.exam == exam, RoomMarkRow.attempt == attempt)
    return [Mark(*row) for row in connection.execute(mine.order_by(RoomMarkRow.begins_at, RoomMarkRow.id))]


def standing(connection: Connection, exam: str, kind: str, session: int) -> dict[str, Marked]:
    """Count the marks of a session's attempts that were not withdrawn, by the attempts that have any."""
    attempt, mark = RoomAttemptRow, RoomMarkRow
    query = select(mark.attempt, func.count(), func.max(mark.at)).join(attempt, attempt.id == mark.attempt)
    query = query.where(mark.exam == exam, attempt.kind == kind, attempt.session == session)
    query = query.where(mark.withdrawn_at.is_(None)).group_by(mark.attempt)
    return {found: Marked(count, newest) for found, count, newest in connection.execute(query)}


def withdraw(connection: Connection, attempt: str, mark: int, at: datetime, operator: str) -> bool:
    """Withdraw a mark of the attempt; False if it was withdrawn before, or is not the attempt's."""
    statement = update(RoomMarkRow).where(
        RoomMarkRow.attempt == attempt, RoomMarkRow.id == mark, RoomMarkRow.withdrawn_at.is_(None)
    )
    return connection.execute(statement.values(withdrawn_at=at, withdrawn_by=operator)).rowcount == 1
