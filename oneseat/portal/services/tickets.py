"""Issues entry tickets: reads the state, asks the ticket rules, and takes the place, in one transaction.

The transaction locks the seat's activation, so simultaneous requests, in any number of
processes, run one after another and each sees what the one before it did. The response is
sent after the commit, so every ticket that a candidate holds is in the database.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection

from oneseat.portal.exam import schedule
from oneseat.portal.exam.served_exam import CharterInForce, ServedExam
from oneseat.portal.refusals.devices import DeviceSignatureInvalid, EnrolmentUnconfirmed, LicenceWithdrawn
from oneseat.portal.refusals.http import RequestInvalid
from oneseat.portal.refusals.login import SeatRevoked
from oneseat.portal.refusals.tickets import (
    AlreadySubmitted,
    LoginClosed,
    MockMissing,
    MockTaken,
    SessionAbsent,
    SessionNotOpen,
    SessionOver,
)
from oneseat.portal.rules.rate_limits import seconds_until
from oneseat.portal.rules.ticket_rules import (
    Attended,
    Entry,
    Kind,
    Reason,
    Refused,
    SeatFacts,
    TicketRules,
    decide,
)
from oneseat.state.candidates import activations, attendance, seats
from oneseat.state.candidates.attendance import Place
from oneseat.state.errors import DeviceRetired, SeatTaken
from signing.authority.signer import sign_token
from signing.charter import Charter
from signing.errors import OneSeatError
from signing.jws import b64url_decode, verify_bytes
from signing.refusals import LicenceForOtherExam, SignatureInvalid, TokenMalformed
from signing.text import Text
from signing.tokens import VERSION, Activation, Ticket, ticket_message

_NAMES = {
    Kind.MOCK: Text("mock interview", "模拟面试"),
    Kind.FORMAL: Text("formal interview", "正式面试"),
}
_NO_MORE_MOCKS = Text("this was the last mock interview of the exam", "此后不再安排模拟面试")


@dataclass(frozen=True)
class TicketRequest:
    """What a device sends. ``activation`` is None while its enrolment is provisional."""

    activation: str | None = field(repr=False)
    kind: Kind
    nonce: str
    signature: str


@dataclass(frozen=True)
class Admitted:
    """The ticket, when its session ends, and whether a formal interview is entered without a mock."""

    ticket: str = field(repr=False)
    session_ends: datetime
    unrehearsed: bool


def enter(exam: ServedExam, request: TicketRequest, now: datetime) -> Admitted:
    """Give the device that asks its ticket, if the rules do.

    Whoever goes back into a session gets the very ticket of the first time, as long as
    device and end are still the same.

    Raises:
        NonceInvalid, DeviceSignatureInvalid: the request is not freshly signed by the device.
        EnrolmentUnconfirmed, DeviceRetired, SeatTaken: it is not the seat's confirmed device.
        TokenMalformed, KeyUnknown, SignatureInvalid, LicenceForOtherExam: the activation is not ours.
        LicenceWithdrawn, SeatRevoked: the seat is no longer what it was.
        SessionAbsent, SessionNotOpen, SessionOver, LoginClosed, MockTaken, MockMissing,
            AlreadySubmitted: the rules say no.
    """
    exam.signed_values.check_nonce(request.nonce, now)
    in_force = exam.charter()
    activation = _proved(request, in_force.charter)
    rules = TicketRules.of(in_force.charter)
    with exam.database.writing() as connection:
        return _TicketIssuing(connection, exam, in_force, rules, now).admit(activation, request.kind)


def _proved(request: TicketRequest, charter: Charter) -> Activation:
    """The device's activation, when the portal gave it and the device itself signed this request."""
    if request.activation is None:
        raise EnrolmentUnconfirmed
    message = ticket_message(request.nonce, request.activation, request.kind)
    return proved_device(request.activation, request.signature, message, charter)


def proved_device(token: str, signature: str, message: bytes, charter: Charter) -> Activation:
    """The activation in ``token``, when the portal gave it and its device signed ``message`` (base64url).

    Raises:
        TokenMalformed, KeyUnknown, SignatureInvalid, LicenceForOtherExam: the activation is not ours.
        RequestInvalid, DeviceSignatureInvalid: the signature is not the device's.
    """
    activation = Activation.verified(token, charter.keys_for("activation"))
    if activation.exam != charter.exam:
        raise LicenceForOtherExam
    try:
        signed = b64url_decode(signature)
    except TokenMalformed:
        raise RequestInvalid(where="signature is not base64url") from None
    try:
        verify_bytes(message, signed, b64url_decode(activation.device))
    except SignatureInvalid:
        raise DeviceSignatureInvalid from None
    return activation


