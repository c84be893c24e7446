"""Routes of the page of announcements: words for all candidates or a session's, and who has seen them."""

from __future__ import annotations

from dataclasses import dataclass, replace
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
from oneseat.state.room import announcements, groups
from oneseat.state.room.announcements import Announcement, Seen
from oneseat.state.room.groups import GroupKey
from oneseat.web.problems import status_of
from signing.session_times import FORMAL, MOCK

PATH = "/staff/announcements"
MAX_WORDS = 200
EVERY_SESSION = "every"
_KINDS = {FORMAL: "正式", MOCK: "模拟"}

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


@dataclass(frozen=True)
class Audience:
    """Whom an announcement can be for: ``place`` as a form names it, and how many of them are there."""

    place: str
    name: str
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
    charter, exam = visited.room.charter_in(connection), visited.room.exam
    places = [audience.place for audience in _audiences(connection, exam, charter)]
    is_fit = 0 < len(zh) <= MAX_WORDS and len(en) <= 2 * MAX_WORDS and f"{zh}{en}".isprintable()
    if not is_fit or typed.session not in places:
        raise AnnouncementInvalid
    new = Announcement(exam, 0, visited.now, visited.operator.name, None, None, zh, en or zh)
    kind, *numbers = typed.session.split("-")
    if not numbers:
        return new
    session, *group = map(int, numbers)
    new = replace(new, kind=kind, session=session)
    if not group:
        return new
    members = groups.attempts_of(connection, GroupKey(exam, kind, session, group[0]))
    if not members:
        raise AnnouncementInvalid
    return replace(new, group_number=group[0], attempts=" ".join(members))


def _audiences(connection: Connection, exam: str, charter: CharterInForce) -> list[Audience]:
    """All whom an announcement can be for: each session, formal ones first, with its groups; and every one.

    A group is one with candidates who are there.
    """
    present = announcements.count_present(connection, exam)
    by_group = groups.count_present(connection, exam)
    numbers = {FORMAL: len(charter.charter.formals), MOCK: len(charter.charter.mocks)}
    found = []
    for kind, session in [(each, n) for each in numbers for n in range(numbers[each])]:
        place, name = f"{kind}-{session}", f"{_KINDS[kind]}第 {session + 1} 场"
        found.append(Audience(place, name, present.get((kind, session), 0)))
        found += [
            Audience(f"{place}-{number}", f"{name}第 {number} 组", count)
            for (*of, number), count in sorted(by_group.items())
            if of == [kind, session]
        ]
    return [*found, Audience(EVERY_SESSION, "所有场次", sum(present.values()))]


def _page(
    request: Request, visited: StaffVisit, typed: Typed, *, refusal: RoomError | None = None, done: str = ""
) -> Response:
    room = visited.room
    with room.database.reading() as connection:
        charter = room.charter_in(connection)
        listed = announcements.list_all(connection, room.exam)
        seen = announcements.seen(connection, room.exam)
        audiences = _audiences(connection, room.exam, charter)
        counts = {audience.place: audience.present for audience in audiences}
        in_groups = {
            each.number: announcements.still_present(connection, room.exam, each.attempts.split())
            for each in listed
            if each.group_number is not None
        }

    def line(each: Announcement) -> Line:
        place = EVERY_SESSION if each.kind is None else f"{each.kind}-{each.session}"
        there = in_groups.get(each.number, counts.get(place, 0))
        return Line(each, seen.get(each.bulletin, Seen(0, 0)), there)

    return show(
        request,
        visited,
        "staff/announcements.html.j2",
        200 if refusal is None else status_of(refusal),
        in_force=charter,
        typed=typed,
        refusal=refusal,
        done=done,
        audiences=audiences,
        lines=[line(each) for each in reversed(listed)],
    )
