"""Activation: binds a seat to one device and hands out the seat key, once per device."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from oneseat.portal.errors import NotReady, PortalError
from oneseat.portal.exam.served_exam import ServedExam
from oneseat.portal.refusals.devices import DeviceSignatureInvalid, LicenceWithdrawn
from oneseat.portal.refusals.services import RetryDiffers
from oneseat.portal.services.login.idempotency import Retry
from oneseat.portal.services.login.throttle import ThrottledAttempt
from oneseat.portal.services.rebinding import SeatClaim, pepper_traits
from oneseat.portal.services.seat_key_proof import is_proven
from oneseat.portal.services.transparency import refuse_unlisted
from oneseat.state.candidates import login_budget, seats
from oneseat.state.candidates.failures import FailureKind
from oneseat.state.candidates.seats import PublishedSeat
from oneseat.state.errors import DeviceRetired, SeatTaken
from oneseat.web.refusals import RequestInvalid
from signing.authority.sealing import unseal
from signing.authority.signer import sign_token
from signing.errors import OneSeatError
from signing.jws import b64url_decode, b64url_encode, verify_bytes
from signing.normal_forms import normalise_admission_number
from signing.refusals import IdentityMismatch, SignatureInvalid, TokenMalformed
from signing.tokens import VERSION, Activation, Licence, activation_message

_NOT_THE_SEATS = (NotReady, RetryDiffers)
"""Refusals that say nothing about the seat."""


@dataclass(frozen=True)
class ActivationRequest:
    """What a device sends.

    ``device_key``, ``signature``, ``seat_key_proof`` and the hashes in ``traits`` are base64url.
    """

    licence: str = field(repr=False)
    id_number: str = field(repr=False)
    admission_number: str = field(repr=False)
    device_key: str
    nonce: str
    signature: str
    traits: Mapping[str, str] | None = None
    seat_key_proof: str | None = None


@dataclass(frozen=True)
class ActivationResult:
    """The activation token, and the seat key in base64url."""

    activation: str
    seat_key: str = field(repr=False)


class _Device(NamedTuple):
    """A device: its public key, and the keyed hashes of its traits by name."""

    key: bytes
    traits: Mapping[str, bytes]


def activate(
    exam: ServedExam,
    request: ActivationRequest,
    now: datetime,
    retry: Retry | None = None,
) -> ActivationResult:
    """Bind a seat to the device of the request, after checks of licence, device and identity.

    The same device gets the same activation again. Of several devices, one wins the insert. A computer that
    lost its key is recognised by its traits, and bound anew (:mod:`oneseat.portal.services.rebinding`).

    A wrong identity costs the budget of the seat's activations, which only holders of its licence can
    spend. Failed logins do not count there, and no limit of a network address applies: a stranger who knows
    an admission number cannot delay its owner's activation. A device that proves that it knows the seat's
    key, which the install code carries, passes the delay and spends nothing.

    Raises:
        NonceInvalid, DeviceSignatureInvalid: the request is not freshly signed by the device.
        TokenMalformed, KeyUnknown, SignatureInvalid, LicenceForOtherExam, LicenceForOtherBuild,
            LicenceNotYetValid, LicenceExpired: the licence is not one for this exam and time.
        LicenceWithdrawn: the licence is genuine, but not the seat's published one.
        LicenceUnlisted, NotReady: no published batch lists it.
        IdentityMismatch: the identity is not that of the licence's owner.
        SeatThrottled: too many checks with this licence failed before.
        SeatTaken: another device holds the seat.
        SeatSettling, RebindsSpent: the computer is the same, and was bound a moment ago or too often today.
        DeviceRetired: the seat was moved away from this device.
        RetryDiffers: another call failed under the key of ``retry``.
    """
    # Signatures first: they need no database and spend no budget.
    exam.signed_values.check_nonce(request.nonce, now)
    licence = _verify_licence(exam, request.licence, now)
    device = _verify_device(request)
    try:
        return _bind(exam, request, licence, device, now, retry)
    except (PortalError, IdentityMismatch, SeatTaken, DeviceRetired) as refusal:
        if not isinstance(refusal, _NOT_THE_SEATS):
            _record(exam, request, licence, refusal, now)
        raise


def _record(
    exam: ServedExam, request: ActivationRequest, licence: Licence, refusal: OneSeatError, now: datetime
) -> None:
    """Count a refusal at the licence's seat, and at the seat whose number was typed if it is another."""
    exam.failures.of_jti(licence.jti, FailureKind.ACTIVATION, refusal.code, "client", now)
    if isinstance(refusal, IdentityMismatch):
        typed = normalise_admission_number(request.admission_number).replace("\0", "")
        if not _is_number_of(exam, licence, typed):
            exam.failures.of_number(typed, FailureKind.ACTIVATION, refusal.code, "client", now)


