"""Opens calls of pages in a write transaction: attempts locked, epochs and times checked."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from oneseat.room.errors import RoomError
from oneseat.room.exam.served_room import CharterInForce, ServedRoom
from oneseat.room.refusals.attempts import NewerWindow
from oneseat.room.refusals.entry import OnlyUpload, UploadOver, WindowUnknown
from oneseat.room.rules import steps
from oneseat.room.rules.measures import GOOD_FOR
from oneseat.room.services.attempts import symptoms
from oneseat.room.services.attempts.current_attempt import bring_up_to_date
from oneseat.state.room import announcements, attempts, events, phones
from oneseat.state.room.announcements import Announcement
from oneseat.state.room.attempts import Attempt
from oneseat.state.room.events import Fact, RoomEvent
from oneseat.state.room.phones import Phone

ATTEMPT, UPLOAD = "attempt", "upload"
"""What a window may do: take part, or finish the upload alone."""


@dataclass
class Call:
    """A call of an attempt's newest window. ``attempt`` is as it was read, or as :meth:`reload` read it.

    ``phone`` is the seat's live phone, in an exam whose candidates are filmed by one. ``is_hurried`` says
    that a measure may be given at any moment: the page is to call again soon. ``announced`` are the
    exam's announcements.
    """

    room: ServedRoom
    connection: Connection
    charter: CharterInForce
    attempt: Attempt
    now: datetime
    phone: Phone | None = None
    is_hurried: bool = False
    announced: Sequence[Announcement] = ()

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
        symptoms.note(self.connection, self.room.exam, [(self.attempt, [event])], self.now)


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
        _of_cookie(attempts.find_by_cookie(connection, room.exam, hash_of(cookie)), epoch)
    with room.database.writing() as connection:
        charter, now = room.charter_in(connection), room.clock.now()
        attempt = _of_cookie(attempts.lock_by_cookie(connection, room.exam, hash_of(cookie)), epoch)
        call = _opened(room, connection, charter, attempt, now)
        _add_phones(connection, charter, [call])
        yield call


def refuse_strangers(
    room: ServedRoom, connection: Connection, windows: Sequence[tuple[bytes, int]]
) -> list[RoomError | None]:
    """The refusals of windows (cookie's hash, epoch) that may not call, in one statement without a lock."""
    epochs = attempts.epochs_by_cookies(connection, room.exam, {cookie for cookie, _ in windows})
    return [_refusal(epochs.get(cookie), epoch) for cookie, epoch in windows]


def open_calls(
    room: ServedRoom, connection: Connection, windows: Mapping[bytes, int]
) -> tuple[dict[bytes, Call], dict[bytes, RoomError]]:
    """Open calls of several windows (cookie's hash and epoch) in one write transaction; and what was refused.

    Raises:
        RoomNotReady: there is no usable charter.
    """
    charter, now = room.charter_in(connection), room.clock.now()
    locked = attempts.lock_by_cookies(connection, room.exam, windows.keys())
    calls: dict[bytes, Call] = {}
    refused: dict[bytes, RoomError] = {}
    for cookie, epoch in windows.items():
        try:
            attempt = _of_cookie(locked.get(cookie), epoch)
            calls[cookie] = _opened(room, connection, charter, attempt, now)
        except RoomError as refusal:
            refused[cookie] = refusal
    _add_phones(connection, charter, calls.values())
    news = announcements.news(connection, room.exam, now - GOOD_FOR)
    announced = room.announced.of(connection, news.edition)
    for call in calls.values():
        call.is_hurried, call.announced = news.measure_awaited, announced
    return calls, refused


def _add_phones(connection: Connection, charter: CharterInForce, calls: Collection[Call]) -> None:
    """Find the live phones of the calls' seats, in one statement; in an exam without phones in none."""
    if charter.charter.phone is None or not calls:
        return
    jtis = {call.attempt.jti for call in calls}
    live = phones.live_of_seats(connection, charter.charter.exam, jtis)
    for call in calls:
        call.phone = live.get(call.attempt.jti)


def _opened(
    room: ServedRoom, connection: Connection, charter: CharterInForce, attempt: Attempt, now: datetime
) -> Call:
    attempt = bring_up_to_date(room, connection, charter, attempt, now)
    if not steps.may_upload(attempt, now):
        raise UploadOver
    return Call(room, connection, charter, attempt, now)


def _refusal(known: int | None, epoch: int) -> RoomError | None:
    if known is None:
        return WindowUnknown()
    return None if known == epoch else NewerWindow()


def find_attempt(room: ServedRoom, connection: Connection, cookie: str | None, epoch: int) -> Attempt:
    """The attempt of a window's cookie, read without a lock.

    Raises:
        WindowUnknown, NewerWindow: as for :func:`open_call`.
    """
    return _of_cookie(attempts.find_by_cookie(connection, room.exam, hash_of(cookie)), epoch)


def hash_of(cookie: str | None) -> bytes:
    """The hash of the cookie that a call brings.

    Raises:
        WindowUnknown: it brings none.
    """
    if not cookie:
        raise WindowUnknown
    return cookie_hash(cookie)


def _of_cookie(attempt: Attempt | None, epoch: int | None) -> Attempt:
    if attempt is None:
        raise WindowUnknown
    if epoch is not None and epoch != attempt.epoch:
        raise NewerWindow
    return attempt
