"""An order as two persons give it: what all tests of orders have in common."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from signing.orders import SignedOrder
from signing.session_times import POSTPONE
from signing.text import Text

TWO = ("王主考", "李副主考")
"""The two persons who give orders."""
_TEN_MINUTES_LATER = SignedOrder(
    exam="test",
    number=1,
    act=POSTPONE,
    session=0,
    seconds=600,
    seats=(),
    names=TWO,
    reason=Text("The power failed.", "停电。"),
    at=0,
    v=1,
)


def order_of_two(number: int = 1, at: datetime | int = 0, **changes: Any) -> SignedOrder:
    """An order to be signed: the first formal session begins ten minutes later for all, unless changed.

    ``at`` is when it is given, as a time or in seconds since 1970.
    """
    seconds = at if isinstance(at, int) else int(at.timestamp())
    return replace(_TEN_MINUTES_LATER, number=number, at=seconds, **changes)
