"""Routes of the page of groups: who watches which, and the beat of an invigilator's open page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from oneseat.room.errors import RoomError
from oneseat.room.rules.duties import Duty
from oneseat.room.rules.watching import GROUP_SIZE
from oneseat.room.staff import showing
from oneseat.room.staff.attempts.pages import Token
from oneseat.room.staff.groups import grouping
from oneseat.room.staff.groups.grouping import MOST_GROUPS, Place
from oneseat.room.staff.groups.watches import beat
from oneseat.room.staff.posting import act_and_answer
from oneseat.room.staff.sessions import chosen_session
from oneseat.room.staff.visits import StaffVisit, visit
from oneseat.state.room import attempt_list
from oneseat.web.problems import status_of
from oneseat.web.role_words import ROLE_WORDS

PATH = "/staff/groups"
Name = Annotated[str, Form(max_length=32)]
SessionText = Annotated[str, Form(max_length=16)]
Number = Annotated[int, Form(ge=0, le=100_000)]

router = APIRouter(prefix="/staff", include_in_schema=False)


@router.get("/groups")
def groups_page(
    request: Request, session: Annotated[str, Query(max_length=16)] = "", done: str = ""
) -> Response:
    """The groups of a session, each with its invigilators and who is responsible now."""
    return _page(request, visit(request, Duty.GROUPS), session, done=done)


@router.post("/groups/prepare")
def prepare(
    request: Request, session: SessionText = "", count: Number = 0, form_token: Token = ""
) -> Response:
    """Make groups before anybody has come."""
    return _done(request, session, form_token, lambda visited, place: grouping.prepare(visited, place, count))


@router.post("/groups/assign")
def assign(
    request: Request,
    session: SessionText = "",
    number: Number = 0,
    first: Name = "",
    second: Name = "",
    form_token: Token = "",
) -> Response:
    """Give a group to its invigilators."""

    def act(visited: StaffVisit, place: Place) -> None:
        grouping.assign(visited, place, number, first, second)

    return _done(request, session, form_token, act)


@router.post("/groups/take-over")
def take_over(
    request: Request, session: SessionText = "", number: Number = 0, form_token: Token = ""
) -> Response:
    """Watch a group oneself, as its first invigilator."""
    return _done(
        request, session, form_token, lambda visited, place: grouping.take_over(visited, place, number)
    )


@router.post("/watch")
def watch(request: Request, session: SessionText = "", form_token: Token = "") -> Response:
    """The beat of an open page that watches: its operator watches own groups of the session now."""
    visited = visit(request, Duty.WATCH)
    visited.check_form(request, form_token)
    answer = JSONResponse(beat(visited, _place(visited, session)))
    answer.headers.update(showing.HEADERS)
    return answer


@router.get("/groups/prepare")
@router.get("/groups/assign")
@router.get("/groups/take-over")
def address() -> Response:
    """Redirects a GET of a form's target."""
    return RedirectResponse(PATH, 303)


def _done(
    request: Request, session: str, form_token: str, act: Callable[[StaffVisit, Place], None]
) -> Response:
    visited = visit(request, Duty.GROUPS)
    visited.check_form(request, form_token)
    place = _place(visited, session)
    return act_and_answer(
        lambda: act(visited, place),
        lambda refusal: _page(request, visited, session, refusal=refusal),
        f"{PATH}?session={place.text}&done=saved",
    )


def _place(visited: StaffVisit, session: str) -> Place:
    with visited.room.database.reading() as connection:
        held = attempt_list.sessions(connection, visited.room.exam)
        charter = visited.room.charter_in(connection)
    return Place(*chosen_session(session, held, charter, visited.now))


def _page(
    request: Request,
    visited: StaffVisit,
    session: str,
    *,
    refusal: RoomError | None = None,
    done: str = "",
) -> Response:
    place = _place(visited, session)
    with visited.room.database.reading() as connection:
        shown = grouping.watched_groups(connection, visited, place)
        staff = grouping.fit(connection, visited.room.exam)
        charter = visited.room.charter_in(connection).charter
    return showing.show(
        request,
        visited,
        "staff/groups.html.j2",
        200 if refusal is None else status_of(refusal),
        place=place,
        mocks=len(charter.mocks),
        formals=len(charter.formals),
        groups=shown,
        staff=staff,
        role_words=ROLE_WORDS,
        size=GROUP_SIZE,
        most=MOST_GROUPS,
        refusal=refusal,
        done=done,
    )
