"""Asks the portal which seats the service desk is calling, and follows those that are in an attempt here.

A candidate may have asked for help from the client, a phone or the portal's page. Once the desk calls, the
room takes the request over as one of the attempt's own:
:mod:`oneseat.room.services.help.portal_help` follows it, which opens the
permission, and the page learns of it by its next beat.
"""

from __future__ import annotations

import logging
import secrets
from datetime import datetime

from pydantic import BaseModel, Field, ValidationError
from sqlalchemy import Connection

from oneseat.room.exam.served_room import ServedRoom
from oneseat.room.services.portal.portal_calls import PortalCalls
from oneseat.state.room import attempts, events, help_requests
from oneseat.state.room.events import RoomEvent
from oneseat.state.room.help_requests import RoomHelpRequest

CALLS_EVERY_S = 3.0
"""How soon the room learns of a call."""
_log = logging.getLogger("room.calls")


class _Call(BaseModel):
    jti: str = Field(pattern=r"^[0-9a-f]{32}$")
    number: str = Field(min_length=1, max_length=16)
    reason: str = Field(max_length=16)


class _Calls(BaseModel):
    calls: list[_Call]


class CalledSeats:
    """Reads the portal's list with a service token of scope ``help``."""

    def __init__(self, room: ServedRoom, portal_url: str, token: str) -> None:
        self._room = room
        self._portal = PortalCalls(room, portal_url, token)
        self._refusal: str | None = None

    def look(self) -> None:
        """Ask once, and take over the requests that are called about. Without an answer there are none.

        Raises:
            StateUnavailable: the database cannot be used.
        """
        calls = self._calls()
        if not calls:
            self._room.called = frozenset()
            return
        now = self._room.clock.now()
        with self._room.database.writing() as connection:
            called = [self._take_over(connection, call, now) for call in calls]
        self._room.called = frozenset(attempt for attempt in called if attempt is not None)

    def close(self) -> None:
        """Close the connections to the portal."""
        self._portal.close()

    def _calls(self) -> list[_Call]:
        outcome = self._portal.get("help-calls")
        refusal, calls = outcome.refusal, []
        if refusal is None:
            try:
                calls = _Calls.model_validate(outcome.answer).calls
            except ValidationError:
                refusal = "answer"
        # A portal of an earlier version has no such list: it is named once, not every three seconds.
        if refusal is not None and refusal != self._refusal:
            _log.warning("calls not read", extra={"code": refusal})
        self._refusal = refusal
        return calls

    def _take_over(self, connection: Connection, call: _Call, now: datetime) -> str | None:
        """Follow the request of a seat that is called; return the seat's attempt if there is one now."""
        attempt = attempts.find_present(connection, self._room.exam, call.jti)
        if attempt is None:
            return None
        newest = help_requests.find_newest(connection, self._room.exam, attempt.id)
        if newest is None or not (newest.is_open or newest.number == call.number):
            request = RoomHelpRequest(
                id=secrets.token_hex(16),
                exam=self._room.exam,
                attempt=attempt.id,
                reason=call.reason,
                sealed_details=None,
                made_at=now,
                received_at=now,
                number=call.number,
                next_try_at=now,
            )
            help_requests.add(connection, request)
            noted = RoomEvent(now, "room", "help-elsewhere", {"reason": call.reason})
            events.append_all(connection, self._room.exam, attempt.id, [noted])
        return attempt.id
