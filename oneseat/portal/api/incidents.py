"""API route of incidents: an exam room tells what candidates are to read, and when it is over."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request

from oneseat.portal.api.candidates import PREFIX
from oneseat.portal.http.application import portal_of
from oneseat.portal.sdk.models import IncidentAnswer, IncidentBody
from oneseat.portal.services.room_incidents import RoomIncident, take_incident
from oneseat.portal.services.service_tokens import Bearer, require
from oneseat.state.accounts.service_tokens import Scope
from oneseat.web.strict_json import JsonRoute

router = APIRouter(prefix=PREFIX, route_class=JsonRoute)


@router.put("/exams/{exam}/room/incidents/{number}")
def room_incident(
    request: Request,
    exam: str,
    number: Annotated[int, Path(ge=1, lt=1 << 31)],
    body: IncidentBody,
    bearer: Bearer,
) -> IncidentAnswer:
    """Show an incident of the exam room, or end it. Needs the scope `room:incidents`; safe to repeat.

    In whatever order the calls come: an incident that is over is never open again.
    """
    portal = portal_of(request)
    served, now = portal.exam(exam), portal.clock.now()
    service = require(served, bearer, Scope.ROOM_INCIDENTS, now)
    told = RoomIncident(
        number=number,
        reason=body.reason or "",
        words=body.words,
        opened_at=body.opened_at,
        opened_by=body.opened_by,
        closed_at=body.closed_at,
    )
    kept = take_incident(served, service, told, now)
    return IncidentAnswer(number=number, open=kept.open, known=kept.known)
