"""Moves or ends attempts whose pages do not call: who is offline gets a measure all the same."""

from __future__ import annotations

import logging

from oneseat.room.exam.served_room import ServedRoom
from oneseat.room.services.attempts import repeating
from oneseat.room.services.attempts.current_attempt import bring_up_to_date, formal_times
from oneseat.state.errors import StateUnavailable
from oneseat.state.room import attempts
from oneseat.web.faults import code_or_none

AT_ONCE = 50
"""Attempts of one transaction, between which beats have their turn."""
_log = logging.getLogger("room.sweep")


def follow(room: ServedRoom) -> int:
    """Bring all formal attempts up to date that are not as charter and orders say now; return how many.

    Most are: their pages have called since.

    Raises:
        StateUnavailable: the database cannot be used.
        RoomNotReady: there is no usable charter.
    """
    charter, moved = room.charter(), 0
    with room.database.reading() as connection:
        running = attempts.times_of_running(connection, room.exam)
        repeated = repeating.behind(room, connection, charter)
    behind = [
        each.id for each in running if formal_times(charter, each.session, each.jti) not in (None, each.times)
    ]
    behind = list(dict.fromkeys([*behind, *repeated]))
    for first in range(0, len(behind), AT_ONCE):
        moved += _bring(room, behind[first : first + AT_ONCE])
    return moved


def _bring(room: ServedRoom, behind: list[str]) -> int:
    """Bring attempts up to date in one transaction; if one fails, each in its own."""
    try:
        with room.database.writing() as connection:
            charter, now = room.charter_in(connection), room.clock.now()
            for attempt_id in behind:
                attempt = attempts.lock(connection, room.exam, attempt_id)
                if attempt is not None:
                    current = bring_up_to_date(room, connection, charter, attempt, now)
                    repeating.note_first(room, connection, charter, current, now)
    except Exception as error:
        if isinstance(error, StateUnavailable):
            raise
        _log.error("times not moved: %s", type(error).__name__, extra={"code": code_or_none(error)})
        return 0 if len(behind) == 1 else sum(_bring(room, [each]) for each in behind)
    return len(behind)
