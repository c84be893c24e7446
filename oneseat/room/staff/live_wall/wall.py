"""Routes of the wall: a page of tiles, the stream of what changes on it, and the tiles' pictures."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from oneseat.room.refusals.wall import LivePictureAbsent
from oneseat.room.rules import live_pictures
from oneseat.room.rules.duties import Duty
from oneseat.room.rules.wall import PER_PAGE, WallFilter
from oneseat.room.services.watching.live_pictures import LivePictures
from oneseat.room.staff import showing, visits
from oneseat.room.staff.attempts import look_keys
from oneseat.room.staff.live_wall import wall_words as words
from oneseat.room.staff.live_wall.wall_reading import READ_EVERY_S, Tile, WallReader, Walls
from oneseat.room.staff.live_wall.wall_views import Sees, WallView
from oneseat.room.staff.sessions import chosen_session
from oneseat.room.staff.visits import StaffVisit
from oneseat.state.room import attempt_list, attempts, groups, pictures
from oneseat.state.room.wall import Session
from oneseat.web.event_streams import Follow, streams_of
from signing.session_times import FORMAL, MOCK

HEADERS = {
    **showing.HEADERS,
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
}
_PICTURE_HEADERS = {"cache-control": "no-store", "content-disposition": "inline"}
_MOST_PAGES = 1000

SessionText = Annotated[str, Query(max_length=16)]
Shown = Annotated[str, Query(max_length=16)]
Page = Annotated[int, Query(ge=1, le=_MOST_PAGES)]
GroupNumber = Annotated[int, Query(ge=0, le=100_000)]
"""A group's number; 0 is all of the visitor's."""

router = APIRouter(prefix="/staff/wall", include_in_schema=False)


@router.get("")
def wall_page(
    request: Request, session: SessionText = "", shown: Shown = "", page: Page = 1, group: GroupNumber = 0
) -> Response:
    """A page of the wall, whose opening is one entry in the audit log; scripts draw and follow the tiles."""
    visited = _watching(request)
    which, held = session_of(visited, session)
    view = WallView(_filter(shown), page, _sees(visited, group))
    news = view.news(reader_of(request, which).read())
    place = f"{which[0]}-{which[1]}"
    facts = {"session": place, "shown": view.shown.value, "page": page, "attempts": len(news["order"])}
    if group:
        facts["group"] = group
    with visited.audited("room.wall-opened", {**facts}):
        key = look_keys.key_of(visited)
    return showing.show(
        request,
        visited,
        "staff/wall.html.j2",
        headers=HEADERS,
        words=words,
        per_page=PER_PAGE,
        place=place,
        session=which,
        held=held,
        view=view,
        group=group,
        groups=_numbers(visited, which),
        news=news,
        start={"look": key, "streams": words.STREAMS, **news},
    )


@router.get("/live")
async def live(
    request: Request, session: SessionText = "", shown: Shown = "", page: Page = 1, group: GroupNumber = 0
) -> Response:
    """The stream of a page's changes: one round of queries serves all streams of a session.

    Raises:
        StreamsBusy: this process has as many streams as it may, or this operator has.
    """
    visited = await run_in_threadpool(_watching, request)
    which, _ = await run_in_threadpool(session_of, visited, session)
    view = WallView(_filter(shown), page, _sees(visited, group))
    follow = Follow(reader_of(request, which).read, view.message_of, READ_EVERY_S)
    purpose = f"{visited.room.exam} {which[0]}-{which[1]}"
    return streams_of(request).answer("wall", purpose, follow, visited.operator.name)


@router.get("/pictures/{attempt_id}/{stream}")
def picture(
    request: Request,
    attempt_id: str,
    stream: Literal["camera", "screen", "phone"],
    look: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """The newest picture of a stream, for a page of the wall that was opened in this login.

    Raises:
        WallLookMissing: no page of the wall was opened in this login.
        StaffGroupForeign: the attempt is in another group.
        LivePictureAbsent: there is none, or the attempt may not be watched any more.
    """
    visited = _watching(request)
    look_keys.check(visited, look)
    room, attempt_id = visited.room, attempt_id[:64]
    with room.database.reading() as connection:
        charter = room.charter_in(connection).charter
        attempt = attempts.find(connection, room.exam, attempt_id)
        visited.require_sees(connection, attempt_id)
        newest = pictures.find(connection, room.exam, attempt_id, stream)
    if attempt is None or newest is None or not live_pictures.are_wanted(charter, attempt.kind):
        raise LivePictureAbsent
    if not live_pictures.is_watchable(attempt, visited.now):
        raise LivePictureAbsent
    opener: LivePictures = request.app.state.live_pictures
    return Response(opener.open(newest), media_type="image/jpeg", headers=_PICTURE_HEADERS)


def _watching(request: Request) -> StaffVisit:
    """The visit of somebody who may watch."""
    return visits.visit(request, Duty.WATCH)


def leading(request: Request) -> StaffVisit:
    """The visit of somebody who leads those who watch."""
    return visits.visit(request, Duty.GROUPS)


def _sees(visited: StaffVisit, group: int) -> Sees:
    """Whether a tile is of one of the visitor's groups, and of a chosen one unless that is 0.

    Groups are read with the tiles: a change counts.
    """

    def sees(tile: Tile) -> bool:
        return (not group or tile.group == group) and (
            visited.watcher is None or visited.watcher in tile.watchers
        )

    return sees


def _numbers(visited: StaffVisit, session: Session) -> list[int]:
    """The numbers of the visitor's groups of a session."""
    with visited.room.database.reading() as connection:
        known = groups.list_of(connection, visited.room.exam, *session)
    return [each.number for each in known if visited.watcher is None or each.has(visited.watcher)]


def session_of(visited: StaffVisit, text: str) -> tuple[Session, dict[Session, int]]:
    """The session that is shown, and those that have attempts."""
    with visited.room.database.reading() as connection:
        charter = visited.room.charter_in(connection)
        held = attempt_list.sessions(connection, visited.room.exam)
    terms = charter.charter
    planned = {(MOCK, n) for n in range(len(terms.mocks))} | {(FORMAL, n) for n in range(len(terms.formals))}
    chosen = chosen_session(text, held, charter, visited.now)
    if chosen not in planned | held.keys():
        chosen = chosen_session("", held, charter, visited.now)
    return chosen, held


def _filter(text: str) -> WallFilter:
    return WallFilter(text) if text in list(WallFilter) else WallFilter.ALL


def reader_of(request: Request, session: Session) -> WallReader:
    """The reader of a session's wall in this process."""
    walls: Walls = request.app.state.walls
    return walls.reader(session)
