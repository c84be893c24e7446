"""What a room admitted without tickets is reconciled: a ticket as of then, or what the rules object to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest

from oneseat.room.services.portal.portal_reports import PortalReports
from oneseat.room.services.portal.reconciling import PortalAdmissions
from oneseat.state.accounts.service_tokens import Scope
from oneseat.state.database import Database
from oneseat.state.room import admissions, attempts, reports
from oneseat.state.room.admissions import Admission
from oneseat.state.room.attempts import NewAttempt
from signing.authority.signer import sign_token
from signing.clock import FixedClock
from signing.jws import b64url_encode
from signing.room_tokens import Pass
from signing.tokens import VERSION, Ticket
from tests.portal.published_exam import EXAM, INSIDE, PublishedExam, Running
from tests.simulator import Candidate


@pytest.fixture
def candidate(portal: Running, exam: PublishedExam) -> Iterator[Candidate]:
    with portal.candidate(exam.people[0]) as made:
        made.activated(exam.licence(exam.people[0]))
        yield made


def ask(portal: Running, token: str, candidate: Candidate, **changes: Any) -> httpx.Response:
    body = {"activation": candidate.activation, "kind": "mock", "at": INSIDE.isoformat(), **changes}
    url = f"{portal.url}/api/v1/exams/{EXAM}/room/admissions"
    return httpx.post(url, json=body, headers={"authorization": f"Bearer {token}"})


def test_a_ticket_is_given_as_of_the_admission(
    portal: Running, exam: PublishedExam, candidate: Candidate
) -> None:
    token = exam.service_token(Scope.ROOM_ADMIT)
    portal.at(INSIDE + timedelta(days=2))
    answer = ask(portal, token, candidate).json()
    ticket = Ticket.verify(answer["ticket"], exam.charter.keys_for("ticket"))
    assert (ticket.kind, ticket.iat, answer["refusal"]) == ("mock", int(INSIDE.timestamp()), None)
    (place,) = exam.places(candidate.person)
    assert (place.first_ticket_at, place.ticket) == (INSIDE, answer["ticket"])
    assert ask(portal, token, candidate).json() == answer, "safe to repeat"


def test_what_the_rules_object_to_is_named_and_nothing_is_recorded(
    portal: Running, exam: PublishedExam, candidate: Candidate
) -> None:
    token = exam.service_token(Scope.ROOM_ADMIT)
    before = (exam.charter.mocks[0].opens - timedelta(seconds=1)).isoformat()
    assert ask(portal, token, candidate, at=before).json() == {"ticket": None, "refusal": "OS-200"}
    exam.revoke(candidate.person)
    assert ask(portal, token, candidate).json() == {"ticket": None, "refusal": "OS-179"}
    assert exam.places(candidate.person) == ()


def test_it_needs_its_scope_a_true_activation_and_a_past_time(
    portal: Running, exam: PublishedExam, candidate: Candidate
) -> None:
    others = [scope for scope in Scope if scope is not Scope.ROOM_ADMIT]
    assert ask(portal, exam.service_token(*others), candidate).json()["code"] == "OS-221"
    token = exam.service_token(Scope.ROOM_ADMIT)
    assert ask(portal, token, candidate, activation="x.y.z").status_code == 400
    ahead = (INSIDE + timedelta(minutes=6)).isoformat()
    assert ask(portal, token, candidate, at=ahead).json()["code"] == "OS-222"


@dataclass
class Outbox:
    """The parts of a room that its reports need."""

    exam: str
    database: Database
    clock: FixedClock


def test_reports_wait_for_the_ticket_and_go_when_the_portal_is_back(
    portal: Running, exam: PublishedExam, candidate: Candidate
) -> None:
    jti, device = exam.jti(candidate.person), candidate.device.public_key
    claims = Pass(
        exam=EXAM,
        jti=jti,
        device=b64url_encode(device),
        kind="mock",
        session="0",
        iat=int(INSIDE.timestamp()),
        exp=int((INSIDE + timedelta(hours=10)).timestamp()),
        v=VERSION,
    )
    given = sign_token(exam.keys.portal.signer("ticket"), Pass.TYP, claims.claims())
    admission = Admission(EXAM, jti, "mock", 0, device, INSIDE, candidate.activation, INSIDE)
    with exam.database.writing() as connection:
        assert admissions.add(connection, admission)
        assert attempts.create(
            connection, NewAttempt("a" * 32, EXAM, jti, "mock", 0, 1, device, given, INSIDE)
        )
        reports.add(connection, EXAM, "a" * 32, reports.START, INSIDE)
    outbox: Any = Outbox(EXAM, exam.database, portal.clock)
    token = exam.service_token(Scope.ROOM_ADMIT, Scope.ROOM_REPORT)
    away = PortalAdmissions(outbox, "http://127.0.0.1:9", token)
    assert away.send_due() == 1
    away.close()
    with exam.database.reading() as connection:
        assert [known.reconciled_at for known in admissions.list_all(connection, EXAM)] == [None]
    starts = PortalReports(outbox, portal.url, token)
    starts.send_due()
    assert exam.places(candidate.person) == ()
    portal.at(INSIDE + timedelta(minutes=2))
    back = PortalAdmissions(outbox, portal.url, token)
    assert back.send_due() == 1
    back.close()
    starts.send_due()
    starts.close()
    (place,) = exam.places(candidate.person)
    assert place.started_at == INSIDE
    with exam.database.reading() as connection:
        (known,) = admissions.list_all(connection, EXAM)
    assert (known.reconciled_at, known.refusal) == (INSIDE + timedelta(minutes=2), None)
