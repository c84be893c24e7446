"""One exam as the portal serves it: its key ring, database, store, charter in force and open release."""

from __future__ import annotations

import functools
import threading
import time
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from oneseat.portal.delivery.presigned import WholeInstallers
from oneseat.portal.errors import NotReady
from oneseat.portal.exam.failure_log import FailureLog
from oneseat.portal.exam.maintenance import back_words
from oneseat.portal.exam.number_form import NumberFormCache
from oneseat.portal.exam.open_release import OpenRelease
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
from oneseat.state.candidates import seat_support
from oneseat.state.candidates.seats import PublishedSeat
from oneseat.state.database import Database
from oneseat.state.help import incidents
from oneseat.state.publishing import charters, releases
from oneseat.state.publishing.releases import PublishedRelease
from oneseat.store import Store, open_store
from oneseat.store.errors import CredentialsRefused, StoreBusy, StoreUnavailable
from signing import charter as charters_kernel
from signing.authority.keys import PORTAL, KeyRing
from signing.binding import KeyedHash
from signing.charter import Charter
from signing.errors import OneSeatError
from signing.text import Text

STORE_RETRY_S = 5.0
"""How long requests fail at once after the store did not answer."""

_STORE_FAILURES = (StoreUnavailable, StoreBusy, CredentialsRefused)


@dataclass(frozen=True)
class CharterInForce:
    """The newest published charter, verified, and its token."""

    charter: Charter
    token: str

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
        charter = self.charter
        starts = tuple(formal.starts for formal in charter.formals)
        return Calendar(self.rules, TicketRules.of(charter), starts, charter.ends, charter.keep_until)


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
        self.signed_values = SignedValues(ring.secret("session"), self.exam)
        self.activation_signer = ring.signer("activation")
        self.ticket_signer = ring.signer("ticket")
        self.maintenance = TimedCache(
            self.database, lambda connection: seat_support.maintenance(connection, self.exam)
        )
        self.incidents = TimedCache(
            self.database, lambda connection: incidents.list_open(connection, self.exam)
        )
        self.number_form = NumberFormCache(self.database, self.exam)
        self.failures = FailureLog(self.database, self.exam)
        self.overview = OverviewReader(self.database, self.exam, self.peppered)
        self._store: Store = open_store(settings.store, interactive=True)
        self.whole_installers = WholeInstallers.of(self._store) if settings.presigned else None
        self._charter: CharterInForce | None = None
        self._release: OpenRelease | None = None
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
        cached, version = self._charter, charters.newest_version(connection, self.exam)
        if cached is None or cached.charter.version != version:
            published = charters.newest(connection, self.exam)
            if published is None:
                raise NothingPublished
            try:
                cached = self._charter = self.verified_charter(published.token)
            except OneSeatError as error:
                raise NotReady(what=Text(f"charter, {error.code}", f"考试规程，{error.code}")) from error
        return cached

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

    def holds_release_of(self, seat: PublishedSeat) -> bool:
        """Whether :meth:`release_of` answers from the cache."""
        return self._release is not None and self._release.id == seat.release

    def _published(self, connection: Connection) -> PublishedRelease:
        published = releases.current(connection, self.exam)
        if published is None:
            raise NothingPublished
        return published

    def _open(self, published: PublishedRelease) -> OpenRelease:
        if time.monotonic() < self._store_retry_at_s:
            raise InstallerUnavailable
        try:
            base = self._store.local_file(published.object_name, published.base_sha256)
            return OpenRelease(published, base)
        except _STORE_FAILURES as error:
            # Requests queued on the lock would each wait for a timeout of their own, one after another.
            self._store_retry_at_s = time.monotonic() + STORE_RETRY_S
            raise InstallerUnavailable from error
        except (OneSeatError, OSError, ValueError) as error:
            raise InstallerUnavailable from error
