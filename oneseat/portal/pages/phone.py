"""Candidates' pages about the phone: the app's download, and QR codes that lead a phone to it.

A code holds an address that everybody may know: the exam's page, where the phone logs in by itself, or the
room's page for phones.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from oneseat.portal.api.candidates import phone_path
from oneseat.portal.delivery.compose import ComposedInstaller
from oneseat.portal.errors import PortalError
from oneseat.portal.exam import schedule
from oneseat.portal.exam.served_exam import ServedExam
from oneseat.portal.http.application import portal_of
from oneseat.portal.http.cookies import session_of
from oneseat.portal.refusals.login import SessionMissing
from oneseat.portal.services.downloads import compose_phone, for_phone
from oneseat.portal.services.login.visits import Visit, resume
from oneseat.portal.services.seat_status import OwnSeat
from oneseat.web.page_route import PageRoute
from oneseat.web.qr import qr_svg
from oneseat.web.refusals import PageUnknown
from signing.charter import Charter
from signing.text import Text

router = APIRouter(include_in_schema=False, route_class=PageRoute)


@dataclass(frozen=True)
class PhonePart:
    """What a candidate's page says about the phone.

    ``file`` is the app, None where it cannot be fetched now. ``page`` is the address of the room's page for
    phones, empty where phones need the app. ``downloaded`` is when the app was fetched.
    """

    file: ComposedInstaller | None
    page: str
    downloaded: Text | None


def part_of(exam: ServedExam, own: OwnSeat, now: datetime) -> PhonePart | None:
    """The phone's part of a seat's own page; None where the exam has no phone of this project."""
    charter = own.visit.in_force.charter
    if charter.phone is None:
        return None
    record = own.records.phone
    finished = record.finished_at if record else None
    zone = own.visit.in_force.zone
    downloaded = schedule.opening(finished.replace(second=0), zone) if finished else None
    return PhonePart(_file(exam, own.visit, now), room_page(charter), downloaded)


def _file(exam: ServedExam, visit: Visit, now: datetime) -> ComposedInstaller | None:
    """The seat's app; a store that does not answer takes the button away, and not the page."""
    phone = visit.in_force.charter.phone
    if phone is None or not phone.has_app or not for_phone(exam, visit, now).decision.may_fetch:
        return None
    try:
        return compose_phone(exam, visit)
    except PortalError:
        return None


def room_page(charter: Charter) -> str:
    """The address of the room's page for phones; empty where phones need the app."""
    terms, place = charter.phone, charter.exam_room
    return f"{place.api}/phone/" if terms is not None and terms.has_page and place is not None else ""


@router.get("/e/{exam}/phone")
def phone(request: Request, exam: str) -> Response:
    """Redirects to the seat's phone app, or to the page that says why there is none."""
    portal = portal_of(request)
    served, now = portal.exam(exam), portal.clock.now()
    try:
        visit = resume(served, session_of(request, exam), now)
    except SessionMissing:
        return RedirectResponse(f"/e/{exam}/", 303)
    if _file(served, visit, now) is None:
        return RedirectResponse(f"/e/{exam}/download#phone-app", 303)
    return RedirectResponse(phone_path(visit), 303)


@router.get("/e/{exam}/phone.svg")
def phone_code(request: Request, exam: str) -> Response:
    """A QR code of the exam's page, where a phone logs in and fetches the app."""
    portal = portal_of(request)
    terms = portal.exam(exam).charter().charter.phone
    if terms is None or not terms.has_app:
        raise PageUnknown
    return _code(f"{portal.public_url}/e/{exam}/")


@router.get("/e/{exam}/phone-page.svg")
def page_code(request: Request, exam: str) -> Response:
    """A QR code of the room's page for phones."""
    address = room_page(portal_of(request).exam(exam).charter().charter)
    if not address:
        raise PageUnknown
    return _code(address)


def _code(address: str) -> Response:
    headers = {"cache-control": "public, max-age=300"}
    return Response(qr_svg(address), media_type="image/svg+xml", headers=headers)
