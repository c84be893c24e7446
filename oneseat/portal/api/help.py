"""API routes for help requests: of a candidate's session, of exam rooms and phones, of devices."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from pydantic import ValidationError

from oneseat.portal.api.candidates import PREFIX, Jti
from oneseat.portal.errors import SeatNotFound
from oneseat.portal.exam.served_exam import ServedExam
from oneseat.portal.http.application import portal_of
from oneseat.portal.http.cookies import session_of
from oneseat.portal.http.help_boards import board_of
from oneseat.portal.refusals.help import HelpRequestUnknown
from oneseat.portal.rules.help_rules import Door, Reason, Urgency
from oneseat.portal.rules.help_urgency import Stage
from oneseat.portal.sdk.models import (
    DeviceHelpBody,
    HelpAnswer,
    HelpBody,
    HelpIncident,
    HelpReply,
    NoHelpRequest,
    Said,
)
from oneseat.portal.services.help.from_devices import DeviceCall, seat_of_device
from oneseat.portal.services.help.reading import latest_of_seat, read_own
from oneseat.portal.services.help.submitting import HelpForm, submit_for_seat, withdraw
from oneseat.portal.services.seat_access import SeatCaller, identify_caller
from oneseat.portal.services.service_tokens import Bearer
from oneseat.state.accounts.service_tokens import Scope
from oneseat.state.candidates.seats import PublishedSeat
from oneseat.state.help.requests import HelpRequest
from oneseat.web.refusals import RequestInvalid
from oneseat.web.strict_json import JsonRoute, require_strict
from signing import service_hours

router = APIRouter(prefix=PREFIX, route_class=JsonRoute)

_STAGES = {"questions": Urgency.QUESTIONS, "waiting": Urgency.WAITING}


@router.post("/exams/{exam}/seats/{jti}/help-request")
def submit_help_request(request: Request, exam: str, jti: Jti, body: HelpBody, bearer: Bearer) -> HelpAnswer:
    """Ask for help. A seat has one open request: asking again returns that one.

    Needs the seat's own session, or the scope `help`.
    """
    caller, seat = caller_and_seat(request, exam, jti, bearer)
    by_program = bool(caller.service)
    door = Door(body.door or Door.ROOM) if by_program else Door.PORTAL
    stage = _stage(body) if by_program else None
    submitted = submit_for_seat(caller.exam, seat, _form(body), door, caller.now, stage)
    board_of(request, caller.exam).invalidate()
    return _answer(request, caller.exam, submitted, caller.now)


@router.get("/exams/{exam}/seats/{jti}/help-request")
def read_help_request(request: Request, exam: str, jti: Jti, bearer: Bearer) -> HelpAnswer:
    """The seat's newest help request. Needs the seat's own session, or the scope `help`."""
    caller, seat = caller_and_seat(request, exam, jti, bearer)
    return _answer(request, caller.exam, latest_request(caller.exam, seat), caller.now)


@router.post("/exams/{exam}/seats/{jti}/help-request/withdrawal")
def withdraw_help_request(request: Request, exam: str, jti: Jti, bearer: Bearer) -> HelpAnswer:
    """Withdraw the seat's open help request; safe to repeat. Needs the own session, or the scope `help`."""
    caller, seat = caller_and_seat(request, exam, jti, bearer)
    return _withdraw(request, caller.exam, seat, caller.now)


@router.post("/exams/{exam}/device-help")
def device_help(
    request: Request, exam: str, body: DeviceHelpBody, empty_ok: bool = False
) -> HelpAnswer | NoHelpRequest:
    """Ask for help, look at the request or withdraw it, signed by the seat's device.

    Where the seat has made no request, `empty_ok=true` gives an answer that says so, instead of OS-962.
    """
    try:
        return _device_help(request, exam, body)
    except HelpRequestUnknown:
        if not empty_ok:
            raise
        return NoHelpRequest(has_request=False)


