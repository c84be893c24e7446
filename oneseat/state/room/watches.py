"""The log of watches: which operator's page watched which group, from when to when."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, insert, select, update

from oneseat.state.room.groups import GroupKey
from oneseat.state.tables.room_groups import RoomGroupAttemptRow, RoomWatchRow


@dataclass(frozen=True)
class Watch:
    """An uninterrupted watch of a group by one operator."""

    operator: str
    began_at: datetime
    seen_at: datetime


_COLUMNS = tuple(getattr(RoomWatchRow, member.name) for member in fields(Watch))


def record(
    connection: Connection, key: GroupKey, operator: str, now: datetime, silent_after: timedelta
) -> None:
    """Record that an operator's page watches a group now: the watch goes on, or after a silence a new one."""
    row = RoomWatchRow
    last = connection.execute(
        select(row.id, row.seen_at)
        .where(*_of(key), row.operator == operator)
        .order_by(row.id.desc())
        .limit(1)
    ).first()
    if last is not None and now - last.seen_at < silent_after:
        seen = update(row).where(row.id == last.id, row.seen_at < now)
        connection.execute(seen.values(seen_at=now))
        return
    new = {"operator": operator, "began_at": now, "seen_at": now}
    connection.execute(insert(row), {**key._asdict(), **new})


def heard(
    connection: Connection, exam: str, kind: str, session: int, since: datetime
) -> dict[int, dict[str, datetime]]:
    """By group, when each operator's page was heard last, of those that were heard after ``since``."""
    row = RoomWatchRow
    query = (
        select(row.number, row.operator, func.max(row.seen_at))
        .where(row.exam == exam, row.kind == kind, row.session == session, row.seen_at > since)
        .group_by(row.number, row.operator)
    )
    found: dict[int, dict[str, datetime]] = {}
    for number, operator, seen_at in connection.execute(query):
        found.setdefault(number, {})[operator] = seen_at
    return found


def list_of(connection: Connection, key: GroupKey) -> list[Watch]:
    """List a group's watches, oldest first."""
    query = select(*_COLUMNS).where(*_of(key)).order_by(RoomWatchRow.id)
    return [Watch(*each) for each in connection.execute(query)]


def rows_beside(
    connection: Connection, attempt: str, since: datetime, until: datetime | None
) -> list[dict[str, Any]]:
    """The watches of an attempt's group between two moments, oldest first, by their columns' names."""
    row, member = RoomWatchRow, RoomGroupAttemptRow
    same = (row.exam == member.exam, row.kind == member.kind, row.session == member.session)
    query = (
        select(*row.__table__.columns)
        .join(member, and_(*same, row.number == member.number))
        .where(member.attempt == attempt, row.seen_at >= since)
        .order_by(row.id)
    )
    if until is not None:
        query = query.where(row.began_at <= until)
    return [dict(found) for found in connection.execute(query).mappings()]


def was_any(connection: Connection, exam: str, kind: str, session: int) -> bool:
    """Whether anybody has watched any group of a session."""
    row = RoomWatchRow
    query = select(row.id).where(row.exam == exam, row.kind == kind, row.session == session)
    return connection.scalar(query.limit(1)) is not None


def _of(key: GroupKey) -> tuple[ColumnElement[bool], ...]:
    row = RoomWatchRow
    return (
        row.exam == key.exam,
        row.kind == key.kind,
        row.session == key.session,
        row.number == key.number,
    )
