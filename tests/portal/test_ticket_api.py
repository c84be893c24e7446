"""Tickets over real HTTP: the right device, at the right time, once; and only the exam room is believed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import httpx
import pytest

from oneseat.state.accounts.service_tokens import Scope
from signing.authority.signer import sign_token
from signing.charter import Charter, CharterKey, FormalSession, Window
from signing.jws import b64url_encode
from signing.tokens import VERSION, Activation, Ticket
from tests.charters import at
from tests.portal.published_exam import EXAM, INSIDE, SECOND, PublishedExam, Running
from tests.simulator import Candidate, Device, Person, Room

NEXT_MOCK = at(5, 12)
LOGIN_OPENS, LAST_LOGIN, SUBMISSION = at(10, 10, 10), at(10, 11), at(10, 11, 10)


def code(answer: httpx.Response) -> str:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return str(answer.json()["code"])


def said(token: str, charter: Charter) -> Ticket:
    return Ticket.verify(token, charter.keys_for("ticket"))


@pytest.fixture
def candidate(portal: Running, exam: PublishedExam) -> Iterator[Candidate]:
    """A candidate whose computer is activated, on the first mock's day."""
    with portal.candidate(exam.people[0]) as made:
        made.activated(exam.licence(exam.people[0]))
        yield made


@pytest.fixture
def room(candidate: Candidate, exam: PublishedExam) -> Room:
    return Room(candidate, exam.service_token(Scope.ROOM_REPORT))


def test_a_ticket_is_for_this_seat_device_and_session_and_ends_with_it(
    candidate: Candidate, exam: PublishedExam
) -> None:
    answer = candidate.enter("mock")
    assert answer.status_code == 200
    body = answer.json()
    assert body["warning"] is None
    assert datetime.fromisoformat(body["session_ends"]) == exam.charter.mocks[0].closes
    assert said(body["ticket"], exam.charter) == Ticket(
        exam=EXAM,
        jti=exam.jti(candidate.person),
        device=b64url_encode(candidate.device.public_key),
        kind="mock",
        session="0",
        iat=int(INSIDE.timestamp()),
        exp=int(exam.charter.mocks[0].closes.timestamp()),
        v=VERSION,
    )
    (place,) = exam.places(candidate.person)
    assert (place.ticket, place.slot, place.first_ticket_at) == (body["ticket"], "mock/2035-01-04", INSIDE)
    assert place.started_at is None


def test_the_way_through_an_exam(
    portal: Running, candidate: Candidate, room: Room, exam: PublishedExam
) -> None:
    mock = candidate.ticket("mock")
    assert room.starts(mock).json()["in_force"]
    portal.at(INSIDE + timedelta(hours=2))
    assert candidate.ticket("mock") == mock, "going back into the same mock is not a second one"
    assert not room.ends(mock).json()["in_force"]
    second = candidate.enter("mock")
    assert (second.status_code, code(second)) == (403, "OS-203")
    assert "5 January 2035, 10:00" in second.json()["remedy"]["en"]
    portal.at(NEXT_MOCK)
    assert candidate.ticket("mock") != mock
    portal.at(LOGIN_OPENS - SECOND)
    early = candidate.enter("formal")
    assert (code(early), early.headers["retry-after"]) == ("OS-200", "1")
    portal.at(LOGIN_OPENS)
    formal = candidate.ticket("formal")
    assert room.starts(formal).status_code == 200
    for moment in (LAST_LOGIN, SUBMISSION - SECOND):
        portal.at(moment)
        back = candidate.enter("formal").json()
        assert back["ticket"] == formal
        assert datetime.fromisoformat(back["session_ends"]) == SUBMISSION
    portal.at(SUBMISSION)
    assert code(candidate.enter("formal")) == "OS-201"
    assert [place.slot for place in exam.places(candidate.person)] == [
        "mock/2035-01-04",
        "mock/2035-01-05",
        "formal/0",
    ]


