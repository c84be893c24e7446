"""Routes of what invigilators do on an attempt's page: reminders, notes, marks, permissions, endings."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from oneseat.room.refusals.invigilation import MarkTimeWrong
from oneseat.room.rules.duties import Duty
from oneseat.room.staff.attempts import ending, marking, permits, reminders
from oneseat.room.staff.attempts.pages import ATTEMPT_PAGE, Choice, Token
from oneseat.room.staff.visits import StaffVisit, visit

Words = Annotated[str, Form(max_length=2000)]
Number = Annotated[int, Form(ge=0, le=1 << 53)]
_PREFIX = "/staff/attempts/{attempt_id}"

router = APIRouter(prefix=_PREFIX, include_in_schema=False)


@router.post("/remind")
def remind(request: Request, attempt_id: str, code: Choice = "", form_token: Token = "") -> Response:
    """Send one of the listed reminders to the candidate."""
    visited = _visit(request, form_token)
    return ATTEMPT_PAGE.act(
        request, visited, attempt_id, "reminded", lambda: reminders.send(visited, attempt_id, code)
    )


@router.post("/note")
def note(request: Request, attempt_id: str, words: Words = "", form_token: Token = "") -> Response:
    """Write a note about the attempt."""
    visited = _visit(request, form_token)
    return ATTEMPT_PAGE.act(
        request, visited, attempt_id, "noted", lambda: marking.write_note(visited, attempt_id, words)
    )


@router.post("/mark")
def mark(
    request: Request,
    attempt_id: str,
    *,
    clause: Choice = "",
    begins: Choice = "",
    ends: Choice = "",
    words: Words = "",
    form_token: Token = "",
) -> Response:
    """Mark a suspicion at a time of the recordings."""
    visited = _visit(request, form_token)

    def act() -> None:
        times = _moment(visited, begins), _moment(visited, ends)
        marking.mark(visited, attempt_id, clause, *times, words)

    return ATTEMPT_PAGE.act(request, visited, attempt_id, "marked", act)


@router.post("/unmark")
def unmark(request: Request, attempt_id: str, number: Number = 0, form_token: Token = "") -> Response:
    """Withdraw a mark."""
    visited = _visit(request, form_token)
    return ATTEMPT_PAGE.act(
        request, visited, attempt_id, "withdrawn", lambda: marking.withdraw(visited, attempt_id, number)
    )


@router.post("/permit")
def permit(
    request: Request, attempt_id: str, cause: Choice = "", minutes: Number = 0, form_token: Token = ""
) -> Response:
    """Permit the candidate to touch the phone or to leave the picture."""
    visited = _visit(request, form_token, Duty.PERMIT)
    return ATTEMPT_PAGE.act(
        request, visited, attempt_id, "permitted", lambda: permits.permit(visited, attempt_id, cause, minutes)
    )


@router.post("/permission-end")
def end_permission(request: Request, attempt_id: str, form_token: Token = "") -> Response:
    """End a permission that an invigilator has opened."""
    visited = _visit(request, form_token, Duty.PERMIT)
    return ATTEMPT_PAGE.act(
        request, visited, attempt_id, "unpermitted", lambda: permits.end(visited, attempt_id)
    )


@router.post("/end-request")
def request_end(
    request: Request, attempt_id: str, reason: Choice = "", words: Words = "", form_token: Token = ""
) -> Response:
    """Ask that the attempt is ended."""
    visited = _visit(request, form_token, Duty.REQUEST_END)
    return ATTEMPT_PAGE.act(
        request, visited, attempt_id, "asked-end", lambda: ending.request(visited, attempt_id, reason, words)
    )


@router.post("/end-confirm")
def confirm_end(request: Request, attempt_id: str, form_token: Token = "") -> Response:
    """End the attempt, as the second person."""
    visited = _visit(request, form_token, Duty.CONFIRM_END)
    return ATTEMPT_PAGE.act(
        request, visited, attempt_id, "ended", lambda: ending.confirm(visited, attempt_id)
    )


@router.post("/end-decline")
def decline_end(request: Request, attempt_id: str, form_token: Token = "") -> Response:
    """Decline the request to end the attempt."""
    visited = _visit(request, form_token, Duty.CONFIRM_END)
    return ATTEMPT_PAGE.act(
        request, visited, attempt_id, "declined", lambda: ending.decline(visited, attempt_id)
    )


@router.post("/reopen")
def reopen(request: Request, attempt_id: str, words: Words = "", form_token: Token = "") -> Response:
    """Open the attempt again."""
    visited = _visit(request, form_token, Duty.REOPEN)
    return ATTEMPT_PAGE.act(
        request, visited, attempt_id, "reopened", lambda: ending.reopen(visited, attempt_id, words)
    )


@router.get("/end-request")
@router.get("/end-confirm")
@router.get("/end-decline")
@router.get("/reopen")
@router.get("/remind")
@router.get("/note")
@router.get("/mark")
@router.get("/unmark")
@router.get("/permit")
@router.get("/permission-end")
def address(attempt_id: str) -> Response:
    """Redirects a GET of a form's target."""
    return ATTEMPT_PAGE.redirect(attempt_id)


def _visit(request: Request, form_token: str, duty: Duty = Duty.REMIND) -> StaffVisit:
    visited = visit(request, duty)
    visited.check_form(request, form_token)
    return visited


def _moment(visited: StaffVisit, text: str) -> datetime:
    """A time as the form has it, in the exam's zone.

    Raises:
        MarkTimeWrong: it is none.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise MarkTimeWrong from None
    if moment.tzinfo is not None or not 2000 <= moment.year <= 2200 or moment.microsecond:
        raise MarkTimeWrong
    zone = visited.room.charter().zone
    # A form knows seconds: what happens in this very second is not still to come.
    chosen = moment.replace(tzinfo=zone)
    return min(chosen, visited.now) if chosen - visited.now < timedelta(seconds=1) else chosen
