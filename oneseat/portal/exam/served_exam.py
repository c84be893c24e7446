"""One exam as the portal serves it: its key ring, database, store, charter in force and open release."""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from oneseat.portal.delivery.presigned import WholeInstallers
from oneseat.portal.errors import NotReady
from oneseat.portal.exam.failure_log import FailureLog
from oneseat.portal.exam.maintenance import back_words
from oneseat.portal.exam.number_form import NumberFormCache
from oneseat.portal.exam.open_release import OpenPhone, OpenRelease
from oneseat.portal.exam.overview import OverviewReader
from oneseat.portal.exam.ring_checks import checked_marks, refuse_authority, root_key
from oneseat.portal.exam.timed_cache import TimedCache
from oneseat.portal.refusals.downloads import InstallerUnavailable
from oneseat.portal.refusals.exam import InstallersWithdrawn, NothingPublished, UnderMaintenance
from oneseat.portal.rules.candidate_state import Calendar
from oneseat.portal.rules.download_gate import DownloadRules
from oneseat.portal.rules.ticket_rules import TicketRules
from oneseat.portal.rules.utc_interval import UtcInterval
from oneseat.portal.settings import ExamSettings
from oneseat.portal.tokens.signed_values import SignedValues
from oneseat.state.candidates import seat_support, seat_terms
from oneseat.state.candidates.seats import PublishedSeat
from oneseat.state.candidates.term_rows import SealedTerms
from oneseat.state.database import Database
from oneseat.state.help import incidents
from oneseat.state.publishing import charters, orders, releases
from oneseat.state.publishing.releases import PublishedRelease
from oneseat.store import Store, open_store
from oneseat.store.errors import CredentialsRefused, StoreBusy, StoreUnavailable
from signing import charter as charters_kernel
from signing.authority.keys import PORTAL, KeyRing
from signing.authority.sealed_terms import TermsSealer
from signing.binding import KeyedHash
from signing.charter import Charter
from signing.errors import OneSeatError
from signing.orders import orders_in_force
from signing.session_times import ANY_SEAT, Order, SeatTerms, charter_for, effective
from signing.text import Text

STORE_RETRY_S = 5.0
"""How long requests fail at once after the store did not answer."""

_Opened = TypeVar("_Opened", OpenPhone, OpenRelease)
_STORE_FAILURES = (StoreUnavailable, StoreBusy, CredentialsRefused)


@dataclass(frozen=True)
class CharterInForce:
    """The newest published charter, verified, and its token.

    ``charter`` has the times that hold today, by ``orders`` too, and ``signed`` is what the token says.
    :meth:`for_seat` gives the charter as it holds for one seat: ``charter`` then has that seat's formal
    sessions and times. ``newest_order`` is the number of the last order that was read.
    """

    charter: Charter
    token: str
    seat: SeatTerms = ANY_SEAT
    whole: Charter | None = None
    orders: tuple[Order, ...] = ()
    newest_order: int = 0

    @property
    def signed(self) -> Charter:
        """The charter with all sessions, as it was signed."""
        return self.whole or self.charter

    def for_seat(self, terms: SeatTerms) -> CharterInForce:
        """The charter with the sessions of a seat: all times of a candidate are read from this one."""
        if not terms.extra_s and terms.formal is None and not self.orders:
            return self
        held = charter_for(self.signed, self.orders, terms)
        return replace(self, charter=held, seat=terms, whole=self.signed)

    def with_orders(self, tokens: Sequence[str]) -> CharterInForce:
        """The signed charter with these orders and no others, as it holds for all seats."""
        held = orders_in_force(self.signed, tokens)
        plain = CharterInForce(self.signed, self.token, orders=held, newest_order=len(tokens))
        return plain.for_seat(ANY_SEAT)

    @functools.cached_property
    def zone(self) -> ZoneInfo:
        """The exam's time zone, in which its times are shown."""
        return ZoneInfo(self.charter.timezone)

    @functools.cached_property
    def rules(self) -> DownloadRules:
        """The charter's download rules, as the gate takes them."""
        window = UtcInterval(self.charter.download.opens, self.charter.download.closes)
        return DownloadRules((window,), timedelta(seconds=self.charter.download_grace_s))

    @functools.cached_property
    def calendar(self) -> Calendar:
        """All times of the charter, as the candidate state takes them."""
        charter = self.signed
        own = effective(charter, self.orders, self.seat).formals
        starts = tuple((here or there).starts for here, there in zip(own, charter.formals, strict=True))
        return Calendar(self.rules, self.ticket_rules, starts, charter.ends, charter.keep_until)

    @functools.cached_property
    def ticket_rules(self) -> TicketRules:
        """The charter's rules about sessions, with their positions as signed."""
        return TicketRules.of(self.signed, self.orders, self.seat)