def test_nobody_is_back_after_handing_in(portal: Running, candidate: Candidate, room: Room) -> None:
    room.starts(candidate.ticket("mock"))
    portal.at(LOGIN_OPENS)
    formal = candidate.ticket("formal")
    portal.at(LAST_LOGIN + timedelta(minutes=5))
    room.ends(formal)
    assert code(candidate.enter("formal")) == "OS-205"


def test_a_first_login_comes_no_later_than_the_last(
    portal: Running, candidate: Candidate, room: Room
) -> None:
    room.starts(candidate.ticket("mock"))
    portal.at(LAST_LOGIN)
    assert code(candidate.enter("formal")) == "OS-202"
    portal.at(LAST_LOGIN - SECOND)
    assert candidate.enter("formal").status_code == 200


def test_only_the_rooms_word_makes_a_mock_count(portal: Running, candidate: Candidate, room: Room) -> None:
    mock = candidate.ticket("mock")
    portal.at(LOGIN_OPENS)
    barred = candidate.enter("formal")
    assert (barred.status_code, code(barred)) == (403, "OS-204")
    unbelieved = candidate.http.post(f"{candidate.api}/room/starts", json={"ticket": mock})
    assert (unbelieved.status_code, code(unbelieved)) == (401, "OS-220")
    assert code(candidate.enter("formal")) == "OS-204"
    assert room.starts(mock, at=INSIDE.isoformat()).status_code == 200
    assert candidate.enter("formal").status_code == 200


def test_where_the_mock_is_no_gate_there_is_a_warning_in_both_languages(
    portal: Running, candidate: Candidate, exam: PublishedExam
) -> None:
    exam.publish_charter(version=2, mock_required="warn")
    portal.at(LOGIN_OPENS)
    warning = candidate.enter("formal").json()["warning"]
    assert warning["code"] == "mock-missing"
    assert "模拟面试" in warning["zh"]
    assert "mock" in warning["en"]


def test_a_provisional_enrolment_gets_no_ticket(portal: Running, exam: PublishedExam) -> None:
    with portal.candidate(exam.people[0]) as provisional:
        answer = provisional.enter("mock", activation=None)
    assert (answer.status_code, code(answer)) == (403, "OS-183")


def test_another_computers_signature_is_refused(candidate: Candidate, exam: PublishedExam) -> None:
    assert code(candidate.enter("mock", device=Device())) == "OS-181"
    assert code(candidate.enter("mock", kind="formal")) == "OS-181"
    assert code(candidate.enter("mock", nonce=candidate.nonce())) == "OS-181"
    assert exam.places(candidate.person) == ()


def test_an_old_or_invented_nonce_is_refused(portal: Running, candidate: Candidate) -> None:
    nonce = candidate.nonce()
    body = candidate.device.ticket(nonce, candidate.activation, "mock")
    portal.at(INSIDE + timedelta(minutes=2))
    assert code(candidate.http.post(f"{candidate.api}/tickets", json=body)) == "OS-180"
    assert code(candidate.enter("mock", nonce="x.y")) == "OS-180"


def test_an_activation_that_the_portal_did_not_give_opens_nothing(
    candidate: Candidate, exam: PublishedExam
) -> None:
    genuine = Activation.verify(candidate.activation, exam.charter.keys_for("activation"))
    signers = {
        "OS-014": (exam.licence_signer, Activation.TYP, genuine.claims()),
        "OS-013": (exam.keys.portal.signer("activation"), "JWT", genuine.claims()),
        "OS-016": (
            exam.keys.portal.signer("activation"),
            Activation.TYP,
            replace(genuine, exam="other").claims(),
        ),
    }
    for expected, forged in signers.items():
        candidate.activation = sign_token(*forged)
        assert code(candidate.enter("mock")) == expected
    stranger = Device()
    held = replace(genuine, device=b64url_encode(stranger.public_key))
    candidate.activation = sign_token(exam.keys.portal.signer("activation"), Activation.TYP, held.claims())
    taken = candidate.enter("mock", device=stranger)
    assert (taken.status_code, code(taken)) == (409, "OS-103")


