"""Activation: the one moment at which a seat's key leaves the portal, for one device."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from oneseat.portal.errors import DeviceSignatureInvalid, LicenceWithdrawn, RequestInvalid
from oneseat.portal.exam.served_exam import ServedExam
from oneseat.portal.rules.rate_limits import AddressLimit, proof_delay
from oneseat.portal.services.idempotency import Retry
from oneseat.portal.services.login import spent
from oneseat.portal.services.transparency import refuse_unlisted
from oneseat.state.candidates import activations, failed_calls, login_budget, seats
from oneseat.state.candidates.login_budget import Attempt
from oneseat.state.candidates.seats import PublishedSeat
from signing.authority.sealing import unseal
from signing.authority.signer import sign_token
from signing.errors import IdentityMismatch, SignatureInvalid, TokenMalformed
from signing.jws import b64url_decode, b64url_encode, verify_bytes
from signing.tokens import VERSION, Activation, Licence, activation_message


@dataclass(frozen=True)
class ActivationRequest:
    """What a device sends. ``device_key`` and ``signature`` are base64url."""

    licence: str = field(repr=False)
    id_number: str = field(repr=False)
    admission_number: str = field(repr=False)
    device_key: str
    nonce: str
    signature: str


@dataclass(frozen=True)
class Activated:
    """The activation token, and the seat key in base64url."""

    activation: str
    seat_key: str = field(repr=False)


def activate(
    exam: ServedExam,
    request: ActivationRequest,
    address: str,
    limit: AddressLimit,
    now: datetime,
    retry: Retry | None = None,
) -> Activated:
    """Tie a seat to the device that asks, if licence, device and identity all hold.

    The same device gets the same activation again; of several devices one wins.

    Raises:
        NonceInvalid, DeviceSignatureInvalid: the request is not freshly signed by the device.
        TokenMalformed, KeyUnknown, SignatureInvalid, LicenceForOtherExam, LicenceForOtherBuild,
            LicenceNotYetValid, LicenceExpired: the licence is not one for this exam and time.
        LicenceWithdrawn: it is genuine, and not the seat's published one.
        LicenceUnlisted, NotReady: no published batch lists it.
        IdentityMismatch: the identity is not the licence's owner's.
        ProofsSpent, AddressBusy: too many identities were tried.
        SeatTaken: another device holds the seat.
        RetryDiffers: another call failed under the key of ``retry``.
    """
    exam.stamps.check_nonce(request.nonce, now)
    licence = _checked_licence(exam, request.licence, now)
    device_key = _checked_device(request)
    if retry is not None:
        with exam.database.reading() as connection:
            retry.refuse_repeated(connection, now, IdentityMismatch())
    limit.check(address, now)
    seat = _published(exam, licence)
    refuse_unlisted(exam, licence, request.licence)
    offered = Activation(exam.exam, licence.jti, request.device_key, int(now.timestamp()), VERSION)
    token = sign_token(exam.activation_signer, Activation.TYP, offered.claims())
    with exam.database.writing() as connection:
        attempt, seat_key = _prove(connection, exam, seat, licence, request, now)
        if retry is not None:
            # Copies of one call that came together have queued for the budget's row until now.
            retry.refuse_repeated(connection, now, IdentityMismatch())
        if seat_key is not None:
            winner = activations.claim(connection, exam.exam, licence.jti, device_key, token, now)
        else:
            failed_calls.forget(connection, now)
            if retry is not None and attempt.allowed:
                retry.note(connection, now)
    if seat_key is not None:
        return Activated(winner.token, b64url_encode(seat_key))
    limit.charge(address, now)
    if not attempt.allowed:
        raise spent(attempt, now)
    raise IdentityMismatch


def _checked_licence(exam: ServedExam, token: str, now: datetime) -> Licence:
    charter = exam.charter().charter
    licence = Licence.verified(token, charter.keys_for("licence"))
    licence.check_exam(charter, licence.build)
    licence.check_time(now)
    return licence


def _checked_device(request: ActivationRequest) -> bytes:
    """The device's public key, when it signed this very request."""
    try:
        device_key = b64url_decode(request.device_key)
        signature = b64url_decode(request.signature)
    except TokenMalformed:
        raise RequestInvalid(where="device_key or signature is not base64url") from None
    message = activation_message(request.nonce, request.licence, device_key)
    try:
        verify_bytes(message, signature, device_key)
    except SignatureInvalid:
        raise DeviceSignatureInvalid from None
    return device_key


def _published(exam: ServedExam, licence: Licence) -> PublishedSeat:
    """The seat whose published licence this is, of the current base or an earlier one."""
    with exam.database.reading() as connection:
        seat = seats.find_by_jti(connection, exam.exam, licence.jti)
        if seat is None or seat.revoked or not seats.issued_for_base(connection, licence.jti, licence.base):
            raise LicenceWithdrawn
    return seat


def _prove(
    connection: Connection,
    exam: ServedExam,
    seat: PublishedSeat,
    licence: Licence,
    request: ActivationRequest,
    now: datetime,
) -> tuple[Attempt, bytes | None]:
    """The seat key, if the identity is its owner's; a failed proof stays spent."""
    subject = login_budget.subject(exam.pepper, exam.exam, seat.admission_number)
    attempt = login_budget.spend(connection, subject, now, proof_delay)
    if not attempt.allowed:
        return attempt, None
    seat_key = unseal(exam.delivery_key, seat.sealed_key, seat.jti.encode("ascii"))
    try:
        licence.check_identity(seat_key, request.id_number, request.admission_number)
    except IdentityMismatch:
        return attempt, None
    login_budget.refund(connection, subject)
    return attempt, seat_key
