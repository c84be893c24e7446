"""The HTTP API's doors: entry tickets for devices, and what exam rooms report."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from portal.entry import TicketRequest, enter
from portal.requests import portal_of
from portal.room import Report, Seen, report_end, report_start
from portal.services import Bearer, require
from portal.tickets import Kind
from state.service_tokens import Scope

router = APIRouter(prefix="/api/v1")

_Token = Annotated[str, Field(min_length=1, max_length=4096)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class TicketBody(_Body):
    """A device's request to enter.

    ``activation`` is the activation token, or null while the enrolment is provisional.
    ``signature`` is Ed25519 by the device key, in base64url, over `oneseat/ticket/v1`,
    nonce, activation and kind, each behind its length as four big-endian bytes.
    """

    activation: _Token | None = None
    kind: Kind
    nonce: Annotated[str, Field(min_length=1, max_length=1024)]
    signature: Annotated[str, Field(max_length=200)] = ""


class Warned(BaseModel):
    """What the candidate is to be told before they go on."""

    code: str
    en: str
    zh: str


class TicketAnswer(BaseModel):
    """The ticket for the exam room, and the end of its session, which nothing moves for one candidate."""

    ticket: str
    session_ends: str
    warning: Warned | None


class ReportBody(_Body):
    """What happened to the bearer of a ticket. ``at`` is when, by the room's clock; just now unless given."""

    ticket: _Token
    at: AwareDatetime | None = None


class ReportAnswer(BaseModel):
    """The place as the portal knows it; ``in_force`` is whether the ticket still lets its bearer in."""

    jti: str
    kind: str
    session: int
    day: str
    started_at: str | None
    ended_at: str | None
    in_force: bool


UNREHEARSED = Warned(
    code="mock-missing",
    en="You took part in no mock interview. If your equipment fails today, you cannot take part.",
    zh="您未参加模拟面试。正式面试当天如出现设备异常，将无法参加正式面试。",
)


@router.post("/exams/{exam}/tickets")
def tickets(request: Request, exam: str, body: TicketBody) -> TicketAnswer:
    """Ask to enter the mock or the formal interview that is open now."""
    portal = portal_of(request)
    asked = TicketRequest(body.activation, body.kind, body.nonce, body.signature)
    admitted = enter(portal.exam(exam), asked, portal.clock.now())
    return TicketAnswer(
        ticket=admitted.ticket,
        session_ends=admitted.session_ends.isoformat(timespec="seconds"),
        warning=UNREHEARSED if admitted.unrehearsed else None,
    )


@router.post("/exams/{exam}/room/starts")
def room_starts(request: Request, exam: str, body: ReportBody, bearer: Bearer) -> ReportAnswer:
    """The exam room saw a candidate take part. Needs the scope `room:report`; safe to repeat."""
    portal = portal_of(request)
    served, now = portal.exam(exam), portal.clock.now()
    require(served, bearer, Scope.ROOM_REPORT, now)
    return _answer(report_start(served, Report(body.ticket, body.at), now))


@router.post("/exams/{exam}/room/ends")
def room_ends(request: Request, exam: str, body: ReportBody, bearer: Bearer) -> ReportAnswer:
    """The exam room saw a candidate hand in. Needs the scope `room:report`; safe to repeat."""
    portal = portal_of(request)
    served, now = portal.exam(exam), portal.clock.now()
    require(served, bearer, Scope.ROOM_REPORT, now)
    return _answer(report_end(served, Report(body.ticket, body.at), now))


def _answer(seen: Seen) -> ReportAnswer:
    place = seen.place
    return ReportAnswer(
        jti=place.jti,
        kind=place.kind,
        session=place.session,
        day=place.day.isoformat(),
        started_at=place.started_at.isoformat() if place.started_at else None,
        ended_at=place.ended_at.isoformat() if place.ended_at else None,
        in_force=seen.in_force,
    )
