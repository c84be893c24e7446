"""Routes of the lead's page: a session at a glance, over all groups, live by the wall's own reader."""

from __future__ import annotations

import hashlib

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from oneseat.room.staff.live_wall import wall, wall_words
from oneseat.room.staff.live_wall.wall import SessionText
from oneseat.room.staff.live_wall.wall_reading import READ_EVERY_S, WallSnapshot
from oneseat.room.staff.session import incidents, lead_reading
from oneseat.room.staff.showing import show
from oneseat.web.event_streams import Follow, streams_of

router = APIRouter(prefix="/staff/lead", include_in_schema=False)


@router.get("")
def lead_page(request: Request, session: SessionText = "") -> Response:
    """A session at a glance. It shows no pictures and no names in full."""
    visited = wall.leading(request)
    which, held = wall.session_of(visited, session)
    snapshot = wall.reader_of(request, which).read()
    with visited.room.database.reading() as connection:
        unclosed = incidents.read_unclosed(visited.room, connection, visited.now)
    return show(
        request,
        visited,
        "staff/lead.html.j2",
        headers=wall.HEADERS,
        words=wall_words,
        place=f"{which[0]}-{which[1]}",
        session=which,
        held=held,
        seen=lead_reading.read(visited.room, which, snapshot, visited.now),
        unclosed=unclosed,
        mark=_mark(snapshot),
    )


@router.get("/live")
async def live(request: Request, session: SessionText = "") -> Response:
    """A stream of marks: the page loads itself anew when another one comes.

    Raises:
        StreamsBusy: this process has as many streams as it may, or this operator has.
    """
    visited = await run_in_threadpool(wall.leading, request)
    which, _ = await run_in_threadpool(wall.session_of, visited, session)
    follow = Follow(wall.reader_of(request, which).read, _mark, READ_EVERY_S)
    purpose = f"{visited.room.exam} {which[0]}-{which[1]}"
    return streams_of(request).answer("wall", purpose, follow, visited.operator.name)


def _mark(snapshot: WallSnapshot) -> str:
    """A short text that changes with the figures, and not with each new picture."""
    counted = [(tile.attempt, tile.urgency, sorted(tile.filters)) for tile in snapshot.tiles]
    whole = (counted, snapshot.unwatched, snapshot.incidents)
    return hashlib.sha256(str(whole).encode()).hexdigest()[:16]
