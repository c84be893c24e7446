"""Issues entry tickets: reads the state, asks the rules and takes the place, in one transaction.

The transaction locks the seat's activation, so simultaneous requests, in any number of
processes, run one after another and each sees what the one before it did. The response is
sent after the commit, so every ticket that a candidate holds is in the database.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from oneseat.portal.errors import PortalError
from oneseat.portal.exam import schedule
from oneseat.portal.exam.served_exam import CharterInForce, ServedExam
from oneseat.portal.refusals.devices import DeviceSignatureInvalid, EnrolmentUnconfirmed, LicenceWithdrawn
from oneseat.portal.refusals.login import SeatRevoked
from oneseat.portal.refusals.tickets import (
    AlreadySubmitted,
    LoginClosed,
    MockMissing,
    MockTaken,
    MockTooLate,
    RoomReportRefused,
    SessionAbsent,
    SessionNotOpen,
    SessionOver,
    SessionUnassigned,
)
from oneseat.portal.rules.rate_limits import seconds_until
from oneseat.portal.rules.ticket_rules import (
    Admission,
    AttendedSession,
    Kind,
    Reason,
    Refused,
    TicketFacts,
    UploadReport,
    decide_ticket,
)
from oneseat.portal.rules.utc_interval import utc
from oneseat.state.candidates import activations, attendance, seats
from oneseat.state.candidates.attendance import AttendanceRecord
from oneseat.state.errors import DeviceRetired, SeatTaken
from oneseat.web.refusals import RequestInvalid
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
ADMISSION_TOLERANCE = timedelta(minutes=5)
"""How far the clock of a room may be ahead."""
_ADMITTED_TO_COME = Text("it has not happened yet", "事件时间晚于当前时间")
_NO_MORE_MOCKS = Text("this was the last mock interview of the exam", "此后不再安排模拟面试")


@dataclass(frozen=True)
class TicketRequest:
    """What a device sends. ``activation`` is None while its enrolment is provisional."""

    activation: str | None = field(repr=False)
    kind: Kind
    nonce: str
    signature: str


@dataclass(frozen=True)
class IssuedTicket:
    """The ticket, when its session ends, and whether a formal interview is entered without a mock."""

    ticket: str = field(repr=False)
    session_ends: datetime
    unrehearsed: bool


def issue_ticket(exam: ServedExam, request: TicketRequest, now: datetime) -> IssuedTicket:
    """Issue the device's ticket, if the rules admit it.

    A candidate who returns to a session gets the ticket of the first time again, as long as
    device and end are the same.

    Raises:
        NonceInvalid, DeviceSignatureInvalid: the request is not freshly signed by the device.
        EnrolmentUnconfirmed, DeviceRetired, SeatTaken: the device is not the seat's confirmed one.
        TokenMalformed, KeyUnknown, SignatureInvalid, LicenceForOtherExam: the activation is not ours.
        LicenceWithdrawn: the licence was replaced.
        SeatRevoked: the seat was revoked.
        SessionAbsent: the exam has no session of this kind.
        SessionNotOpen, SessionOver: none is open now.
        LoginClosed: it is a first login after the session's last login.
        MockTaken: the candidate has had the day's mock.
        MockTooLate: no mock that is begun now would end before its session closes.
        SessionUnassigned: the exam has several formal sessions, and the seat was given none.
        MockMissing: the formal interview needs a mock, and the candidate took part in none.
        AlreadySubmitted: the candidate has handed in.
    """
    exam.signed_values.check_nonce(request.nonce, now)
    in_force = exam.charter()
    activation = _verify_request(request, in_force.charter)
    with exam.database.writing() as connection:
        return _TicketIssuing(connection, exam, in_force, now).issue(activation, request.kind)


def issue_afterwards(
    exam: ServedExam, token: str, kind: Kind, at: datetime, now: datetime
) -> tuple[str | None, str | None]:
    """Issue the ticket of a device that a room admitted without one at ``at``, by the rules as of then.

    Returns the ticket, or the code of what the rules object to: then nothing is recorded.

    Raises:
        TokenMalformed, KeyUnknown, SignatureInvalid, LicenceForOtherExam: the activation is not ours.
        RoomReportRefused: the time is to come.
    """
    in_force = exam.charter()
    activation = Activation.verify(token, in_force.charter.keys_for("activation"))
    if activation.exam != exam.exam:
        raise LicenceForOtherExam
    if utc(at) > now + ADMISSION_TOLERANCE:
        raise RoomReportRefused(reason=_ADMITTED_TO_COME)
    try:
        with exam.database.writing() as connection:
            issued = _TicketIssuing(connection, exam, in_force, utc(at)).issue(activation, kind)
    except (PortalError, SeatTaken, DeviceRetired) as refusal:
        return None, refusal.code
    return issued.ticket, None


def _verify_request(request: TicketRequest, charter: Charter) -> Activation:
    """Verify the activation, and the device's signature over this request."""
    if request.activation is None:
        raise EnrolmentUnconfirmed
    message = ticket_message(request.nonce, request.activation, request.kind)
    return verify_device(request.activation, request.signature, message, charter)


