"""Help requests: one open request per seat, kept by a unique index; texts are encrypted by the caller."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, select, update

from oneseat.state.dialect import insert_unless_taken
from oneseat.state.tables.attendance import Attendance
from oneseat.state.tables.help_requests import HelpEventRow, HelpPictureRow, HelpRequestRow


@dataclass(frozen=True)
class NewHelpRequest:
    """A request as it is submitted. ``admission_number`` is None where nobody was identified.

    ``urgency`` and ``order_at`` sort the queue. ``codes`` are error codes, separated by spaces.
    """

    exam: str
    number: str
    door: str
    reason: str
    admission_number: str | None
    jti: str | None
    sealed_details: bytes = field(repr=False)
    callback_tag: bytes | None
    address_tag: bytes | None
    codes: str
    urgency: int
    order_at: datetime
    submitted_at: datetime
    status: str
    touched_at: datetime
    missed_calls: int = 0


@dataclass(frozen=True)
class HelpRequest:
    """A stored request. ``touched_at`` is the last act on it; ``reached_at`` the first call or answer."""

    id: int
    exam: str
    number: str
    door: str
    reason: str
    admission_number: str | None
    jti: str | None
    sealed_details: bytes = field(repr=False)
    codes: str
    urgency: int
    order_at: datetime
    submitted_at: datetime
    status: str
    operator: str | None
    touched_at: datetime
    retry_at: datetime | None
    missed_calls: int
    reached_at: datetime | None
    closed_at: datetime | None


_COLUMNS = tuple(getattr(HelpRequestRow, member.name) for member in fields(HelpRequest))


def add(connection: Connection, new: NewHelpRequest) -> int | None:
    """Add a request and return its id; None where the seat has an open one, or the number is taken."""
    row = {member.name: getattr(new, member.name) for member in fields(NewHelpRequest)}
    statement = insert_unless_taken(connection, HelpRequestRow).returning(HelpRequestRow.id)
    return connection.scalar(statement, row)


def find(connection: Connection, exam: str, number: str) -> HelpRequest | None:
    """Return the request of a number, or None."""
    return _first(connection, HelpRequestRow.exam == exam, HelpRequestRow.number == number)


def lock(connection: Connection, exam: str, number: str) -> HelpRequest | None:
    """As :func:`find`; other writers of the row wait for this transaction's end."""
    query = select(*_COLUMNS).where(HelpRequestRow.exam == exam, HelpRequestRow.number == number)
    row = connection.execute(query.with_for_update()).first()
    return None if row is None else HelpRequest(*row)


def find_latest(connection: Connection, exam: str, admission_number: str) -> HelpRequest | None:
    """Return a seat's newest request, open or closed; None if it never made one."""
    mine = (HelpRequestRow.exam == exam, HelpRequestRow.admission_number == admission_number)
    row = connection.execute(
        select(*_COLUMNS).where(*mine).order_by(HelpRequestRow.id.desc()).limit(1)
    ).first()
    return None if row is None else HelpRequest(*row)


def list_open(connection: Connection, exam: str, limit: int) -> list[HelpRequest]:
    """List open requests: those of a lower urgency number first, then the older; at most ``limit``."""
    query = (
        select(*_COLUMNS)
        .where(HelpRequestRow.exam == exam, HelpRequestRow.closed_at.is_(None))
        .order_by(HelpRequestRow.urgency, HelpRequestRow.id)
        .limit(limit)
    )
    return [HelpRequest(*row) for row in connection.execute(query)]


def list_in_mock(connection: Connection, exam: str) -> dict[str, int]:
    """Seats with an open request that have begun a mock interview and not ended it, with the mock's position.

    Of several the latest counts.
    """
    asking = select(HelpRequestRow.admission_number).where(
        HelpRequestRow.exam == exam, HelpRequestRow.closed_at.is_(None)
    )
    begun = (Attendance.kind == "mock", Attendance.started_at.is_not(None), Attendance.ended_at.is_(None))
    query = select(Attendance.admission_number, Attendance.session).where(
        Attendance.exam == exam, Attendance.admission_number.in_(asking), *begun
    )
    rows = connection.execute(query.order_by(Attendance.first_ticket_at))
    return {row.admission_number: row.session for row in rows}


def list_reached(connection: Connection, exam: str, since: datetime) -> list[datetime]:
    """List when requests were first called or answered, since a moment; oldest first."""
    query = select(HelpRequestRow.reached_at).where(
        HelpRequestRow.exam == exam, HelpRequestRow.reached_at >= since
    )
    reached = connection.scalars(query.order_by(HelpRequestRow.reached_at))
    return [moment for moment in reached if moment is not None]


def change(connection: Connection, request: HelpRequest, **values: object) -> None:
    """Change columns of a request that :func:`lock` returned in this transaction."""
    connection.execute(update(HelpRequestRow).where(HelpRequestRow.id == request.id).values(**values))


def count_of_callback(connection: Connection, exam: str, tag: bytes, since: datetime) -> int:
    """Count unidentified requests with this callback number since a moment."""
    return _count(connection, exam, HelpRequestRow.callback_tag == tag, since)


def count_of_address(connection: Connection, exam: str, tag: bytes, since: datetime) -> int:
    """Count unidentified requests from this network address since a moment."""
    return _count(connection, exam, HelpRequestRow.address_tag == tag, since)


def count_open(connection: Connection, exam: str, urgency: int) -> int:
    """Count open requests of one urgency."""
    mine = (HelpRequestRow.exam == exam, HelpRequestRow.urgency == urgency)
    query = select(func.count()).select_from(HelpRequestRow).where(*mine, HelpRequestRow.closed_at.is_(None))
    return connection.scalar(query) or 0


def count_with_status(connection: Connection, exam: str, statuses: Collection[str]) -> int:
    """Count open requests whose status is one of these."""
    mine = (HelpRequestRow.exam == exam, HelpRequestRow.status.in_(statuses))
    query = select(func.count()).select_from(HelpRequestRow).where(*mine, HelpRequestRow.closed_at.is_(None))
    return connection.scalar(query) or 0


def erase_closed(connection: Connection, exam: str, before: datetime, limit: int) -> int:
    """Delete requests that were closed before a moment, with their events and pictures; return how many."""
    old = (HelpRequestRow.exam == exam, HelpRequestRow.closed_at < before)
    ids = list(connection.scalars(select(HelpRequestRow.id).where(*old).limit(limit)))
    if ids:
        for table in (HelpEventRow, HelpPictureRow):
            connection.execute(delete(table).where(table.exam == exam, table.request_id.in_(ids)))
        connection.execute(delete(HelpRequestRow).where(HelpRequestRow.id.in_(ids)))
    return len(ids)


def _first(connection: Connection, *which: ColumnElement[bool]) -> HelpRequest | None:
    row: Any = connection.execute(select(*_COLUMNS).where(*which)).first()
    return None if row is None else HelpRequest(*row)


def _count(connection: Connection, exam: str, mine: ColumnElement[bool], since: datetime) -> int:
    query = select(func.count()).select_from(HelpRequestRow)
    query = query.where(HelpRequestRow.exam == exam, mine, HelpRequestRow.submitted_at > since)
    return connection.scalar(query) or 0
