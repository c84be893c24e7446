"""Groups whose candidates are there now, and since when nobody watches them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, select

from oneseat.state.room.groups import GroupKey
from oneseat.state.tables.room import RoomAttemptRow
from oneseat.state.tables.room_groups import RoomGroupAttemptRow, RoomGroupRow, RoomWatchRow


@dataclass(frozen=True)
class LiveGroup:
    """A group with candidates whose pages are heard. ``since`` is when the first of them came."""

    key: GroupKey
    since: datetime


def last_heard_at(connection: Connection, exam: str) -> datetime | None:
    """When the room heard anybody last, by its clock: a page, who watches, or that nobody does."""
    attempt, watch, group = RoomAttemptRow, RoomWatchRow, RoomGroupRow
    heard: list[datetime | None] = [
        connection.scalar(select(func.max(attempt.window_seen_at)).where(attempt.exam == exam)),
        connection.scalar(select(func.max(watch.seen_at)).where(watch.exam == exam)),
        connection.scalar(select(func.max(group.unwatched_since)).where(group.exam == exam)),
    ]
    return max((at for at in heard if at is not None), default=None)


def list_live(connection: Connection, exam: str, heard_after: datetime) -> list[LiveGroup]:
    """List the groups of an exam with attempts that are not handed in and whose pages were heard since."""
    member, attempt = RoomGroupAttemptRow, RoomAttemptRow
    named = (member.exam, member.kind, member.session, member.number)
    query = (
        select(*named, func.min(attempt.created_at))
        .join(attempt, attempt.id == member.attempt)
        .where(*_live(exam, heard_after))
        .group_by(*named)
    )
    return [LiveGroup(GroupKey(*row[:4]), row[4]) for row in connection.execute(query)]


def live_members(connection: Connection, key: GroupKey, heard_after: datetime) -> list[str]:
    """List the attempts (ids) of a group that :func:`list_live` counts."""
    member, attempt = RoomGroupAttemptRow, RoomAttemptRow
    query = (
        select(attempt.id)
        .join(member, attempt.id == member.attempt)
        .where(*_live(key.exam, heard_after))
        .where(member.kind == key.kind, member.session == key.session, member.number == key.number)
        .order_by(attempt.id)
    )
    return list(connection.scalars(query))


def list_unwatched(connection: Connection, exam: str) -> dict[GroupKey, datetime]:
    """The groups of an exam that were found without anybody who watches, and since when."""
    row = RoomGroupRow
    query = select(row.kind, row.session, row.number, row.unwatched_since)
    query = query.where(row.exam == exam, row.unwatched_since.is_not(None))
    found = connection.execute(query).all()
    return {
        GroupKey(exam, kind, session, number): since
        for kind, session, number, since in found
        if since is not None
    }


def _live(exam: str, heard_after: datetime) -> list[ColumnElement[bool]]:
    row = RoomAttemptRow
    return [row.exam == exam, row.handed_in_at.is_(None), row.window_seen_at > heard_after]
