"""Our own room's reports are taken by a real portal: a start and an end, by the outbox."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from oneseat.room.services.portal_reports import PortalReports
from oneseat.state.accounts.service_tokens import Scope
from oneseat.state.candidates import attendance
from oneseat.state.candidates.attendance import AttendanceRecord
from oneseat.state.database import Database
from oneseat.state.room import attempts, reports
from oneseat.state.room.attempts import NewAttempt
from signing.authority.signer import sign_token
from signing.clock import FixedClock
from signing.jws import b64url_encode
from signing.tokens import VERSION, Ticket
from tests.portal.published_exam import EXAM, INSIDE, PublishedExam, Running


@dataclass
class Outbox:
    """The parts of a room that its reports need."""

    exam: str
    database: Database
    clock: FixedClock


def test_a_portal_takes_the_reports_of_our_room(portal: Running, exam: PublishedExam) -> None:
    person, device = exam.people[0], bytes(range(32))
    ticket = Ticket(
        exam=EXAM,
        jti=exam.jti(person),
        device=b64url_encode(device),
        kind="mock",
        session="0",
        iat=int(INSIDE.timestamp()),
        exp=int((INSIDE + timedelta(hours=10)).timestamp()),
        v=VERSION,
    )
    token = sign_token(exam.keys.portal.signer("ticket"), Ticket.TYP, ticket.claims())
    place = AttendanceRecord(
        EXAM,
        person.admission_number,
        ticket.jti,
        "mock",
        0,
        INSIDE.date(),
        device,
        token,
        INSIDE,
        INSIDE,
    )
    attempt = NewAttempt("a" * 32, EXAM, ticket.jti, "mock", 0, 1, device, token, INSIDE)
    began = INSIDE + timedelta(seconds=1, milliseconds=250)
    with exam.database.writing() as connection:
        assert attendance.record_first_ticket(connection, place)
        assert attempts.create(connection, attempt)
        reports.add(connection, EXAM, attempt.id, "start", began)
        reports.add(connection, EXAM, attempt.id, "end", began + timedelta(minutes=10))
    portal.at(began + timedelta(minutes=11))
    outbox = Outbox(EXAM, exam.database, portal.clock)
    sender = PortalReports(outbox, portal.url, exam.service_token(Scope.ROOM_REPORT))  # type: ignore[arg-type]
    assert sender.send_due() == 2
    sender.close()
    (kept,) = exam.places(person)
    assert kept.started_at == began
    assert kept.ended_at == began + timedelta(minutes=10)
