"""The room's keys, database, store, papers and charter in force, shared by all requests of a process."""

from __future__ import annotations

import functools
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from oneseat.room.errors import RoomNotReady
from oneseat.room.exam.papers import Papers
from oneseat.room.refusals.start import (
    ReceiptKeyUnlisted,
    RoomAbsent,
    RoomRehearsalRefused,
    RoomSettingsInvalid,
)
from oneseat.room.settings import RoomSettings
from oneseat.state.database import Database
from oneseat.state.publishing import charters
from oneseat.store.segments import SegmentStore, open_segment_store
from signing import charter as charters_kernel
from signing import session_times
from signing.authority.keys import RECEIPT, ROOM, KeyRing
from signing.authority.signer import Signer
from signing.charter import Charter, ExamRoom, RoomTerms
from signing.clock import Clock, SystemClock
from signing.errors import OneSeatError
from signing.jws import b64url_decode
from signing.refusals import TokenMalformed
from signing.session_times import Sessions
from signing.text import Text, untranslated, verbatim

SEGMENTS_PATH = "/room/segments/"
"""Where the room itself takes recordings, if they are stored in a folder."""


@dataclass(frozen=True)
class CharterInForce:
    """The newest published charter, verified: one that names a room of this project's."""

    charter: Charter
    room: ExamRoom
    terms: RoomTerms

    @functools.cached_property
    def sessions(self) -> Sessions:
        """All sessions as they hold today."""
        return session_times.effective(self.charter)

    @functools.cached_property
    def zone(self) -> ZoneInfo:
        """The exam's time zone, in which its times are shown."""
        return ZoneInfo(self.charter.timezone)

    def last_start(self, kind: str, session: int) -> datetime | None:
        """The last moment at which a mock may begin; None for a formal session, or one that is gone."""
        if kind != session_times.MOCK or session >= len(self.sessions.mocks):
            return None
        return self.sessions.mocks[session].last_start


class ServedRoom:
    """One exam's room. Threads share it. ``remarks`` names the promises that the store does not keep.

    Raises:
        RoomSettingsInvalid: the root public key is malformed.
        RoomRehearsalRefused: ring, state and clock differ in their rehearsal mark.
        RoomAbsent: the charter in force names no room of this project's, or none is published.
        ReceiptKeyUnlisted: the charter does not list the ring's receipt key.
        PaperUnusable: a session's paper is missing, or cannot be used.
        KeyMissing, KeyRingBroken, PassphraseWrong: the ring cannot be used.
        StateAbsent, StateUnavailable: the database cannot be used.
    """

    def __init__(self, settings: RoomSettings, clock: Clock) -> None:
        self.exam = settings.exam
        self.clock = clock
        self._root_public_key = _root_key(settings.root_public_key)
        ring = KeyRing.open(settings.keys, settings.passphrase.get_secret_value(), ROOM)
        self.receipt_signer: Signer = ring.signer(RECEIPT)
        self.secret = ring.secret("session")
        self.rehearsal = ring.rehearsal
        self.database = Database.open(settings.state)
        self._charter: CharterInForce | None = None
        try:
            self._check_marks(rehearsing=settings.rehearse_at is not None)
            in_force = self._checked_charter()
            self.origin = settings.public_url or in_force.room.api
            self.papers = Papers(settings.papers, in_force.charter)
            key = hmac.new(self.secret, b"oneseat/segment-urls/v1", hashlib.sha256).digest()
            base = f"{self.origin}{SEGMENTS_PATH}"
            self.segments: SegmentStore = open_segment_store(settings.store, key, base)
            # A bucket judges addresses by the real time, in a rehearsal too.
            self.upload_clock = clock if self.segments.origin is None else SystemClock()
            self.remarks = self.segments.self_test(self.origin)
        except OneSeatError:
            self.database.close()
            raise

    @property
    def is_secure(self) -> bool:
        """Whether candidates reach the room by https."""
        return self.origin.startswith("https:")

    @property
    def last_charter(self) -> CharterInForce | None:
        """The charter that was last read, without a query."""
        return self._charter

    def close(self) -> None:
        """Close the database."""
        self.database.close()

    def charter(self) -> CharterInForce:
        """The newest published charter, verified under the root key.

        Raises:
            RoomNotReady: there is none, it does not verify, or it names no room of this project's.
        """
        with self.database.reading() as connection:
            return self.charter_in(connection)

    def charter_in(self, connection: Connection) -> CharterInForce:
        """As :meth:`charter`, within a transaction. Verified versions are cached.

        Raises:
            RoomNotReady: as for :meth:`charter`.
        """
        cached, version = self._charter, charters.newest_version(connection, self.exam)
        if cached is None or cached.charter.version != version:
            published = charters.newest(connection, self.exam)
            if published is None:
                raise RoomNotReady(what=Text("no charter is published", "尚未发布考试规程"))
            try:
                cached = self._charter = self._verified(published.token)
            except OneSeatError as error:
                raise RoomNotReady(what=verbatim(error.code)) from error
        return cached

    def _verified(self, token: str) -> CharterInForce:
        verified = charters_kernel.verify(token, self._root_public_key)
        charter = charters_kernel.newest([verified], self.exam)
        if charter.exam_room is None or not charter.exam_room.is_own or charter.room is None:
            raise RoomAbsent
        return CharterInForce(charter, charter.exam_room, charter.room)

    def _checked_charter(self) -> CharterInForce:
        try:
            in_force = self.charter()
        except RoomNotReady as error:
            cause = error.__cause__
            raise cause if isinstance(cause, OneSeatError) else RoomAbsent() from None
        if self.receipt_signer.public_key not in in_force.terms.receipt_keys:
            raise ReceiptKeyUnlisted
        return in_force

    def _check_marks(self, *, rehearsing: bool) -> None:
        if self.rehearsal != self.database.rehearsal or (rehearsing and not self.rehearsal):
            raise RoomRehearsalRefused


def _root_key(text: str) -> bytes:
    try:
        return b64url_decode(text)
    except TokenMalformed as error:
        raise RoomSettingsInvalid(setting="root_public_key", reason=untranslated(error)) from None
