"""Opens a call of the page: one write transaction on its attempt, locked, with epoch and times checked."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from oneseat.room.exam.served_room import CharterInForce, ServedRoom
from oneseat.room.refusals.attempts import NewerWindow
from oneseat.room.refusals.entry import OnlyUpload, UploadOver, WindowUnknown
from oneseat.room.rules import steps
from oneseat.room.services.current_attempt import bring_up_to_date
from oneseat.state.room import attempts, events
from oneseat.state.room.attempts import Attempt
from oneseat.state.room.events import Fact, RoomEvent

ATTEMPT, UPLOAD = "attempt", "upload"
"""What a window may do: take part, or finish the upload alone."""


@dataclass
class Call:
    """A call of an attempt's newest window. ``attempt`` is as it was read, or as :meth:`reload` read it."""

    room: ServedRoom
    connection: Connection
    charter: CharterInForce
    attempt: Attempt
    now: datetime

    def reload(self) -> None:
        """Read the attempt again, after this transaction has changed it."""
        self.attempt = attempts.find(self.connection, self.room.exam, self.attempt.id) or self.attempt

    def require_taking_part(self) -> None:
        """Refuse a window that only finishes the upload.

        Raises:
            OnlyUpload: it is one.
        """
        if self.attempt.cookie_scope != ATTEMPT:
            raise OnlyUpload

    def note(self, code: str, **facts: Fact) -> None:
        """Append an event of the room's own to the attempt's history."""
        event = RoomEvent(self.now, "room", code, facts)
        events.append_all(self.connection, self.room.exam, self.attempt.id, [event])


def cookie_hash(cookie: str) -> bytes:
    """What the database keeps of a cookie, or of an upload grant: its SHA-256."""
    return hashlib.sha256(cookie.encode("utf-8", "surrogatepass")).digest()


@contextmanager
def open_call(room: ServedRoom, cookie: str | None, epoch: int | None = None) -> Iterator[Call]:
    """Open the write transaction of a call; it commits when the block ends.

    The attempt is brought up to date first, by charter and clock. ``epoch`` is None for a join,
    which makes an epoch of its own.

    Raises:
        WindowUnknown: the cookie is no attempt's.
        NewerWindow: the epoch is not the attempt's.
        UploadOver: the attempt's upload time is over.
    """
    with room.database.reading() as connection:  # a stranger's call never waits for the lock, or holds it
        _of_cookie(attempts.find_by_cookie(connection, room.exam, _hash(cookie)), epoch)
    with room.database.writing() as connection:
        charter, now = room.charter_in(connection), room.clock.now()
        attempt = _of_cookie(attempts.lock_by_cookie(connection, room.exam, _hash(cookie)), epoch)
        attempt = bring_up_to_date(room, connection, charter, attempt, now)
        if not steps.may_upload(attempt, now):
            raise UploadOver
        yield Call(room, connection, charter, attempt, now)


def find_attempt(room: ServedRoom, connection: Connection, cookie: str | None, epoch: int) -> Attempt:
    """The attempt of a window's cookie, read without a lock.

    Raises:
        WindowUnknown, NewerWindow: as for :func:`open_call`.
    """
    return _of_cookie(attempts.find_by_cookie(connection, room.exam, _hash(cookie)), epoch)


def _hash(cookie: str | None) -> bytes:
    if not cookie:
        raise WindowUnknown
    return cookie_hash(cookie)


def _of_cookie(attempt: Attempt | None, epoch: int | None) -> Attempt:
    if attempt is None:
        raise WindowUnknown
    if epoch is not None and epoch != attempt.epoch:
        raise NewerWindow
    return attempt
