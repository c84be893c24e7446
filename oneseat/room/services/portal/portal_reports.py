"""Sends the outbox of reports to the portal: starts, ends, uploads. A thread of each room process.

A report that cannot be made keeps nobody out: it is tried again, ever more rarely, until the portal takes or
refuses it. An upload is reported again every few minutes, until everything is stored or its time is over.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from oneseat.room.exam.served_room import ServedRoom
from oneseat.room.services.arrival.admission import is_pass
from oneseat.room.services.portal import upload_reports
from oneseat.room.services.portal.portal_calls import AT_ONCE, Outbox, Outcome, next_try
from oneseat.room.services.wire_times import wire
from oneseat.state.room import admissions, reports
from oneseat.state.room.reports import DueReport

_ROUTES = {reports.START: "room/starts", reports.END: "room/ends", reports.UPLOAD: "room/uploads"}
TICKET_AWAITED = timedelta(minutes=1)
"""Between two looks for the ticket of a candidate who came in without one."""
NOTHING_TO_SAY = Outcome({}, None, final=True)
_log = logging.getLogger("room.reports")


class PortalReports(Outbox[DueReport]):
    """Reports with a service token of scope ``room:report``."""

    def _take_due(self, connection: Connection, now: datetime, again_at: datetime) -> Sequence[DueReport]:
        return reports.take_due(connection, self._room.exam, now, again_at, AT_ONCE)

    def _send(self, report: DueReport) -> None:
        if is_pass(report.ticket):
            reconciled = self._with_ticket(report)
            if reconciled is None:
                return
            report = reconciled
        with self._room.database.reading() as connection:
            body = _body(self._room, connection, report)
        outcome = NOTHING_TO_SAY if body is None else self._portal.post(_ROUTES[report.what], body)
        with self._room.database.writing() as connection:
            self._record(connection, report, outcome)
            if outcome.refusal is None and body is not None and body.get("complete") is False:
                again_at = upload_reports.due_again_at(self._room, connection, report.attempt)
                if again_at is not None:
                    reports.send_again(connection, report.attempt, report.what, again_at)
        if outcome.refusal:
            _log.warning("report not taken", extra={"code": outcome.refusal})

    def _with_ticket(self, report: DueReport) -> DueReport | None:
        """A report of somebody who came in without a ticket, with the portal's; None until there is one."""
        with self._room.database.writing() as connection:
            ticket = admissions.ticket_of(connection, self._room.exam, report.attempt)
            if ticket is None:
                later = self._room.clock.now() + TICKET_AWAITED
                reports.send_again(connection, report.attempt, report.what, later)
                return None
        return replace(report, ticket=ticket)

    def _record(self, connection: Connection, report: DueReport, outcome: Outcome) -> None:
        now = self._room.clock.now()
        if outcome.final:
            reports.finish(connection, report, now, outcome.refusal)
        else:
            again = next_try(now, report.tries)
            reports.postpone(connection, report, again, outcome.refusal or "")


def _body(room: ServedRoom, connection: Connection, report: DueReport) -> dict[str, object] | None:
    """What to send; None where there is nothing to say any more."""
    if report.what == reports.UPLOAD:
        return upload_reports.body_of(room, connection, report.attempt, report.ticket)
    return {"ticket": report.ticket, "at": wire(report.at)}
