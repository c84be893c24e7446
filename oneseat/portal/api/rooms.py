"""API routes for exam rooms: reports of starts and ends."""

from __future__ import annotations

from fastapi import APIRouter, Request

from oneseat.portal.api.candidates import PREFIX
from oneseat.portal.http.application import portal_of
from oneseat.portal.sdk.models import ReportAnswer, ReportBody
from oneseat.portal.services.room_reports import ReportedPlace, RoomReport, report_end, report_start
from oneseat.portal.services.service_tokens import Bearer, require
from oneseat.state.accounts.service_tokens import Scope
from oneseat.web.strict_json import JsonRoute

router = APIRouter(prefix=PREFIX, route_class=JsonRoute)


@router.post("/exams/{exam}/room/starts")
def room_starts(request: Request, exam: str, body: ReportBody, bearer: Bearer) -> ReportAnswer:
    """The exam room saw a candidate take part. Needs the scope `room:report`; safe to repeat."""
    portal = portal_of(request)
    served, now = portal.exam(exam), portal.clock.now()
    require(served, bearer, Scope.ROOM_REPORT, now)
    return _answer(report_start(served, RoomReport(body.ticket, body.at), now))


@router.post("/exams/{exam}/room/ends")
def room_ends(request: Request, exam: str, body: ReportBody, bearer: Bearer) -> ReportAnswer:
    """The exam room saw a candidate hand in. Needs the scope `room:report`; safe to repeat."""
    portal = portal_of(request)
    served, now = portal.exam(exam), portal.clock.now()
    require(served, bearer, Scope.ROOM_REPORT, now)
    return _answer(report_end(served, RoomReport(body.ticket, body.at), now))


def _answer(reported: ReportedPlace) -> ReportAnswer:
    place = reported.place
    return ReportAnswer(
        jti=place.jti,
        kind=place.kind,
        session=place.session,
        day=place.day.isoformat(),
        started_at=place.started_at.isoformat() if place.started_at else None,
        ended_at=place.ended_at.isoformat() if place.ended_at else None,
        in_force=reported.in_force,
    )
