"""Takes live pictures of pages and phones: checks who sends them, and stores the newest ones together.

Pictures wait in memory for at most a second, the newest of each stream, and one transaction stores them all:
a picture that a killed process loses is followed by the next one.
"""

from __future__ import annotations

import threading
from datetime import datetime

from oneseat.room.exam.served_room import ServedRoom
from oneseat.room.refusals.entry import OnlyUpload
from oneseat.room.refusals.phones import PhoneReplaced
from oneseat.room.refusals.wall import LivePictureUnusable, LivePictureUnwanted
from oneseat.room.rules import live_pictures as rules
from oneseat.room.rules import phones as phone_rules
from oneseat.room.services.attempts.window_calls import ATTEMPT, find_attempt
from oneseat.room.services.phone import phone_calls
from oneseat.state.room import attempts, pictures
from oneseat.state.room.attempts import Attempt
from oneseat.state.room.pictures import LivePicture
from signing.authority.sealing import Sealer

PURPOSE = "live-pictures"
"""The purpose of the key that seals pictures."""
STORE_EVERY_S = 1.0
CAMERA, SCREEN, PHONE = "camera", "screen", "phone"
PAGE_STREAMS = (CAMERA, SCREEN)
MAX_WAITING = 6000
"""Pictures that wait at once, about 100 MB of them; further ones are dropped."""

Key = tuple[str, str]
"""An attempt's id and a stream."""


class LivePictures:
    """The pictures of one process on their way into the database. Threads share it."""

    def __init__(self, room: ServedRoom) -> None:
        self._room = room
        self._sealer = room.sealer(PURPOSE)
        self._lock = threading.Lock()
        self._waiting: dict[Key, LivePicture] = {}
        self._taken_at: dict[Key, datetime] = {}

    def take_of_page(self, cookie: str | None, epoch: int, stream: str, content: bytes) -> None:
        """Take a picture of an attempt's newest window.

        Raises:
            LivePictureUnusable: it is no small JPEG.
            LivePictureUnwanted: there is no consent yet, or no one watches such a session.
            OnlyUpload: the window only finishes the upload.
            WindowUnknown, NewerWindow: as for :func:`oneseat.room.services.attempts.window_calls.open_call`.
        """
        room = self._room
        with room.database.reading() as connection:
            attempt = find_attempt(room, connection, cookie, epoch)
        if attempt.cookie_scope != ATTEMPT:
            raise OnlyUpload
        self._take(attempt, stream, content)

    def take_of_phone(self, cookie: str | None, epoch: int, content: bytes) -> None:
        """Take a picture of a seat's live phone, of the attempt that it films.

        Raises:
            LivePictureUnusable: it is no small JPEG.
            LivePictureUnwanted: it films no attempt, or one that no one watches.
            PhoneReplaced: another phone has taken over.
            PhonesNotUsed, PhoneUnknown, NewerWindow: as for
                :func:`oneseat.room.services.phone.phone_calls.open_phone_call`.
        """
        room = self._room
        with room.database.reading() as connection:
            phone = phone_calls.of_cookie(room, connection, phone_calls.hash_of(cookie), epoch)
            filmed = attempts.list_of_seat(connection, room.exam, phone.jti)
        if not phone.is_live:
            raise PhoneReplaced
        attempt = phone_rules.current(phone, filmed, room.clock.now())
        if attempt is None:
            raise LivePictureUnwanted
        self._take(attempt, PHONE, content)

    def store(self) -> None:
        """Store what waits, in one transaction."""
        with self._lock:
            waiting, self._waiting = self._waiting, {}
            oldest = self._room.clock.now() - rules.CLOSEST
            self._taken_at = {key: at for key, at in self._taken_at.items() if at > oldest}
        if waiting:
            with self._room.database.writing() as connection:
                pictures.save(connection, list(waiting.values()))

    def open(self, picture: LivePicture) -> bytes:
        """Decrypt a stored picture.

        Raises:
            SealBroken: it was sealed for another attempt or stream, or changed.
        """
        return self._sealer.open(picture.sealed, _associated(picture.exam, (picture.attempt, picture.stream)))

    def _take(self, attempt: Attempt, stream: str, content: bytes) -> None:
        room, key = self._room, (attempt.id, stream)
        charter, now = room.last_charter or room.charter(), room.clock.now()
        if attempt.consent_at is None or not rules.are_wanted(charter.charter, attempt.kind):
            raise LivePictureUnwanted
        if not rules.is_small_jpeg(content):
            raise LivePictureUnusable
        # The recorder runs on for a moment after the end: such a picture is dropped, and is no page's fault.
        if rules.is_watchable(attempt, now) and self._is_due(key, now):
            picture = sealed(self._sealer, room.exam, key, now, content)
            with self._lock:
                self._waiting[key] = picture

    def _is_due(self, key: Key, now: datetime) -> bool:
        """Whether a picture is stored: not soon after the last one, and not while too many wait."""
        with self._lock:
            last = self._taken_at.get(key)
            too_soon = last is not None and now - last < rules.CLOSEST
            if too_soon or len(self._waiting) >= MAX_WAITING:
                return False
            self._taken_at[key] = now
            return True


def sealed(sealer: Sealer, exam: str, key: Key, at: datetime, content: bytes) -> LivePicture:
    """A picture that was received at a time, encrypted for its attempt and stream."""
    return LivePicture(*key, exam, at, sealer.seal(content, _associated(exam, key)))


def _associated(exam: str, key: Key) -> bytes:
    return "/".join(("oneseat/room-picture/v1", exam, *key)).encode()
