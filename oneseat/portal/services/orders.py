"""Takes signed orders that change sessions on the day, and keeps them for all who follow them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from oneseat.portal.exam.served_exam import ServedExam
from oneseat.portal.refusals.orders import (
    OrderBeyondBounds,
    OrderDiffers,
    OrderOfOnePerson,
    OrderOfOtherExam,
    OrderOutOfTurn,
    OrderUnverified,
)
from oneseat.state.accounts import audit
from oneseat.state.accounts.service_tokens import Service
from oneseat.state.publishing import orders
from signing import session_times
from signing.charter import Charter
from signing.fields import unix_time
from signing.orders import SignedOrder, find_fault, find_late, orders_in_force, verify_order
from signing.refusals import (
    KeyUnknown,
    LicenceForOtherExam,
    SignatureInvalid,
    TokenMalformed,
    TokenTypeWrong,
)
from signing.text import Text

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far the clock that signed may be ahead of the portal's."""
_TO_COME = Text("it was given in the future", "下达时间晚于当前时间")


@dataclass(frozen=True)
class KeptOrder:
    """An order's number, and whether it was known before."""

    number: int
    known: bool


def take_order(exam: ServedExam, service: Service, token: str, now: datetime) -> KeptOrder:
    """Verify an order and keep it. The same order again changes nothing.

    Raises:
        OrderUnverified: it is damaged, or not signed by a key that the charter lists for orders.
        OrderOfOtherExam: it is another exam's.
        OrderOfOnePerson: it does not name two persons.
        OrderDiffers: its number was used for another order.
        OrderOutOfTurn: its number is not the next one.
        OrderBeyondBounds: it goes further than the charter allows, or its session is over.
    """
    charter = exam.charter().signed
    signed = _verified(charter, token)
    with exam.database.writing() as connection:
        newest = orders.newest_number(connection, exam.exam)
        known = _is_known(connection, signed, token, newest)
        if known:
            return KeptOrder(signed.number, known=True)
        if signed.number != newest + 1:
            raise OrderOutOfTurn(order=signed.number, newest=newest)
        _refuse_beyond(charter, orders_in_force(charter, orders.tokens(connection, exam.exam)), signed, now)
        if not orders.add(connection, exam.exam, signed.number, token, now):
            raise OrderDiffers(order=signed.number, next_number=signed.number + 1)
        facts: dict[str, audit.Fact] = {
            "order": signed.number,
            "measure": signed.act,
            "session": signed.session,
            "seconds": signed.seconds,
            "seats": len(signed.seats),
        }
        audit.append(connection, now, f"service:{service.id}", "order.taken", exam.exam, facts)
    return KeptOrder(signed.number, known=False)


def _verified(charter: Charter, token: str) -> SignedOrder:
    try:
        signed = verify_order(charter, token)
    except (TokenMalformed, TokenTypeWrong, KeyUnknown, SignatureInvalid):
        raise OrderUnverified from None
    except LicenceForOtherExam:
        raise OrderOfOtherExam from None
    if not signed.is_of_two_persons:
        raise OrderOfOnePerson
    return signed


def _is_known(connection: Connection, signed: SignedOrder, token: str, newest: int) -> bool:
    stored = orders.find(connection, signed.exam, signed.number)
    if stored is not None and stored != token:
        raise OrderDiffers(order=signed.number, next_number=newest + 1)
    return stored is not None


def _refuse_beyond(
    charter: Charter, earlier: tuple[session_times.Order, ...], signed: SignedOrder, now: datetime
) -> None:
    fault = find_fault(charter, earlier, signed.order)
    if fault is not None:
        raise OrderBeyondBounds(reason=fault)
    if unix_time(signed.at) > now + CLOCK_TOLERANCE:
        raise OrderBeyondBounds(reason=_TO_COME)
    # The line may have been down since it was signed; later orders could never follow one that is refused.
    late = find_late(charter, earlier, signed.order, min(now, unix_time(signed.at)))
    if late is not None:
        raise OrderBeyondBounds(reason=late)
