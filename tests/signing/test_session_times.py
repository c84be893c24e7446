"""A session's times hold for a seat as the charter, later orders and the seat's own terms say."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Dict, FrozenSet, List, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signing.charter import FormalSession, RoomTerms
from signing.refusals import TokenMalformed
from signing.session_times import (
    END,
    EXTEND,
    ORDER_ACTS,
    PAUSE,
    POSTPONE,
    REPEAT,
    RESUME,
    Order,
    Pause,
    SeatTerms,
    charter_for,
    effective,
    formal_attempt,
    mock_attempt,
    names_no_session,
    paused_at,
    paused_before,
    stands_until,
)
from signing.tokens import SeatTimes
from tests.charters import at, charter

TERMS = RoomTerms((bytes(32),), 180, 600, 60, 600, 259200)
CHARTER = replace(charter(), room=TERMS)
FORMAL = CHARTER.formals[0]
ANY_SEAT = SeatTerms()
SEATS = ("ab" * 16, "cd" * 16)
MINUTE = timedelta(minutes=1)
START = int(FORMAL.starts.timestamp())
ORDERS = st.lists(
    st.builds(
        Order,
        st.integers(1, 99),
        st.sampled_from([act for act in ORDER_ACTS if act != REPEAT]),
        st.integers(0, 1),
        st.integers(0, 40 * 86_400),
        st.frozensets(st.sampled_from(SEATS), max_size=1),
        st.integers(START - 300, START + 3600),
    ),
    unique_by=lambda order: order.number,
    max_size=6,
)


def held(*orders: Order, seat: SeatTerms = ANY_SEAT) -> FormalSession:
    formal = effective(CHARTER, orders, seat).formals[0]
    assert formal is not None
    return formal


def test_without_orders_and_terms_the_charters_own_times_hold() -> None:
    sessions = effective(CHARTER)
    assert sessions.formals == CHARTER.formals
    assert [(mock.opens, mock.closes) for mock in sessions.mocks] == [
        (mock.opens, mock.closes) for mock in CHARTER.mocks
    ]


def test_the_last_mock_starts_so_that_wait_and_answer_time_end_with_the_session() -> None:
    mock = effective(CHARTER).mocks[0]
    assert mock.last_start == at(4, 23, 47)
    attempt = mock_attempt(mock.last_start, TERMS)
    assert (attempt.starts, attempt.ends) == (at(4, 23, 50), at(5, 0))


def test_a_third_partys_room_has_its_mock_open_until_it_closes() -> None:
    assert effective(charter()).mocks[0].last_start == charter().mocks[0].closes


def test_a_session_too_short_for_one_attempt_is_begun_when_it_opens() -> None:
    short = replace(CHARTER, room=replace(TERMS, mock_answer_s=20 * 3600))
    assert effective(short).mocks[0].last_start == short.mocks[0].opens


def test_approved_extra_time_lengthens_the_seats_own_attempts_and_moves_no_start() -> None:
    seat = SeatTerms(SEATS[0], extra_s=300)
    formal = held(seat=seat)
    assert (formal.starts, formal.ends) == (FORMAL.starts, FORMAL.ends + 5 * MINUTE)
    assert formal_attempt(formal).ends == FORMAL.ends + 5 * MINUTE
    began = at(4, 12)
    assert mock_attempt(began, TERMS, seat).ends - mock_attempt(began, TERMS).ends == 5 * MINUTE
    assert effective(CHARTER, (), seat).mocks[0].last_start == at(4, 23, 42)


def test_a_seat_of_another_session_does_not_have_this_one() -> None:
    assert effective(CHARTER, (), SeatTerms(formal=1)).formals == (None,)
    assert effective(CHARTER, (), SeatTerms(formal=0)).formals == (FORMAL,)


def test_a_postponed_session_moves_with_its_last_login() -> None:
    formal = held(Order(1, POSTPONE, 0, 3600))
    assert (formal.login_opens, formal.login_closes) == (FORMAL.login_opens, at(10, 12))
    assert (formal.starts, formal.ends) == (at(10, 12), at(10, 12, 10))


def test_orders_add_up_in_the_order_of_their_numbers() -> None:
    orders = (Order(3, EXTEND, 0, 180), Order(1, POSTPONE, 0, 600), Order(2, END, 0, 60))
    assert held(*orders).ends == FORMAL.starts + timedelta(seconds=600 + 60 + 180)


def test_an_order_concerns_its_seats_and_its_session_alone() -> None:
    order = Order(1, EXTEND, 0, 180, frozenset({SEATS[0]}))
    assert held(order, seat=SeatTerms(SEATS[0])).ends == FORMAL.ends + 3 * MINUTE
    assert held(order, seat=SeatTerms(SEATS[1])) == FORMAL
    assert held(Order(1, EXTEND, 1, 180)) == FORMAL


@given(ORDERS, st.integers(0, 7200), st.sampled_from(SEATS))
def test_whatever_is_ordered_a_session_keeps_its_order_of_times_and_the_exams_end(
    orders: List[Order], extra_s: int, jti: str
) -> None:
    formal = held(*orders, seat=SeatTerms(jti, extra_s))
    assert formal.login_opens <= formal.login_closes <= CHARTER.ends
    assert formal.starts <= formal.ends <= CHARTER.ends


@given(ORDERS, st.permutations(range(6)))
def test_the_sequence_in_which_orders_arrive_does_not_matter(orders: List[Order], shuffle: List[int]) -> None:
    shuffled = [orders[place] for place in shuffle if place < len(orders)]
    assert held(*orders, seat=SeatTerms(SEATS[0])) == held(*shuffled, seat=SeatTerms(SEATS[0]))


@given(st.frozensets(st.sampled_from(SEATS)))
def test_an_order_for_no_seat_in_particular_is_for_all(seats: FrozenSet[str]) -> None:
    order = Order(1, EXTEND, 0, 60, seats)
    concerned = [jti for jti in SEATS if order.concerns(0, jti)]
    assert concerned == [jti for jti in SEATS if jti in seats or not seats]


# ------------------------------------------------------------------------------------------ for one seat

SECOND_FORMAL = replace(
    FORMAL,
    login_opens=FORMAL.login_opens + 60 * MINUTE,
    starts=FORMAL.starts + 60 * MINUTE,
    login_closes=FORMAL.login_closes + 60 * MINUTE,
    ends=FORMAL.ends + 60 * MINUTE,
)
TWO = replace(CHARTER, formals=(FORMAL, SECOND_FORMAL))


@given(ORDERS, st.integers(0, 7200), st.sampled_from([None, 0, 1]))
def test_a_seats_charter_has_its_own_sessions_and_no_other_difference(
    orders: List[Order], extra_s: int, formal: Optional[int]
) -> None:
    seat = SeatTerms(SEATS[0], extra_s, formal)
    own = charter_for(TWO, orders, seat)
    held_for_it = [one for one in effective(TWO, orders, seat).formals if one is not None]
    assert list(own.formals) == held_for_it
    assert len(held_for_it) == (2 if formal is None else 1)
    assert replace(own, formals=TWO.formals) == TWO


def test_a_seat_without_terms_has_the_very_charter() -> None:
    assert charter_for(TWO) is TWO
    assert charter_for(TWO, (), SeatTerms(SEATS[0])) is TWO
    assert effective(TWO, (), SeatTerms(formal=1)).formals == (None, SECOND_FORMAL), "positions stay"


def test_a_session_has_to_be_given_where_an_own_room_has_several() -> None:
    assert names_no_session(TWO, (), ANY_SEAT)
    assert not names_no_session(TWO, (), SeatTerms(formal=0))
    assert not names_no_session(CHARTER, (), ANY_SEAT)
    assert not names_no_session(replace(TWO, room=None), (), ANY_SEAT), "another room lets in whom it wants"


@pytest.mark.parametrize(
    "changes",
    [{"extra_s": -1}, {"extra_s": 86_401}, {"session": "x"}, {"session": "12345"}, {"jti": "A"}, {"v": 2}],
    ids=["less", "more", "word", "long", "jti", "version"],
)
def test_a_seats_times_of_another_form_are_refused(changes: Dict[str, Any]) -> None:
    good = SeatTimes("test", SEATS[0], "1", 300, 0, 1)
    assert SeatTimes.parse(good.claims()).terms == SeatTerms(SEATS[0], 300, 1)
    with pytest.raises(TokenMalformed):
        SeatTimes.parse(replace(good, **changes).claims())


# ------------------------------------------------------------------------------------------------ pauses


def pauses(*orders: Order, seat: SeatTerms = ANY_SEAT) -> List[Pause]:
    return list(effective(CHARTER, orders, seat).pauses_of(0))


def minutes(count: int) -> int:
    return START + 60 * count


def test_a_pause_moves_the_end_by_its_length_and_nothing_else() -> None:
    order = Order(1, PAUSE, 0, 180, at=minutes(2))
    assert held(order) == replace(FORMAL, ends=FORMAL.ends + 3 * MINUTE)
    assert pauses(order) == [Pause(FORMAL.starts + 2 * MINUTE, FORMAL.starts + 5 * MINUTE, 1)]
    assert pauses(order)[0].begins.tzinfo is FORMAL.starts.tzinfo
    assert effective(CHARTER, [order]).pauses_of(7) == ()


def test_a_resume_cuts_the_newest_pause_of_the_same_seats() -> None:
    orders = [
        Order(1, PAUSE, 0, 180, at=minutes(1)),
        Order(2, PAUSE, 0, 180, at=minutes(5)),
        Order(3, RESUME, 0, 60, at=minutes(6)),
        Order(4, RESUME, 0, 30, frozenset({SEATS[0]}), minutes(6)),
    ]
    lengths = [each.ends - each.begins for each in pauses(*orders, seat=SeatTerms(SEATS[0]))]
    assert lengths == [3 * MINUTE, MINUTE]
    assert held(*orders).ends == FORMAL.ends + 4 * MINUTE


def test_two_pauses_at_once_stop_the_clock_once() -> None:
    orders = [
        Order(1, PAUSE, 0, 180, frozenset({SEATS[0]}), minutes(3)),
        Order(2, PAUSE, 0, 360, at=minutes(2)),
    ]
    seat = SeatTerms(SEATS[0])
    assert held(*orders, seat=seat).ends == FORMAL.ends + 6 * MINUTE
    assert [(each.number, each.ends - each.begins) for each in pauses(*orders, seat=seat)] == [
        (2, MINUTE),
        (1, 3 * MINUTE),
        (2, 2 * MINUTE),
    ]


def test_pauses_without_a_gap_are_one_standstill() -> None:
    own = frozenset({SEATS[0]})
    orders = [
        Order(1, PAUSE, 0, 180, own, minutes(3)),
        Order(2, PAUSE, 0, 360, at=minutes(2)),
        Order(3, PAUSE, 0, 60, own, minutes(9)),
    ]
    found = pauses(*orders, seat=SeatTerms(SEATS[0]))
    ends = FORMAL.starts + 8 * MINUTE
    for minute in range(2, 8):
        assert stands_until(found, FORMAL.starts + minute * MINUTE) == ends
    assert stands_until(found, ends - timedelta(seconds=1)) == ends
    for moment in (FORMAL.starts + MINUTE, ends, FORMAL.starts + 10 * MINUTE):
        assert stands_until(found, moment) is None
    assert stands_until(found, FORMAL.starts + 9 * MINUTE) == FORMAL.starts + 10 * MINUTE


def test_who_starts_in_the_middle_of_a_pause_begins_with_its_rest() -> None:
    orders = [
        Order(1, POSTPONE, 0, 240, frozenset({SEATS[0]})),
        Order(2, PAUSE, 0, 300, at=minutes(1)),
    ]
    seat = SeatTerms(SEATS[0])
    assert pauses(*orders, seat=seat) == [Pause(FORMAL.starts + 4 * MINUTE, FORMAL.starts + 6 * MINUTE, 2)]
    assert held(*orders, seat=seat).ends == FORMAL.ends + 6 * MINUTE
    assert pauses(orders[0], replace(orders[1], seconds=180), seat=seat) == []


def test_a_pause_after_the_end_changes_nothing_and_an_end_in_a_pause_cuts_it() -> None:
    length_s = int((FORMAL.ends - FORMAL.starts).total_seconds())
    assert held(Order(1, PAUSE, 0, 60, at=START + length_s)) == FORMAL
    orders = [Order(1, PAUSE, 0, 300, at=minutes(1)), Order(2, END, 0, 180)]
    assert held(*orders).ends == FORMAL.starts + 3 * MINUTE
    assert pauses(*orders) == [Pause(FORMAL.starts + MINUTE, FORMAL.starts + 3 * MINUTE, 1)]


@given(ORDERS, st.integers(0, 7200), st.permutations(range(6)))
def test_whatever_is_ordered_pauses_follow_each_other_within_the_answer_time(
    orders: List[Order], extra_s: int, shuffle: List[int]
) -> None:
    seat = SeatTerms(SEATS[0], extra_s)
    formal, found = held(*orders, seat=seat), pauses(*orders, seat=seat)
    edges = [edge for pause in found for edge in (pause.begins, pause.ends)]
    assert edges == sorted(edges)
    assert all(formal.starts <= edge <= formal.ends for edge in edges)
    assert all(pause.begins < pause.ends for pause in found)
    assert paused_before(found, formal.ends) <= formal.ends - formal.starts
    shuffled = [orders[place] for place in shuffle if place < len(orders)]
    assert effective(CHARTER, shuffled, seat) == effective(CHARTER, orders, seat)


@given(ORDERS, st.integers(0, 599), st.integers(1, 900), st.integers(0, 600), st.none() | st.integers(1, 900))
def test_a_pause_leaves_the_answer_time_that_there_was_at_its_beginning(
    orders: List[Order], after_s: int, seconds: int, extra_s: int, resumed_s: Optional[int]
) -> None:
    """Whatever came before, within the exam's own end, and whether or not it is resumed early."""
    seat = SeatTerms(SEATS[0], extra_s)
    orders = [replace(order, seconds=order.seconds % 600) for order in orders]
    given_at = minutes(0) + after_s
    later = [*orders, Order(100, PAUSE, 0, seconds, at=given_at)]
    if resumed_s is not None:
        later.append(Order(101, RESUME, 0, resumed_s, at=given_at))
    length = timedelta(seconds=min(seconds, resumed_s or seconds))
    before, was_paused = held(*orders, seat=seat), pauses(*orders, seat=seat)
    after, is_paused = held(*later, seat=seat), pauses(*later, seat=seat)
    begins = max(FORMAL.starts + timedelta(seconds=after_s), before.starts)
    ends = max(begins, FORMAL.starts + timedelta(seconds=after_s) + length)

    def left(formal: FormalSession, held_pauses: List[Pause], moment: datetime) -> timedelta:
        still_paused = paused_before(held_pauses, formal.ends) - paused_before(held_pauses, moment)
        return formal.ends - moment - still_paused

    if FORMAL.starts + timedelta(seconds=after_s) >= before.ends:
        assert (after, is_paused) == (before, was_paused)
        return
    assert left(after, is_paused, ends) == left(before, was_paused, begins)
    assert ends == begins or all(
        paused_at(is_paused, moment) is not None for moment in (begins, ends - timedelta(microseconds=1))
    )
