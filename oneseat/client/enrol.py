"""Enrolment: run once by the installer, elevated, before anything stays installed.

The order is that of trust: the charter (root key), the installer's licence (the
charter's key), exam, build and validity, the installer's own digest, then the typed
identity, which the portal proves, or an install code where the portal cannot be reached.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Callable, Optional, Tuple

from oneseat.client.computer.device import Device
from oneseat.client.computer.protocol import Computer
from oneseat.client.errors import (
    InstallCodeNeeded,
    InstallerUnreadable,
    PortalAnswerUnusable,
    PortalInsecure,
    PortalRefused,
    PortalUnreachable,
    StateDamaged,
    StateFromOtherComputer,
    StorageFailed,
)
from oneseat.client.identity import Identity
from oneseat.client.launch import CONFIRMED, PROVISIONAL, Acceptance, check_activation, check_licence
from oneseat.client.local import charters
from oneseat.client.local.portal_cache import Notebook
from oneseat.client.local.vault import Seat, Vault
from oneseat.client.online.portal import Portal
from oneseat.client.online.portal_sync import PortalFor, activate, newer_charter
from oneseat.client.run import Program
from signing import installer
from signing.binding import parse_install_code
from signing.charter import Charter
from signing.clock import Clock
from signing.errors import OneSeatError
from signing.refusals import LicenceMissing, TokenMalformed
from signing.tokens import Licence

Journal = Callable[[str], None]
"""Takes one line for the log: never personal data, never a secret."""


def read_installer(path: Path) -> installer.Installer:
    """What an installer file says of itself.

    Raises:
        InstallerUnreadable: it cannot be opened or read.
        LicenceMissing: it is the base, not a candidate's copy.
        PeMalformed, RegionMissing, RegionMalformed: it is damaged, or no installer of ours.
    """
    try:
        with path.open("rb") as file:
            found = installer.read(file)
    except (OSError, ValueError) as fault:
        raise InstallerUnreadable(reason=getattr(fault, "strerror", None) or type(fault).__name__) from None
    if not found.licence:
        raise LicenceMissing
    return found


class Enrolment:
    """One run of the installer's enrolment."""

    def __init__(
        self,
        program: Program,
        computer: Computer,
        clock: Clock,
        journal: Journal,
        portal_for: PortalFor = Portal,
    ) -> None:
        self._program = program
        self._computer = computer
        self._clock = clock
        self._journal = journal
        self._portal_for = portal_for

    def run(self, installer_path: Path, identity: Identity) -> Acceptance:
        """Enrol the seat that the installer carries for whoever typed ``identity``.

        Until the last step nothing but a device key is stored, so a refusal or a crash at
        any point leaves what was enrolled before as it was.

        Raises:
            OneSeatError: the refusal; each cause has a class of its own.
        """
        charter = self._newest_charter()
        token, licence = self._licence(installer_path, charter)
        identity.check_form(charter.document_kinds)
        vault = Vault(self._computer, charter.exam)
        device, is_new = self._device(vault, licence.jti)
        try:
            seat = self._proved(vault, charter, licence, token, device, identity)
        except PortalRefused:
            # The portal has looked and bound nothing to this key. After any other fault it may have,
            # and a retry must come with the same key.
            if is_new:
                vault.drop_device(licence.jti)
            raise
        vault.store(seat)
        if seat.activation is not None:
            with contextlib.suppress(StorageFailed):  # ends an earlier withdrawal for this account
                Notebook(self._computer, charter.exam).note_activation(seat.jti, seat.activation)
        enrolment = PROVISIONAL if seat.activation is None else CONFIRMED
        self._journal(f"enrolled: {licence.jti} {enrolment}")
        return Acceptance(charter, seat, licence, enrolment)

    def _newest_charter(self) -> Charter:
        root = self._program.baked.root_public_key
        charter = charters.in_force(self._program.folder, root, self._computer)
        self._journal(f"charter: {charter.exam} version {charter.version}")
        try:
            token = newer_charter(self._portal_for(charter), root, charter)
        except (PortalUnreachable, PortalAnswerUnusable, PortalRefused, PortalInsecure) as fault:
            self._journal(f"charter not refreshed: {fault.code}")
            return charter
        newer = charters.newer(token, root, charter) if token else None
        if token is None or newer is None:
            return charter
        self._journal(f"charter: version {newer.version} from the portal")
        try:
            Vault(self._computer, charter.exam).store_charter(token)
        except StorageFailed as fault:
            self._journal(f"charter not kept: {fault.code}")
        return newer

    def _licence(self, installer_path: Path, charter: Charter) -> Tuple[str, Licence]:
        found = read_installer(installer_path)
        try:
            token = found.licence.decode("ascii")
        except UnicodeDecodeError:
            raise TokenMalformed(reason="not base64url") from None
        licence = check_licence(token, charter, self._program.baked.build_id, self._clock.now())
        licence.check_base(found.authenticode_sha256)
        self._journal(f"licence: {licence.jti}")
        return token, licence

    def _device(self, vault: Vault, jti: str) -> Tuple[Device, bool]:
        """The seat's device key on this computer: the one that is there, or a new one, stored first."""
        traits = self._computer.traits()
        try:
            device = vault.device(jti)
            if device is not None:
                device.fingerprint.check(traits)
                return device, False
        except (StateDamaged, StateFromOtherComputer) as fault:
            self._journal(f"device key replaced: {fault.code}")
        device = Device.new(traits)
        vault.store_device(jti, device)
        return device, True

    def _proved(
        self, vault: Vault, charter: Charter, licence: Licence, token: str, device: Device, identity: Identity
    ) -> Seat:
        """The seat with its key: from the portal, from an earlier activation here, or by install code."""
        asking = Seat(licence.jti, token, b"", device, None)
        try:
            activated = activate(self._portal_for(charter), charter, asking, identity)
        except PortalRefused as refusal:
            if refusal.is_final:
                raise
            fault: OneSeatError = refusal
        except (PortalUnreachable, PortalAnswerUnusable, PortalInsecure) as unanswered:
            fault = unanswered
        else:
            return Seat(licence.jti, token, activated.seat_key, device, activated.activation)
        self._journal(f"portal: {fault.code}")
        known = self._known(vault, charter, licence, device)
        seat_key = known.seat_key if known else self._from_code(identity, fault)
        licence.check_identity(seat_key, identity.id_number, identity.admission_number)
        return Seat(licence.jti, token, seat_key, device, known.activation if known else None)

    def _known(self, vault: Vault, charter: Charter, licence: Licence, device: Device) -> Optional[Seat]:
        """The seat as it was activated on this computer before, so that a reinstall needs no portal."""
        try:
            seat = vault.load(licence.jti)
            if seat.activation is None:
                return None
            check_activation(seat.activation, charter, licence, device.public_key)
        except OneSeatError:
            return None
        return seat

    def _from_code(self, identity: Identity, fault: OneSeatError) -> bytes:
        if identity.install_code is None:
            raise InstallCodeNeeded(why=fault.code)
        return parse_install_code(identity.install_code)
