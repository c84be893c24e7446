"""Authenticates help requests of a seat's device by its signature, as check-ins are."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from oneseat.portal.exam.served_exam import ServedExam
from oneseat.portal.refusals.devices import LicenceWithdrawn
from oneseat.portal.services.check_in import own_seat
from oneseat.portal.services.tickets import verify_device
from oneseat.state.candidates import seats
from oneseat.state.candidates.seats import PublishedSeat
from signing.tokens import help_message


@dataclass(frozen=True)
class DeviceCall:
    """What a device sends: as :class:`oneseat.portal.sdk.models.DeviceHelpBody`."""

    activation: str = field(repr=False)
    nonce: str
    act: str
    content: str = field(repr=False)
    signature: str


def seat_of_device(exam: ServedExam, call: DeviceCall, now: datetime) -> PublishedSeat:
    """The seat whose device has signed the call.

    Raises:
        NonceInvalid, DeviceSignatureInvalid: the call is not freshly signed by the device.
        TokenMalformed, KeyUnknown, SignatureInvalid, LicenceForOtherExam: the activation is not ours.
        LicenceWithdrawn, SeatRevoked, DeviceRetired, SeatTaken, EnrolmentUnconfirmed: it lost the seat.
    """
    exam.signed_values.check_nonce(call.nonce, now)
    message = help_message(call.nonce, call.activation, call.act, call.content)
    activation = verify_device(call.activation, call.signature, message, exam.charter().charter)
    with exam.database.reading() as connection:
        own_seat(connection, exam.exam, activation)
        seat = seats.find_by_jti(connection, exam.exam, activation.jti)
    if seat is None:
        raise LicenceWithdrawn
    return seat
