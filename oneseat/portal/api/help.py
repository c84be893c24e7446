"""API routes for help requests: of a candidate's session, of exam rooms and phones, of devices."""

from __future__ import annotations

from datetime import datetime, timedelta

from fastapi import APIRouter, Request
from pydantic import ValidationError

from oneseat.portal.api.candidates import PREFIX, Jti
from oneseat.portal.api.help_answers import help_answer
from oneseat.portal.errors import SeatNotFound
from oneseat.portal.exam.served_exam import ServedExam
from oneseat.portal.http.application import portal_of
from oneseat.portal.http.cookies import session_of
from oneseat.portal.http.help_boards import board_of
from oneseat.portal.refusals.help import HelpRequestUnknown
from oneseat.portal.rules.help_rules import Door, Reason, Status, Urgency
from oneseat.portal.rules.help_urgency import Stage
from oneseat.portal.sdk.models import DeviceHelpBody, HelpAnswer, HelpBody, HelpCall, HelpCalls, NoHelpRequest
from oneseat.portal.services.help.from_devices import DeviceCall, seat_of_device
from oneseat.portal.services.help.reading import latest_of_seat
from oneseat.portal.services.help.submitting import HelpForm, submit_for_seat, withdraw
from oneseat.portal.services.seat_access import SeatCaller, identify_caller
from oneseat.portal.services.service_tokens import Bearer, require
from oneseat.state.accounts.service_tokens import Scope
from oneseat.state.candidates.seats import PublishedSeat
from oneseat.state.help.requests import HelpRequest
from oneseat.web.refusals import RequestInvalid
from oneseat.web.strict_json import JsonRoute, parse_strictly

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
    return help_answer(request, caller.exam, submitted, caller.now)


@router.get("/exams/{exam}/seats/{jti}/help-request")
def read_help_request(request: Request, exam: str, jti: Jti, bearer: Bearer) -> HelpAnswer:
    """The seat's newest help request. Needs the seat's own session, or the scope `help`."""
    caller, seat = caller_and_seat(request, exam, jti, bearer)
    return help_answer(request, caller.exam, latest_request(caller.exam, seat), caller.now)


@router.post("/exams/{exam}/seats/{jti}/help-request/withdrawal")
def withdraw_help_request(request: Request, exam: str, jti: Jti, bearer: Bearer) -> HelpAnswer:
    """Withdraw the seat's open help request; safe to repeat. Needs the own session, or the scope `help`."""
    caller, seat = caller_and_seat(request, exam, jti, bearer)
    return _withdraw(request, caller.exam, seat, caller.now)


@router.get("/exams/{exam}/help-calls")
def help_calls(request: Request, exam: str, bearer: Bearer) -> HelpCalls:
    """The seats that the service desk is calling now, wherever they have asked for help.

    An exam room permits them to take the call. Needs the scope `help`.
    """
    portal = portal_of(request)
    served, now = portal.exam(exam), portal.clock.now()
    require(served, bearer, Scope.HELP, now)
    asking = board_of(request, served).current(now).open.values()
    return HelpCalls(
        calls=[
            HelpCall(jti=one.jti, number=one.number, reason=Reason(one.reason))
            for one in asking
            if one.status == Status.CALLING and one.jti is not None
        ]
    )


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
        return help_answer(request, served, latest_request(served, seat), now)
    submitted = submit_for_seat(served, seat, _form(_signed_body(body.content)), Door.CLIENT, now)
    board_of(request, served).invalidate()
    return help_answer(request, served, submitted, now)


def _signed_body(content: str) -> HelpBody:
    """Parse what the device signed.

    Raises:
        RequestInvalid: it is no request for help.
    """
    parse_strictly(content.encode(errors="replace"))
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
    return help_answer(request, exam, latest_request(exam, seat), now)
