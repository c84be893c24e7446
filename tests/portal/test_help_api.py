"""Help requests over the API: of a session, a device, an exam room; never of somebody else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any

import httpx
import pytest

from oneseat.portal.http.help_boards import HelpBoards
from oneseat.portal.rules.help_rules import Urgency
from oneseat.portal.services.help.queue_board import QueueBoard
from oneseat.state.accounts.service_tokens import Scope
from oneseat.state.candidates import attendance
from oneseat.state.candidates.attendance import AttendanceRecord
from oneseat.state.help import incidents, requests
from signing.charter import Window
from tests.portal.published_exam import EXAM, INSIDE, PublishedExam, Running
from tests.simulator import Candidate, Device

ASKED: dict[str, Any] = {"reason": "device", "words": "摄像头黑屏", "callback": "138 0013 1234"}


@pytest.fixture(autouse=True)
def _fresh_boards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read the queue each time: the tests' clock stands still, and they write to the database themselves."""
    monkeypatch.setattr("oneseat.portal.services.help.queue_board.MAX_AGE_S", 0.0)


@pytest.fixture
def candidate(portal: Running, exam: PublishedExam) -> Iterator[Candidate]:
    with portal.candidate(exam.people[0]) as made:
        yield made


def _bearer(candidate: Candidate) -> dict[str, str]:
    return {"authorization": f"Bearer {candidate.session()['session']}"}


def _path(candidate: Candidate, exam: PublishedExam) -> str:
    return f"{candidate.api}/seats/{exam.jti(candidate.person)}/help-request"


def _ask(candidate: Candidate, exam: PublishedExam, **changes: Any) -> httpx.Response:
    body = {**ASKED, **changes}
    return candidate.http.post(_path(candidate, exam), json=body, headers=_bearer(candidate))


def test_a_candidate_asks_reads_and_withdraws(candidate: Candidate, exam: PublishedExam) -> None:
    asked = _ask(candidate, exam)
    assert asked.status_code == 200, asked.text
    body = asked.json()
    assert (body["status"], body["place"], body["wait_minutes"], body["open"]) == ("submitted", 1, None, True)
    assert body["status_words"]["zh"] == "已提交"
    assert body["callback"] == "138****1234"
    assert body["calls_from"] == list(exam.charter.support.calls_from)
    assert len(body["number"]) == 8
    path, bearer = _path(candidate, exam), _bearer(candidate)
    assert candidate.http.get(path, headers=bearer).json()["number"] == body["number"]
    withdrawn = candidate.http.post(f"{path}/withdrawal", headers=bearer).json()
    assert (withdrawn["status"], withdrawn["open"], withdrawn["place"]) == ("withdrawn", False, None)
    assert _ask(candidate, exam).json()["number"] != body["number"]


def test_asking_again_gives_the_open_request_whichever_door_it_came_through(
    candidate: Candidate, exam: PublishedExam
) -> None:
    first = _ask(candidate, exam).json()["number"]
    room = {"authorization": f"Bearer {exam.service_token(Scope.HELP)}"}
    again = candidate.http.post(_path(candidate, exam), json=ASKED, headers=room)
    assert again.json()["number"] == first


def test_nothing_that_was_written_is_readable_in_the_database(
    candidate: Candidate, exam: PublishedExam
) -> None:
    number = _ask(candidate, exam).json()["number"]
    with exam.database.reading() as connection:
        stored = requests.find(connection, EXAM, number)
    assert stored is not None
    for secret in ("13800131234", "1234", "摄像头"):
        assert secret.encode() not in stored.sealed_details
        assert secret not in repr(stored)


def test_another_candidate_neither_sees_nor_asks_for_a_seat(
    candidate: Candidate, portal: Running, exam: PublishedExam
) -> None:
    _ask(candidate, exam)
    path = _path(candidate, exam)
    with portal.candidate(exam.people[1]) as other:
        bearer = _bearer(other)
        for answer in (
            other.http.get(path, headers=bearer),
            other.http.post(path, json=ASKED, headers=bearer),
            other.http.post(f"{path}/withdrawal", headers=bearer),
        ):
            assert (answer.status_code, answer.json()["code"]) == (404, "OS-210")
        nobody = other.http.get(path)
        assert nobody.status_code == 401
        without = {"authorization": f"Bearer {exam.service_token(Scope.SEAT_READ)}"}
        assert other.http.get(path, headers=without).status_code == 403


