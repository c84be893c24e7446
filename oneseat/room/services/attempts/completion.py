"""Completes an attempt when everything it promised is in the store, by the store's own listing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from oneseat.room.exam.served_room import ServedRoom
from oneseat.room.rules import completeness
from oneseat.room.rules.completeness import Listed
from oneseat.room.rules.segments import attempt_folder
from oneseat.room.services.attempts.window_calls import Call
from oneseat.state.room import attempts, events, reports, takes
from oneseat.state.room.events import RoomEvent
from oneseat.state.room.takes import Take


def is_due(call: Call, *, takes_named: bool = False) -> bool:
    """Whether a handed-in attempt lacks nothing by what the room knows, so that :func:`confirm` is due.

    The call's attempt must have been read since it was handed in.
    ``takes_named`` says that this call named all takes, so that none at all is an answer too.
    """
    if call.attempt.handed_in_at is None or call.attempt.completed_at is not None:
        return False
    recorded = takes.list_of(call.connection, call.attempt.id)
    return completeness.is_complete(recorded) if recorded else takes_named


def confirm(room: ServedRoom, attempt_id: str) -> bool:
    """Complete an attempt if the store lists all of its segments; return whether it is complete now.

    The listing waits for the network, so it holds no lock. An attempt that was opened again meanwhile is not
    completed: it records anew. A segment that was in the store and is not listed any more counts as missing
    again.
    """
    with room.database.reading() as connection:
        recorded = takes.list_of(connection, attempt_id)
    names = list(room.segments.names(attempt_folder(room.exam, attempt_id))) if recorded else []
    now = room.clock.now()
    with room.database.writing() as connection:
        attempt = attempts.lock(connection, room.exam, attempt_id)
        if attempt is None or attempt.handed_in_at is None:
            return False
        if attempt.completed_at is not None:
            return True
        listed = _listed(takes.list_of(connection, attempt_id), names)
        whole = completeness.is_complete(listed.takes)
        if whole:
            attempts.complete(connection, attempt_id, now)
            reports.send_again(connection, attempt_id, reports.UPLOAD, now)
        else:
            takes.save(connection, listed.takes)
        lacking = sum(map(len, completeness.missing(listed.takes).values()))
        event = RoomEvent(now, "room", "complete" if whole else "segments-gone", {"missing": lacking})
        events.append_all(connection, room.exam, attempt_id, [event])
        return whole


def confirm_all(room: ServedRoom, attempts_due: Sequence[str]) -> bool:
    """As :func:`confirm` for each of some attempts; return whether any is complete now."""
    confirmed = [confirm(room, attempt_id) for attempt_id in attempts_due]
    return any(confirmed)


def _listed(recorded: list[Take], names: list[str]) -> Listed:
    return completeness.apply_listing([replace(take, stored=b"") for take in recorded], names)
