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
from oneseat.portal.exam.maintenance import MaintenanceWatch, back_words
from oneseat.portal.exam.open_release import OpenRelease
from oneseat.portal.exam.ring_checks import checked_marks, refuse_authority, root_key
from oneseat.portal.refusals.downloads import InstallerUnavailable
from oneseat.portal.refusals.exam import InstallersWithdrawn, NothingPublished, UnderMaintenance
from oneseat.portal.rules.download_gate import DownloadRules, Window
from oneseat.portal.settings import ExamSettings
from oneseat.portal.tokens.signed_values import SignedValues
from oneseat.state.candidates.seats import PublishedSeat
from oneseat.state.database import Database
from oneseat.state.publishing import charters, releases
from oneseat.state.publishing.releases import PublishedRelease
from oneseat.store import Store, open_store
from oneseat.store.errors import CredentialsRefused, StoreBusy, StoreUnavailable
from signing import charter as charters_kernel
from signing.authority.keys import PORTAL, KeyRing
from signing.binding import KeyedHash
from signing.charter import Charter
from signing.errors import OneSeatError

STORE_REST_S = 5.0
"""How long a store that did not answer is not asked again."""

_AWAY = (StoreUnavailable, StoreBusy, CredentialsRefused)


@dataclass(frozen=True)
class CharterInForce:
    """The newest published charter, verified, and the token that says it."""

    charter: Charter
    token: str

    @functools.cached_property
    def zone(self) -> ZoneInfo:
        """The exam's own clock, which all its times are told by."""
        return ZoneInfo(self.charter.timezone)

    @functools.cached_property
    def rules(self) -> DownloadRules:
        """What it says about downloads, as the gate takes it."""
        window = Window(self.charter.download.opens, self.charter.download.closes)
        return DownloadRules((window,), timedelta(seconds=self.charter.download_grace_s))


class ServedExam:
    """What the portal holds of one exam.

    Raises:
        AuthorityRingRefused: the folder holds a key that a portal must not have.
        RehearsalRefused: a rehearsal on keys or state that are not marked for it.
        SettingsInvalid: the root public key is not one.
        KeyMissing, KeyRingBroken: the folder holds no usable ring.
        PassphraseWrong: it does not open the ring.
        StateAbsent, StateUnavailable: the database is not there, or cannot be used.
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
        self.maintenance = MaintenanceWatch(self.database, self.exam)
        self._store: Store = open_store(settings.store, hurried=True)
        self.whole_installers = WholeInstallers.of(self._store) if settings.presigned else None
        self._charter: CharterInForce | None = None
        self._release: OpenRelease | None = None
        self._opening = threading.Lock()
        self._store_away_until_s = 0.0

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()

    def charter(self) -> CharterInForce:
        """The newest published charter, verified under the root key.

        Raises:
            NothingPublished: there is none.
            NotReady: the published charter does not verify.
        """
        with self.database.reading() as connection:
            return self.charter_in(connection)

    def charter_in(self, connection: Connection) -> CharterInForce:
        """As :meth:`charter`, within a transaction. Only a version that is new here is read and verified.

        Raises:
            NothingPublished: there is none.
            NotReady: the published charter does not verify.
        """
        held, version = self._charter, charters.newest_version(connection, self.exam)
        if held is None or held.charter.version != version:
            published = charters.newest(connection, self.exam)
            if published is None:
                raise NothingPublished
            try:
                held = self._charter = self.verified_charter(published.token)
            except OneSeatError as error:
                raise NotReady(what=f"charter, {error.code}") from error
        return held

    def refuse_maintenance(self) -> None:
        """Keep candidates out while the operators let the exam rest.

        Raises:
            UnderMaintenance: they do.
        """
        resting = self.maintenance.current()
        if resting is None:
            return
        try:
            zone = self.charter().zone
        except (NothingPublished, NotReady):
            zone = ZoneInfo("UTC")
        raise UnderMaintenance(back=back_words(resting, zone))

    def verified_charter(self, token: str) -> CharterInForce:
        """A charter of this exam that the root key signed.

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
            InstallersWithdrawn: its installers were taken away.
            InstallerUnavailable: its base cannot be read, or is not the one published.
        """
        held = self._release
        if held is not None and held.id == releases.current_id(connection, self.exam):
            return held
        published = self._published(connection)
        if published.withdrawn:
            raise InstallersWithdrawn
        with self._opening:
            if self._release is None or self._release.id != published.id:
                self._release = self._open(published)
            return self._release

    def ready_build(self, connection: Connection) -> str:
        """The build that candidates run, once its installers can be served, or need not be any more.

        Raises:
            NothingPublished, InstallerUnavailable: as for :meth:`release`.
        """
        published = self._published(connection)
        return published.build if published.withdrawn else self.release(connection).manifest.build

    def release_of(self, seat: PublishedSeat) -> OpenRelease:
        """The release that the seat was read from, or one that replaced it a moment ago.

        Raises:
            NothingPublished, InstallerUnavailable: as for :meth:`release`.
        """
        held = self._release
        if held is not None and held.id == seat.release:
            return held
        with self.database.reading() as connection:
            return self.release(connection)

    def holds_release_of(self, seat: PublishedSeat) -> bool:
        """Whether :meth:`release_of` answers at once."""
        return self._release is not None and self._release.id == seat.release

    def _published(self, connection: Connection) -> PublishedRelease:
        published = releases.current(connection, self.exam)
        if published is None:
            raise NothingPublished
        return published

    def _open(self, published: PublishedRelease) -> OpenRelease:
        if time.monotonic() < self._store_away_until_s:
            raise InstallerUnavailable
        try:
            base = self._store.local_file(published.object_name, published.base_sha256)
            return OpenRelease(published, base)
        except _AWAY as error:
            # Requests that wait for this answer would each try again, one after another.
            self._store_away_until_s = time.monotonic() + STORE_REST_S
            raise InstallerUnavailable from error
        except (OneSeatError, OSError, ValueError) as error:
            raise InstallerUnavailable from error
