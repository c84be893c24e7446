"""Permissions: when a candidate might touch the phone or leave the picture, who opened it, and why."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from oneseat.state.tables.room_help import RoomPermissionRow


@dataclass(frozen=True)
class NewPermission:
    """What a permission begins with."""

    exam: str
    attempt: str
    opener: str
    reason: str
    begins_at: datetime
    ends_at: datetime
    help_number: str | None = None


@dataclass(frozen=True)
class Permission(NewPermission):
    """A stored permission; ``ended_by`` is None while its time runs out by itself."""

    ended_by: str | None = None
    id: int = 0

    def is_open(self, now: datetime) -> bool:
        """Whether it holds now."""
        return self.begins_at <= now < self.ends_at


_COLUMNS = tuple(getattr(RoomPermissionRow, member.name) for member in fields(Permission))


def add(connection: Connection, new: NewPermission) -> None:
    """Add a permission of an attempt."""
    connection.execute(insert(RoomPermissionRow), vars(new))


def find_open(connection: Connection, exam: str, attempt: str, now: datetime) -> Permission | None:
    """Return the newest permission of an attempt that holds now, or None."""
    query = (
        select(*_COLUMNS)
        .where(RoomPermissionRow.exam == exam, RoomPermissionRow.attempt == attempt)
        .where(RoomPermissionRow.begins_at <= now, RoomPermissionRow.ends_at > now)
        .order_by(RoomPermissionRow.id.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    return None if row is None else Permission(*row)


def find_open_of(
    connection: Connection, exam: str, attempts: Collection[str], now: datetime
) -> dict[str, Permission]:
    """As :func:`find_open` for several attempts, in one statement; an attempt without one is left out."""
    if not attempts:
        return {}
    query = (
        select(*_COLUMNS)
        .where(RoomPermissionRow.exam == exam, RoomPermissionRow.attempt.in_(sorted(attempts)))
        .where(RoomPermissionRow.begins_at <= now, RoomPermissionRow.ends_at > now)
        .order_by(RoomPermissionRow.id)
    )
    return {held.attempt: held for held in (Permission(*row) for row in connection.execute(query))}


def latest_end(connection: Connection, exam: str, attempt: str) -> datetime | None:
    """When the last of an attempt's permissions ends, or has ended; None where there was none."""
    mine = select(func.max(RoomPermissionRow.ends_at)).where(
        RoomPermissionRow.exam == exam, RoomPermissionRow.attempt == attempt
    )
    return connection.execute(mine).scalar_one()


def list_of(connection: Connection, exam: str, attempt: str) -> list[Permission]:
    """List an attempt's permissions, oldest first."""
    query = (
        select(*_COLUMNS)
        .where(RoomPermissionRow.exam == exam, RoomPermissionRow.attempt == attempt)
        .order_by(RoomPermissionRow.id)
    )
    return [Permission(*row) for row in connection.execute(query)]


def end(connection: Connection, permission: Permission, ends_at: datetime, ended_by: str) -> None:
    """Let a permission end earlier, and record what ended it. A later end changes nothing."""
    connection.execute(
        update(RoomPermissionRow)
        .where(RoomPermissionRow.id == permission.id, RoomPermissionRow.ends_at > ends_at)
        .values(ends_at=ends_at, ended_by=ended_by)
    )
