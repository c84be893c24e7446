"""Sends the room's orders to the portal, one after the other: an outbox, emptied by a thread."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from oneseat.room.services.portal_calls import Outbox, next_try
from oneseat.state.publishing import orders
from oneseat.state.room import measures
from oneseat.state.room.measures import DueOrder

ROUTE = "room/orders"
_log = logging.getLogger("room.measures")


class OrderOutbox(Outbox[DueOrder]):
    """Sends with a service token of scope ``room:orders``. A portal that shares the database has them."""

    def _take_due(self, connection: Connection, now: datetime, again_at: datetime) -> Sequence[DueOrder]:
        return measures.take_due(connection, self._room.exam, now, again_at)

    def _send(self, due: DueOrder) -> None:
        with self._room.database.reading() as connection:
            token = orders.find(connection, self._room.exam, due.number)
        outcome = self._portal.post(ROUTE, {"order": token})
        now = self._room.clock.now()
        with self._room.database.writing() as connection:
            if outcome.refusal is None:
                measures.finish_sending(connection, due.id, now)
                return
            # Refused for good or not, it is tried again: later orders can never follow one that is lacking.
            measures.send_later(connection, due.id, next_try(now, due.tries), outcome.refusal)
        _log.warning("order not taken", extra={"code": outcome.refusal})
