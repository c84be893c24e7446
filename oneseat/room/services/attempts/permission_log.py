"""Records that permissions open and end, each with its event in the attempt's history.

Until when one holds also stands with the attempt: each beat reads it there, and tells the page to ask.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from oneseat.state.room import attempts, events, permissions
from oneseat.state.room.attempts import Attempt
from oneseat.state.room.events import Fact, RoomEvent
from oneseat.state.room.permissions import NewPermission, Permission


def open_new(connection: Connection, new: NewPermission) -> None:
    """Open a permission of an attempt that is locked."""
    permissions.add(connection, new)
    _record_latest_end(connection, new)
    seconds = int((new.ends_at - new.begins_at) / timedelta(seconds=1))
    _note(connection, new, "permission-opened", new.begins_at, longest_s=seconds)


def end_early(connection: Connection, held: Permission, now: datetime, ends: datetime, ended_by: str) -> None:
    """Let an open permission of a locked attempt end at ``ends``, and say who or what ended it."""
    permissions.end(connection, held, ends, ended_by)
    _record_latest_end(connection, held)
    _note(connection, held, "permission-ended", now, by=ended_by)


def end_with_attempt(connection: Connection, attempt: Attempt, now: datetime) -> None:
    """End the permission that is open, because the attempt was ended."""
    held = permissions.find_open(connection, attempt.exam, attempt.id, now)
    if held is not None:
        end_early(connection, held, now, now, "ended")


def _record_latest_end(connection: Connection, about: NewPermission) -> None:
    until = permissions.latest_end(connection, about.exam, about.attempt)
    attempts.record_permitted(connection, about.attempt, until)


def _note(connection: Connection, about: NewPermission, code: str, at: datetime, **facts: Fact) -> None:
    known = {"opener": str(about.opener), "reason": str(about.reason), **facts}
    events.append_all(connection, about.exam, about.attempt, [RoomEvent(at, "room", code, known)])
