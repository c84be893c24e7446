"""Brings a locked attempt up to date: its times by the charter in force, its hand-in by the clock."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from oneseat.room.exam.served_room import CharterInForce, ServedRoom
from oneseat.room.services.attempts import hand_in, repeating
from oneseat.state.room import attempts, events
from oneseat.state.room.attempts import Attempt
from oneseat.state.room.events import Fact, RoomEvent
from signing.session_times import FORMAL, formal_attempt


def formal_times(
    charter: CharterInForce, session: int, jti: str
) -> tuple[datetime, datetime, datetime] | None:
    """Start, end and end of uploads of a seat's formal session; None where it is not its own, or is gone."""
    formals = charter.sessions_of(jti).formals
    formal = formals[session] if session < len(formals) else None
    if formal is None:
        return None
    times = formal_attempt(formal)
    return times.starts, times.ends, times.ends + timedelta(seconds=charter.terms.upload_until_s)


def bring_up_to_date(
    room: ServedRoom, connection: Connection, charter: CharterInForce, attempt: Attempt, now: datetime
) -> Attempt:
    """Apply to a locked attempt what charter and clock have decided meanwhile; return it as it is then.

    A newer charter, and extra time that a newer roster gives, move a formal attempt that is not handed in.
    A mock keeps the times that it began with. Where an order gave its seat another session, an attempt ends.
    """
    changed = _move(room, connection, charter, attempt, now)
    attempt = _read(room, connection, attempt) if changed else attempt
    is_ended = repeating.end_first(room, connection, charter, attempt, now)
    if is_ended or hand_in.by_clock(room, connection, charter, attempt, now):
        return _read(room, connection, attempt)
    return attempt


def _move(
    room: ServedRoom, connection: Connection, charter: CharterInForce, attempt: Attempt, now: datetime
) -> bool:
    if attempt.kind != FORMAL or attempt.handed_in_at is not None:
        return False
    times = formal_times(charter, attempt.session, attempt.jti)
    if times is None or times == (attempt.starts_at, attempt.ends_at, attempt.upload_until):
        return False
    attempts.move(connection, attempt.id, *times)
    event = RoomEvent(now, "room", "times-moved", _cause(charter, attempt))
    events.append_all(connection, room.exam, attempt.id, [event])
    return True


def _cause(charter: CharterInForce, attempt: Attempt) -> dict[str, Fact]:
    """By which charter the times are, and the newest measure for the seat, as its candidate reads it."""
    facts: dict[str, Fact] = {"charter": charter.charter.version}
    given = charter.measures_for(attempt.session, attempt.jti)
    if given:
        newest = given[-1]
        facts.update(order=newest.number, measure=newest.act, names="、".join(newest.names))
        facts.update(reason=newest.reason.zh)
    return facts


def _read(room: ServedRoom, connection: Connection, attempt: Attempt) -> Attempt:
    return attempts.find(connection, room.exam, attempt.id) or attempt