def test_after_a_move_the_old_computers_key_is_dead_and_the_new_one_goes_on_in_the_same_mock(
    portal: Running, candidate: Candidate, room: Room, exam: PublishedExam
) -> None:
    person = candidate.person
    old = candidate.ticket("mock")
    room.starts(old)
    portal.at(INSIDE + timedelta(hours=1))
    exam.move(person, portal.clock.now())
    assert code(candidate.enter("mock")) == "OS-109"
    with portal.candidate(person) as moved:
        moved.activated(exam.licence(person))
        new = said(moved.ticket("mock"), exam.charter)
    assert code(candidate.enter("mock")) == "OS-109"
    before = said(old, exam.charter)
    assert (new.session, new.exp) == (before.session, before.exp)
    assert new.device == b64url_encode(moved.device.public_key) != before.device
    (place,) = exam.places(person)
    assert place.started_at == INSIDE
    assert not room.starts(old).json()["in_force"]


def test_a_withdrawn_seat_gets_no_ticket(candidate: Candidate, exam: PublishedExam) -> None:
    exam.revoke(candidate.person)
    assert code(candidate.enter("mock")) == "OS-179"


def test_a_new_licence_earns_no_second_mock_and_keeps_the_first(
    portal: Running, candidate: Candidate, room: Room, exam: PublishedExam
) -> None:
    person = candidate.person
    room.ends(candidate.ticket("mock"))
    exam.publish(exam.issue(person, generation=2))
    assert code(candidate.enter("mock")) == "OS-182"
    with portal.candidate(person) as again:
        again.activated(exam.licence(person, 2))
        assert code(again.enter("mock")) == "OS-203"
        portal.at(LOGIN_OPENS)
        assert again.enter("formal").status_code == 200


def test_a_session_that_a_newer_charter_moves_ends_when_that_says(
    portal: Running, candidate: Candidate, room: Room, exam: PublishedExam
) -> None:
    room.starts(candidate.ticket("mock"))
    portal.at(LOGIN_OPENS)
    first = candidate.ticket("formal")
    later = SUBMISSION + timedelta(minutes=20)
    exam.publish_charter(version=2, formals=(FormalSession(LOGIN_OPENS, LAST_LOGIN, LAST_LOGIN, later),))
    portal.at(SUBMISSION)
    assert said(candidate.ticket("formal"), exam.charter).exp == int(later.timestamp())
    assert said(first, exam.charter).exp == int(SUBMISSION.timestamp())
    assert len(exam.places(candidate.person)) == 2


def test_an_exam_without_a_mock_says_so(candidate: Candidate, portal: Running, exam: PublishedExam) -> None:
    exam.publish_charter(version=2, mocks=())
    assert code(candidate.enter("mock")) == "OS-199"
    portal.at(LOGIN_OPENS)
    assert candidate.enter("formal").json()["warning"] is None


def test_the_exams_own_midnight_ends_the_day(
    portal: Running, candidate: Candidate, exam: PublishedExam
) -> None:
    """In New York, noon of the fourth in Beijing is 23:00 of the third."""
    always = Window(at(3, 0), at(9, 0))
    exam.publish_charter(version=2, timezone="America/New_York", mocks=(always,))
    room = Room(candidate, exam.service_token(Scope.ROOM_REPORT))
    room.ends(candidate.ticket("mock"))
    portal.at(INSIDE + timedelta(hours=1) - SECOND)
    assert code(candidate.enter("mock")) == "OS-203"
    portal.at(INSIDE + timedelta(hours=1))
    assert candidate.enter("mock").status_code == 200
    assert [place.day.day for place in exam.places(candidate.person)] == [3, 4]


@pytest.mark.parametrize("wrong", [{"kind": "final"}, {"nonce": ""}, {"activation": ""}, {"extra": "1"}])
def test_a_request_of_another_shape_is_refused(candidate: Candidate, wrong: dict[str, Any]) -> None:
    answer = candidate.enter("mock", **wrong)
    assert (answer.status_code, code(answer)) == (400, "OS-184")


# ------------------------------------------------------------------------------------ the exam room