@dataclass(frozen=True)
class _TicketIssuing:
    """One request at the door: everything within one writing transaction."""

    connection: Connection
    exam: ServedExam
    in_force: CharterInForce
    rules: TicketRules
    now: datetime

    def admit(self, activation: Activation, kind: Kind) -> Admitted:
        seat = seats.find_by_jti(self.connection, self.exam.exam, activation.jti)
        if seat is None:
            raise LicenceWithdrawn
        held = attendance.confirmed_device(self.connection, activation.jti)
        facts, device = SeatFacts(not seat.revoked, held), b64url_decode(activation.device)
        while True:
            places = attendance.of_seat(self.connection, self.exam.exam, seat.admission_number)
            said = decide(self.now, kind, device, self.rules, facts, [attended(place) for place in places])
            if isinstance(said, Refused):
                raise self._refusal(said, activation.jti, device)
            ticket = self._ticket(said, activation)
            if said.returning:
                token = self._again(_held(places, said), ticket)
            else:
                token = sign_token(self.exam.ticket_signer, Ticket.TYP, ticket.claims())
                if not attendance.take(
                    self.connection, self._place(said, seat.admission_number, ticket, token)
                ):
                    # Taken meanwhile under an earlier licence of the same candidate: ask the rules again.
                    continue
            return Admitted(token, said.ends, said.unrehearsed)

    def _ticket(self, said: Entry, activation: Activation) -> Ticket:
        return Ticket(
            exam=self.exam.exam,
            jti=activation.jti,
            device=activation.device,
            kind=said.kind,
            session=str(said.session),
            iat=int(self.now.timestamp()),
            exp=int(said.ends.timestamp()),
            v=VERSION,
        )

    def _place(self, said: Entry, admission_number: str, ticket: Ticket, token: str) -> Place:
        return Place(
            exam=self.exam.exam,
            admission_number=admission_number,
            jti=ticket.jti,
            kind=said.kind,
            session=said.session,
            day=said.day,
            device_key=b64url_decode(ticket.device),
            ticket=token,
            first_ticket_at=self.now,
            last_ticket_at=self.now,
        )

    def _again(self, place: Place, ticket: Ticket) -> str:
        """The place's ticket: the one that was given, unless device, end or key have changed."""
        token = place.ticket
        if not _still_says(token, ticket, self.in_force.charter):
            token = sign_token(self.exam.ticket_signer, Ticket.TYP, ticket.claims())
        device = b64url_decode(ticket.device)
        attendance.come_back(self.connection, place, ticket.jti, device, token, self.now)
        return token

    def _refusal(self, said: Refused, jti: str, device: bytes) -> OneSeatError:
        if said.reason in (Reason.UNCONFIRMED, Reason.OTHER_DEVICE):
            if activations.is_retired(self.connection, jti, device):
                return DeviceRetired()
            return EnrolmentUnconfirmed() if said.reason is Reason.UNCONFIRMED else SeatTaken()
        return refusal_of(said, self.in_force, self.now)


def attended(place: Place) -> Attended:
    """What the rules need to know of a place."""
    started, ended = place.started_at is not None, place.ended_at is not None
    return Attended(Kind(place.kind), place.session, place.day, started, ended)


def refusal_of(said: Refused, in_force: CharterInForce, now: datetime) -> OneSeatError:
    """The rules' no as a refusal that a candidate can read."""
    kind, zone = _NAMES[said.kind], in_force.zone
    plain = {
        Reason.WITHDRAWN: SeatRevoked,
        Reason.UNCONFIRMED: EnrolmentUnconfirmed,
        Reason.OTHER_DEVICE: SeatTaken,
        Reason.SUBMITTED: AlreadySubmitted,
        Reason.MOCK_MISSING: MockMissing,
    }
    if said.reason in plain:
        return plain[said.reason]()
    if said.reason is Reason.MOCK_TAKEN:
        return MockTaken(then=_NO_MORE_MOCKS if said.at is None else _next(schedule.opening(said.at, zone)))
    if said.at is None:
        return SessionAbsent(kind=kind)
    if said.reason is Reason.NOT_YET:
        refusal = SessionNotOpen(kind=kind, opens=schedule.opening(said.at, zone))
        refusal.retry_after_s = seconds_until(said.at, now)
        return refusal
    closed = schedule.deadline(said.at, zone)
    return LoginClosed(closed=closed) if said.reason is Reason.LATE else SessionOver(kind=kind, closed=closed)


def _next(opens: Text) -> Text:
    return Text(f"the next is possible from {opens.en}", f"下一场可于 {opens.zh} 起参加")


def _held(places: Sequence[Place], said: Entry) -> Place:
    wanted = (said.kind, said.session, said.day)
    return next(place for place in places if (place.kind, place.session, place.day) == wanted)


def _still_says(token: str, ticket: Ticket, charter: Charter) -> bool:
    """Whether a ticket given before says what one given now would, and verifies."""
    try:
        given = Ticket.verified(token, charter.keys_for("ticket"))
    except OneSeatError:
        return False
    return replace(given, iat=ticket.iat) == ticket
