"""API routes of orders that change sessions on the day: an exam room sends them, everybody reads them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from oneseat.portal.api.candidates import PREFIX
from oneseat.portal.http.application import portal_of
from oneseat.portal.sdk.models import OrderAnswer, OrderBody, OrderList
from oneseat.portal.services.orders import take_order
from oneseat.portal.services.service_tokens import Bearer, require
from oneseat.state.accounts.service_tokens import Scope
from oneseat.state.publishing import orders
from oneseat.web.strict_json import JsonRoute

router = APIRouter(prefix=PREFIX, route_class=JsonRoute)


@router.post("/exams/{exam}/room/orders")
def room_order(request: Request, exam: str, body: OrderBody, bearer: Bearer) -> OrderAnswer:
    """Keep a signed order, which tickets and pages follow. Needs the scope `room:orders`; safe to repeat."""
    portal = portal_of(request)
    served, now = portal.exam(exam), portal.clock.now()
    service = require(served, bearer, Scope.ROOM_ORDERS, now)
    kept = take_order(served, service, body.order, now)
    return OrderAnswer(number=kept.number, known=kept.known)


@router.get("/exams/{exam}/room/orders")
def room_orders(request: Request, exam: str, after: Annotated[int, Query(ge=0, lt=1 << 31)] = 0) -> OrderList:
    """The orders with numbers above `after`, as they were signed: verify them under the charter."""
    served = portal_of(request).exam(exam)
    with served.database.reading() as connection:
        return OrderList(orders=orders.tokens(connection, served.exam, after))
