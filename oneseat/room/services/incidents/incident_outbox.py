"""Tells the portal of incidents as they are now: an outbox, emptied by a thread.

A portal that shares the database has them already, and answers that it knows them.

An administrator may end an incident at the portal's own desk. So one that is open is sent again each half
minute: that changes nothing, and the answer says whether candidates see it there.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from oneseat.room.services.incidents.incidents import for_desk
from oneseat.room.services.portal.portal_calls import AT_ONCE, Outcome, PersistentOutbox
from oneseat.state.room import incident_outbox
from oneseat.state.room.incident_outbox import DueIncident
from oneseat.state.room.incidents import Incident

ROUTE = "room/incidents"
LOOK_EVERY = timedelta(seconds=30)
"""Between two calls for an open incident that the portal has."""


class IncidentOutbox(PersistentOutbox[DueIncident]):
    """Sends with a service token of scope ``room:incidents``."""

    what = "incident"
    log = logging.getLogger("room.incidents")

    def _take_due(self, connection: Connection, now: datetime, again_at: datetime) -> Sequence[DueIncident]:
        return incident_outbox.take_due(connection, self._room.exam, now, again_at, AT_ONCE)

    def _call(self, due: DueIncident) -> Outcome:
        return self._portal.put(f"{ROUTE}/{due.incident.number}", _body(due.incident))

    def _finish(
        self, connection: Connection, due: DueIncident, answer: Mapping[str, Any], at: datetime
    ) -> None:
        if not due.incident.is_open:
            incident_outbox.finish_sending(connection, due, at)
        elif answer.get("open") is False:
            incident_outbox.end_elsewhere(connection, due, at)
        else:
            incident_outbox.look_again(connection, due, at, at + LOOK_EVERY)

    def _postpone(self, connection: Connection, due: DueIncident, again_at: datetime, refusal: str) -> None:
        incident_outbox.send_later(connection, due, again_at, refusal)


def _body(incident: Incident) -> dict[str, object]:
    told = for_desk(incident.cause, incident.opening)
    return {
        "reason": told.reason,
        "words": told.words,
        "opened_at": _exact(told.opened_at),
        "opened_by": told.opened_by,
        "closed_at": None if incident.closed_at is None else _exact(incident.closed_at),
    }


def _exact(moment: datetime) -> str:
    """To the microsecond: a portal that shares the database compares it with what it has."""
    return moment.astimezone(UTC).isoformat()
