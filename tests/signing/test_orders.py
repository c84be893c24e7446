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
from signing.session_times import END, EXTEND, ORDER_ACTS, POSTPONE, Order, SeatTerms, effective
from signing.text import Text
from tests import charters

SIGNER = PrivateKeySigner(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
OTHER = PrivateKeySigner(Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33))))
BOUNDS = Measures((SIGNER.public_key,), postpone_s=1800, extend_s=600, may_end=True)
CHARTER: Charter = replace(charters.charter(), measures=BOUNDS)
JTI = "0" * 32
PLAIN = SignedOrder(
    exam=CHARTER.exam,
    number=1,
    act=POSTPONE,
    session=0,
    seconds=600,
    seats=(),
    names=("王主考", "李副主考"),
    reason=Text("The power failed.", "停电。"),
    at=2_000_000_000,
    v=1,
)


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
        {"act": "pause"},
        {"seconds": 0},
        {"seats": ("x",)},
        {"seats": (JTI,) * (MAX_SEATS + 1)},
        {"names": ()},
        {"names": ("a", "b", "c")},
        {"reason": Text("Why.", " ")},
        {"reason": Text("Why.\u202e", "原因")},
        {"v": 2},
    ],
    ids=["number", "act", "seconds", "seat", "seats", "no-name", "names", "blank", "mark", "version"],
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
given_orders = st.lists(
    st.builds(
        lambda act, seconds, seats: replace(PLAIN, act=act, seconds=seconds, seats=tuple(seats)),
        st.sampled_from(ORDER_ACTS),
        st.integers(1, 1000),
        st.lists(st.sampled_from(SEATS), unique=True),
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