def verify_device(token: str, signature: str, message: bytes, charter: Charter) -> Activation:
    """Verify an activation token, and its device's ``signature`` (base64url) over ``message``.

    Raises:
        TokenMalformed, KeyUnknown, SignatureInvalid, LicenceForOtherExam: the activation is not ours.
        RequestInvalid: the signature is not base64url.
        DeviceSignatureInvalid: it is not the device's.
    """
    activation = Activation.verify(token, charter.keys_for("activation"))
    if activation.exam != charter.exam:
        raise LicenceForOtherExam
    try:
        signed = b64url_decode(signature)
    except TokenMalformed:
        raise RequestInvalid(where="signature (base64url)") from None
    try:
        verify_bytes(message, signed, b64url_decode(activation.device))
    except SignatureInvalid:
        raise DeviceSignatureInvalid from None
    return activation


@dataclass(frozen=True)
class _TicketIssuing:
    """Issues one ticket within one write transaction."""

    connection: Connection
    exam: ServedExam
    in_force: CharterInForce
    now: datetime

    def issue(self, activation: Activation, kind: Kind) -> IssuedTicket:
        seat = seats.find_by_jti(self.connection, self.exam.exam, activation.jti)
        if seat is None:
            raise LicenceWithdrawn
        rules = self.exam.charter_of(seat, self.in_force).ticket_rules
        held = attendance.lock_active_device(self.connection, activation.jti)
        facts, device = TicketFacts(not seat.revoked, held), b64url_decode(activation.device)
        while True:
            places = attendance.find_by_seat(self.connection, self.exam.exam, seat.admission_number)
            decision = decide_ticket(
                self.now, kind, device, rules, facts, [attended_session(place) for place in places]
            )
            if isinstance(decision, Refused):
                raise self._refusal(decision, activation.jti, device)
            ticket = self._ticket(decision, activation)
            if decision.returning:
                token = self._reissue(_matching_place(places, decision), ticket)
            else:
                token = sign_token(self.exam.ticket_signer, Ticket.TYP, ticket.claims())
                if not attendance.record_first_ticket(
                    self.connection, self._place(decision, seat.admission_number, ticket, token)
                ):
                    # Taken meanwhile under an earlier licence of the same candidate: ask the rules again.
                    continue
            return IssuedTicket(token, decision.ends, decision.unrehearsed)

    def _ticket(self, admission: Admission, activation: Activation) -> Ticket:
        return Ticket(
            exam=self.exam.exam,
            jti=activation.jti,
            device=activation.device,
            kind=admission.kind,
            session=str(admission.session),
            iat=int(self.now.timestamp()),
            exp=int(admission.ends.timestamp()),
            v=VERSION,
        )

    def _place(
        self, admission: Admission, admission_number: str, ticket: Ticket, token: str
    ) -> AttendanceRecord:
        return AttendanceRecord(
            exam=self.exam.exam,
            admission_number=admission_number,
            jti=ticket.jti,
            kind=admission.kind,
            session=admission.session,
            day=admission.day,
            device_key=b64url_decode(ticket.device),
            ticket=token,
            first_ticket_at=self.now,
            last_ticket_at=self.now,
        )

    def _reissue(self, place: AttendanceRecord, ticket: Ticket) -> str:
        """The place's stored ticket, or a new one where device, end or key have changed."""
        token = place.ticket
        if not _is_still_valid(token, ticket, self.in_force.charter):
            token = sign_token(self.exam.ticket_signer, Ticket.TYP, ticket.claims())
        device = b64url_decode(ticket.device)
        attendance.record_later_ticket(self.connection, place, ticket.jti, device, token, self.now)
        return token

    def _refusal(self, refused: Refused, jti: str, device: bytes) -> OneSeatError:
        if refused.reason in (Reason.UNCONFIRMED, Reason.OTHER_DEVICE):
            if activations.is_retired(self.connection, jti, device):
                return DeviceRetired()
            return EnrolmentUnconfirmed() if refused.reason is Reason.UNCONFIRMED else SeatTaken()
        return ticket_refusal(refused, self.in_force, self.now)