def test_a_report_needs_a_good_token_with_the_right_scope_of_this_exam(
    portal: Running, candidate: Candidate, exam: PublishedExam
) -> None:
    ticket = candidate.ticket("mock")
    good = exam.service_token(Scope.ROOM_REPORT)
    reader = exam.service_token(Scope.SEAT_READ, Scope.AUTHENTICATE, Scope.DOWNLOAD)
    elsewhere = exam.service_token(Scope.ROOM_REPORT, exam="other")
    session = candidate.session()["session"]
    for token, report in product(("x", good[:-1], elsewhere, session, candidate.activation), range(2)):
        unknown = Room(candidate, token)
        answer = unknown.ends(ticket) if report else unknown.starts(ticket)
        assert (answer.status_code, code(answer)) == (401, "OS-220")
        assert answer.headers["www-authenticate"].startswith("Bearer")
    for answer in (Room(candidate, reader).starts(ticket), Room(candidate, reader).ends(ticket)):
        assert (answer.status_code, code(answer)) == (403, "OS-221")
    assert "room:report" in answer.json()["cause"]["en"]
    portal.at(INSIDE + timedelta(days=30))
    assert code(Room(candidate, good).starts(ticket)) == "OS-220"
    assert exam.places(candidate.person)[0].started_at is None


def test_a_report_may_be_repeated_and_the_first_stays(
    portal: Running, candidate: Candidate, room: Room, exam: PublishedExam
) -> None:
    ticket = candidate.ticket("mock")
    first = room.starts(ticket)
    portal.at(INSIDE + timedelta(hours=1))
    assert room.starts(ticket).json() == first.json()
    ended = room.ends(ticket)
    portal.at(INSIDE + timedelta(hours=2))
    assert room.ends(ticket).json() == ended.json()
    assert ended.json() == {
        "jti": exam.jti(candidate.person),
        "kind": "mock",
        "session": 0,
        "day": "2035-01-04",
        "started_at": INSIDE.astimezone(UTC).isoformat(),
        "ended_at": (INSIDE + timedelta(hours=1)).astimezone(UTC).isoformat(),
        "in_force": False,
    }
    assert candidate.person.admission_number not in ended.text


def test_a_report_may_come_late_with_the_time_when_it_happened(
    portal: Running, candidate: Candidate, room: Room, exam: PublishedExam
) -> None:
    ticket = candidate.ticket("mock")
    portal.at(INSIDE + timedelta(days=3))
    late = room.starts(ticket)
    assert (late.status_code, code(late)) == (409, "OS-222")
    happened = INSIDE + timedelta(minutes=1)
    assert not room.starts(ticket, at=happened.isoformat()).json()["in_force"]
    assert room.ends(ticket, at=(happened + timedelta(minutes=9)).isoformat()).status_code == 200
    assert exam.places(candidate.person)[0].started_at == happened


def test_an_upload_is_reported_by_its_latest_state_and_completion_is_final(
    portal: Running, candidate: Candidate, room: Room, exam: PublishedExam
) -> None:
    ticket = candidate.ticket("mock")
    room.ends(ticket)
    until = (INSIDE + timedelta(days=3)).astimezone(UTC)
    portal.at(INSIDE + timedelta(hours=1))

    def at_minute(minute: int, **more: Any) -> dict[str, Any]:
        at = (INSIDE + timedelta(minutes=minute)).isoformat()
        answer = room.uploads(ticket, **{"at": at, "until": until.isoformat(), "complete": False, **more})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    assert at_minute(10, left_bytes=9_000) == {
        "jti": exam.jti(candidate.person),
        "kind": "mock",
        "session": 0,
        "day": "2035-01-04",
        "left_bytes": 9_000,
        "until": until.isoformat(),
        "completed_at": None,
    }
    assert at_minute(5, left_bytes=99_000)["left_bytes"] == 9_000, "an older report that comes late"
    assert at_minute(15)["left_bytes"] is None, "the room cannot tell"
    done = at_minute(14, complete=True)
    assert done["completed_at"] == (INSIDE + timedelta(minutes=14)).astimezone(UTC).isoformat()
    assert at_minute(20, left_bytes=7) == done == at_minute(30, complete=True)
    assert exam.places(candidate.person)[0].upload_left_bytes == 0


