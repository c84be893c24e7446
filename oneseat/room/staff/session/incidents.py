"""Routes of the pages of incidents: all of them, one of them, and the files for elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from sqlalchemy import Connection
from starlette.responses import JSONResponse, RedirectResponse, Response

from oneseat.room.errors import RoomError
from oneseat.room.exam.served_room import ServedRoom
from oneseat.room.http.views import Views
from oneseat.room.refusals.incidents import IncidentUnknown
from oneseat.room.rules import incidents as rules
from oneseat.room.rules.duties import Duty
from oneseat.room.services.incidents import incidents as services
from oneseat.room.staff.showing import show
from oneseat.room.staff.visits import StaffVisit, visit
from oneseat.state.accounts.audit import Fact
from oneseat.state.room import announcements, incidents, symptoms
from oneseat.state.room.announcements import Seen
from oneseat.state.room.incidents import Incident
from oneseat.web.problems import status_of
from signing.text import Text

PATH = "/staff/incidents"
MOST_CLOSED = 50
FILE = "incident"

Token = Annotated[str, Form(max_length=128)]
Words = Annotated[str, Form(max_length=2000)]
Choice = Annotated[str, Form(max_length=32)]

router = APIRouter(prefix=PATH, include_in_schema=False)


@dataclass(frozen=True)
class Line:
    """An incident with its figures: seats so far and of the last minutes, and who was shown its words."""

    incident: Incident
    words: Text
    seats: int
    now: int
    last_at: datetime
    seen: Seen


def read_unclosed(room: ServedRoom, connection: Connection, now: datetime) -> list[Line]:
    """Proposed and open incidents with their present figures, the newest first."""
    listed = incidents.list_unclosed(connection, room.exam)
    return _lines(room, connection, listed, now) if listed else []


def _lines(room: ServedRoom, connection: Connection, listed: Sequence[Incident], now: datetime) -> list[Line]:
    unclosed = [each.cause for each in listed if each.closed_at is None]
    counted = symptoms.figures(connection, room.exam, unclosed) if unclosed else {}
    recent = symptoms.count_since(connection, room.exam, now - rules.WITHIN) if unclosed else {}
    seen = announcements.seen(connection, room.exam)

    def line(each: Incident) -> Line:
        known = counted.get(each.cause) if each.closed_at is None else None
        return Line(
            each,
            rules.words_of(each.cause),
            max(each.seats, known.seats) if known else each.seats,
            recent.get(each.cause, 0) if each.closed_at is None else 0,
            known.last_at if known else each.last_at,
            seen.get(f"i{each.announcement}", Seen(0, 0)),
        )

    return [line(each) for each in listed]


@router.get("")
def list_page(request: Request, done: str = "") -> Response:
    """The incidents, and the files about those that are open."""
    visited = visit(request, Duty.INCIDENT)
    room = visited.room
    with room.database.reading() as connection:
        unclosed = read_unclosed(room, connection, visited.now)
        closed = _lines(
            room, connection, incidents.list_closed(connection, room.exam, MOST_CLOSED), visited.now
        )
    return show(
        request,
        visited,
        "staff/incidents.html.j2",
        done=done,
        unclosed=unclosed,
        closed=closed,
        ends={**rules.ENDS, rules.LAPSED: Text("Nobody decided", "无人处理，自动失效")},
    )


@router.get("/file.{form}")
def status_file(request: Request, form: str) -> Response:
    """What candidates may read of open incidents, as a file to put elsewhere: no counts, nobody's name.

    Raises:
        IncidentUnknown: it is asked for in another form than JSON or HTML.
    """
    visited = visit(request, Duty.INCIDENT)
    if form not in {"json", "html"}:
        raise IncidentUnknown
    room, charter = visited.room, visited.room.charter()
    with room.database.reading() as connection:
        listed = [each for each in incidents.list_unclosed(connection, room.exam) if each.is_open]
    headers = {"content-disposition": f'attachment; filename="{FILE}.{form}"', "cache-control": "no-store"}
    if form == "json":
        told = [
            {"zh": each.zh, "en": each.en, "since": _local(each.opened_at, charter.zone)} for each in listed
        ]
        as_of = _local(visited.now, charter.zone)
        return JSONResponse({"exam": room.exam, "as_of": as_of, "incidents": told}, headers=headers)
    views: Views = request.app.state.views
    page = views.page(
        "incident_file.html.j2",
        200,
        title=charter.charter.title,
        incidents=listed,
        as_of=visited.now.astimezone(charter.zone),
        zone=charter.zone,
    )
    page.headers.update(headers)
    return page


@router.get("/{number}")
def incident_page(request: Request, number: str, text: str = "") -> Response:
    """One incident, with the form to open it, or to close it; ``text`` is the text to begin with."""
    return _page(request, visit(request, Duty.INCIDENT), number, text=text)


@router.post("/{number}/open")
def open_incident(
    request: Request, number: str, zh: Words = "", en: Words = "", form_token: Token = ""
) -> Response:
    """Tell all candidates of an incident."""
    visited = visit(request, Duty.INCIDENT)
    visited.check_form(request, form_token)
    facts: dict[str, Fact] = {"incident": _number(number)}
    try:
        with visited.audited("room.incident-opened", facts) as connection:
            typed, by = Text(en, zh), visited.operator.name
            opened = services.open_incident(visited.room, connection, _number(number), by, typed)
            facts.update(cause=opened.cause, characters=len(zh))
    except IncidentUnknown:
        raise
    except RoomError as refusal:
        return _page(request, visited, number, refusal=refusal, typed=Text(en, zh))
    return RedirectResponse(f"{PATH}?done=opened", 303)


@router.post("/{number}/close")
def close_incident(request: Request, number: str, reason: Choice = "", form_token: Token = "") -> Response:
    """Take an incident's words away, or drop a proposal, with a reason."""
    visited = visit(request, Duty.INCIDENT)
    visited.check_form(request, form_token)
    facts: dict[str, Fact] = {"incident": _number(number), "reason": reason}
    try:
        with visited.audited("room.incident-closed", facts) as connection:
            by = visited.operator.name
            closed = services.close_incident(visited.room, connection, _number(number), by, reason)
            facts.update(cause=closed.cause)
    except IncidentUnknown:
        raise
    except RoomError as refusal:
        return _page(request, visited, number, refusal=refusal)
    return RedirectResponse(f"{PATH}?done=closed", 303)


def _page(
    request: Request,
    visited: StaffVisit,
    number: str,
    *,
    text: str = "",
    typed: Text | None = None,
    refusal: RoomError | None = None,
) -> Response:
    room = visited.room
    with room.database.reading() as connection:
        incident = incidents.find(connection, room.exam, _number(number))
        if incident is None:
            raise IncidentUnknown
        (line,) = _lines(room, connection, [incident], visited.now)
    chosen = text if text in rules.TEXTS else rules.text_of(incident.cause)
    return show(
        request,
        visited,
        "staff/incident.html.j2",
        200 if refusal is None else status_of(refusal),
        line=line,
        texts=rules.TEXTS,
        chosen=chosen,
        typed=typed or rules.TEXTS[chosen],
        limits=(rules.MAX_ZH, rules.MAX_EN),
        ends=rules.ENDS,
        refusal=refusal,
    )


def _number(text: str) -> int:
    """An incident's number in an address; 0, which none has, where it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _local(moment: datetime | None, zone: object) -> str:
    return "" if moment is None else moment.astimezone(zone).isoformat(timespec="seconds")  # type: ignore[arg-type]