def _is_number_of(exam: ServedExam, licence: Licence, number: str) -> bool:
    with exam.database.reading() as connection:
        seat = seats.find_by_jti(connection, exam.exam, licence.jti)
    return seat is not None and seat.admission_number == number


def _bind(
    exam: ServedExam,
    request: ActivationRequest,
    licence: Licence,
    device: _Device,
    now: datetime,
    retry: Retry | None,
) -> ActivationResult:
    attempt = ThrottledAttempt(exam, now, wrong=IdentityMismatch, retry=retry)
    attempt.enter()
    seat = _find_published(exam, licence)
    refuse_unlisted(exam, licence, request.licence)
    # Signed before the transaction, so that the write lock is held for as short as possible.
    activation = Activation(exam.exam, licence.jti, request.device_key, int(now.timestamp()), VERSION)
    token = sign_token(exam.activation_signer, Activation.TYP, activation.claims())

    peppered = pepper_traits(exam, licence.jti, device.traits)
    until = exam.charter().charter.device_change_until
    claim = SeatClaim(exam, licence.jti, device.key, token, peppered, until, now)

    def check(connection: Connection) -> ActivationResult | OneSeatError | None:
        seat_key = _seat_key(exam, seat, licence, request)
        if seat_key is None:
            return None
        winner = claim.run(connection)
        if isinstance(winner, OneSeatError):
            return winner
        return ActivationResult(winner.token, b64url_encode(seat_key))

    if is_proven(request.seat_key_proof, _open_seat_key(exam, seat), request.nonce, device.key):
        with exam.database.writing() as connection:
            outcome = check(connection) or IdentityMismatch()
        # Raised after the transaction: a refusal leaves an audit entry, which is to be committed.
        return attempt.result(outcome)
    return attempt.count(login_budget.activation_subject(exam.peppered, exam.exam, licence.jti), check)


def _verify_licence(exam: ServedExam, token: str, now: datetime) -> Licence:
    charter = exam.charter().charter
    licence = Licence.verify(token, charter.keys_for("licence"))
    licence.check_exam(charter, licence.build)
    licence.check_time(now.astimezone(charter.ends.tzinfo))
    return licence


def _verify_device(request: ActivationRequest) -> _Device:
    """The device's public key and the trait hashes, after its signature over them has been verified."""
    try:
        device_key = b64url_decode(request.device_key)
        signature = b64url_decode(request.signature)
        traits = {name: b64url_decode(value) for name, value in (request.traits or {}).items()}
    except TokenMalformed:
        raise RequestInvalid(where="device_key, signature, traits (base64url)") from None
    message = activation_message(request.nonce, request.licence, device_key, traits)
    try:
        verify_bytes(message, signature, device_key)
    except SignatureInvalid:
        raise DeviceSignatureInvalid from None
    return _Device(device_key, traits)


def _find_published(exam: ServedExam, licence: Licence) -> PublishedSeat:
    """The seat whose published licence this is, of the current base or an earlier one."""
    with exam.database.reading() as connection:
        seat = seats.find_by_jti(connection, exam.exam, licence.jti)
        if seat is None or seat.revoked or not seats.issued_for_base(connection, licence.jti, licence.base):
            raise LicenceWithdrawn
    return seat


def _seat_key(
    exam: ServedExam, seat: PublishedSeat, licence: Licence, request: ActivationRequest
) -> bytes | None:
    """The seat's key, or None where the identity is not its owner's."""
    seat_key = _open_seat_key(exam, seat)
    try:
        licence.check_identity(seat_key, request.id_number, request.admission_number)
    except IdentityMismatch:
        return None
    return seat_key


def _open_seat_key(exam: ServedExam, seat: PublishedSeat) -> bytes:
    return unseal(exam.delivery_key, seat.sealed_key, seat.jti.encode("ascii"))
