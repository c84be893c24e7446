"""The room's keys, database, store, papers and charter in force, shared by all requests of a process."""

from __future__ import annotations

import functools
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from oneseat.room.errors import RoomNotReady
from oneseat.room.exam.announced import Announced
from oneseat.room.exam.photo_shelf import PhotoShelf
from oneseat.room.exam.sealers import derived, sealer_of
from oneseat.room.exam.seat_copy import PURPOSE, SeatCopy
from oneseat.room.exam.unlocked import UnlockedKeys
from oneseat.room.papers.sessions import sessions_of
from oneseat.room.papers.shelf import Papers
from oneseat.room.refusals.start import (
    ReceiptKeyUnlisted,
    RoomAbsent,
    RoomRehearsalRefused,
    RoomSettingsInvalid,
)
from oneseat.room.settings import RoomSettings
from oneseat.state.database import Caches, Database
from oneseat.state.publishing import charters, orders
from oneseat.store.segments import SegmentStore, open_segment_store
from signing import charter as charters_kernel
from signing import session_times
from signing.authority.errors import CustodianUnavailable, KeyMissing, KeyOffline
from signing.authority.keys import ORDER, RECEIPT, ROOM, KeyRing
from signing.authority.sealing import Sealer
from signing.authority.signer import Signer
from signing.charter import Charter, ExamRoom, FormalSession, RoomTerms
from signing.clock import Clock, SystemClock
from signing.errors import OneSeatError
from signing.jws import b64url_decode
from signing.orders import SignedOrder, signed_in_force
from signing.refusals import TokenMalformed
from signing.session_times import Order, Pause, SeatTerms, Sessions
from signing.text import Text, untranslated, verbatim

CACHES = Caches(1, 32)
"""What each of a room's connections keeps of an SQLite file. There are as many as threads that ask at
once, and each would hold the same: with 64 MiB they were a gigabyte. The system's own cache has the rest."""
_MOST_TERMS = 1024
"""Terms of seats whose sessions are kept."""
SEGMENTS_PATH = "/room/segments/"
"""Where the room itself takes recordings, if they are stored in a folder."""


