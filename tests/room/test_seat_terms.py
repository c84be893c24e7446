"""What a roster gave a seat holds in the room: its session, its end to the second, its paper, its aids."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from oneseat.room.exam.seat_copy import KnownSeat, SeatCopy
from oneseat.room.services.attempts.sweeping import sweep
from oneseat.state.room import attempts, events, seats
from signing.authority.errors import SealBroken
from signing.charter import FormalSession
from signing.clock import FixedClock
from signing.session_times import SeatTerms
from tests import charters
from tests.room.candidate import Arrive, Candidate, arriving
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

EXTRA = timedelta(minutes=5)
AFTERNOON = FormalSession(
    charters.at(10, 14), charters.at(10, 15), charters.at(10, 15), charters.at(10, 15, 10)
)
SLOW = "5" * 32
"""A seat with five minutes more."""


def give(room: RunningRoom, *known: KnownSeat) -> None:
    room.app.state.room.seats.store(known, room.clock.now())


def slow(jti: str, **changes: Any) -> KnownSeat:
    return KnownSeat(SeatTerms(jti, int(EXTRA.total_seconds())), **changes)


@pytest.fixture
def seats_given(room: RunningRoom) -> Iterator[None]:
    yield
    give(room)


def pair(room: RunningRoom, arrive: Arrive, kind: str) -> tuple[Candidate, Candidate]:
    """A candidate with extra time and one without, both prepared; the room's copy knows the first."""
    with_extra, other = arrive(kind), arrive(kind)
    give(room, slow(with_extra.jti))
    later = int((ENDS + EXTRA).timestamp()) if kind == "formal" else int(MOCK_CLOSES.timestamp())
    with_extra.ticket = with_extra.new_ticket(exp=later)
    return with_extra.prepare(), other.prepare()


@pytest.mark.usefixtures("seats_given")
def test_a_formal_interview_with_extra_time_ends_later_to_the_second(
    room: RunningRoom, arrive: Arrive
) -> None:
    with_extra, other = pair(room, arrive, "formal")
    assert with_extra.attempt["ends_at"] == "2035-01-10T03:15:00.000Z"
    assert other.attempt["ends_at"] == "2035-01-10T03:10:00.000Z"
    for moment, steps in (
        (STARTS, ("questions", "questions")),
        (ENDS - SECOND, ("questions", "questions")),
        (ENDS, ("questions", "hand-in")),
        (ENDS + EXTRA - SECOND, ("questions", "uploading")),
    ):
        room.at(moment)
        for candidate in (with_extra, other):
            candidate.beat()
        assert (with_extra.step, other.step) == steps
    assert with_extra.code("hand-in", by="candidate") == (409, "OS-2015")
    with_extra.call("answer", **with_extra.answer_body(1, made_at=ENDS + EXTRA - SECOND))
    room.at(ENDS + EXTRA)
    with_extra.beat()
    assert with_extra.step == "hand-in"
    assert with_extra.code("answer", **with_extra.answer_body(2, made_at=ENDS + EXTRA))[1] == "OS-2016"


@pytest.mark.usefixtures("seats_given")
def test_the_clock_hands_in_after_the_seats_own_tail(room: RunningRoom, arrive: Arrive) -> None:
    with_extra, other = pair(room, arrive, "formal")
    served = room.app.state.room

    def handed_in() -> list[bool]:
        sweep(served)
        with room.exam.database.reading() as connection:
            found = [attempts.find(connection, EXAM, c.attempt["nonce"]) for c in (with_extra, other)]
        return [attempt is not None and attempt.handed_in_at is not None for attempt in found]

    for moment, expected in (
        (ENDS + TAIL, [False, True]),
        (ENDS + EXTRA + TAIL - SECOND, [False, True]),
        (ENDS + EXTRA + TAIL, [True, True]),
    ):
        room.at(moment)
        assert handed_in() == expected
    with room.exam.database.reading() as connection:
        attempt = attempts.find(connection, EXAM, with_extra.attempt["nonce"])
    assert attempt is not None
    assert attempt.upload_until == ENDS + EXTRA + UPLOAD


@pytest.mark.usefixtures("seats_given")
def test_a_mock_with_extra_time_begins_earlier_at_the_latest_and_lasts_longer(
    room: RunningRoom, arrive: Arrive
) -> None:
    last = MOCK_CLOSES - WAIT - ANSWER - EXTRA
    room.at(last - SECOND)
    with_extra, other = pair(room, arrive, "mock")
    assert [candidate.join()["terms"]["mock_answer_s"] for candidate in (with_extra, other)] == [900, 600]
    third = arrive("mock")
    give(room, slow(with_extra.jti), slow(third.jti))
    third.prepare()
    room.at(last)
    with_extra.call("begin")
    assert with_extra.attempt["ends_at"] == "2035-01-04T16:00:00.000Z"
    other.call("begin")
    assert other.attempt["ends_at"] == "2035-01-04T15:55:00.000Z"
    room.at(last + SECOND)
    assert third.code("begin") == (409, "OS-2014")
    for moment, steps in (
        (MOCK_CLOSES - EXTRA - SECOND, ("questions", "questions")),
        (MOCK_CLOSES - EXTRA, ("questions", "hand-in")),
        (MOCK_CLOSES - SECOND, ("questions", "uploading")),
        (MOCK_CLOSES, ("hand-in", "uploading")),
    ):
        room.at(moment)
        for candidate in (with_extra, other):
            candidate.beat()
        assert (with_extra.step, other.step) == steps