def test_a_room_says_how_urgent_it_is_and_a_candidate_does_not(
    candidate: Candidate, portal: Running, exam: PublishedExam
) -> None:
    room = {"authorization": f"Bearer {exam.service_token(Scope.HELP)}"}
    mine = _ask(candidate, exam, stage="questions").json()
    with portal.candidate(exam.people[1]) as other:
        body = {**ASKED, "stage": "questions", "door": "phone"}
        urgent = other.http.post(_path(other, exam), json=body, headers=room).json()
    assert urgent["place"] == 1
    waits = candidate.http.get(_path(candidate, exam), headers=_bearer(candidate)).json()
    assert (waits["number"], waits["place"]) == (mine["number"], 2)
    with exam.database.reading() as connection:
        stored = requests.find(connection, EXAM, urgent["number"])
    assert stored is not None and (stored.door, stored.urgency) == ("phone", 0)


def test_a_room_makes_the_open_request_urgent_and_its_time_left_orders_the_queue(
    candidate: Candidate, portal: Running, exam: PublishedExam
) -> None:
    room = {"authorization": f"Bearer {exam.service_token(Scope.HELP)}"}
    mine = _ask(candidate, exam).json()
    with portal.candidate(exam.people[1]) as other:
        body = {**ASKED, "stage": "questions", "time_left_s": 600}
        assert other.http.post(_path(other, exam), json=body, headers=room).json()["place"] == 1
        body["time_left_s"] = 120
        again = other.http.post(_path(candidate, exam), json=body, headers=room).json()
        assert (again["number"], again["place"]) == (mine["number"], 1)
        portal.at(INSIDE + timedelta(seconds=120))
        assert other.http.get(_path(other, exam), headers=room).json()["place"] == 1
    left = {**ASKED, "stage": "questions", "time_left_s": -1}
    assert candidate.http.post(_path(candidate, exam), json=left, headers=room).json()["code"] == "OS-184"


def test_a_request_becomes_urgent_when_its_mock_begins_or_the_session_runs(
    candidate: Candidate, portal: Running, exam: PublishedExam
) -> None:
    def urgency(number: str) -> Urgency:
        return HelpBoards().of(served).current(portal.clock.now()).standings[number].urgency

    served = portal.app.state.portal.exams[EXAM]
    number = _ask(candidate, exam).json()["number"]
    seat = candidate.person.admission_number
    place = AttendanceRecord(
        EXAM, seat, exam.jti(exam.people[0]), "mock", 0, INSIDE.date(), b"", "t", INSIDE, INSIDE
    )
    with exam.database.writing() as connection:
        attendance.record_first_ticket(connection, place)
    assert urgency(number) is Urgency.OTHER
    with exam.database.writing() as connection:
        attendance.record_start(connection, place, INSIDE)
    assert urgency(number) is Urgency.QUESTIONS
    with exam.database.writing() as connection:
        attendance.record_end(connection, place, INSIDE)
    assert urgency(number) is Urgency.OTHER
    formal = exam.charter.formals[0]
    for moment, expected in (
        (formal.starts - timedelta(minutes=5), Urgency.WAITING),
        (formal.starts, Urgency.QUESTIONS),
        (formal.ends, Urgency.OTHER),
    ):
        portal.at(moment)
        assert urgency(number) is expected


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"callback": "12"}, "OS-960"),
        ({"callback": "<script>"}, "OS-960"),
        ({"callback": None, "words": " "}, "OS-961"),
        ({"reason": "other", "words": ""}, "OS-961"),
        ({"reason": "money"}, "OS-184"),
        ({"words": "x" * 501}, "OS-184"),
        ({"words": "\0"}, "OS-184"),
    ],
)
def test_what_is_missing_is_said(
    candidate: Candidate, exam: PublishedExam, changes: dict[str, Any], code: str
) -> None:
    answer = _ask(candidate, exam, **changes)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_diagnostics_are_codes_and_nothing_else(candidate: Candidate, exam: PublishedExam) -> None:
    number = _ask(candidate, exam, codes=["OS-103", "张三 11010119900101", "camera:fail"]).json()["number"]
    with exam.database.reading() as connection:
        stored = requests.find(connection, EXAM, number)
    assert stored is not None and stored.codes == "OS-103 camera:fail"


def _device_asks(candidate: Candidate, act: str, content: str = "", query: str = "") -> httpx.Response:
    body = candidate.device.help(candidate.nonce(), candidate.activation, act, content)
    return candidate.http.post(f"{candidate.api}/device-help{query}", json=body)


