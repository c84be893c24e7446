"""Orders are verified by the charter alone, and no number of them reaches further than it allows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from signing import orders
from signing.authority.signer import PrivateKeySigner, sign_token
from signing.charter import Charter, Measures
from signing.errors import OneSeatError
from signing.orders import MAX_SEATS, SignedOrder, find_fault, orders_in_force, verify_order
from signing.refusals import KeyUnknown, LicenceForOtherExam, SignatureInvalid, TokenMalformed
from signing.session_times import (
    END,
    EXTEND,
    ORDER_ACTS,
    PAUSE,
    POSTPONE,
    RESUME,
    Order,
    SeatTerms,
    effective,
)
from signing.text import Text
from tests import charters
from tests.signed_orders import order_of_two

SIGNER = PrivateKeySigner(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
OTHER = PrivateKeySigner(Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33))))
BOUNDS = Measures((SIGNER.public_key,), postpone_s=1800, extend_s=600, may_end=True)
CHARTER: Charter = replace(charters.charter(), measures=BOUNDS)
JTI = "0" * 32
PLAIN = order_of_two(exam=CHARTER.exam, at=2_000_000_000)


def signed(signer: PrivateKeySigner = SIGNER, **changes: Any) -> str:
    return sign_token(signer, SignedOrder.TYP, replace(PLAIN, **changes).claims())


def test_an_order_verifies_to_what_was_signed() -> None:
    long = tuple(f"{seat:032x}" for seat in range(MAX_SEATS))
    for order in (PLAIN, replace(PLAIN, seats=(JTI,)), replace(PLAIN, seats=long, act=EXTEND)):
        found = verify_order(CHARTER, sign_token(SIGNER, SignedOrder.TYP, order.claims()))
        assert found == order
        assert found.order == Order(1, order.act, 0, 600, frozenset(order.seats))


@pytest.mark.parametrize(
    "changes",
    [
        {"number": 0},
        {"act": "dance"},
        {"seconds": 0},
        {"seats": ("x",)},
        {"seats": (JTI,) * (MAX_SEATS + 1)},
        {"names": ()},
        {"names": ("a", "b", "c")},
        {"reason": Text("Why.", " ")},
        {"reason": Text("Why.\u202e", "原因")},
        {"at": -1},
        {"at": 1 << 35},
        {"v": 2},
    ],
    ids=[
        "number",
        "act",
        "seconds",
        "seat",
        "seats",
        "no-name",
        "names",
        "blank",
        "mark",
        "at",
        "far",
        "version",
    ],
)
def test_an_order_of_another_form_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(TokenMalformed):
        verify_order(CHARTER, signed(**changes))


def test_an_order_of_another_key_exam_or_token_is_refused() -> None:
    with pytest.raises(KeyUnknown):
        verify_order(CHARTER, signed(OTHER))
    with pytest.raises(KeyUnknown):
        verify_order(replace(CHARTER, measures=None), signed())
    with pytest.raises(LicenceForOtherExam):
        verify_order(CHARTER, signed(exam="another"))
    head, _, tail = signed().rpartition(".")
    with pytest.raises((SignatureInvalid, TokenMalformed)):
        verify_order(CHARTER, f"{head}.{tail[::-1]}")
    with pytest.raises(OneSeatError):
        verify_order(CHARTER, sign_token(SIGNER, "oneseat-receipt+jws", PLAIN.claims()))


@pytest.mark.parametrize(
    ("names", "two"),
    [
        (("王主考", "李副主考"), True),
        (("王主考",), False),
        (("王主考", "王主考"), False),
        (("阿卜杜拉·买买提", "阿卜杜拉买买提"), False),
    ],
)
def test_two_persons_are_two_by_the_normal_form_of_names(names: tuple[str, ...], two: bool) -> None:
    token = signed(names=names)
    assert verify_order(CHARTER, token).is_of_two_persons == two
    assert bool(orders_in_force(CHARTER, [token])) == two


def test_bounds_are_kept_to_the_second() -> None:
    assert find_fault(CHARTER, (), Order(1, POSTPONE, 0, 1800)) is None
    assert find_fault(CHARTER, (), Order(1, POSTPONE, 0, 1801)) is not None
    assert find_fault(CHARTER, (), Order(1, EXTEND, 0, 600)) is None
    assert find_fault(CHARTER, (), Order(1, EXTEND, 0, 601)) is not None
    length = CHARTER.formals[0].ends - CHARTER.formals[0].starts
    assert find_fault(CHARTER, (), Order(1, END, 0, int(length.total_seconds()))) is None
    assert find_fault(CHARTER, (), Order(1, END, 0, int(length.total_seconds()) + 1)) is not None
    strict = replace(CHARTER, measures=replace(BOUNDS, may_end=False))
    assert find_fault(strict, (), Order(1, END, 0, 1)) is not None
    assert find_fault(CHARTER, (), Order(1, POSTPONE, len(CHARTER.formals), 1)) is not None
    late = replace(CHARTER, ends=CHARTER.formals[0].ends + timedelta(seconds=60))
    assert find_fault(late, (), Order(1, POSTPONE, 0, 60)) is None
    assert find_fault(late, (), Order(1, POSTPONE, 0, 61)) is not None


def test_orders_for_other_seats_leave_a_seats_bounds_alone() -> None:
    one, other = frozenset({JTI}), frozenset({"1" * 32})
    earlier = [Order(1, POSTPONE, 0, 1800, one)]
    assert find_fault(CHARTER, earlier, Order(2, POSTPONE, 0, 1800, other)) is None
    assert find_fault(CHARTER, earlier, Order(2, POSTPONE, 0, 1, one | other)) is not None
    assert find_fault(CHARTER, earlier, Order(2, POSTPONE, 0, 1)) is not None


SEATS = [f"{seat:032x}" for seat in range(3)]
START = int(CHARTER.formals[0].starts.timestamp())
LENGTH_S = int((CHARTER.formals[0].ends - CHARTER.formals[0].starts).total_seconds())
given_orders = st.lists(
    st.builds(
        lambda act, seconds, seats, at: replace(PLAIN, act=act, seconds=seconds, seats=tuple(seats), at=at),
        st.sampled_from(ORDER_ACTS),
        st.integers(1, 1000),
        st.lists(st.sampled_from(SEATS), unique=True),
        st.integers(START - 100, START + 3000),
    ),
    max_size=8,
)


@given(made=given_orders)
def test_whatever_orders_are_in_force_no_seat_is_moved_beyond_the_bounds(made: list[SignedOrder]) -> None:
    tokens = [signed(**vars(replace(order, number=n))) for n, order in enumerate(made, 1)]
    held = orders_in_force(CHARTER, tokens)
    plain = CHARTER.formals[0]
    for jti in SEATS:
        (formal, *_) = effective(CHARTER, held, SeatTerms(jti)).formals
        assert formal is not None
        assert timedelta(0) <= formal.starts - plain.starts <= timedelta(seconds=BOUNDS.postpone_s)
        longest = plain.ends - plain.starts + timedelta(seconds=BOUNDS.extend_s)
        assert timedelta(0) < formal.ends - formal.starts <= longest
        assert formal.ends <= CHARTER.ends


def test_a_stored_order_that_does_not_verify_is_passed_over() -> None:
    tokens = [signed(), "x.y.z", signed(OTHER, number=2), signed(number=3, seconds=1201), signed(number=4)]
    assert [order.number for order in orders_in_force(CHARTER, tokens)] == [1, 4]
    assert orders.MAX_ORDER_BYTES == 65536


def words(*orders: Order) -> str:
    """Why the last order is refused after the others; empty where it is not."""
    fault = find_fault(CHARTER, orders[:-1], orders[-1])
    return fault.en if fault is not None else ""


def pause(number: int, after_s: int, seconds: int, *seats: str) -> Order:
    return Order(number, PAUSE, 0, seconds, frozenset(seats), START + after_s)


def resume(number: int, after_s: int, seconds: int, *seats: str) -> Order:
    """``seconds`` after the pause's beginning, given ``after_s`` after the session's start."""
    return Order(number, RESUME, 0, seconds, frozenset(seats), START + after_s)


def test_a_pause_is_given_while_the_answer_time_runs() -> None:
    assert "not started" in words(pause(1, -1, 60))
    assert words(pause(1, 0, 60)) == ""
    assert words(pause(1, LENGTH_S - 1, 60)) == ""
    assert "over" in words(pause(1, LENGTH_S, 60))
    later = Order(1, POSTPONE, 0, 600, frozenset({JTI}))
    assert "not started" in words(later, pause(2, 300, 60, JTI))
    assert words(later, pause(2, 300, 60)) == "", "a pause of all is asked about the session of all"


def test_pauses_and_longer_answer_times_share_one_bound() -> None:
    assert words(pause(1, 0, 600)) == ""
    assert "too long" in words(pause(1, 0, 601))
    assert "too long" in words(pause(1, 0, 600), Order(2, EXTEND, 0, 1))
    cut = (pause(1, 0, 600), resume(2, 100, 120))
    assert words(*cut, Order(3, EXTEND, 0, 480)) == "", "a pause counts for as long as it lasted"
    assert "too long" in words(*cut, Order(3, EXTEND, 0, 481))
    assert words(*cut, pause(3, 200, 480)) == ""
    assert "too long" in words(*cut, pause(3, 200, 481))
    assert words(pause(1, 0, 600, SEATS[1]), pause(2, 0, 600, SEATS[2])) == ""


def test_a_resume_ends_the_pause_of_its_own_seats_once() -> None:
    running = pause(1, 60, 300)
    assert words(running, resume(2, 100, 40)) == ""
    assert "nothing is paused" in words(resume(1, 100, 40))
    assert "nothing is paused" in words(running, resume(2, 100, 40, JTI))
    assert "nothing is paused" in words(running, resume(2, 360, 299))
    assert "nothing is paused" in words(running, resume(2, 100, 60), resume(3, 110, 60))
    assert "passed already" in words(running, resume(2, 101, 40))
    assert "by itself" in words(running, resume(2, 100, 300))


def test_a_session_that_is_paused_is_not_paused_again_for_the_same_seats() -> None:
    assert "already" in words(pause(1, 0, 300), pause(2, 299, 60))
    assert words(pause(1, 0, 300), pause(2, 300, 60)) == ""
    assert words(pause(1, 0, 300, JTI), pause(2, 10, 60)) == "", "one seat's pause is not everybody's"


def test_an_end_after_a_pause_is_counted_by_the_clock() -> None:
    assert words(pause(1, 0, 300), Order(2, END, 0, LENGTH_S + 300)) == ""
    assert "after the session" in words(pause(1, 0, 300), Order(2, END, 0, LENGTH_S + 301))


def test_another_exams_pause_is_refused_and_a_second_reading_gives_the_same() -> None:
    given_at = START + 30
    tokens = [
        signed(act=PAUSE, seconds=300, at=given_at),
        signed(number=2, act=RESUME, seconds=90, at=given_at + 60),
    ]
    first = orders_in_force(CHARTER, tokens)
    assert [order.at for order in first] == [given_at, given_at + 60]
    assert effective(CHARTER, first) == effective(CHARTER, orders_in_force(CHARTER, tokens))
    assert effective(CHARTER, first).formals[0] == replace(
        CHARTER.formals[0], ends=CHARTER.formals[0].ends + timedelta(seconds=90)
    )
    with pytest.raises(LicenceForOtherExam):
        verify_order(CHARTER, signed(exam="another", act=PAUSE, at=given_at))
    alone = [signed(act=PAUSE, at=given_at, names=("王主考",))]
    assert orders_in_force(CHARTER, alone) == ()