@pytest.mark.usefixtures("seats_given")
def test_extra_time_that_comes_during_the_interview_moves_its_end_and_is_an_event(
    room: RunningRoom, arrive: Arrive
) -> None:
    candidate = arrive().prepare()
    room.at(ENDS - SECOND)
    give(room, slow(candidate.jti))
    candidate.beat()
    room.at(ENDS)
    candidate.beat()
    assert candidate.step == "questions"
    with room.exam.database.reading() as connection:
        codes = [event.code for event in events.list_of(connection, EXAM, candidate.attempt["nonce"])]
    assert codes.count("times-moved") == 1


def test_the_papers_variant_is_an_event_of_the_attempt(room: RunningRoom, arrive: Arrive) -> None:
    with_paper, without = arrive(), arrive()
    give(room, KnownSeat(SeatTerms(with_paper.jti), paper="b"))
    found = []
    for candidate in (with_paper, without):
        candidate.enter()
        candidate.join()
        candidate.agree()
        with room.exam.database.reading() as connection:
            listed = events.list_of(connection, EXAM, candidate.attempt["nonce"])
        found.append([dict(event.facts) for event in listed if event.code == "paper-given"])
    digests = {facts.pop("sha256") for each in found for facts in each}
    assert found == [[{"variant": "a", "wanted": "b"}], [{"variant": "a"}]], "this folder has no variant b"
    assert len(digests) == 1 and all(len(bytes.fromhex(str(digest))) == 32 for digest in digests)


def test_a_ticket_of_another_session_is_refused_with_words(held: HeldExam) -> None:
    held.publish(version=2, formals=(*held.charter.formals, AFTERNOON))
    (held.papers / "formal-1.toml").write_bytes((held.papers / "formal-0.toml").read_bytes())
    with running_room(held, FixedClock(BEFORE)) as room, arriving(room) as arrive:
        moved, free = arrive(), arrive()
        give(room, KnownSeat(SeatTerms(moved.jti, 0, formal=1)))
        answer = moved.post_form(moved.form())
        assert answer.status_code == 403
        assert "OS-2027" in answer.text
        assert "这不是您的正式面试场次。" in answer.text
        free.enter()
        room.at(AFTERNOON.login_opens)
        moved.ticket = moved.new_ticket(session="1", exp=int(AFTERNOON.ends.timestamp()))
        moved.enter()


def test_the_copy_outlives_a_restart_and_is_shared_by_processes(held: HeldExam) -> None:
    known = slow(SLOW, paper="b", adjustments=("hearing_aid", "text_only"))
    with running_room(held, FixedClock(BEFORE)) as room:
        give(room, known)
        with held.database.reading() as connection:
            (row,) = seats.list_all(connection, EXAM).values()
        assert b"hearing" not in row.sealed
        with running_room(held, FixedClock(BEFORE)) as second:
            copy: SeatCopy = second.app.state.room.seats
            assert copy.of(SLOW) == known
            room.later(SECOND)
            give(room, slow(SLOW))
            assert copy.of(SLOW) == known, "until this process looks"
            copy.load()
            assert copy.of(SLOW) == slow(SLOW)
            room.later(SECOND)
            give(room)
            copy.load()
            assert copy.of(SLOW) == KnownSeat(SeatTerms(SLOW))


def test_a_row_of_another_seat_does_not_open(room: RunningRoom) -> None:
    served = room.app.state.room
    give(room, slow(SLOW))
    with room.exam.database.reading() as connection:
        (row,) = seats.list_all(connection, EXAM).values()
    with room.exam.database.writing() as connection:
        seats.replace_all(connection, EXAM, {"6" * 32: row}, room.clock.now() + SECOND)
    with pytest.raises(SealBroken):
        served.seats.load()
    room.later(2 * SECOND)
    give(room)


def test_what_is_as_it_was_is_not_written(room: RunningRoom) -> None:
    give(room, slow(SLOW))
    with room.exam.database.writing() as connection:
        rows = seats.list_all(connection, EXAM)
        before = seats.version(connection, EXAM)
        assert seats.replace_all(connection, EXAM, rows, room.clock.now() + SECOND) == 0
        assert seats.version(connection, EXAM) == before
    give(room)
