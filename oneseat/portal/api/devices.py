"""API routes for candidates' computers: nonces, activation, check-in, entry tickets."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from oneseat.portal.api.candidates import PREFIX, as_json
from oneseat.portal.exam.served_exam import ServedExam
from oneseat.portal.http.application import portal_of
from oneseat.portal.http.request_address import address_of
from oneseat.portal.http.timing import with_minimum_duration
from oneseat.portal.sdk.models import (
    ActivationAnswer,
    ActivationBody,
    CheckInAnswer,
    CheckInBody,
    NonceAnswer,
    NonceBody,
    TicketAnswer,
    TicketBody,
    Warned,
)
from oneseat.portal.services.activation import ActivationRequest, activate
from oneseat.portal.services.check_in import CheckInRequest, check_in
from oneseat.portal.services.login.idempotency import retry_of
from oneseat.portal.services.tickets import TicketRequest, issue_ticket
from oneseat.web.fast_routes import FastRoute
from oneseat.web.strict_json import JsonRoute
from signing.authority.signer import sign_token
from signing.clock import Clock
from signing.tokens import VERSION, PortalTime

router = APIRouter(prefix=PREFIX, route_class=JsonRoute)
fast = APIRouter(prefix=PREFIX, route_class=FastRoute)

UNREHEARSED = Warned(
    code="mock-missing",
    en="You took part in no mock interview. If your equipment fails today, you cannot take part.",
    zh="您未参加模拟面试。正式面试当天如出现设备异常，将无法参加正式面试。",
)


def _signed_time(exam: ServedExam, client_nonce: str, clock: Clock) -> str:
    portal_time = PortalTime(exam.exam, client_nonce, int(clock.now().timestamp()), VERSION)
    return sign_token(exam.activation_signer, PortalTime.TYP, portal_time.claims())


@fast.post("/exams/{exam}/nonces", response_model=NonceAnswer)
async def nonces(request: Request, exam: str, body: NonceBody) -> Response:
    """A fresh challenge, and the portal's signed time."""
    portal = portal_of(request)
    served = portal.exam(exam)
    time = _signed_time(served, body.client_nonce, portal.clock)
    return as_json(NonceAnswer(nonce=served.signed_values.nonce(portal.clock.now()), time=time))


@fast.post("/exams/{exam}/activations", response_model=ActivationAnswer)
async def activations(request: Request, exam: str, body: ActivationBody) -> Response:
    """Tie the seat to the device that asks; the seat key goes out to the seat's owner alone."""
    portal = portal_of(request)
    served = portal.exam(exam)
    device_request = ActivationRequest(**body.model_dump())
    address, now = address_of(request), portal.clock.now()
    traits = (part for trait in sorted((body.traits or {}).items()) for part in trait)
    content = (body.licence, body.id_number, body.admission_number, body.device_key, *traits)
    retry = retry_of(request, served, address, *content)
    result = await with_minimum_duration(
        portal, run_in_threadpool(activate, served, device_request, now, retry)
    )
    return as_json(ActivationAnswer(activation=result.activation, seat_key=result.seat_key))


@router.post("/exams/{exam}/check-ins")
def check_ins(request: Request, exam: str, body: CheckInBody) -> CheckInAnswer:
    """A device says that it is there, and learns whether the seat is its own still.

    It names no candidate: the device key and the activation are proof enough.
    """
    portal = portal_of(request)
    served = portal.exam(exam)
    result = check_in(served, CheckInRequest(**body.model_dump()), portal.clock.now())
    return CheckInAnswer(
        time=_signed_time(served, body.client_nonce, portal.clock),
        charter_version=result.charter_version,
        mock=result.mock,
        terms=result.terms,
        orders=result.newest_order,
    )


@router.post("/exams/{exam}/tickets")
def tickets(request: Request, exam: str, body: TicketBody) -> TicketAnswer:
    """Ask to enter the mock or the formal interview that is open now."""
    portal = portal_of(request)
    device_request = TicketRequest(body.activation, body.kind, body.nonce, body.signature)
    issued = issue_ticket(portal.exam(exam), device_request, portal.clock.now())
    return TicketAnswer(
        ticket=issued.ticket,
        session_ends=issued.session_ends.isoformat(timespec="seconds"),
        warning=UNREHEARSED if issued.unrehearsed else None,
    )