class ServedExam:
    """One exam's keys, database and store, with a cache of its charter and release.

    Raises:
        AuthorityRingRefused: the folder holds a key that a portal must not have.
        RehearsalRefused: a rehearsal on keys or state that are not marked for it.
        SettingsInvalid: the root public key is malformed.
        KeyMissing, KeyRingBroken: the folder holds no usable ring.
        PassphraseWrong: the passphrase does not open the ring.
        StateAbsent: there is no database.
        StateUnavailable: the database cannot be used.
    """

    def __init__(self, settings: ExamSettings, *, rehearsing: bool) -> None:
        self.exam = settings.exam
        self._root_public_key = root_key(settings.root_public_key)
        refuse_authority(settings.keys)
        ring = KeyRing.open(settings.keys, settings.passphrase.get_secret_value(), PORTAL)
        self.database = Database.open(settings.state)
        try:
            self.rehearsal = checked_marks(ring.rehearsal, self.database.rehearsal, rehearsing=rehearsing)
        except OneSeatError:
            self.database.close()
            raise
        self.pepper = ring.secret("pepper")
        self.peppered = KeyedHash(self.pepper)
        self.delivery_key = ring.secret("delivery")
        self.terms_sealer = TermsSealer(self.delivery_key, self.exam)
        self.signed_values = SignedValues(ring.secret("session"), self.exam)
        self.activation_signer = ring.signer("activation")
        self.ticket_signer = ring.signer("ticket")
        self.maintenance = TimedCache(
            self.database, lambda connection: seat_support.maintenance(connection, self.exam)
        )
        self.incidents = TimedCache(
            self.database, lambda connection: incidents.list_open(connection, self.exam)
        )
        self.longest_terms = TimedCache(self.database, self._read_longest_terms)
        self.number_form = NumberFormCache(self.database, self.exam)
        self.failures = FailureLog(self.database, self.exam)
        self.overview = OverviewReader(self.database, self.exam, self.peppered)
        self._store: Store = open_store(settings.store, interactive=True)
        self.whole_installers = WholeInstallers.of(self._store) if settings.presigned else None
        self._charter: CharterInForce | None = None
        self._release: OpenRelease | None = None
        self._phone: OpenPhone | None = None
        self._opening = threading.Lock()
        self._store_retry_at_s = 0.0

    def close(self) -> None:
        """Write what waits to be recorded, and close the database."""
        self.failures.close()
        self.overview.close()
        self.database.close()

    @property
    def last_charter(self) -> CharterInForce | None:
        """The charter that was last read, without a query; None if none was read yet."""
        return self._charter

    def charter(self) -> CharterInForce:
        """The newest published charter, verified under the root key.

        Raises:
            NothingPublished: no charter is published.
            NotReady: the published charter does not verify.
        """
        with self.database.reading() as connection:
            return self.charter_in(connection)

    def charter_in(self, connection: Connection) -> CharterInForce:
        """As :meth:`charter`, within a transaction. Verified versions are cached.

        Raises:
            NothingPublished: no charter is published.
            NotReady: the published charter does not verify.
        """
        cached = self._charter
        version, newest_order = charters.newest_numbers(connection, self.exam)
        if cached is None or (cached.charter.version, cached.newest_order) != (version, newest_order):
            published = charters.newest(connection, self.exam)
            if published is None:
                raise NothingPublished
            try:
                verified = self.verified_charter(published.token)
                tokens = orders.tokens(connection, self.exam) if newest_order else []
                cached = self._charter = verified.with_orders(tokens)
            except OneSeatError as error:
                raise NotReady(what=Text(f"charter, {error.code}", f"考试规程，{error.code}")) from error
        return cached

    def terms_of(self, seat: PublishedSeat) -> SeatTerms:
        """What a roster gave a seat: its formal session, and approved extra time.

        Raises:
            SealBroken: the extra time in the database was not encrypted for this seat.
        """
        return self.open_terms(seat.admission_number, seat.terms, seat.jti)

    def open_terms(self, admission_number: str, terms: SealedTerms, jti: str = "") -> SeatTerms:
        """As :meth:`terms_of`, of a seat's row.

        Raises:
            SealBroken: as for :meth:`terms_of`.
        """
        minutes = self.terms_sealer.open_extra(admission_number, terms.sealed_extra)
        return SeatTerms(jti, 60 * minutes, terms.session)

    def charter_of(self, seat: PublishedSeat, in_force: CharterInForce) -> CharterInForce:
        """The charter as it holds for a seat.

        Raises:
            SealBroken: as for :meth:`terms_of`.
        """
        return in_force.for_seat(self.terms_of(seat))

    def charter_for_longest(self) -> CharterInForce:
        """The charter with sessions that end when the candidate with the longest extra time ends.

        Raises:
            NothingPublished, NotReady: as for :meth:`charter`.
        """
        return self.charter().for_seat(self.longest_terms.current())

    def _read_longest_terms(self, connection: Connection) -> SeatTerms:
        sealed, opened = seat_terms.list_extra(connection, self.exam), self.terms_sealer.open_extra
        return SeatTerms(extra_s=60 * max((opened(number, extra) for number, extra in sealed), default=0))

    def refuse_maintenance(self) -> None:
        """Refuse while the exam is under maintenance.

        Raises:
            UnderMaintenance: it is.
        """
        maintenance = self.maintenance.current()
        if maintenance is None:
            return
        try:
            zone = self.charter().zone
        except (NothingPublished, NotReady):
            zone = ZoneInfo("UTC")
        raise UnderMaintenance(back=back_words(maintenance, zone))

    def verified_charter(self, token: str) -> CharterInForce:
        """Verify a charter token under the root key.

        Raises:
            TokenMalformed, TokenTypeWrong, KeyUnknown, SignatureInvalid, CharterRejected: it does not verify.
            LicenceForOtherExam: it is another exam's.
        """
        charter = charters_kernel.verify(token, self._root_public_key)
        return CharterInForce(charters_kernel.newest([charter], self.exam), token)

    def release(self, connection: Connection) -> OpenRelease:
        """The release that candidates see, opened once per process.

        Raises:
            NothingPublished: the exam has none.
            InstallersWithdrawn: its installers were withdrawn.
            InstallerUnavailable: its base cannot be read, or is not the one published.
        """
        cached = self._release
        if cached is not None and cached.id == releases.current_id(connection, self.exam):
            return cached
        published = self._published(connection)
        if published.withdrawn:
            raise InstallersWithdrawn
        with self._opening:
            if self._release is None or self._release.id != published.id:
                self._release = self._open(published)
            return self._release

    def ready_build(self, connection: Connection) -> str:
        """The published build, once its installers can be served or have been withdrawn.

        Raises:
            NothingPublished, InstallerUnavailable: as for :meth:`release`.
        """
        published = self._published(connection)
        return published.build if published.withdrawn else self.release(connection).manifest.build

    def release_of(self, seat: PublishedSeat) -> OpenRelease:
        """The seat's release, from the cache, or the current one where it was replaced.

        Raises:
            NothingPublished, InstallerUnavailable: as for :meth:`release`.
        """
        cached = self._release
        if cached is not None and cached.id == seat.release:
            return cached
        with self.database.reading() as connection:
            return self.release(connection)

    def phone(self, connection: Connection) -> OpenPhone | None:
        """The phone app that candidates see, opened once per process; None where the release has none.

        Raises:
            NothingPublished, InstallersWithdrawn, InstallerUnavailable: as for :meth:`release`.
        """
        cached = self._phone
        if cached is not None and cached.id == releases.current_id(connection, self.exam):
            return cached
        published = self._published(connection)
        if published.withdrawn:
            raise InstallersWithdrawn
        phone = published.phone
        if phone is None:
            return None
        with self._opening:
            if self._phone is None or self._phone.id != published.id:
                self._phone = self._opened(
                    phone.object_name, phone.base_sha256, lambda base: OpenPhone(published.id, phone, base)
                )
            return self._phone

    def holds_release_of(self, seat: PublishedSeat) -> bool:
        """Whether :meth:`release_of` answers from the cache."""
        return self._release is not None and self._release.id == seat.release

    def _published(self, connection: Connection) -> PublishedRelease:
        published = releases.current(connection, self.exam)
        if published is None:
            raise NothingPublished
        return published

    def _open(self, published: PublishedRelease) -> OpenRelease:
        return self._opened(
            published.object_name, published.base_sha256, lambda base: OpenRelease(published, base)
        )

    def _opened(self, object_name: str, sha256: str, make: Callable[[Path], _Opened]) -> _Opened:
        """Fetch a base from the store and open it."""
        if time.monotonic() < self._store_retry_at_s:
            raise InstallerUnavailable
        try:
            return make(self._store.local_file(object_name, sha256))
        except _STORE_FAILURES as error:
            # Requests queued on the lock would each wait for a timeout of their own, one after another.
            self._store_retry_at_s = time.monotonic() + STORE_RETRY_S
            raise InstallerUnavailable from error
        except (OneSeatError, OSError, ValueError) as error:
            raise InstallerUnavailable from error
