"""Opens calls of phones' pages: the phone by its cookie, its seat's attempts locked, the present one of them.

Attempts are locked in the order in which the computer's calls lock them, and phones are written afterwards:
calls of both kinds that run at the same time cannot wait for each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from oneseat.room.exam.served_room import CharterInForce, ServedRoom
from oneseat.room.refusals.attempts import NewerWindow
from oneseat.room.refusals.phones import PhoneReplaced, PhonesNotUsed, PhoneUnknown
from oneseat.room.rules import phones as rules
from oneseat.room.services.attempts.current_attempt import bring_up_to_date
from oneseat.room.services.attempts.window_calls import cookie_hash
from oneseat.state.room import attempts, events, phones
from oneseat.state.room.attempts import Attempt
from oneseat.state.room.events import Fact, RoomEvent
from oneseat.state.room.phones import Phone


@dataclass
class PhoneCall:
    """A call of a phone. ``attempts`` are its seat's, the newest first; ``attempt`` the one that it films."""

    room: ServedRoom
    connection: Connection
    charter: CharterInForce
    phone: Phone
    attempts: Sequence[Attempt]
    attempt: Attempt | None
    now: datetime

    def reload(self) -> None:
        """Read the phone again, after this transaction has changed it."""
        phone = found(phones.find(self.connection, self.room.exam, self.phone.id))
        self.attempt = rules.current(phone, self.attempts, self.now)
        self.phone = _filming(phone, self.attempt)

    def require_live(self) -> None:
        """Refuse a phone that another one has replaced.

        Raises:
            PhoneReplaced: it is one.
        """
        if not self.phone.is_live:
            raise PhoneReplaced

    def note(self, code: str, **facts: Fact) -> None:
        """Append an event of the room's own to the history of the attempt, if there is one."""
        if self.attempt is not None:
            event = RoomEvent(self.now, "room", code, facts)
            events.append_all(self.connection, self.room.exam, self.attempt.id, [event])


@contextmanager
def open_phone_call(room: ServedRoom, cookie: str | None, epoch: int) -> Iterator[PhoneCall]:
    """Open the write transaction of a phone's call; it commits when the block ends.

    Raises:
        PhonesNotUsed: the exam has no phones.
        PhoneUnknown: the cookie is no phone's.
        NewerWindow: the epoch is not the phone's.
    """
    with room.database.reading() as connection:  # a stranger's call never waits for the lock, or holds it
        of_cookie(room, connection, hash_of(cookie), epoch)
    with room.database.writing() as connection:
        yield open_phone(room, connection, of_cookie(room, connection, hash_of(cookie), epoch))


def open_phone(room: ServedRoom, connection: Connection, phone: Phone, *, locked: bool = True) -> PhoneCall:
    """The call of a phone that was found, with its seat's attempts.

    Raises:
        PhonesNotUsed: the exam has no phones.
    """
    charter, now = room.charter_in(connection), room.clock.now()
    if charter.charter.phone is None:
        raise PhonesNotUsed
    if not locked:
        listed = attempts.list_of_seat(connection, room.exam, phone.jti)
        return PhoneCall(room, connection, charter, phone, listed, rules.current(phone, listed, now), now)
    locked_attempts = attempts.lock_of_seats(connection, room.exam, [phone.jti])[phone.jti]
    return brought_up_to_date(room, connection, charter, phone, locked_attempts, now)


def brought_up_to_date(
    room: ServedRoom,
    connection: Connection,
    charter: CharterInForce,
    phone: Phone,
    locked: Sequence[Attempt],
    now: datetime,
) -> PhoneCall:
    """A call whose present attempt is as charter and clock have decided meanwhile."""
    attempt = rules.current(phone, locked, now)
    if attempt is not None:
        attempt = bring_up_to_date(room, connection, charter, attempt, now)
        locked = [attempt if each.id == attempt.id else each for each in locked]
        attempt = rules.current(phone, locked, now)
    return PhoneCall(room, connection, charter, _filming(phone, attempt), locked, attempt, now)


def _filming(phone: Phone, attempt: Attempt | None) -> Phone:
    """The phone as it is in an attempt: what it did in another one does not count."""
    if attempt is None or phone.filmed == attempt.id:
        return phone
    return replace(phone, swept_at=None, placed_at=None, recorded_at=None)


def of_cookie(room: ServedRoom, connection: Connection, cookie: bytes, epoch: int) -> Phone:
    """The phone of a cookie's hash.

    Raises:
        PhoneUnknown: the cookie is no phone's.
        NewerWindow: the epoch is not the phone's.
    """
    phone = found(phones.find_by_cookies(connection, room.exam, [cookie]).get(cookie))
    require_epoch(phone, epoch)
    return phone


def require_epoch(phone: Phone, epoch: int) -> None:
    """Refuse an older page of a phone.

    Raises:
        NewerWindow: the epoch is not the phone's.
    """
    if phone.epoch != epoch:
        raise NewerWindow


def found(phone: Phone | None) -> Phone:
    """A phone that must be there.

    Raises:
        PhoneUnknown: it is not.
    """
    if phone is None:
        raise PhoneUnknown
    return phone


def hash_of(cookie: str | None) -> bytes:
    """The hash of the cookie that a phone's call brings.

    Raises:
        PhoneUnknown: it brings none.
    """
    if not cookie:
        raise PhoneUnknown
    return cookie_hash(cookie)
