"""Records that a device is online, and tells it whether it still holds its seat."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection

from oneseat.portal.exam.served_exam import ServedExam
from oneseat.portal.refusals.devices import EnrolmentUnconfirmed, LicenceWithdrawn
from oneseat.portal.refusals.login import SeatRevoked
from oneseat.portal.rules.ticket_rules import MockState, mock_state
from oneseat.portal.services.tickets import attended_session, verify_device
from oneseat.state.candidates import activations, attendance, check_ins, seats
from oneseat.state.candidates.failures import FailureKind
from oneseat.state.candidates.seats import PublishedSeat
from oneseat.state.errors import DeviceRetired, SeatTaken
from signing.authority.signer import sign_token
from signing.jws import b64url_decode
from signing.tokens import VERSION, Activation, SeatTimes, check_in_message

RECORD_INTERVAL = timedelta(minutes=1)
"""Check-ins that come sooner are answered and not recorded: one device must not keep the database busy."""


@dataclass(frozen=True)
class CheckInRequest:
    """What a device sends: as :class:`oneseat.portal.sdk.models.CheckInBody`."""

    activation: str = field(repr=False)
    nonce: str
    client_nonce: str
    build: str
    signature: str
    codes: list[str] | None = None


@dataclass(frozen=True)
class CheckedIn:
    """The version of the charter in force, the candidate's state in the mocks, and the seat's own times.

    ``mock`` is None without mocks; ``terms`` is a signed :class:`signing.tokens.SeatTimes`. ``newest_order``
    is the number of the last order that changes sessions, 0 without one.
    """

    charter_version: int
    mock: MockState | None
    terms: str = field(repr=False)
    newest_order: int = 0


def check_in(exam: ServedExam, request: CheckInRequest, now: datetime) -> CheckedIn:
    """Record a device whose seat is still its own, and return what it is to know.

    Raises:
        NonceInvalid, DeviceSignatureInvalid: the request is not freshly signed by the device.
        TokenMalformed, KeyUnknown, SignatureInvalid, LicenceForOtherExam: the activation is not ours.
        LicenceWithdrawn: the licence was replaced.
        SeatRevoked: the seat was revoked.
        DeviceRetired: the seat was moved to another device.
        SeatTaken: another device holds the seat.
        EnrolmentUnconfirmed: no device holds the seat.
    """
    exam.signed_values.check_nonce(request.nonce, now)
    in_force = exam.charter()
    charter = in_force.charter
    message = check_in_message(request.nonce, request.activation, request.client_nonce, request.build)
    activation = verify_device(request.activation, request.signature, message, charter)
    with exam.database.reading() as connection:
        seat = own_seat(connection, exam.exam, activation)
        attended = attendance.find_by_seat(connection, exam.exam, seat.admission_number)
        last = check_ins.find_last(connection, activation.jti)
    if last is None or last.build != request.build or now - last.at >= RECORD_INTERVAL:
        with exam.database.writing() as connection:
            # Read again: the seat may have been moved between the two transactions.
            own_seat(connection, exam.exam, activation)
            check_ins.record(connection, exam.exam, activation.jti, request.build, now)
    _record_codes(exam, activation.jti, request.codes or [], now)
    mock = mock_state(map(attended_session, attended)) if charter.mocks else None
    return CheckedIn(charter.version, mock, _signed_times(exam, seat, now), in_force.newest_order)


def _signed_times(exam: ServedExam, seat: PublishedSeat, now: datetime) -> str:
    terms = exam.terms_of(seat)
    session = "" if terms.formal is None else str(terms.formal)
    times = SeatTimes(exam.exam, seat.jti, session, terms.extra_s, int(now.timestamp()), VERSION)
    return sign_token(exam.ticket_signer, SeatTimes.TYP, times.claims())


def _record_codes(exam: ServedExam, jti: str, codes: list[str], now: datetime) -> None:
    for code in codes:
        kind = FailureKind.CLIENT if code.startswith("OS-") else FailureKind.HEALTH
        exam.failures.of_jti(jti, kind, code, "client", now)


def own_seat(connection: Connection, exam: str, activation: Activation) -> PublishedSeat:
    """The seat of a device; one whose seat is no longer its own is refused.

    Raises:
        LicenceWithdrawn: the licence was replaced.
        SeatRevoked: the seat was revoked.
        DeviceRetired: the seat was moved to another device.
        SeatTaken: another device holds the seat.
        EnrolmentUnconfirmed: no device holds the seat.
    """
    seat = seats.find_by_jti(connection, exam, activation.jti)
    if seat is None:
        raise LicenceWithdrawn
    if seat.revoked:
        raise SeatRevoked
    held = activations.find(connection, activation.jti)
    if held is None or held.device_key != b64url_decode(activation.device):
        raise _lost_seat(activations.is_retired(connection, *_key(activation)), taken=held is not None)
    return seat


def _key(activation: Activation) -> tuple[str, bytes]:
    return activation.jti, b64url_decode(activation.device)


def _lost_seat(retired: bool, *, taken: bool) -> DeviceRetired | SeatTaken | EnrolmentUnconfirmed:
    if retired:
        return DeviceRetired()
    return SeatTaken() if taken else EnrolmentUnconfirmed()
