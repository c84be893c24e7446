"""Hands in by the clock what no page hands in, and forgets spent proofs: a thread of each room process."""

from __future__ import annotations

import logging
from datetime import timedelta

from oneseat.room.exam.served_room import ServedRoom
from oneseat.room.services.attempts.current_attempt import bring_up_to_date
from oneseat.room.services.attempts.following import follow
from oneseat.room.services.rounds import RoundThread
from oneseat.state.errors import StateUnavailable
from oneseat.state.room import attempts, phone_codes, proofs
from oneseat.web.faults import code_or_none

AT_ONCE = 200
"""Attempts and proofs of one round. The next round begins at once while there are more."""
_log = logging.getLogger("room.sweep")


def sweep(room: ServedRoom) -> int:
    """Hand in what is due, each attempt in a transaction of its own, and forget expired proofs and codes.

    An attempt that fails is logged and passed over. Return the size of the larger part: below
    :data:`AT_ONCE`, nothing is left.

    Raises:
        StateUnavailable: the database cannot be used.
        RoomNotReady: there is no usable charter.
    """
    charter, now = room.charter(), room.clock.now()
    tail = timedelta(seconds=charter.terms.tail_s)
    failed = 0
    with room.database.reading() as connection:
        due = attempts.list_due(connection, room.exam, now - tail, AT_ONCE)
    for attempt_id in due:
        try:
            with room.database.writing() as connection:
                attempt = attempts.lock(connection, room.exam, attempt_id)
                if attempt is not None:
                    bring_up_to_date(room, connection, charter, attempt, now)
        except Exception as error:
            if isinstance(error, StateUnavailable):
                raise
            _log.error("hand-in failed: %s", type(error).__name__, extra={"code": code_or_none(error)})
            failed += 1
    with room.database.writing() as connection:
        forgotten = proofs.sweep(connection, room.exam, now, AT_ONCE)
        phone_codes.sweep(connection, room.exam, now)
    return max(len(due) - failed, forgotten)


class Sweeper(RoundThread):
    """The thread that sweeps, until nothing is left in each round."""

    def __init__(self, room: ServedRoom, interval_s: float) -> None:
        super().__init__(_log.name, interval_s, self._sweep_all)
        self._room = room
        self._followed: tuple[int, int] | None = None
        self._seen: tuple[int, int] | None = None

    def _sweep_all(self) -> None:
        self._follow()
        while sweep(self._room) >= AT_ONCE and not self.stopping.is_set():
            pass

    def _follow(self) -> None:
        """Move who has not called a round after orders or charter have changed; most have called."""
        charter = self._room.charter()
        newest = charter.charter.version, charter.newest_order
        if newest == self._seen and newest != self._followed:
            follow(self._room)
            self._followed = newest
        self._seen = newest
