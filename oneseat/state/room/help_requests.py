"""Help requests of the room: kept until the portal has them, and followed there until they are closed."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, insert, select, update

from oneseat.state.tables.room import RoomAttemptRow
from oneseat.state.tables.room_help import RoomHelpRequestRow


@dataclass(frozen=True)
class RoomHelpRequest:
    """A request as it is stored; see :class:`oneseat.state.tables.room_help.RoomHelpRequestRow`."""

    id: str
    exam: str
    attempt: str
    reason: str
    sealed_details: bytes | None = field(repr=False)
    made_at: datetime
    received_at: datetime
    number: str | None = None
    status: str | None = None
    stage: str | None = None
    sealed_state: bytes | None = field(default=None, repr=False)
    tries: int = 0
    next_try_at: datetime = datetime.min  # noqa: DTZ901 -- every request is stored with a time
    withdrawn_at: datetime | None = None
    closed_at: datetime | None = None
    refusal: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether it is neither closed by the portal nor refused."""
        return self.closed_at is None

    @property
    def is_from_elsewhere(self) -> bool:
        """Whether it is open and was not made on the room's page: the portal alone has its words."""
        return self.is_open and self.sealed_details is None


_COLUMNS = tuple(getattr(RoomHelpRequestRow, member.name) for member in fields(RoomHelpRequest))


def add(connection: Connection, request: RoomHelpRequest) -> None:
    """Add a request of an attempt that this transaction has locked; its id must not be taken."""
    connection.execute(insert(RoomHelpRequestRow), vars(request))


def find(connection: Connection, exam: str, request_id: str) -> RoomHelpRequest | None:
    """Return the request of that id, or None."""
    query = _of(exam).where(RoomHelpRequestRow.id == request_id)
    row = connection.execute(query).first()
    return None if row is None else RoomHelpRequest(*row)


def find_newest(connection: Connection, exam: str, attempt: str) -> RoomHelpRequest | None:
    """Return an attempt's newest request, or None."""
    query = _of(exam).where(RoomHelpRequestRow.attempt == attempt)
    row = connection.execute(query.order_by(RoomHelpRequestRow.received_at.desc()).limit(1)).first()
    return None if row is None else RoomHelpRequest(*row)


def count(connection: Connection, exam: str, attempt: str) -> int:
    """Count an attempt's requests."""
    query = select(func.count()).where(RoomHelpRequestRow.exam == exam, RoomHelpRequestRow.attempt == attempt)
    return connection.scalar(query) or 0


def take_due(
    connection: Connection, exam: str, now: datetime, retry_at: datetime, limit: int
) -> list[tuple[RoomHelpRequest, str]]:
    """Take open requests that are due, with their seats; others pass them over until ``retry_at``."""
    query = (
        select(*_COLUMNS, RoomAttemptRow.jti)
        .join(RoomAttemptRow, RoomAttemptRow.id == RoomHelpRequestRow.attempt)
        .where(
            RoomHelpRequestRow.exam == exam,
            RoomHelpRequestRow.next_try_at <= now,
            RoomHelpRequestRow.closed_at.is_(None),
        )
        .order_by(RoomHelpRequestRow.next_try_at)
        .limit(limit)
        .with_for_update(of=RoomHelpRequestRow, skip_locked=True)
    )
    due = [(RoomHelpRequest(*row[:-1]), row[-1]) for row in connection.execute(query)]
    for request, _ in due:
        change(connection, request.id, next_try_at=retry_at)
    return due


def change(connection: Connection, request_id: str, **values: object) -> None:
    """Change columns of a request."""
    connection.execute(update(RoomHelpRequestRow).where(RoomHelpRequestRow.id == request_id).values(values))


def _of(exam: str) -> Select[Any]:
    return select(*_COLUMNS).where(RoomHelpRequestRow.exam == exam)
