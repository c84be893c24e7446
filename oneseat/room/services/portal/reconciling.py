"""Tells the portal, when it is back, who was admitted without its ticket. A thread of each room process.

The portal decides by its rules as of the time of the admission. If they admit, it gives the ticket of that
time, and the reports that waited for it are sent. If not, the code stays in the list, and people decide.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from oneseat.room.services.portal.portal_calls import AT_ONCE, Outbox
from oneseat.room.services.wire_times import wire
from oneseat.state.room import admissions
from oneseat.state.room.admissions import Admission

_log = logging.getLogger("room.admissions")


class PortalAdmissions(Outbox[Admission]):
    """Sends admissions with a service token of scope ``room:admit``."""

    def _take_due(self, connection: Connection, now: datetime, again_at: datetime) -> Sequence[Admission]:
        return admissions.take_due(connection, self._room.exam, now, again_at, AT_ONCE)

    def _send(self, admission: Admission) -> None:
        body = {"activation": admission.activation, "kind": admission.kind, "at": wire(admission.at)}
        outcome = self._portal.post("room/admissions", body)
        if outcome.refusal is not None or not {"ticket", "refusal"} <= outcome.answer.keys():
            _log.warning("admission not taken", extra={"code": outcome.refusal or "answer"})
            return
        ticket, refusal = outcome.answer["ticket"], outcome.answer["refusal"]
        with self._room.database.writing() as connection:
            admissions.reconcile(connection, admission, self._room.clock.now(), ticket, refusal)