@dataclass(frozen=True)
class CharterInForce:
    """The newest published charter, verified: one that names a room of this project's."""

    charter: Charter
    room: ExamRoom
    terms: RoomTerms
    seats: SeatCopy
    signed_orders: tuple[SignedOrder, ...] = ()
    newest_order: int = 0

    @functools.cached_property
    def orders(self) -> tuple[Order, ...]:
        """What the orders change, by their numbers."""
        return tuple(signed.order for signed in self.signed_orders)

    def measures_for(self, session: int, jti: str) -> list[SignedOrder]:
        """The orders that concern a seat in a formal session, without a query."""
        named = list(zip(self.orders, self.signed_orders, strict=True))
        return [signed for order, signed in named if order.concerns(session, jti)]

    def sessions_for(self, terms: SeatTerms) -> Sessions:
        """The sessions as they hold for a seat. Each beat asks; seats with the same terms share a result."""
        jti = terms.jti if terms.jti in self._named_seats else ""
        return self._effective(SeatTerms(jti, terms.extra_s, terms.formal))

    def sessions_of(self, jti: str) -> Sessions:
        """As :meth:`sessions_for`, by the room's copy of what rosters gave to seats."""
        return self.sessions_for(self.seats.of(jti).terms)

    def pauses_of(self, kind: str, session: int, jti: str) -> tuple[Pause, ...]:
        """The spans in which a seat's answer time stands still; a mock has none."""
        return self.sessions_of(jti).pauses_of(session) if kind == session_times.FORMAL else ()

    def repeat_of(self, kind: str, session: int, jti: str) -> SignedOrder | None:
        """The order that gave a seat another session in place of this formal one, or None."""
        return next((each for each in self._repeats(kind, jti) if each.session == session), None)

    def repeat_to(self, kind: str, session: int, jti: str) -> SignedOrder | None:
        """The order that gave a seat this formal session in place of another one, or None."""
        return next((each for each in self._repeats(kind, jti) if each.target == session), None)

    def session_instead(self, signed: SignedOrder, jti: str) -> FormalSession | None:
        """The session that a repeat gives a seat, with its times; None for an order of another act."""
        if signed.target is None:
            return None
        return self.sessions_of(jti).formals[signed.target] or self.charter.formals[signed.target]

    def _repeats(self, kind: str, jti: str) -> list[SignedOrder]:
        if kind != session_times.FORMAL or jti not in self._repeating_seats:
            return []
        numbers = {order.number for order in session_times.repeats_of(self.orders, self.seats.of(jti).terms)}
        return [signed for signed in self.signed_orders if signed.number in numbers]

    def seats_of_session(self, session: int) -> set[str]:
        """The seats (jti) that are to come to a formal session, by rosters and orders, without a query."""
        expected = self.seats.of_session(session)
        for jti in self._repeating_seats:
            assigned = session_times.session_of(self.orders, self.seats.of(jti).terms)
            (expected.add if assigned in (None, session) else expected.discard)(jti)
        return expected

    def signed_order(self, number: int) -> SignedOrder | None:
        """An order in force by its number."""
        return next((signed for signed in self.signed_orders if signed.number == number), None)

    @functools.cached_property
    def _named_seats(self) -> frozenset[str]:
        """Seats that an order names: the others are alike for all orders."""
        return frozenset(seat for order in self.orders for seat in order.seats)

    @functools.cached_property
    def _repeating_seats(self) -> frozenset[str]:
        """Seats that an order gives another session."""
        return frozenset(
            seat for order in self.orders if order.act == session_times.REPEAT for seat in order.seats
        )

    @functools.cached_property
    def _effective(self) -> Callable[[SeatTerms], Sessions]:
        return functools.lru_cache(_MOST_TERMS)(
            functools.partial(session_times.effective, self.charter, self.orders)
        )

    @functools.cached_property
    def zone(self) -> ZoneInfo:
        """The exam's time zone, in which its times are shown."""
        return ZoneInfo(self.charter.timezone)

    @property
    def has_identity_step(self) -> bool:
        """Whether candidates photograph face and card before they go on."""
        return bool(self.terms.identity_documents)

    def answer_s(self, kind: str, session: int) -> int:
        """Seconds of answer time that a session's paper was written for: without extra time and orders."""
        if kind == session_times.MOCK or session >= len(self.charter.formals):
            return self.terms.mock_answer_s
        formal = self.charter.formals[session]
        return int((formal.ends - formal.starts).total_seconds())

    @property
    def has_phone_step(self) -> bool:
        """Whether the computer goes on once the phone is there, or its absence was acknowledged."""
        phone = self.charter.phone
        return phone is not None and phone.order != "off"

    def last_start(self, kind: str, session: int, jti: str) -> datetime | None:
        """The last moment to begin a seat's mock; None for a formal session, or one that is gone."""
        if kind != session_times.MOCK or session >= len(self.charter.mocks):
            return None
        return self.sessions_of(jti).mocks[session].last_start


