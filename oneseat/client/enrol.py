"""Enrolment: the installer runs it once, elevated, before it keeps any file.

Checks follow the chain of trust: the charter (signed by the root key), the installer's licence (signed by a
key in the charter), exam, build and validity, the installer's digest, then the typed identity. The portal
confirms the identity; where it cannot be reached, an install code does.
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
from oneseat.client.local.portal_cache import PortalCache
from oneseat.client.local.vault import Seat, Vault
from oneseat.client.online.portal import Portal
from oneseat.client.online.portal_sync import PortalFor, activate, newer_charter
from oneseat.client.online.server_time import ServerTime, synchronise_or_doubt
from oneseat.client.run import Program
from signing import installer
from signing.binding import parse_install_code
from signing.charter import Charter
from signing.clock import Clock
from signing.errors import OneSeatError
from signing.os_faults import system_reason
from signing.refusals import (
    InstallCodeInvalid,
    LicenceExpired,
    LicenceMissing,
    LicenceNotYetValid,
    TokenMalformed,
)
from signing.text import Text
from signing.tokens import Licence

WriteLog = Callable[[str], None]
"""Writes one line to the log. Lines hold neither personal data nor secrets."""


def read_installer(path: Path) -> installer.Installer:
    """Read the licence and the digest of an installer file.

    Raises:
        InstallerUnreadable: it cannot be opened or read.
        LicenceMissing: it is a base, not yet stamped for a candidate.
        PeMalformed, RegionMissing, RegionMalformed: it is damaged, or not made by this project.
    """
    try:
        with path.open("rb") as file:
            contents = installer.read(file)
    except (OSError, ValueError) as fault:
        raise InstallerUnreadable(reason=system_reason(fault)) from None
    if not contents.licence:
        raise LicenceMissing
    return contents


class Enrolment:
    """One run of the installer's enrolment."""

    def __init__(
        self,
        program: Program,
        computer: Computer,
        clock: Clock,
        log: WriteLog,
        portal_for: PortalFor = Portal,
    ) -> None:
        self._program = program
        self._computer = computer
        self._time = ServerTime(clock)
        self._log = log
        self._portal_for = portal_for

    def run(self, installer_path: Path, identity: Identity) -> Acceptance:
        """Enrol the seat of an installer for ``identity``.

        Only a device key is stored before the last step. A refusal or a crash at any point therefore leaves
        earlier enrolments unchanged.

        Raises:
            OneSeatError: a check fails; each cause has a class of its own.
        """
        charter = self._newest_charter()
        token, licence = self._licence(installer_path, charter)
        identity.check_form(charter.document_kinds)
        vault = Vault(self._computer, charter.exam)
        device, is_new = self._device(vault, licence.jti)
        try:
            seat = self._activate(vault, charter, licence, token, device, identity)
        except PortalRefused:
            # The portal answered, so it did not bind this key. After any other fault it may have bound it,
            # and a retry must use the same key.
            if is_new:
                vault.drop_device(licence.jti)
            raise
        vault.store(seat)
        if seat.activation is not None:
            with contextlib.suppress(StorageFailed):  # replaces a stored withdrawal, if any
                PortalCache(self._computer, charter.exam).store_activation(seat.jti, seat.activation)
        enrolment = PROVISIONAL if seat.activation is None else CONFIRMED
        self._log(f"enrolled: {licence.jti} {enrolment}")
        return Acceptance(charter, seat, licence, enrolment)

    def _newest_charter(self) -> Charter:
        root = self._program.baked.root_public_key
        charter = charters.charter_in_force(self._program.folder, root, self._computer)
        self._log(f"charter: {charter.exam} version {charter.version}")
        try:
            token = newer_charter(self._portal_for(charter), root, charter)
        except (PortalUnreachable, PortalAnswerUnusable, PortalRefused, PortalInsecure) as fault:
            self._log(f"charter not refreshed: {fault.code}")
            return charter
        newer = charters.newer(token, root, charter) if token else None
        if token is None or newer is None:
            return charter
        self._log(f"charter: version {newer.version} from the portal")
        try:
            Vault(self._computer, charter.exam).store_charter(token)
        except StorageFailed as fault:
            self._log(f"charter not kept: {fault.code}")
        return newer

    def _licence(self, installer_path: Path, charter: Charter) -> Tuple[str, Licence]:
        contents = read_installer(installer_path)
        try:
            token = contents.licence.decode("ascii")
        except UnicodeDecodeError:
            raise TokenMalformed(reason=Text("not base64url", "不是 base64url 编码")) from None
        licence = self._check_licence(token, charter)
        licence.check_base(contents.authenticode_sha256)
        self._log(f"licence: {licence.jti}")
        return token, licence

    def _check_licence(self, token: str, charter: Charter) -> Licence:
        """Verify the licence; by the portal's time where this computer's clock would refuse it."""
        build = self._program.baked.build_id
        try:
            return check_licence(token, charter, build, self._time.now())
        except (LicenceExpired, LicenceNotYetValid) as refusal:
            self._log(f"by this computer's clock: {refusal.code}")
            synchronise_or_doubt(self._time, [self._portal_for(charter).signed_time], charter)
        return check_licence(token, charter, build, self._time.now())

    def _device(self, vault: Vault, jti: str) -> Tuple[Device, bool]:
        """Load the seat's device key, or generate and store one; also says whether it is new."""
        traits = self._computer.traits()
        try:
            device = vault.device(jti)
            if device is not None:
                device.fingerprint.check(traits)
                return device, False
        except (StateDamaged, StateFromOtherComputer) as fault:
            self._log(f"device key replaced: {fault.code}")
        device = Device.new(traits)
        vault.store_device(jti, device)
        return device, True

    def _activate(
        self, vault: Vault, charter: Charter, licence: Licence, token: str, device: Device, identity: Identity
    ) -> Seat:
        """Get the key from the portal, an earlier activation here, or an install code, in that order."""
        unconfirmed = Seat(licence.jti, token, _typed_key(identity), device, None)
        try:
            traits = self._computer.traits()
            activated = activate(self._portal_for(charter), charter, unconfirmed, identity, traits)
        except PortalRefused as refusal:
            if refusal.is_final:
                raise
            fault: OneSeatError = refusal
        except (PortalUnreachable, PortalAnswerUnusable, PortalInsecure) as failure:
            fault = failure
        else:
            return Seat(licence.jti, token, activated.seat_key, device, activated.activation)
        self._log(f"portal: {fault.code}")
        known = self._earlier_activation(vault, charter, licence, device)
        seat_key = known.seat_key if known else self._from_code(identity, fault)
        licence.check_identity(seat_key, identity.id_number, identity.admission_number)
        return Seat(licence.jti, token, seat_key, device, known.activation if known else None)

    def _earlier_activation(
        self, vault: Vault, charter: Charter, licence: Licence, device: Device
    ) -> Optional[Seat]:
        """Load an earlier activation, so that a reinstall works offline; None if it does not verify."""
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
            raise InstallCodeNeeded.because_of(fault)
        return parse_install_code(identity.install_code)


def _typed_key(identity: Identity) -> bytes:
    """The seat key of a typed install code; empty without one, or if it is mistyped: it is refused later."""
    try:
        return parse_install_code(identity.install_code or "")
    except InstallCodeInvalid:
        return b""