def test_a_device_asks_with_its_signature(candidate: Candidate, exam: PublishedExam) -> None:
    candidate.activated(exam.licence(candidate.person))
    assert _device_asks(candidate, "read").json()["code"] == "OS-962"
    asked = _device_asks(candidate, "submit", json.dumps(ASKED))
    assert asked.status_code == 200, asked.text
    assert _device_asks(candidate, "read").json()["number"] == asked.json()["number"]
    assert _device_asks(candidate, "withdraw").json()["status"] == "withdrawn"


def test_a_device_without_a_request_is_answered_so_where_it_says_that_it_understands(
    candidate: Candidate, exam: PublishedExam
) -> None:
    candidate.activated(exam.licence(candidate.person))
    for act in ("read", "withdraw"):
        answer = _device_asks(candidate, act, query="?empty_ok=true")
        assert (answer.status_code, answer.json()) == (200, {"has_request": False})
        assert _device_asks(candidate, act).status_code == 404, "for earlier clients"
    _device_asks(candidate, "submit", json.dumps(ASKED), query="?empty_ok=true")
    assert _device_asks(candidate, "read", query="?empty_ok=true").json()["status"] == "submitted"


def test_announcements_have_their_time_on_the_exams_clock(candidate: Candidate, exam: PublishedExam) -> None:
    with exam.database.writing() as connection:
        incidents.begin(connection, EXAM, "", "登录缓慢", "li", INSIDE.astimezone(UTC))
    answer = _ask(candidate, exam).json()
    assert answer["incidents"] == ["登录缓慢"]
    assert answer["announcements"] == [{"words": "登录缓慢", "since": "2035-01-04T12:00:00+08:00"}]
    assert answer["answered_from"] is None


def test_outside_the_hours_the_answer_says_when_support_answers_again(
    candidate: Candidate, exam: PublishedExam
) -> None:
    later = (Window(INSIDE + timedelta(hours=9), INSIDE + timedelta(hours=12)),)
    exam.publish_charter(version=2, support=replace(exam.charter.support, hours=later))
    assert _ask(candidate, exam).json()["answered_from"] == "2035-01-04T21:00:00+08:00"


def test_a_device_cannot_ask_with_a_strange_signature_or_other_words(
    candidate: Candidate, exam: PublishedExam
) -> None:
    candidate.activated(exam.licence(candidate.person))
    body = candidate.device.help(candidate.nonce(), candidate.activation, "submit", json.dumps(ASKED))
    body["content"] = json.dumps({**ASKED, "words": "y"})
    changed = candidate.http.post(f"{candidate.api}/device-help", json=body)
    assert changed.json()["code"] == "OS-181"
    other_act = {**candidate.device.help(candidate.nonce(), candidate.activation, "read"), "act": "withdraw"}
    assert candidate.http.post(f"{candidate.api}/device-help", json=other_act).json()["code"] == "OS-181"
    stranger = Device().help(candidate.nonce(), candidate.activation, "read")
    assert candidate.http.post(f"{candidate.api}/device-help", json=stranger).json()["code"] == "OS-181"
    for broken in ("{", '{"reason":"device","reason":"login"}', "[]", '{"words":1}'):
        assert _device_asks(candidate, "submit", broken).json()["code"] == "OS-184"


def test_the_queue_is_read_at_most_once_a_second(exam: PublishedExam, portal: Running) -> None:
    board = QueueBoard(portal.app.state.portal.exams[EXAM])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("oneseat.portal.services.help.queue_board.MAX_AGE_S", 60.0)
        first = board.current(portal.clock.now())
        assert board.current(portal.clock.now()) is first
        board.invalidate()
        assert board.current(portal.clock.now()) is not first


def test_a_room_reads_whom_the_desk_is_calling(candidate: Candidate, exam: PublishedExam) -> None:
    number = _ask(candidate, exam).json()["number"]
    path = f"{candidate.api}/help-calls"
    room = {"authorization": f"Bearer {exam.service_token(Scope.HELP)}"}
    assert candidate.http.get(path, headers=room).json() == {"calls": []}
    with exam.database.writing() as connection:
        request = requests.find(connection, EXAM, number)
        assert request is not None
        requests.change(connection, request, status="calling")
    called = {"jti": exam.jti(candidate.person), "number": number, "reason": "device"}
    assert candidate.http.get(path, headers=room).json() == {"calls": [called]}
    other = {"authorization": f"Bearer {exam.service_token(Scope.ROOM_SEATS)}"}
    for headers in ({}, _bearer(candidate), other):
        assert candidate.http.get(path, headers=headers).status_code in (401, 403)
