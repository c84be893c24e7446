"""Passes help requests on to the portal's help API and follows them there. A thread of each room process.

A request that cannot be passed on stays open and is tried again. It is filed anew when the attempt's stage
changes, so that the desk sees how urgent it is; otherwise it is only read.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from oneseat.room.rules.help_stage import HelpStage, help_stage
from oneseat.room.services.attempts import permitting
from oneseat.room.services.help.help_requests import open_json, seal_json
from oneseat.room.services.portal.portal_calls import AT_ONCE, Outbox, Outcome, next_try
from oneseat.state.room import attempts, help_requests
from oneseat.state.room.help_requests import RoomHelpRequest

EVERY = timedelta(seconds=3)
"""How often a request is read. A candidate must see soon that the desk calls: the phone is silent."""
LONGEST_RETRY = timedelta(seconds=30)
_log = logging.getLogger("room.help")


class PortalHelp(Outbox[tuple[RoomHelpRequest, str]]):
    """Files, reads and withdraws requests with a service token of scope ``help``."""

    def _take_due(
        self, connection: Connection, now: datetime, again_at: datetime
    ) -> Sequence[tuple[RoomHelpRequest, str]]:
        return help_requests.take_due(connection, self._room.exam, now, again_at, AT_ONCE)

    def _send(self, due: tuple[RoomHelpRequest, str]) -> None:
        request, jti = due
        stage = self._stage(request, self._room.clock.now())
        outcome = self._call(request, jti, stage)
        now = self._room.clock.now()
        with self._room.database.writing() as connection:
            # Locked, as by the page's calls: a permission is opened once.
            attempts.lock(connection, self._room.exam, request.attempt)
            latest = help_requests.find(connection, self._room.exam, request.id)
            if latest is None:
                return
            if outcome.refusal is None:
                self._take_in(connection, latest, outcome.answer, stage, now)
            else:
                _postpone(connection, latest, outcome, now)
        if outcome.refusal:
            _log.warning("help request not taken", extra={"code": outcome.refusal})

    def _stage(self, request: RoomHelpRequest, now: datetime) -> HelpStage | None:
        with self._room.database.reading() as connection:
            attempt = attempts.find(connection, self._room.exam, request.attempt)
        return None if attempt is None else help_stage(attempt, now)

    def _call(self, request: RoomHelpRequest, jti: str, stage: HelpStage | None) -> Outcome:
        route = f"seats/{jti}/help-request"
        if request.withdrawn_at is not None:
            # Also one that was never filed is withdrawn here: an answer of the portal may have been lost.
            return self._portal.post(f"{route}/withdrawal")
        if request.number is None or (_name(stage) != request.stage and not request.is_from_elsewhere):
            return self._portal.post(route, self._form(request, stage))
        return self._portal.get(route)

    def _form(self, request: RoomHelpRequest, stage: HelpStage | None) -> dict[str, Any]:
        details = open_json(self._room, request.id, request.sealed_details) or {}
        return {
            "reason": request.reason,
            "words": details.get("words", ""),
            "callback": details.get("callback"),
            "codes": details.get("codes", []),
            "door": "room",
            "stage": _name(stage),
            "time_left_s": None if stage is None else stage.left_s,
        }

    def _take_in(
        self,
        connection: Connection,
        request: RoomHelpRequest,
        answer: Mapping[str, Any],
        stage: HelpStage | None,
        now: datetime,
    ) -> None:
        status, is_open = str(answer["status"]), bool(answer["open"])
        permitting.follow_call(connection, request, status, now)
        values: dict[str, object] = {
            "number": str(answer["number"]),
            "status": status,
            "stage": _name(stage),
            "sealed_state": seal_json(self._room, request.id, answer),
            "tries": 0,
            "next_try_at": now + EVERY,
            "refusal": None,
        }
        if not is_open:
            values |= {"closed_at": now, "sealed_details": None}
        help_requests.change(connection, request.id, **values)


def _postpone(connection: Connection, request: RoomHelpRequest, outcome: Outcome, now: datetime) -> None:
    if outcome.final:
        values: dict[str, object] = {"closed_at": now, "sealed_details": None}
        # What the portal never had is withdrawn all the same.
        values["refusal"] = None if request.withdrawn_at is not None else outcome.refusal
    else:
        again = min(next_try(now, request.tries), now + LONGEST_RETRY)
        values = {"tries": request.tries + 1, "next_try_at": again, "refusal": outcome.refusal}
    help_requests.change(connection, request.id, **values)


def _name(stage: HelpStage | None) -> str | None:
    return None if stage is None else stage.name.value
