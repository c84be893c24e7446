"""Routes of the player: an attempt's streams side by side by the server's clock, and single segments.

While an attempt runs, its player goes on into what arrives: at the end of what it knows it asks for what is
newer, with the lists beside the pictures as HTML.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse

from oneseat.room.rules.clauses import CLAUSES
from oneseat.room.rules.duties import Duty
from oneseat.room.rules.playing import SEGMENT
from oneseat.room.rules.segments import MAX_SEGMENTS, STREAMS
from oneseat.room.staff import showing, words
from oneseat.room.staff.attempts import pages, recordings
from oneseat.room.staff.attempts.pages import Token
from oneseat.room.staff.attempts.recordings import Recordings
from oneseat.room.staff.visits import HOME, visit
from oneseat.state.candidates import seat_search
from oneseat.state.room.events import RoomEvent
from oneseat.state.room.marks import Mark

HEADERS = {
    **showing.HEADERS,
    # Segments come as the answers of posts, and are played from the page's own memory: no address plays one.
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "media-src blob:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
}
_SEGMENT_HEADERS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
Take = Annotated[str, Form(max_length=32)]
Look = Annotated[str, Form(max_length=64)]
"""The key of a look that follows an attempt; empty where none has begun."""
Number = Annotated[int, Form(ge=0, le=MAX_SEGMENTS)]

router = APIRouter(prefix="/staff/attempts/{attempt_id}", include_in_schema=False)


@router.get("/play")
def player_page(request: Request, attempt_id: str) -> Response:
    """The player of an attempt. Its opening is one entry in the audit log, and so is each segment."""
    visited = visit(request, Duty.LIST)
    opened = recordings.open_recordings(visited, attempt_id[:64])
    with visited.room.database.reading() as connection:
        numbers = seat_search.numbers_of(connection, visited.room.exam, [opened.attempt.jti])
    return showing.show(
        request,
        visited,
        "staff/player.html.j2",
        headers=HEADERS,
        attempt=opened.attempt,
        number=pages.masked(numbers.get(opened.attempt.jti, opened.attempt.jti)),
        streams={take.stream for take in opened.takes},
        all_streams=STREAMS,
        start=_start(opened, visited.form_token),
        **_listed(opened),
    )


@router.post("/segment")
def segment(
    request: Request,
    attempt_id: str,
    take: Take = "",
    number: Number = 0,
    follow: Look = "",
    form_token: Token = "",
) -> Response:
    """One segment as it was recorded. What is new to a look that follows has no entry of its own."""
    visited = visit(request, Duty.LIST)
    visited.check_form(request, form_token)
    opened = recordings.open_segment(visited, attempt_id[:64], take, number, follow)
    return StreamingResponse(opened.pieces, media_type=opened.media_type, headers=_SEGMENT_HEADERS)


@router.post("/newer")
def newer(request: Request, attempt_id: str, follow: Look = "", form_token: Token = "") -> Response:
    """What has come by now, for a player that follows: one entry in the audit log, however often it asks."""
    visited = visit(request, Duty.LIST)
    visited.check_form(request, form_token)
    opened, key = recordings.follow_recordings(visited, attempt_id[:64], follow)
    lists = showing.fragment(request, visited, "staff/player_news.html.j2", **_listed(opened))
    return JSONResponse({"follow": key, "lists": lists, **_known(opened)}, headers=_SEGMENT_HEADERS)


@router.get("/newer")
@router.get("/segment")
def address(attempt_id: str) -> Response:
    """Redirects a GET of a form's target."""
    return RedirectResponse(f"{HOME}attempts/{attempt_id[:64]}/play" if attempt_id.isalnum() else HOME, 303)


def _listed(opened: Recordings) -> dict[str, Any]:
    """What the templates of the player's lists take."""
    return {
        "recordings": opened,
        "timeline": _timeline(opened),
        "clauses": CLAUSES,
        "gap_words": _gap_words,
        "milliseconds": _milliseconds,
    }


def _timeline(opened: Recordings) -> Sequence[tuple[datetime, RoomEvent | Mark]]:
    """Events and standing marks by their time, a mark at the moment in the recordings that it is about."""
    placed: list[tuple[datetime, RoomEvent | Mark]] = [(event.at, event) for event in opened.history]
    placed += [(mark.begins_at, mark) for mark in opened.standing_marks]
    return sorted(placed, key=lambda each: each[0])


def _start(opened: Recordings, form_token: str) -> dict[str, Any]:
    """What the script begins with: what is known of the recordings, in milliseconds since 1970."""
    segment_ms = int(SEGMENT.total_seconds() * 1000)
    return {"token": form_token, "segment_ms": segment_ms, **_known(opened)}


def _known(opened: Recordings) -> dict[str, Any]:
    """Takes and gaps by stream, marks, the time, and whether more may come."""
    marks = [
        {"begins": _milliseconds(mark.begins_at), "ends": _milliseconds(mark.ends_at)}
        for mark in opened.standing_marks
    ]
    takes = [
        {
            "stream": take.stream,
            "take": take.take,
            "begins": _milliseconds(take.begins),
            "ends": _milliseconds(take.ends),
            "stored": take.stored,
            "running": take.is_running,
        }
        for take in opened.takes
    ]
    gaps = [
        {
            "stream": gap.stream,
            "begins": _milliseconds(gap.begins),
            "ends": _milliseconds(gap.ends),
            "words": _gap_words(gap.cause),
        }
        for gap in opened.gaps
    ]
    now = _milliseconds(opened.at)
    return {"now": now, "live": opened.is_live, "takes": takes, "gaps": gaps, "marks": marks}


def _gap_words(cause: str) -> str:
    """What is known of a gap's cause, in Chinese."""
    return words.GAPS[cause].zh if cause in words.GAPS else words.event_words(cause).zh


def address_at(attempt_id: str, moment: datetime) -> str:
    """The address of an attempt's player that begins at a moment."""
    return f"{HOME}attempts/{attempt_id}/play#at={_milliseconds(moment)}"


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
