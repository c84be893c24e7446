"""Hands attempts in: by the candidate from the end on, by the clock when nobody does, or by a decision."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from oneseat.room.exam.served_room import CharterInForce, ServedRoom
from oneseat.room.rules import guard_silence, steps
from oneseat.room.rules.endings import CHIEF
from oneseat.room.services.attempts import receipts
from oneseat.state.room import attempts, events, reports, takes
from oneseat.state.room.attempts import Attempt
from oneseat.state.room.events import RoomEvent
from signing.room_tokens import takes_text

CANDIDATE, CLOCK, REPEAT = "candidate", "clock", "repeat"
FIRST_UPLOAD_REPORT = timedelta(seconds=30)
"""After it the portal hears what is still to be uploaded; most have finished by then."""


def by_clock(
    room: ServedRoom, connection: Connection, charter: CharterInForce, attempt: Attempt, now: datetime
) -> bool:
    """Hand in a locked attempt whose end and recorders' tail are over; False where nothing is to be done.

    The tail is the candidate's: within it the page hands in itself, and says how much it has recorded.
    Without a consent there was no interview, and nothing to hand in.
    """
    stops_at = steps.recorder_stops_at(attempt, charter.terms.tail_s)
    if stops_at is None or now < stops_at or attempt.consent_at is None:
        return False
    return record(room, connection, attempt, CLOCK, now)


def record(room: ServedRoom, connection: Connection, attempt: Attempt, by: str, now: datetime) -> bool:
    """Record the hand-in of a locked attempt with its receipt and report; False if it was handed in."""
    if attempt.handed_in_at is not None:
        return False
    recorded = takes.list_of(connection, attempt.id)
    receipt = receipts.sign(room, attempt, by, recorded, now)
    if not attempts.hand_in(connection, attempt.id, now, by, receipt):
        return False
    # The receipt has the digest of this text only, and the takes may grow until all is uploaded.
    promised = takes_text(receipts.promised_of(recorded))
    history = [RoomEvent(now, "room", "handed-in", {"by": by, "takes": promised})]
    if guard_silence.turns_silent(attempt, now):  # no call of the page has noted it
        history.insert(0, RoomEvent(now, "room", "guard-silent"))
    events.append_all(connection, room.exam, attempt.id, history)
    told_at = _told_at(attempt, by, now)
    reports.add(connection, room.exam, attempt.id, reports.END, now, told_at)
    reports.add(connection, room.exam, attempt.id, reports.UPLOAD, now, told_at + FIRST_UPLOAD_REPORT)
    return True


def _told_at(attempt: Attempt, by: str, now: datetime) -> datetime:
    """When the portal hears of the end: it gives tickets while the attempt may be opened again."""
    return max(now, attempt.ends_at or now) if by == CHIEF else now
