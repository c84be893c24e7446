"""Records that a device is online, and tells it whether it still holds its seat."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection

from oneseat.portal.exam.served_exam import ServedExam
from oneseat.portal.refusals.devices import EnrolmentUnconfirmed, LicenceWithdrawn
from oneseat.portal.refusals.login import SeatRevoked
from oneseat.portal.services.tickets import proved_device
from oneseat.state.candidates import activations, check_ins, seats
from oneseat.state.errors import DeviceRetired, SeatTaken
from signing.jws import b64url_decode
from signing.tokens import Activation, check_in_message

NOTED_EVERY = timedelta(minutes=1)
"""More often is answered, and not written down: a device could keep the database busy by itself."""


@dataclass(frozen=True)
class CheckInRequest:
    """What a device sends: as :class:`oneseat.portal.sdk.models.CheckInBody`."""

    activation: str = field(repr=False)
    nonce: str
    client_nonce: str
    build: str
    signature: str


def check_in(exam: ServedExam, request: CheckInRequest, now: datetime) -> int:
    """The version of the charter in force, for a device whose seat is still its own.

    Raises:
        NonceInvalid, DeviceSignatureInvalid: the request is not freshly signed by the device.
        TokenMalformed, KeyUnknown, SignatureInvalid, LicenceForOtherExam: the activation is not ours.
        LicenceWithdrawn, SeatRevoked: the seat is no longer what it was.
        DeviceRetired, SeatTaken: it was moved away, or is another device's.
        EnrolmentUnconfirmed: no device is known to hold it.
    """
    exam.signed_values.check_nonce(request.nonce, now)
    charter = exam.charter().charter
    message = check_in_message(request.nonce, request.activation, request.client_nonce, request.build)
    activation = proved_device(request.activation, request.signature, message, charter)
    with exam.database.reading() as connection:
        _refuse_gone(connection, exam.exam, activation)
        heard = check_ins.last(connection, activation.jti)
    if heard is None or heard.build != request.build or now - heard.at >= NOTED_EVERY:
        with exam.database.writing() as connection:
            _refuse_gone(connection, exam.exam, activation)
            check_ins.note(connection, exam.exam, activation.jti, request.build, now)
    return charter.version


def _refuse_gone(connection: Connection, exam: str, activation: Activation) -> None:
    seat = seats.find_by_jti(connection, exam, activation.jti)
    if seat is None:
        raise LicenceWithdrawn
    if seat.revoked:
        raise SeatRevoked
    held = activations.find(connection, activation.jti)
    if held is None or held.device_key != b64url_decode(activation.device):
        raise _gone(activations.is_retired(connection, *_key(activation)), taken=held is not None)


def _key(activation: Activation) -> tuple[str, bytes]:
    return activation.jti, b64url_decode(activation.device)


def _gone(retired: bool, *, taken: bool) -> DeviceRetired | SeatTaken | EnrolmentUnconfirmed:
    if retired:
        return DeviceRetired()
    return SeatTaken() if taken else EnrolmentUnconfirmed()
