"""Extra time makes each question longer, and all of them together fit the attempt to the second."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneseat.room.rules.question_times import Stretch, stretch
from tests.room.candidate import Arrive
from tests.room.held_exam import BEFORE, ENDS, MOCKING, STARTS, RunningRoom
from tests.room.test_seat_terms import EXTRA, give, pair, seats_given, slow

__all__ = ["seats_given"]
Needs = list[tuple[int, int, int]]
"""Of each question: seconds to prepare, to speak, and to spare."""
NEEDS = st.lists(
    st.tuples(st.integers(0, 3600), st.integers(1, 3600), st.integers(0, 600)), min_size=1, max_size=20
)
EXTRAS = st.integers(0, 240 * 60)


@given(needs=NEEDS, extra=EXTRAS)
def test_a_paper_by_the_clock_stays_whole(needs: Needs, extra: int) -> None:
    length = sum(map(sum, needs))
    held = stretch(length, extra, length + extra)
    begins, before = 0, 0
    for prepare, speak, spare in needs:
        ends = begins + prepare + speak + spare
        opens, closes = held.seconds(begins), held.seconds(ends)
        assert opens == before, "no gap, no overlap"
        assert held.seconds(prepare) + held.seconds(speak) <= closes - opens
        begins, before = ends, closes
    assert before == length + extra, "the last one ends with the attempt"


@given(needs=NEEDS, extra=EXTRAS, spare=st.integers(0, 600))
def test_at_ones_own_pace_all_questions_fit_and_none_is_shorter(needs: Needs, extra: int, spare: int) -> None:
    length = sum(prepare + speak for prepare, speak, _ in needs) + spare
    held = stretch(length, extra, length + extra)
    times = [(prepare, speak) for prepare, speak, _ in needs]
    assert sum(held.seconds(one) + held.seconds(two) for one, two in times) <= length + extra
    assert all(held.seconds(each) >= each for pair_of in times for each in pair_of)


@given(written=st.integers(1, 20_000), extra=EXTRAS, lasts=st.integers(0, 40_000))
def test_only_approved_time_that_the_attempt_has_stretches(written: int, extra: int, lasts: int) -> None:
    held = stretch(written, extra, lasts)
    assert held.of_s == written <= held.to_s <= written + extra
    assert held.to_s <= max(written, lasts)
    assert stretch(written, 0, lasts) == Stretch(written, written)


def test_a_quarter_more_is_a_quarter_more_for_each_question() -> None:
    held = stretch(600, 150, 750)
    assert [held.seconds(each) for each in (0, 30, 90, 120, 600)] == [0, 37, 112, 150, 750]


@pytest.mark.usefixtures("seats_given")
@pytest.mark.parametrize("kind", ["formal", "mock"])
def test_pages_get_the_stretch_of_their_seat(room: RunningRoom, arrive: Arrive, kind: str) -> None:
    room.at(MOCKING if kind == "mock" else BEFORE)
    with_extra, other = pair(room, arrive, kind)
    assert with_extra.attempt["question_times"] == [600, 900]
    assert other.attempt["question_times"] == [600, 600]


@pytest.mark.usefixtures("seats_given")
def test_what_is_approved_in_the_interview_reaches_its_page(room: RunningRoom, arrive: Arrive) -> None:
    candidate = arrive().prepare()
    room.at(STARTS + timedelta(minutes=2))
    candidate.beat()
    assert candidate.attempt["question_times"] == [600, 600]
    give(room, slow(candidate.jti))
    candidate.beat()
    assert candidate.attempt["question_times"] == [600, 900]
    assert candidate.attempt["ends_at"] == (ENDS + EXTRA).strftime("2035-01-10T03:%M:00.000Z")
