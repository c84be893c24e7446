"""Routes of the pages about personal data: requests that are open, and what is kept of one person."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from oneseat.room.errors import RoomError
from oneseat.room.rules.duties import Duty
from oneseat.room.staff.attempts.pages import masked
from oneseat.room.staff.identity.decisions import find
from oneseat.room.staff.personal_data import personal, personal_words
from oneseat.room.staff.posting import AttemptPage
from oneseat.room.staff.showing import show
from oneseat.room.staff.visits import HOME, StaffVisit, visit
from oneseat.state.candidates import seat_search
from oneseat.state.room import kept
from oneseat.state.room import personal as personal_requests
from oneseat.web.problems import status_of

PERSONAL = f"{HOME}personal"
MAX_OPEN = 500
Token = Annotated[str, Form(max_length=128)]
Choice = Annotated[str, Form(max_length=32)]
Words = Annotated[str, Form(max_length=4000)]

router = APIRouter(prefix="/staff/personal", include_in_schema=False)


@router.get("")
def list_page(request: Request) -> Response:
    """The requests that are not answered, those first that are due first."""
    visited = visit(request, Duty.PERSONAL_DATA)
    exam = visited.room.exam
    with visited.room.database.reading() as connection:
        found = personal_requests.open_ones(connection, exam, MAX_OPEN)
        jtis = [each.jti for each in found]
        numbers = seat_search.numbers_of(connection, exam, jtis)
        newest = {each.jti: each.id for each in kept.list_attempts(connection, exam, jtis=jtis)}
    lines = [(each, masked(numbers.get(each.jti, each.jti)), newest.get(each.jti)) for each in found]
    return show(request, visited, "staff/personal.html.j2", lines=lines, said=personal_words)


@router.get("/{attempt_id}")
def seat_page(request: Request, attempt_id: str, done: str = "") -> Response:
    """What is kept of the person whose attempt this is, and the person's requests. The look is audited."""
    visited = visit(request, Duty.PERSONAL_DATA)
    with visited.room.database.reading() as connection:
        attempt = find(connection, visited, attempt_id[:64])
    with visited.audited("room.personal-seen", {"jti": attempt.jti, "attempt": attempt.id}):
        pass
    return _seat_page(request, visited, attempt.id, done=done)


@router.post("/{attempt_id}/requests")
def record(
    request: Request, attempt_id: str, kind: Choice = "", said: Words = "", form_token: Token = ""
) -> Response:
    """Record a request."""
    visited = visit(request, Duty.PERSONAL_DATA)
    visited.check_form(request, form_token)
    return SEAT_PAGE.act(
        request,
        visited,
        attempt_id,
        "recorded",
        lambda: personal.record(visited, attempt_id[:64], kind, said),
    )


@router.post("/{attempt_id}/requests/{number}")
def answer(
    request: Request,
    attempt_id: str,
    number: int,
    outcome: Choice = "",
    said: Words = "",
    form_token: Token = "",
) -> Response:
    """Record the answer to a request."""
    visited = visit(request, Duty.PERSONAL_DATA)
    visited.check_form(request, form_token)
    return SEAT_PAGE.act(
        request,
        visited,
        attempt_id,
        "answered",
        lambda: personal.answer(visited, attempt_id[:64], number, outcome, said),
    )


@router.get("/{attempt_id}/requests")
@router.get("/{attempt_id}/requests/{number}")
def address(attempt_id: str, number: str = "") -> Response:  # noqa: ARG001 -- a part of the address
    """Redirects a GET of a form's target."""
    return SEAT_PAGE.redirect(attempt_id)


def _seat_page(
    request: Request,
    visited: StaffVisit,
    attempt_id: str,
    *,
    refusal: RoomError | None = None,
    done: str = "",
) -> Response:
    exam = visited.room.exam
    with visited.room.database.reading() as connection:
        attempt = find(connection, visited, attempt_id[:64])
        numbers = seat_search.numbers_of(connection, exam, [attempt.jti])
        classes = list(personal.kept_of(connection, visited, attempt))
        requests = personal_requests.of_seat(connection, exam, attempt.jti)
    return show(
        request,
        visited,
        "staff/personal_seat.html.j2",
        200 if refusal is None else status_of(refusal),
        attempt=attempt,
        number=masked(numbers.get(attempt.jti, attempt.jti)),
        classes=classes,
        requests=requests,
        said=personal_words,
        refusal=refusal,
        done=done,
    )


SEAT_PAGE = AttemptPage(PERSONAL, PERSONAL, _seat_page)