def attended_session(place: AttendanceRecord) -> AttendedSession:
    """A place as the rules take it."""
    started, ended = place.started_at is not None, place.ended_at is not None
    return AttendedSession(Kind(place.kind), place.session, place.day, started, ended, upload_report(place))


def upload_report(place: AttendanceRecord) -> UploadReport | None:
    """What the exam room reported of a place's upload, or None."""
    if place.upload_until is None or place.upload_reported_at is None:
        return None
    complete = place.completed_at is not None
    return UploadReport(place.upload_until, place.upload_reported_at, place.upload_left_bytes, complete)


def ticket_refusal(refused: Refused, in_force: CharterInForce, now: datetime) -> OneSeatError:
    """The refusal for the rules' reason, with words for candidates."""
    kind, zone = _NAMES[refused.kind], in_force.zone
    plain = {
        Reason.WITHDRAWN: SeatRevoked,
        Reason.UNCONFIRMED: EnrolmentUnconfirmed,
        Reason.OTHER_DEVICE: SeatTaken,
        Reason.SUBMITTED: AlreadySubmitted,
        Reason.MOCK_MISSING: MockMissing,
        Reason.UNASSIGNED: SessionUnassigned,
    }
    if refused.reason in plain:
        return plain[refused.reason]()
    if refused.reason in (Reason.MOCK_TAKEN, Reason.MOCK_LATE):
        then = _NO_MORE_MOCKS if refused.at is None else _next(schedule.opening(refused.at, zone))
        return MockTaken(then=then) if refused.reason is Reason.MOCK_TAKEN else MockTooLate(then=then)
    if refused.at is None:
        return SessionAbsent(kind=kind)
    if refused.reason is Reason.NOT_YET:
        refusal = SessionNotOpen(kind=kind, opens=schedule.opening(refused.at, zone))
        refusal.retry_after_s = seconds_until(refused.at, now)
        return refusal
    closed = schedule.deadline(refused.at, zone)
    return (
        LoginClosed(closed=closed) if refused.reason is Reason.LATE else SessionOver(kind=kind, closed=closed)
    )


def _next(opens: Text) -> Text:
    return Text(f"the next is possible from {opens.en}", f"下一场可于 {opens.zh} 起参加")


def _matching_place(places: Sequence[AttendanceRecord], admission: Admission) -> AttendanceRecord:
    key = (admission.kind, admission.session, admission.day)
    return next(place for place in places if (place.kind, place.session, place.day) == key)


def _is_still_valid(token: str, ticket: Ticket, charter: Charter) -> bool:
    """Whether a stored ticket verifies and equals a new one in all but its issue time."""
    try:
        given = Ticket.verify(token, charter.keys_for("ticket"))
    except OneSeatError:
        return False
    return replace(given, iat=ticket.iat) == ticket
