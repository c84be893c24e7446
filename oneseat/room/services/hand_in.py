"""Hands attempts in: by the candidate from the end on, or by the clock when nobody does."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from oneseat.room.exam.served_room import CharterInForce, ServedRoom
from oneseat.room.services import receipts
from oneseat.state.room import attempts, events, reports, takes
from oneseat.state.room.attempts import Attempt
from oneseat.state.room.events import RoomEvent

CANDIDATE, CLOCK = "candidate", "clock"


def by_clock(
    room: ServedRoom, connection: Connection, charter: CharterInForce, attempt: Attempt, now: datetime
) -> bool:
    """Hand in a locked attempt whose end and recorders' tail are over; False where nothing is to be done.

    The tail is the candidate's: within it the page hands in itself, and says how much it has recorded.
    Without a consent there was no interview, and nothing to hand in.
    """
    if attempt.ends_at is None or attempt.consent_at is None or attempt.handed_in_at is not None:
        return False
    if now < attempt.ends_at + timedelta(seconds=charter.terms.tail_s):
        return False
    return record(room, connection, attempt, CLOCK, now)


def record(room: ServedRoom, connection: Connection, attempt: Attempt, by: str, now: datetime) -> bool:
    """Record the hand-in of a locked attempt with its receipt and report; False if it was handed in."""
    recorded = takes.list_of(connection, attempt.id)
    receipt = receipts.sign(room, attempt, by, recorded, now)
    if not attempts.hand_in(connection, attempt.id, now, by, receipt):
        return False
    events.append_all(connection, room.exam, attempt.id, [RoomEvent(now, "room", "handed-in", {"by": by})])
    reports.add(connection, room.exam, attempt.id, "end", now)
    return True
