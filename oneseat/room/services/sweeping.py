"""Hands in by the clock what no page hands in, and forgets spent proofs: a thread of each room process."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta

from oneseat.room.exam.served_room import ServedRoom
from oneseat.room.services.current_attempt import bring_up_to_date
from oneseat.state.errors import StateUnavailable
from oneseat.state.room import attempts, proofs
from oneseat.web.faults import code_or_none

AT_ONCE = 200
"""Attempts and proofs of one round. The next round begins at once while there are more."""
_log = logging.getLogger("room.sweep")


def sweep(room: ServedRoom) -> int:
    """Hand in what is due, each attempt in a transaction of its own, and forget proofs that have expired.

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
    return max(len(due) - failed, forgotten)


class Sweeper:
    """The thread that sweeps. A failed round is logged, and the next one tries again."""

    def __init__(self, room: ServedRoom, interval_s: float) -> None:
        self._room = room
        self._interval_s = interval_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="room-sweep", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, after the round that is under way."""
        self._stop.set()
        self._thread.join(timeout=30)

    def _run(self) -> None:
        while not self._stop.wait(self._interval_s):
            try:
                while sweep(self._room) >= AT_ONCE and not self._stop.is_set():
                    pass
            except Exception as error:  # noqa: BLE001 -- a thread that ended would hand in nobody
                _log.error("sweep failed: %s", type(error).__name__, extra={"code": code_or_none(error)})
