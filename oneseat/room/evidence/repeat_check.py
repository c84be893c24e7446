"""Compares the history of attempts that gave way to another session, or came of one, with the orders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from oneseat.room.evidence import given_orders
from oneseat.room.evidence.attempt_rows import AttemptRows, Row, path_of
from oneseat.room.refusals.evidence import EvidenceError, RecordsDisagree
from oneseat.room.services.attempts.hand_in import REPEAT
from oneseat.room.services.attempts.repeating import REPEATED, REPEATS
from signing.charter import Charter
from signing.orders import SignedOrder
from signing.text import Text

_REPEAT = Text("the repeat in another session", "另场重考")


def faults(about: AttemptRows, charters: Sequence[Charter]) -> Iterator[tuple[str, EvidenceError]]:
    """Yield where a history names no such order, or a hand-in none; changed files are passed over."""
    if not about.usable():
        return
    signed = {order.number: order for order in given_orders.exported(about.evidenced.folder, charters)}
    gave_way, came_of = about.noted(REPEATED), about.noted(REPEATS)
    ends = all(_ends(about.attempt, event, signed.get(event["facts"].get("order"))) for event in gave_way)
    begins = all(_begins(about.attempt, event, signed.get(event["facts"].get("order"))) for event in came_of)
    is_explained = bool(gave_way) or about.attempt["handed_in_by"] != REPEAT
    if not (ends and begins and is_explained):
        yield path_of("room_events"), RecordsDisagree(about=_REPEAT)


def _ends(attempt: Row, event: Row, order: SignedOrder | None) -> bool:
    """Whether an event says of the attempt's end what the order does."""
    if order is None:
        return False
    facts = event["facts"]
    said = (facts.get("target"), facts.get("names"), facts.get("reason"))
    meant = (order.target, "、".join(order.names), order.reason.zh)
    return said == meant and order.session == attempt["session"] and attempt["jti"] in order.seats


def _begins(attempt: Row, event: Row, order: SignedOrder | None) -> bool:
    """Whether an event says of the attempt's beginning what the order does."""
    if order is None:
        return False
    led = (order.session, order.target) == (event["facts"].get("session"), attempt["session"])
    return led and attempt["jti"] in order.seats