class ServedRoom:
    """One exam's room. Threads share it. ``remarks`` names the promises that the store does not keep.

    ``called`` are the attempts whose candidates the service desk calls now; a thread replaces it.

    Raises:
        RoomSettingsInvalid: the root public key is malformed.
        RoomRehearsalRefused: ring, state and clock differ in their rehearsal mark.
        RoomAbsent: the charter in force names no room of this project's, or none is published.
        ReceiptKeyUnlisted: the charter does not list the ring's receipt key.
        PapersFaulty: papers are missing, in the clear, or cannot be used; all faults are named.
        KeyMissing, KeyRingBroken, PassphraseWrong: the ring cannot be used.
        StateAbsent, StateUnavailable: the database cannot be used.
    """

    def __init__(self, settings: RoomSettings, clock: Clock) -> None:
        self.exam = settings.exam
        self.clock = clock
        self._root_public_key = _root_key(settings.root_public_key)
        ring = KeyRing.open(settings.keys, settings.passphrase.get_secret_value(), ROOM)
        self.receipt_signer: Signer = ring.signer(RECEIPT)
        self.order_signer = _order_signer(ring)
        self.called: frozenset[str] = frozenset()
        self.announced = Announced(settings.exam)
        self.secret = ring.secret("session")
        self._sealing = ring.secret("sealing")
        self.rehearsal = ring.rehearsal
        self.database = Database.open(settings.state, caches=CACHES)
        self.seats = SeatCopy(self.database, self.exam, self.sealer(PURPOSE))
        self.photos = PhotoShelf(self.exam, self._sealing)
        self._charter: CharterInForce | None = None
        try:
            self._check_marks(rehearsing=settings.rehearse_at is not None)
            in_force = self._checked_charter()
            self.seats.load()
            self.origin = settings.public_url or in_force.room.api
            self.unlocked = UnlockedKeys()
            sessions = sessions_of(in_force.charter)
            # Papers in the clear are for mocks and rehearsals: a formal one is sealed for two holders.
            self.papers = Papers(
                settings.papers, self.exam, sessions, self._derive, plain_formals=self.rehearsal
            )
            key = hmac.new(self.secret, b"oneseat/segment-urls/v1", hashlib.sha256).digest()
            base = f"{self.origin}{SEGMENTS_PATH}"
            self.segments: SegmentStore = open_segment_store(settings.store, key, base)
            # A bucket judges addresses by the real time, in a rehearsal too.
            self.upload_clock = clock if self.segments.origin is None else SystemClock()
            self.remarks = self.segments.self_test(self.origin)
        except OneSeatError:
            self.database.close()
            raise

    def sealer(self, purpose: str) -> Sealer:
        """What encrypts at rest for one purpose, such as ``identity``, with a key of that purpose's own."""
        return sealer_of(self._sealing, purpose)

    def _derive(self, context: bytes, length: int) -> bytes:
        """Bytes that only this room can make, the same in each of its processes."""
        return derived(self._sealing, b"oneseat/room/paper-keys/v1" + context, length)

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
        cached = self._charter
        version, newest_order = charters.newest_numbers(connection, self.exam)
        if cached is None or (cached.charter.version, cached.newest_order) != (version, newest_order):
            published = charters.newest(connection, self.exam)
            if published is None:
                raise RoomNotReady(what=Text("no charter is published", "尚未发布考试规程"))
            try:
                tokens = orders.tokens(connection, self.exam) if newest_order else []
                cached = self._charter = self._verified(published.token, tokens)
            except OneSeatError as error:
                raise RoomNotReady(what=verbatim(error.code)) from error
        return cached

    def _verified(self, token: str, order_tokens: list[str]) -> CharterInForce:
        verified = charters_kernel.verify(token, self._root_public_key)
        charter = charters_kernel.newest([verified], self.exam)
        if charter.exam_room is None or not charter.exam_room.is_own or charter.room is None:
            raise RoomAbsent
        held = signed_in_force(charter, order_tokens)
        newest = len(order_tokens)
        return CharterInForce(charter, charter.exam_room, charter.room, self.seats, held, newest)

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


def _order_signer(ring: KeyRing) -> Signer | None:
    """The key of measures; None in a ring of an older version, or whose key is kept elsewhere."""
    try:
        return ring.signer(ORDER)
    except (KeyMissing, KeyOffline, CustodianUnavailable):
        return None


def _root_key(text: str) -> bytes:
    try:
        return b64url_decode(text)
    except TokenMalformed as error:
        raise RoomSettingsInvalid(setting="root_public_key", reason=untranslated(error)) from None
