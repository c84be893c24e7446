"""Sends the room's orders to the portal, one after the other: an outbox, emptied by a thread."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from oneseat.room.services.portal.portal_calls import Outcome, PersistentOutbox
from oneseat.state.publishing import orders
from oneseat.state.room import measures
from oneseat.state.room.measures import DueOrder

ROUTE = "room/orders"


class OrderOutbox(PersistentOutbox[DueOrder]):
    """Sends with a service token of scope ``room:orders``. A portal that shares the database has them.

    Later orders can never follow one that is lacking.
    """

    what = "order"
    log = logging.getLogger("room.measures")

    def _take_due(self, connection: Connection, now: datetime, again_at: datetime) -> Sequence[DueOrder]:
        return measures.take_due(connection, self._room.exam, now, again_at)

    def _call(self, due: DueOrder) -> Outcome:
        with self._room.database.reading() as connection:
            token = orders.find(connection, self._room.exam, due.number)
        return self._portal.post(ROUTE, {"order": token})

    def _finish(
        self, connection: Connection, due: DueOrder, _answer: Mapping[str, Any], at: datetime
    ) -> None:
        measures.finish_sending(connection, due.id, at)

    def _postpone(self, connection: Connection, due: DueOrder, again_at: datetime, refusal: str) -> None:
        measures.send_later(connection, due.id, again_at, refusal)
