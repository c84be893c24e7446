"""API routes for exam rooms: reports of starts, ends and uploads."""

from __future__ import annotations

from dataclasses import asdict

from fastapi import APIRouter, Request

from oneseat.portal.api.candidates import PREFIX
from oneseat.portal.http.application import portal_of
from oneseat.portal.sdk.models import (
    AdmissionAnswer,
    AdmissionBody,
    ReportAnswer,
    ReportBody,
    RoomSeat,
    SeatsAnswer,
    SeatsBody,
    UploadAnswer,
    UploadBody,
)
from oneseat.portal.services.room_reports import (
    ReportedPlace,
    ReportedUpload,
    RoomReport,
    report_end,
    report_start,
    report_upload,
)
from oneseat.portal.services.room_seats import list_seats, version_of
from oneseat.portal.services.service_tokens import Bearer, require
from oneseat.portal.services.tickets import issue_afterwards
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


@router.post("/exams/{exam}/room/seats")
def room_seats(request: Request, exam: str, body: SeatsBody, bearer: Bearer) -> SeatsAnswer:
    """What rosters gave to seats: session, paper, extra time, adjustments. Needs the scope `room:seats`."""
    portal = portal_of(request)
    served, now = portal.exam(exam), portal.clock.now()
    require(served, bearer, Scope.ROOM_SEATS, now)
    if body.since and not body.after and body.since == version_of(served):
        return SeatsAnswer(version=body.since, unchanged=True, seats=[], next=None)
    page = list_seats(served, body.after, body.limit)
    seats = [RoomSeat(**asdict(seat)) for seat in page.seats]
    return SeatsAnswer(version=page.version, unchanged=False, seats=seats, next=page.after)


@router.post("/exams/{exam}/room/uploads")
def room_uploads(request: Request, exam: str, body: UploadBody, bearer: Bearer) -> UploadAnswer:
    """How far a candidate's recordings are uploaded. Needs the scope `room:report`; safe to repeat.

    A room need not report it: the candidate's page then says nothing about uploads.
    """
    portal = portal_of(request)
    served, now = portal.exam(exam), portal.clock.now()
    require(served, bearer, Scope.ROOM_REPORT, now)
    report = ReportedUpload(RoomReport(body.ticket, body.at), body.until, body.left_bytes, body.complete)
    place = report_upload(served, report, now)
    return UploadAnswer(
        jti=place.jti,
        kind=place.kind,
        session=place.session,
        day=place.day.isoformat(),
        left_bytes=place.upload_left_bytes,
        until=place.upload_until.isoformat() if place.upload_until else None,
        completed_at=place.completed_at.isoformat() if place.completed_at else None,
    )


@router.post("/exams/{exam}/room/admissions")
def room_admissions(request: Request, exam: str, body: AdmissionBody, bearer: Bearer) -> AdmissionAnswer:
    """A room admitted a device while the portal was away. Needs the scope `room:admit`; safe to repeat."""
    portal = portal_of(request)
    served, now = portal.exam(exam), portal.clock.now()
    require(served, bearer, Scope.ROOM_ADMIT, now)
    ticket, refusal = issue_afterwards(served, body.activation, body.kind, body.at, now)
    return AdmissionAnswer(ticket=ticket, refusal=refusal)


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
