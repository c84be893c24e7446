"""Frees a seat for the computer that lost its key: one operator asks, another one approves.

It is for computers that the portal does not recognise by their traits, and for the time after device changes
ended. Approval retires the device key, as a move does, so that the next computer to activate gets the seat.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from oneseat.portal.desk.actions import SeatActions, audited
from oneseat.portal.desk.justification import REASONS
from oneseat.portal.desk.visits import DeskVisit, charter_of_number
from oneseat.portal.exam import schedule
from oneseat.portal.exam.served_exam import CharterInForce
from oneseat.portal.refusals.desk import OrderInvalid, SeatNotActive
from oneseat.portal.refusals.rebinding import (
    RebindAsked,
    RebindBySameOperator,
    RebindNotAsked,
    RebindTooLate,
)
from oneseat.state.candidates import activations, rebind_requests, seat_support
from oneseat.state.candidates.rebind_requests import OpenRequest, Outcome
from signing.charter import Charter
from signing.text import Text

LIFE = timedelta(minutes=30)
"""How long a request waits. A call and a second operator take minutes; who calls later is asked again."""

NO_REASON = Text("", "")


def login_end(charter: Charter) -> datetime:
    """When the exam's last login closes: half open, as for tickets."""
    closing = [min(formal.login_closes, formal.ends) for formal in charter.formals]
    return max(closing, default=charter.ends)


@dataclass(frozen=True)
class RebindPanel:
    """What the seat's page shows: the open request, if any, and whether the visitor made it."""

    request: OpenRequest | None
    is_own: bool
    lapses_at: datetime | None
    closes: datetime

    @property
    def why(self) -> Text:
        """The open request's reason in words."""
        return NO_REASON if self.request is None else REASONS["rebind"][self.request.reason]


def panel_of(actions: SeatActions, in_force: CharterInForce | None) -> RebindPanel | None:
    """The page's part about this; None where one operator can move the seat, or the last login has closed."""
    if in_force is None:
        return None
    charter, now = in_force.charter, actions.visit.now
    with actions.visit.exam.database.reading() as connection:
        request = rebind_requests.find_open(connection, actions.jti, now, LIFE)
        is_active = activations.find(connection, actions.jti) is not None
    closes = login_end(charter)
    if not is_active or now >= closes or (request is None and now < charter.device_change_until):
        return None
    is_own = request is not None and request.asked_by == actions.visit.operator.name
    return RebindPanel(request, is_own, request.asked_at + LIFE if request else None, closes)


def ask(actions: SeatActions) -> None:
    """Ask that the seat be freed, for the reason that was chosen.

    Raises:
        OrderInvalid: no reason was chosen.
        RebindTooLate: the last login has closed.
        SeatNotActive: no device holds the seat.
        RebindAsked: a request waits already.
    """
    reason = actions.justification.why
    if not reason:
        raise OrderInvalid(what=Text("no reason was chosen", "未选择原因"))
    visit = actions.visit
    with _deciding(actions, "seat.rebind-asked") as (connection, waiting):
        if waiting is not None:
            raise RebindAsked
        exam, operator = visit.exam.exam, visit.operator.name
        rebind_requests.ask(connection, exam, actions.jti, reason=reason, operator=operator, at=visit.now)


def approve(actions: SeatActions) -> None:
    """Approve another operator's request, and retire the seat's device key.

    Raises:
        RebindTooLate: the last login has closed.
        SeatNotActive: no device holds the seat.
        RebindNotAsked: no request waits.
        RebindBySameOperator: the operator made the request.
    """
    visit = actions.visit
    with _deciding(actions, "seat.rebind-approved") as (connection, waiting):
        if waiting is None:
            raise RebindNotAsked
        if waiting.asked_by == visit.operator.name:
            raise RebindBySameOperator
        _decide(connection, waiting, Outcome.APPROVED, visit)
        seat_support.retire_device(connection, visit.exam.exam, actions.jti, visit.now)


def refuse(actions: SeatActions) -> None:
    """Refuse a request, or take one's own back.

    Raises:
        RebindTooLate, SeatNotActive, RebindNotAsked: as for :func:`approve`.
    """
    visit = actions.visit
    with _deciding(actions, "seat.rebind-refused") as (connection, waiting):
        if waiting is None:
            raise RebindNotAsked
        _decide(connection, waiting, Outcome.REFUSED, visit)


def _decide(connection: Connection, request: OpenRequest, outcome: Outcome, visit: DeskVisit) -> None:
    rebind_requests.decide(connection, request, outcome, operator=visit.operator.name, at=visit.now)


@contextmanager
def _deciding(actions: SeatActions, act: str) -> Iterator[tuple[Connection, OpenRequest | None]]:
    """A transaction with the act's audit record, in which no other request of the seat is decided."""
    visit = actions.visit
    own = charter_of_number(visit.exam, actions.seat.admission_number)
    in_force = visit.exam.charter() if own is None else own
    closes = login_end(in_force.charter)
    if visit.now >= closes:
        raise RebindTooLate(closed=schedule.deadline(closes, in_force.zone))
    with audited(visit, act, {"jti": actions.jti, **actions.justification.facts()}) as connection:
        if activations.lock(connection, actions.jti) is None:
            raise SeatNotActive
        yield connection, rebind_requests.find_open(connection, actions.jti, visit.now, LIFE)
