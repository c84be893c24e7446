"""The whole way of a candidate by HTTP: entry, consent, steps, recordings, answers, hand-in, completion."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import timedelta

import pytest

from oneseat.room.services.attempts.sweeping import sweep
from signing.clock import FixedClock
from signing.room_tokens import Receipt
from tests.room.candidate import Arrive, opened
from tests.room.held_exam import (
    ANSWER,
    BEFORE,
    ENDS,
    MOCKING,
    SECOND,
    STARTS,
    TAIL,
    WAIT,
    HeldExam,
    RoomKeys,
    RunningRoom,
    running_room,
)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shared_room(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, room_keys: RoomKeys
) -> Iterator[RunningRoom]:
    """The room on either database."""
    with contextlib.ExitStack() as kept:
        state = None
        if request.param == "postgresql":
            state = kept.enter_context(request.getfixturevalue("postgres").schema())
        exam = HeldExam(tmp_path_factory.mktemp("room"), room_keys, state)
        kept.callback(exam.database.close)
        yield kept.enter_context(running_room(exam, FixedClock(BEFORE)))


def test_a_formal_interview_from_entry_to_complete(room: RunningRoom, arrive: Arrive) -> None:
    candidate = arrive()
    page = candidate.enter().http.get("/room/")
    assert page.status_code == 200 and "测试面试" in page.text
    joined = candidate.join()
    assert (candidate.step, joined["sealed"], joined["answers"]) == ("consent", None, [])
    assert joined["terms"]["mock_wait_s"] == WAIT.total_seconds()
    sealed = candidate.agree()
    assert candidate.step == "devices"
    candidate.call("step", step="devices", facts={"ready": True})
    assert candidate.step == "room"
    candidate.call("step", step="room", facts={})
    assert candidate.step == "waiting"
    segments = candidate.record()
    received = candidate.stored(*segments)
    assert received["received"] == [{"take": segments[0].take, "n": n} for n in (0, 1)]
    assert received["paper_key"] is None, "no question before the start"

    room.at(STARTS)
    paper = opened(sealed, candidate.beat()["paper_key"])
    assert paper is not None and candidate.step == "questions" and paper["questions"][0]["id"] == "q1"
    saved = candidate.call("answer", **candidate.answer_body(1))
    assert saved["late"] is False

    room.at(ENDS)
    candidate.beat()
    assert candidate.step == "hand-in"
    candidate.hand_in(segments)
    assert candidate.step == "complete"
    terms = room.exam.charter.room
    assert terms is not None
    receipt = Receipt.verify(candidate.attempt["receipt"]["token"], terms.receipt_keys_by_kid)
    assert (receipt.by, receipt.jti, receipt.attempt) == (
        "candidate",
        candidate.jti,
        candidate.attempt["nonce"],
    )
    assert receipt.answers == candidate.answer_body(1, made_at=STARTS)["hash"]
    assert candidate.attempt["receipt"]["number"] == receipt.number
    assert candidate.beat()["paper_key"] is None


def test_a_mock_begins_when_its_candidate_says_so(room: RunningRoom, arrive: Arrive) -> None:
    room.at(MOCKING)
    candidate = arrive("mock").prepare()
    assert candidate.step == "begin"
    candidate.call("begin")
    began = dict(candidate.attempt)
    room.later(SECOND)
    candidate.call("begin")
    assert {**candidate.attempt} == began, "a second call changes nothing"
    room.at(MOCKING + WAIT - SECOND)
    candidate.beat()
    assert candidate.step == "waiting"
    room.at(MOCKING + WAIT)
    candidate.beat()
    assert candidate.step == "questions"
    room.at(MOCKING + WAIT + ANSWER)
    candidate.hand_in()
    assert candidate.step == "complete", "it recorded nothing, and said so"


def test_a_candidate_who_vanishes_is_handed_in_and_uploads_the_next_day(
    room: RunningRoom, arrive: Arrive
) -> None:
    candidate = arrive().prepare()
    grant = candidate.look()["upload"]["grant"]
    segments = candidate.record(3)
    room.at(ENDS + TAIL)
    assert sweep(room.app.state.room) >= 1
    room.later(timedelta(hours=20))
    assert candidate.enter_upload(grant).status_code == 303
    candidate.join()
    candidate.hand_in(segments)
    candidate.stored(*segments)
    assert (candidate.step, candidate.attempt["handed_in_by"]) == ("complete", "clock")