def _device_help(request: Request, exam: str, body: DeviceHelpBody) -> HelpAnswer:
    portal = portal_of(request)
    served, now = portal.exam(exam), portal.clock.now()
    seat = seat_of_device(served, DeviceCall(**body.model_dump()), now)
    if body.act == "withdraw":
        return _withdraw(request, served, seat, now)
    if body.act == "read":
        return _answer(request, served, latest_request(served, seat), now)
    submitted = submit_for_seat(served, seat, _form(_signed_body(body.content)), Door.CLIENT, now)
    board_of(request, served).invalidate()
    return _answer(request, served, submitted, now)


def _signed_body(content: str) -> HelpBody:
    """Parse what the device signed.

    Raises:
        RequestInvalid: it is no request for help.
    """
    require_strict(content.encode(errors="replace"))
    try:
        return HelpBody.model_validate_json(content)
    except ValidationError:
        raise RequestInvalid(where="body.content") from None


def caller_and_seat(
    request: Request, exam: str, jti: str, bearer: Bearer
) -> tuple[SeatCaller, PublishedSeat]:
    """Who calls, and the seat that the address names.

    Raises:
        SessionMissing, ServiceTokenRefused: the caller is not known.
        ScopeMissing: a program lacks the scope ``help``.
        SeatNotFound: there is no such seat, or it is not the caller's.
    """
    portal = portal_of(request)
    served, now = portal.exam(exam), portal.clock.now()
    caller = identify_caller(served, bearer, session_of(request, exam), Scope.HELP, now)
    visit = caller.visit(jti)
    if visit is None:
        raise SeatNotFound
    return caller, visit.seat


def _form(body: HelpBody) -> HelpForm:
    return HelpForm(body.reason, body.words, body.callback or "", body.callback is None, body.codes)


def _stage(body: HelpBody) -> Stage | None:
    if body.stage is None:
        return None
    return Stage(
        _STAGES[body.stage], None if body.time_left_s is None else timedelta(seconds=body.time_left_s)
    )


def latest_request(exam: ServedExam, seat: PublishedSeat) -> HelpRequest:
    """The seat's newest request.

    Raises:
        HelpRequestUnknown: it has made none.
    """
    latest = latest_of_seat(exam, seat.admission_number)
    if latest is None:
        raise HelpRequestUnknown
    return latest


def _withdraw(request: Request, exam: ServedExam, seat: PublishedSeat, now: datetime) -> HelpAnswer:
    withdraw(exam, latest_request(exam, seat).number, now)
    board_of(request, exam).invalidate()
    return _answer(request, exam, latest_request(exam, seat), now)


def _answer(request: Request, exam: ServedExam, shown: HelpRequest, now: datetime) -> HelpAnswer:
    board, in_force = board_of(request, exam).current(now), exam.charter()
    support, zone = in_force.charter.support, in_force.zone
    next_opening = service_hours.next_opening(support.hours, now)
    own = read_own(exam, board, shown)
    return HelpAnswer(
        number=shown.number,
        reason=Reason(shown.reason),
        status=shown.status,
        status_words=Said(**own.status._asdict()),
        open=own.is_open,
        submitted_at=shown.submitted_at.isoformat(timespec="seconds"),
        place=own.place,
        wait_minutes=None if own.wait is None else int(own.wait / timedelta(minutes=1)),
        callback=own.callback,
        calls_from=support.calls_from,
        answers=tuple(
            HelpReply(at=answer.at.isoformat(timespec="seconds"), words=answer.words)
            for answer in own.answers
        ),
        incidents=tuple(incident.words for incident in board.incidents),
        announcements=tuple(
            HelpIncident(words=incident.words, since=_local(incident.opened_at, zone))
            for incident in board.incidents
        ),
        answered_from=None if next_opening is None else _local(next_opening, zone),
    )


def _local(moment: datetime, zone: ZoneInfo) -> str:
    """A time on the exam's own clock, as clients show it."""
    return moment.astimezone(zone).isoformat(timespec="seconds")
