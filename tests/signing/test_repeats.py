"""An order that gives named seats another session: its form, its bounds, and what holds for each seat."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, Dict, List, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signing.authority.signer import sign_token
from signing.errors import OneSeatError
from signing.orders import SignedOrder, find_fault, find_late, orders_in_force, verify_order
from signing.refusals import TokenMalformed
from signing.session_times import (
    EXTEND,
    POSTPONE,
    REPEAT,
    Order,
    SeatTerms,
    charter_for,
    effective,
    names_no_session,
    session_of,
)
from tests.signing.test_orders import BOUNDS, PLAIN, SIGNER
from tests.signing.test_orders import CHARTER as ONE
from tests.signing.test_session_times import TERMS

FIRST = ONE.formals[0]
DAY = timedelta(days=1)
LATER = replace(
    FIRST,
    login_opens=FIRST.login_opens + DAY,
    login_closes=FIRST.login_closes + DAY,
    starts=FIRST.starts + DAY,
    ends=FIRST.ends + DAY,
)
LAST = replace(LATER, starts=ONE.ends - timedelta(minutes=11), ends=ONE.ends - timedelta(minutes=1))
CHARTER = replace(ONE, formals=(FIRST, LATER, LAST), measures=replace(BOUNDS, may_repeat=True))
SEAT, OTHER = "ab" * 16, "cd" * 16
SIGNED = replace(PLAIN, act=REPEAT, seconds=0, seats=(SEAT,), target=1)


def repeat(number: int = 1, session: int = 0, target: Optional[int] = 1, *seats: str) -> Order:
    return Order(number, REPEAT, session, 0, frozenset(seats or (SEAT,)), target=target)


def sign(claims: Dict[str, Any]) -> str:
    return sign_token(SIGNER, SignedOrder.TYP, claims)


def test_a_repeat_verifies_to_what_was_signed_and_other_acts_are_the_same_bytes_as_before() -> None:
    assert verify_order(CHARTER, sign(SIGNED.claims())) == SIGNED
    assert SIGNED.order == repeat()
    assert "target" not in PLAIN.claims()
    assert sorted(PLAIN.claims()) == sorted(set(SIGNED.claims()) - {"target"})


@pytest.mark.parametrize(
    "changes",
    [
        {"seconds": 60},
        {"seats": []},
        {"target": -1},
        {"target": None},
        {"target": "1"},
        {"act": POSTPONE, "seconds": 60},
        {"extra": 1},
    ],
    ids=["seconds", "all", "negative", "null", "text", "other-act", "unexpected"],
)
def test_a_repeat_of_another_form_is_refused(changes: Dict[str, Any]) -> None:
    with pytest.raises(TokenMalformed):
        verify_order(CHARTER, sign({**SIGNED.claims(), **changes}))


def test_a_repeat_without_a_target_and_another_act_with_a_null_are_refused() -> None:
    without = {name: value for name, value in SIGNED.claims().items() if name != "target"}
    for claims in (without, {**PLAIN.claims(), "target": None}):
        with pytest.raises(OneSeatError):
            verify_order(CHARTER, sign(claims))


@pytest.mark.parametrize(
    ("order", "earlier", "fault"),
    [
        (repeat(target=0), (), "it is the same session"),
        (repeat(target=3), (), "no such session"),
        (repeat(session=3), (), "no such session"),
        (Order(1, REPEAT, 0, 0, frozenset(), target=1), (), "nobody is named"),
        (repeat(2, 0, 2), (repeat(1, 0, 1),), "an earlier order gave a seat another session"),
        (repeat(2, 0, 1), (repeat(1, 0, 1),), "an earlier order gave a seat another session"),
        (repeat(2, 1, 0), (repeat(1, 0, 1),), "a seat has left that session before"),
        (repeat(2, 0, 2), (Order(1, POSTPONE, 2, 61),), "end after the exam's end"),
        (repeat(2, 0, 2), (Order(1, EXTEND, 2, 61, frozenset({SEAT})),), "end after the exam's end"),
        (repeat(2, 0, 2), (Order(1, EXTEND, 2, 61, frozenset({OTHER})),), None),
        (repeat(2, 1, 2), (repeat(1, 0, 1),), None),
        (repeat(2, 0, 2, OTHER), (repeat(1, 0, 1),), None),
        (repeat(), (), None),
    ],
)
def test_bounds_of_a_repeat(order: Order, earlier: Any, fault: Optional[str]) -> None:
    found = find_fault(CHARTER, earlier, order)
    assert found is None if fault is None else found is not None and fault in found.en


def test_the_grant_is_its_own_and_absent_by_default() -> None:
    assert not BOUNDS.may_repeat
    strict = replace(CHARTER, measures=BOUNDS)
    token = sign(SIGNED.claims())
    assert find_fault(strict, (), repeat()) is not None
    assert orders_in_force(strict, [token]) == ()
    assert orders_in_force(CHARTER, [token]) == (repeat(),)


def test_it_is_too_late_once_nobody_can_log_in_to_the_new_session_and_not_before() -> None:
    second = timedelta(seconds=1)
    assert find_late(CHARTER, (), repeat(), FIRST.ends + second) is None, "the first session may be over"
    assert find_late(CHARTER, (), repeat(), LATER.login_closes - second) is None
    assert find_late(CHARTER, (), repeat(), LATER.login_closes) is not None
    moved = (Order(1, POSTPONE, 1, 600),)
    assert find_late(CHARTER, moved, repeat(2), LATER.login_closes) is None, "logins close later now"


def test_a_seat_has_the_new_session_alone_with_its_orders_and_its_extra_time() -> None:
    for own in (None, 0):
        seat = SeatTerms(SEAT, 120, own)
        orders = (Order(1, POSTPONE, 0, 60), Order(2, EXTEND, 1, 60), repeat(3), Order(4, EXTEND, 0, 300))
        formals = effective(CHARTER, orders, seat).formals
        assert formals == (None, replace(LATER, ends=LATER.ends + timedelta(seconds=180)), None)
        assert charter_for(CHARTER, orders, seat).formals == (formals[1],)
    assert session_of((repeat(),), SeatTerms(SEAT, formal=2)) == 2, "its roster says another session"
    assert session_of((repeat(), repeat(2, 1, 2)), SeatTerms(SEAT, formal=0)) == 2


def test_who_was_given_a_session_by_an_order_is_assigned() -> None:
    own_room = replace(CHARTER, room=TERMS)
    assert names_no_session(own_room, (), SeatTerms(SEAT))
    assert not names_no_session(own_room, (repeat(),), SeatTerms(SEAT))
    assert names_no_session(own_room, (repeat(),), SeatTerms(OTHER))


REPEATS = st.builds(
    repeat, st.integers(1, 99), st.integers(0, 2), st.integers(0, 2), st.sampled_from([SEAT, OTHER])
)
MOVES = st.builds(
    Order, st.integers(1, 99), st.sampled_from([POSTPONE, EXTEND]), st.integers(0, 2), st.integers(1, 600)
)


@given(
    st.lists(REPEATS | MOVES, max_size=8, unique_by=lambda order: order.number),
    st.sampled_from([None, 0, 1, 2]),
)
def test_of_orders_in_force_each_seat_ends_with_one_session_that_it_has_not_left(
    proposed: List[Order], own: Optional[int]
) -> None:
    taken: List[Order] = []
    for order in sorted(proposed, key=lambda order: order.number):
        if find_fault(CHARTER, taken, order) is None:
            taken.append(order)
    seat = SeatTerms(SEAT, formal=own)
    assigned = session_of(taken, seat)
    formals = effective(CHARTER, taken, seat).formals
    mine = [order for order in taken if order.act == REPEAT and SEAT in order.seats]
    if not mine:
        assert assigned == own
    elif own in (None, mine[0].session):
        assert assigned == mine[-1].target
        assert assigned not in {order.session for order in mine}
    if assigned is not None:
        assert [position for position, formal in enumerate(formals) if formal] == [assigned]