def test_an_upload_is_reported_as_other_reports_are_and_refused_as_they_are(
    portal: Running, candidate: Candidate, room: Room, exam: PublishedExam
) -> None:
    ticket = candidate.ticket("mock")
    good = {"until": (INSIDE + timedelta(days=3)).isoformat(), "complete": False}
    reader = exam.service_token(Scope.SEAT_READ)
    assert code(Room(candidate, reader).uploads(ticket, **good)) == "OS-221"
    assert code(Room(candidate, "x").uploads(ticket, **good)) == "OS-220"
    early = (INSIDE - timedelta(hours=1)).isoformat()
    assert code(room.uploads(ticket, **good, at=early)) == "OS-222"
    assert code(room.uploads(ticket, **{**good, "until": "9999-12-31T23:59:59-14:00"})) == "OS-222"
    for wrong in ({"left_bytes": -1}, {"left_bytes": "1"}, {"complete": "yes"}, {"complete": None}):
        assert code(room.uploads(ticket, **{**good, **wrong})) == "OS-184"
    assert exam.places(candidate.person)[0].upload_until is None


def test_a_report_that_contradicts_its_ticket_is_refused(
    portal: Running, candidate: Candidate, room: Room, exam: PublishedExam
) -> None:
    ticket = candidate.ticket("mock")
    tolerated = timedelta(minutes=5)
    for wrong in (INSIDE - tolerated - SECOND, INSIDE + tolerated + SECOND):
        for answer in (room.starts(ticket, at=wrong.isoformat()), room.ends(ticket, at=wrong.isoformat())):
            assert (answer.status_code, code(answer)) == (409, "OS-222")
    for off_calendar in ("9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"):
        assert code(room.starts(ticket, at=off_calendar)) == "OS-222"
    for no_time in ("2035-01-04T12:00:00", "0", 0, 2051222400):
        assert code(room.starts(ticket, at=no_time)) == "OS-184"  # type: ignore[arg-type]
    assert exam.places(candidate.person)[0].started_at is None
    assert room.starts(ticket, at=(INSIDE + tolerated).isoformat()).status_code == 200


def test_a_report_on_a_ticket_that_was_never_given_is_refused(
    candidate: Candidate, room: Room, exam: PublishedExam
) -> None:
    real = said(candidate.ticket("mock"), exam.charter)
    key = exam.keys.portal.signer("ticket")
    stranger = exam.jti(exam.people[1])
    for unknown in (replace(real, jti=stranger), replace(real, kind="formal"), replace(real, session="7")):
        assert code(room.starts(sign_token(key, Ticket.TYP, unknown.claims()))) == "OS-222"
    forged = sign_token(exam.keys.portal.signer("activation"), Ticket.TYP, real.claims())
    assert code(room.starts(forged)) == "OS-014"
    assert code(room.starts(candidate.activation)) == "OS-013"
    assert code(room.starts(sign_token(key, Ticket.TYP, replace(real, exam="x").claims()))) == "OS-016"


def test_a_ticket_of_a_key_that_was_rotated_away_is_given_anew(
    portal: Running, candidate: Candidate, exam: PublishedExam
) -> None:
    """The place stays; only the paper is new, since the old one no longer verifies."""
    other = CharterKey("ticket", exam.keys.authority.signer("licence").public_key)
    kept = tuple(key for key in exam.charter.keys if key.use != "ticket")
    candidate.ticket("mock")
    portal.at(INSIDE + SECOND)
    exam.publish_charter(version=2, keys=(*kept, other))
    again = candidate.ticket("mock")
    (place,) = exam.places(candidate.person)
    assert place.ticket == again
    assert place.first_ticket_at == INSIDE


def test_nobody_reads_who_a_candidate_is_in_answers_about_tickets(
    candidate: Candidate, room: Room, exam: PublishedExam
) -> None:
    person: Person = candidate.person
    ticket = candidate.enter("mock")
    answers = (ticket, room.starts(ticket.json()["ticket"]), candidate.enter("formal"))
    for answer in answers:
        for secret in (person.name, person.id_number, person.admission_number):
            assert secret not in answer.text
