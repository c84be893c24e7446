"""Launch verification: pure functions that accept or refuse an identity offline.

They check charter, licence signature, exam, build, validity, the binding tag of the typed identity, the
computer's fingerprint and the activation. Stored values are not trusted before their signature verifies.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Callable, Mapping, Optional, Tuple

from oneseat.client.errors import IdentityNotHere, NothingEnrolled
from oneseat.client.identity import Identity
from oneseat.client.local.portal_cache import PortalCache
from oneseat.client.local.seat_times import NO_PAUSES, SeatPauses
from oneseat.client.local.vault import Seat, Vault
from signing.charter import Charter
from signing.errors import OneSeatError
from signing.refusals import IdentityMismatch
from signing.tokens import Activation, Licence

CONFIRMED = "confirmed"
PROVISIONAL = "provisional"


@dataclass(frozen=True)
class LaunchContext:
    """Inputs of a verification other than the identity: charter, build, time, fingerprint traits."""

    charter: Charter
    build: str
    now: datetime
    traits: Mapping[str, bytes]


@dataclass(frozen=True)
class Acceptance:
    """The result of a successful verification: the seat, its licence, how it is enrolled, and its pauses."""

    charter: Charter
    seat: Seat
    licence: Licence
    enrolment: str
    pauses: SeatPauses = NO_PAUSES


def check_licence(token: str, charter: Charter, build: str, now: datetime) -> Licence:
    """Verify a licence token for this exam, build and time.

    Raises:
        TokenMalformed, TokenTypeWrong, KeyUnknown, SignatureInvalid: the token does not verify.
        LicenceForOtherExam, LicenceForOtherBuild: exam or build in it differs from the charter's.
        LicenceNotYetValid, LicenceExpired: ``now`` is outside its validity.
    """
    licence = Licence.verify(token, charter.keys_for("licence"))
    licence.check_exam(charter, build)
    licence.check_time(now, charter.ends.tzinfo)
    return licence


def check_activation(token: str, charter: Charter, licence: Licence, device_key: bytes) -> Activation:
    """Verify an activation token for this seat and device.

    Raises:
        TokenMalformed, TokenTypeWrong, KeyUnknown, SignatureInvalid: the token does not verify.
        ActivationForOtherDevice: it names another seat or another device.
    """
    activation = Activation.verify(token, charter.keys_for("activation"))
    activation.check_device(licence, device_key)
    return activation


def verify(seat: Seat, identity: Identity, context: LaunchContext) -> Acceptance:
    """Verify one seat for an identity, in the order of the chain of trust.

    Raises:
        IdentityMismatch: the binding tag is not that of the typed identity.
        StateFromOtherComputer: too few fingerprint traits match.
        OneSeatError: what :func:`check_licence` and :func:`check_activation` raise.
    """
    charter = context.charter
    licence = Licence.verify(seat.licence, charter.keys_for("licence"))
    licence.check_identity(seat.seat_key, identity.id_number, identity.admission_number)
    licence.check_exam(charter, context.build)
    licence.check_time(context.now, charter.ends.tzinfo)
    seat.device.fingerprint.check(context.traits)
    if seat.activation is None:
        return Acceptance(charter, seat, licence, PROVISIONAL)
    check_activation(seat.activation, charter, licence, seat.device.public_key)
    return Acceptance(charter, seat, licence, CONFIRMED)


def find_accepted_seat(
    vault: Vault, cache: PortalCache, identity: Identity, context: LaunchContext
) -> Acceptance:
    """Find and verify the seat of ``identity`` on this computer.

    Several candidates may share a computer, and a licence may have been re-issued: of the accepted seats the
    one issued last is returned. The caller must check the cache for a withdrawal.

    Raises:
        DocumentInvalid: the ID number has no form that the exam accepts.
        NothingEnrolled: no seat is enrolled on this computer.
        IdentityNotHere: no enrolled seat belongs to the identity.
        OneSeatError: the identity's seat is damaged, copied, expired, or for another build.
    """
    identity.check_form(context.charter.document_kinds)
    jtis = vault.jtis()
    if not jtis:
        raise NothingEnrolled
    outcomes = [_outcome(partial(_verify_stored, vault, cache, jti, identity, context)) for jti in jtis]
    accepted = [acceptance for acceptance, _ in outcomes if acceptance is not None]
    if not accepted:
        raise next((fault for _, fault in outcomes if fault is not None), IdentityNotHere())
    return max(accepted, key=lambda acceptance: acceptance.licence.iat)


def _verify_stored(
    vault: Vault, cache: PortalCache, jti: str, identity: Identity, context: LaunchContext
) -> Acceptance:
    seat = vault.load(jti)
    # The vault cannot be written at launch, so an activation that came after enrolment is in the cache.
    cached = cache.activation(jti) if seat.activation is None else None
    if cached is not None:
        with suppress(OneSeatError):  # a cached token that does not verify counts as absent
            return verify(replace(seat, activation=cached), identity, context)
    return verify(seat, identity, context)


def _outcome(attempt: Callable[[], Acceptance]) -> Tuple[Optional[Acceptance], Optional[OneSeatError]]:
    """The acceptance or the refusal; neither if the seat belongs to another candidate."""
    try:
        return attempt(), None
    except IdentityMismatch:
        return None, None
    except OneSeatError as fault:
        return None, fault
