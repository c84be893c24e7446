"""Fetches signed orders from the portal, for a room with a database of its own. A thread of each process."""

from __future__ import annotations

import logging

import httpx
from pydantic import BaseModel, ValidationError

from oneseat.room.exam.served_room import ServedRoom
from oneseat.state.publishing import orders
from signing.errors import OneSeatError
from signing.orders import verify_order

FETCH_EVERY_S = 15.0
TIMEOUT_S = 15
_log = logging.getLogger("room.orders")


class _List(BaseModel):
    orders: list[str]


class PortalOrders:
    """Reads the portal's list of orders, which is public. Each is verified before it is kept."""

    def __init__(self, room: ServedRoom, portal_url: str) -> None:
        self._room = room
        self._http = httpx.Client(base_url=f"{portal_url}/api/v1/exams/{room.exam}/room/", timeout=TIMEOUT_S)

    def fetch(self) -> int:
        """Keep the orders that are new, and return how many were. Without an answer nothing changes.

        Raises:
            StateUnavailable: the database cannot be used.
            RoomNotReady: there is no usable charter.
        """
        with self._room.database.reading() as connection:
            newest = orders.newest_number(connection, self._room.exam)
        try:
            response = self._http.get("orders", params={"after": newest})
            response.raise_for_status()
            listed = _List.model_validate_json(response.content).orders
        except (httpx.HTTPError, ValidationError) as error:
            _log.warning("orders not fetched", extra={"code": type(error).__name__})
            return 0
        return self._keep(listed)

    def close(self) -> None:
        """Close the connections to the portal."""
        self._http.close()

    def _keep(self, tokens: list[str]) -> int:
        charter, now, kept = self._room.charter().charter, self._room.clock.now(), 0
        with self._room.database.writing() as connection:
            for token in tokens:
                try:
                    number = verify_order(charter, token).number
                except OneSeatError as refusal:
                    _log.warning("order not kept", extra={"code": refusal.code})
                    break
                kept += orders.add(connection, self._room.exam, number, token, now)
        return kept
