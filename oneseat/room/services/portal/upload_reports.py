"""What the portal is told of an attempt's upload, and when it is told again."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from oneseat.room.exam.served_room import ServedRoom
from oneseat.room.rules import backlog
from oneseat.room.services.wire_times import wire
from oneseat.state.room import attempts, takes

AGAIN = timedelta(minutes=5)
"""Between two reports of one upload that goes on."""


def body_of(
    room: ServedRoom, connection: Connection, attempt_id: str, ticket: str
) -> dict[str, object] | None:
    """What to report now; None for an attempt that has no time to upload in."""
    attempt = attempts.find(connection, room.exam, attempt_id)
    if attempt is None or attempt.upload_until is None:
        return None
    body: dict[str, object] = {"ticket": ticket, "until": wire(attempt.upload_until)}
    if attempt.completed_at is not None:
        return {**body, "at": wire(attempt.completed_at), "complete": True, "left_bytes": 0}
    left = backlog.of_takes(takes.list_of(connection, attempt.id))
    # A page that was closed before it named its takes may hold more than the room knows of.
    return {**body, "at": wire(room.clock.now()), "complete": False, "left_bytes": left.bytes or None}


def due_again_at(room: ServedRoom, connection: Connection, attempt_id: str) -> datetime | None:
    """When to report again after a report that was not of the completion; None once the time is over.

    At once where everything was received while that report was under way.
    """
    attempt = attempts.find(connection, room.exam, attempt_id)
    if attempt is None or attempt.upload_until is None:
        return None
    now = room.clock.now()
    if attempt.completed_at is not None:
        return now
    return now + AGAIN if now < attempt.upload_until else None
