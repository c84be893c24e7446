"""Routes of the page of announcements: words for all candidates or a session's, and who has seen them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Request
from pydantic import BaseModel, Field
from sqlalchemy import Connection
from starlette.responses import RedirectResponse, Response

from oneseat.room.errors import RoomError
from oneseat.room.exam.served_room import CharterInForce
from oneseat.room.refusals.measures import AnnouncementInvalid
from oneseat.room.rules.duties import Duty
from oneseat.room.staff.showing import show
from oneseat.room.staff.visits import StaffVisit, visit
from oneseat.state.accounts.audit import Fact
from oneseat.state.room import announcements
from oneseat.state.room.announcements import Announcement, Seen
from oneseat.web.problems import status_of
from signing.session_times import FORMAL, MOCK

PATH = "/staff/announcements"
MAX_WORDS = 200
EVERY_SESSION = "every"

router = APIRouter(prefix=PATH, include_in_schema=False)


class Typed(BaseModel):
    """What a form says, shown again where it is refused."""

    session: str = Field(default="", max_length=32)
    zh: str = Field(default="", max_length=2000)
    en: str = Field(default="", max_length=2000)
    form_token: str = Field(default="", max_length=128)


@dataclass(frozen=True)
class Line:
    """An announcement with the pages that have shown it, and the candidates there whom it is for."""

    announcement: Announcement
    seen: Seen
    present: int


@router.get("")
def list_page(request: Request, done: str = "") -> Response:
    """The announcements with their counts, and the form for another one."""
    return _page(request, visit(request, Duty.ANNOUNCE), Typed(), done=done)


@router.post("")
def announce(request: Request, typed: Annotated[Typed, Form()]) -> Response:
    """Publish an announcement; candidates' pages show it with their next call."""
    visited = visit(request, Duty.ANNOUNCE)
    visited.check_form(request, typed.form_token)
    facts: dict[str, Fact] = {"session": typed.session}
    try:
        with visited.audited("room.announced", facts) as connection:
            new = _checked(visited, connection, typed)
            announcements.add(connection, new)
            facts["characters"] = len(new.zh)
    except RoomError as refusal:
        return _page(request, visited, typed, refusal=refusal)
    return RedirectResponse(f"{PATH}?done=announced", 303)


def _checked(visited: StaffVisit, connection: Connection, typed: Typed) -> Announcement:
    """The announcement of a form.

    Raises:
        AnnouncementInvalid: words or session are missing, or the words are too many.
    """
    zh, en = " ".join(typed.zh.split()), " ".join(typed.en.split())
    places = [place for place, _ in _sessions(visited.room.charter_in(connection))]
    is_fit = 0 < len(zh) <= MAX_WORDS and len(en) <= 2 * MAX_WORDS and f"{zh}{en}".isprintable()
    if not is_fit or typed.session not in (EVERY_SESSION, *places):
        raise AnnouncementInvalid
    kind, _, position = typed.session.partition("-")
    exam, now, account = visited.room.exam, visited.now, visited.operator.name
    if typed.session == EVERY_SESSION:
        return Announcement(exam, 0, now, account, None, None, zh, en or zh)
    return Announcement(exam, 0, now, account, kind, int(position), zh, en or zh)


def _sessions(charter: CharterInForce) -> list[tuple[str, str]]:
    """The sessions as a form names them, with what they are called; formal ones first."""
    formals = [(f"{FORMAL}-{n}", f"正式第 {n + 1} 场") for n in range(len(charter.charter.formals))]
    return formals + [(f"{MOCK}-{n}", f"模拟第 {n + 1} 场") for n in range(len(charter.charter.mocks))]


def _page(
    request: Request, visited: StaffVisit, typed: Typed, *, refusal: RoomError | None = None, done: str = ""
) -> Response:
    room = visited.room
    with room.database.reading() as connection:
        charter = room.charter_in(connection)
        listed = announcements.list_all(connection, room.exam)
        seen = announcements.seen(connection, room.exam)
        present = announcements.count_present(connection, room.exam)

    def line(each: Announcement) -> Line:
        of_session = [
            count
            for place, count in present.items()
            if each.kind is None or place == (each.kind, each.session)
        ]
        return Line(each, seen.get(each.bulletin, Seen(0, 0)), sum(of_session))

    return show(
        request,
        visited,
        "staff/announcements.html.j2",
        200 if refusal is None else status_of(refusal),
        in_force=charter,
        typed=typed,
        refusal=refusal,
        done=done,
        sessions=_sessions(charter),
        lines=[line(each) for each in reversed(listed)],
    )
