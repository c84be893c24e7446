"""Only the server's clock counts: boundaries of begin, start, end, tail and upload, to the second."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from oneseat.room.api.page_calls import MAX_ANSWER_BYTES, MAX_ANSWERS
from oneseat.room.rules import segments as segment_rules
from oneseat.room.services.attempts import current_attempt, sweeping
from oneseat.room.services.attempts.sweeping import sweep
from oneseat.room.services.page import beats
from oneseat.state.room import attempts, events
from oneseat.state.room.attempts import Attempt
from signing.clock import FixedClock
from signing.room_tokens import Receipt
from tests.room.candidate import GENESIS, Arrive, arriving
from tests.room.held_exam import (
    ANSWER,
    BEFORE,
    ENDS,
    EXAM,
    MOCK_CLOSES,
    SECOND,
    STARTS,
    TAIL,
    UPLOAD,
    WAIT,
    HeldExam,
    RunningRoom,
    running_room,
)

LAST_START = MOCK_CLOSES - WAIT - ANSWER


def test_a_mock_begins_up_to_its_last_start_and_no_later(room: RunningRoom, arrive: Arrive) -> None:
    room.at(LAST_START - SECOND)
    late, last = arrive("mock").prepare(), arrive("mock").prepare()
    room.at(LAST_START)
    last.call("begin")
    assert last.attempt["ends_at"] == "2035-01-04T16:00:00.000Z"
    room.at(LAST_START + SECOND)
    assert late.code("begin") == (409, "OS-2014")
    late.beat()
    assert late.step == "refused"


def test_steps_come_in_their_order(arrive: Arrive, room: RunningRoom) -> None:
    room.at(LAST_START - timedelta(hours=1))
    candidate = arrive("mock").enter()
    candidate.join()
    assert candidate.code("step", step="devices") == (409, "OS-2013")
    assert candidate.code("begin") == (409, "OS-2013")
    candidate.agree()
    assert candidate.code("step", step="room") == (409, "OS-2013")
    assert candidate.code("step", step="devices", facts={"ready": False}) == (409, "OS-2013")
    assert arrive().prepare().code("begin") == (409, "OS-2013"), "a formal interview has its own start"


def test_gates_fall_before_a_formal_start(room: RunningRoom, arrive: Arrive) -> None:
    candidate = arrive().enter()
    candidate.join()
    candidate.agree()
    room.at(STARTS - timedelta(minutes=10) - SECOND)
    assert candidate.code("step", step="devices", facts={"ready": False}) == (409, "OS-2013")
    room.at(STARTS - timedelta(minutes=10))
    candidate.call("step", step="devices", facts={"ready": False})
    assert candidate.step == "waiting"


def test_a_refused_consent_takes_nothing(room: RunningRoom, arrive: Arrive) -> None:
    candidate = arrive().enter()
    candidate.join()
    candidate.call("consent", version="1", agreed=False)
    assert candidate.step == "consent"
    assert candidate.code("beat", takes=[candidate.take_body("a" * 24)]) == (409, "OS-2013")
    assert candidate.look()["upload"] is None
    room.at(ENDS + TAIL)
    sweep(room.app.state.room)
    candidate.beat()
    assert (candidate.step, candidate.attempt["handed_in_at"]) == ("refused", None)
    assert candidate.code("hand-in", by="candidate") == (409, "OS-2013")
    with room.exam.database.reading() as connection:
        rows = connection.exec_driver_sql(
            f"SELECT count(*) FROM room_reports WHERE attempt = '{candidate.attempt['nonce']}'"
        )
        assert rows.scalar() == 0


@pytest.mark.parametrize(
    ("received", "made", "outcome"),
    [
        (STARTS - SECOND, STARTS - SECOND, "OS-2016"),
        (STARTS, STARTS, False),
        (ENDS - SECOND, ENDS + SECOND, False),
        (ENDS, ENDS - SECOND, True),
        (ENDS, ENDS, "OS-2016"),
        (ENDS + timedelta(hours=5), ENDS - SECOND, True),
        (ENDS + UPLOAD, ENDS - SECOND, "OS-2021"),
    ],
    ids=["early", "first", "last", "late", "after", "hours", "never"],
)
def test_answers_are_kept_by_the_servers_clock(
    room: RunningRoom, arrive: Arrive, received: object, made: object, outcome: object
) -> None:
    candidate = arrive().prepare()
    room.at(received)  # type: ignore[arg-type]
    body = candidate.answer_body(1, made_at=made)  # type: ignore[arg-type]
    if isinstance(outcome, str):
        assert candidate.code("answer", **body)[1] == outcome
    else:
        assert candidate.call("answer", **body)["late"] is outcome


def test_answers_form_one_chain_and_each_is_kept_once(room: RunningRoom, arrive: Arrive) -> None:
    candidate = arrive().prepare()
    room.at(STARTS)
    first = candidate.answer_body(1)
    saved = candidate.call("answer", **first)["saved_at"]
    room.later(SECOND)
    assert candidate.call("answer", **first)["saved_at"] == saved, "the lost answer is asked for again"
    assert candidate.code("answer", **candidate.answer_body(1, question="q1")) == (409, "OS-2018")
    assert candidate.code("answer", **candidate.answer_body(3, first["hash"])) == (409, "OS-2018")
    assert candidate.code("answer", **candidate.answer_body(2, GENESIS)) == (409, "OS-2018")
    assert candidate.code("answer", **candidate.answer_body(2, first["hash"], value=1)) == (409, "OS-2017")
    candidate.call("answer", **candidate.answer_body(2, first["hash"]))
    assert [answer["sequence"] for answer in candidate.join()["answers"]] == [1, 2]
    room.at(ENDS)
    assert candidate.call("answer", **first)["saved_at"] == saved, "known ones are known after the end too"


def test_nobody_hands_in_before_the_end_and_the_clock_does_after_the_tail(
    room: RunningRoom, arrive: Arrive
) -> None:
    candidate, absent = arrive().prepare(), arrive().prepare()
    room.at(ENDS - SECOND)
    assert candidate.code("hand-in", by="candidate") == (409, "OS-2015")
    room.at(ENDS + TAIL - SECOND)
    candidate.hand_in()
    sweep(room.app.state.room)
    assert absent.beat()["attempt"]["handed_in_at"] is None, "the tail is the candidate's"
    room.at(ENDS + TAIL)
    sweep(room.app.state.room)
    absent.join()
    assert (absent.attempt["handed_in_by"], absent.step) == ("clock", "uploading")
    terms = room.exam.charter.room
    assert terms is not None
    receipt = Receipt.verify(absent.attempt["receipt"]["token"], terms.receipt_keys_by_kid)
    assert (receipt.by, receipt.at) == ("clock", int((ENDS + TAIL).timestamp()))
    kept = candidate.attempt["receipt"]
    candidate.hand_in()
    assert candidate.attempt["receipt"] == kept, "the first hand-in stays"


def test_the_look_itself_hands_in_when_the_time_is_over(room: RunningRoom, arrive: Arrive) -> None:
    candidate = arrive().prepare()
    grant = candidate.look()["upload"]["grant"]
    room.at(ENDS + TAIL)
    assert candidate.look(2, grant)["attempt"]["step"] == "uploading"


def test_uploads_end_with_their_time(room: RunningRoom, arrive: Arrive) -> None:
    candidate = arrive().prepare()
    grant = candidate.look()["upload"]
    assert grant["until"] == candidate.attempt["upload_until"] == "2035-01-13T03:10:00.000Z"
    segments = candidate.record()
    room.at(ENDS + UPLOAD - SECOND)
    assert candidate.enter_upload(grant["grant"]).status_code == 303
    candidate.join()
    candidate.stored(*segments, takes=[candidate.take_body(segments[0].take, 2)])
    assert candidate.step == "complete"
    room.at(ENDS + UPLOAD)
    assert candidate.code("beat") == (403, "OS-2021")
    assert candidate.enter_upload(grant["grant"]).status_code == 403


def test_a_ticket_lets_look_until_its_end_and_a_grant_until_the_uploads(
    room: RunningRoom, arrive: Arrive
) -> None:
    candidate = arrive()
    assert candidate.look()["attempt"] is None, "not entered yet"
    candidate.prepare()
    looked = candidate.look(2)
    assert looked["window_seen_at"] is not None and looked["attempt"]["step"] == "waiting"
    body = candidate.look_body(3)
    assert candidate.http.post("/client/v1/look", json=body).status_code == 200
    again = candidate.http.post("/client/v1/look", json=body)
    assert (again.status_code, again.json()["code"]) == (403, "OS-2006")
    room.at(ENDS)
    ended = candidate.http.post("/client/v1/look", json=candidate.look_body(4))
    assert (ended.status_code, ended.json()["code"]) == (403, "OS-2004")
    grant = looked["upload"]["grant"]
    assert candidate.look(5, grant)["attempt"]["step"] == "hand-in"
    forged = candidate.http.post("/client/v1/look", json=candidate.look_body(6, "x" * 43))
    assert (forged.status_code, forged.json()["code"]) == (403, "OS-2009")
    thief = arrive()
    stolen = thief.http.post("/client/v1/look", json=thief.look_body(1, grant))
    assert (stolen.status_code, stolen.json()["code"]) == (403, "OS-2023")


def test_a_newer_charter_moves_who_is_in_a_formal_interview(held: HeldExam) -> None:
    with running_room(held, FixedClock(BEFORE)) as room, arriving(room) as arrive:
        formal = arrive().prepare()
        (session,) = held.charter.formals
        later = timedelta(minutes=20)
        moved = replace(session, starts=session.starts + later, ends=session.ends + later)
        held.publish(version=2, formals=(moved,))
        room.at(STARTS)
        formal.beat()
        assert (formal.step, formal.attempt["starts_at"]) == ("waiting", "2035-01-10T03:20:00.000Z")
        room.at(ENDS + TAIL)
        sweep(room.app.state.room)
        formal.beat()
        assert (formal.step, formal.attempt["handed_in_at"]) == ("waiting", None)
        room.at(ENDS + later)
        formal.beat()
        assert formal.step == "hand-in"


@pytest.mark.parametrize("kind", ["formal", "mock"])
def test_a_consent_after_the_time_makes_nobody_attend(room: RunningRoom, arrive: Arrive, kind: str) -> None:
    over = ENDS if kind == "formal" else LAST_START + SECOND
    room.at(over - SECOND)
    candidate = arrive(kind).enter()
    candidate.join()
    room.at(over)
    late = candidate.code("consent", version="1", agreed=True, face=True)
    assert late == (409, "OS-2013")
    candidate.beat()
    assert (candidate.step, candidate.attempt["consent"]["agreed_at"]) == ("refused", None)
    with room.exam.database.reading() as connection:
        query = "SELECT count(*) FROM room_reports WHERE attempt = ?"
        assert connection.exec_driver_sql(query, (candidate.attempt["nonce"],)).scalar_one() == 0


def test_a_sweep_says_that_expired_proofs_are_left(
    room: RunningRoom, arrive: Arrive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "AT_ONCE", 2)
    candidate = arrive()
    for sequence in range(3):
        candidate.look(sequence)
    room.later(timedelta(days=30))
    while sweep(room.app.state.room) >= 2:
        pass
    with room.exam.database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM room_proofs").scalar_one() == 0


def test_what_an_attempt_may_store_is_bounded(room: RunningRoom, arrive: Arrive) -> None:
    candidate = arrive().prepare()
    room.at(STARTS)
    wrong = (400, "OS-184")
    assert candidate.code("consent", version="1\0", agreed=True) == wrong
    assert candidate.code("answer", **candidate.answer_body(MAX_ANSWERS + 1)) == wrong
    long = candidate.answer_body(1, value={"text": "x" * MAX_ANSWER_BYTES})
    assert candidate.code("answer", **long) == wrong


def test_events_are_kept_up_to_a_limit_and_one_says_so(
    room: RunningRoom, arrive: Arrive, monkeypatch: pytest.MonkeyPatch
) -> None:
    candidate = arrive().prepare()
    with room.exam.database.reading() as connection:
        before = len(events.list_of(connection, EXAM, candidate.attempt["nonce"]))
    monkeypatch.setattr(beats, "MAX_EVENTS", before + 3)
    said = [{"at": "2035-01-10T03:00:00.000Z", "code": "hidden", "facts": {}}] * 5
    for _ in range(2):
        candidate.beat(events=said)
    with room.exam.database.reading() as connection:
        kept = events.list_of(connection, EXAM, candidate.attempt["nonce"])
    assert [event.code for event in kept[before:]] == ["hidden"] * 3 + ["events-full"]


@pytest.mark.parametrize("limit", ["MAX_SEGMENTS_OF_ATTEMPT", "MAX_BYTES_OF_ATTEMPT"])
def test_an_attempt_has_no_more_segments_and_bytes_than_any_interview(
    arrive: Arrive, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    candidate = arrive().prepare()
    candidate.record(2, size=500)
    monkeypatch.setattr(segment_rules, limit, 2 if "SEGMENTS" in limit else 1000)
    with pytest.raises(AssertionError, match="OS-2026"):
        candidate.record(1, size=500)


def test_one_attempt_that_fails_keeps_no_other_from_its_hand_in(
    room: RunningRoom, arrive: Arrive, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = arrive().prepare(), arrive().prepare()
    real = current_attempt.bring_up_to_date

    def failing(*arguments: Any) -> Attempt:
        if arguments[3].id == first.attempt["nonce"]:
            raise ValueError
        return real(*arguments)

    monkeypatch.setattr(sweeping, "bring_up_to_date", failing)
    room.at(ENDS + TAIL)
    sweep(room.app.state.room)
    with room.exam.database.reading() as connection:
        handed_in = attempts.find(connection, room.exam.settings().exam, second.attempt["nonce"])
    assert handed_in is not None
    assert handed_in.handed_in_by == "clock"


@pytest.mark.parametrize(
    "made", ["2035-01-10T11:01:00.000+08:00", "2035-01-10T03:01:00Z", "2035-01-10T03:01:00.000123Z"]
)
def test_a_time_is_taken_in_one_form_so_that_its_hash_can_be_verified_later(
    arrive: Arrive, made: str
) -> None:
    candidate = arrive().prepare()
    candidate.room.at(STARTS + timedelta(minutes=2))
    assert candidate.code("answer", **candidate.answer_body(1, made_at=None) | {"made_at": made})[0] == 400
