"""Entry by the client's form, the candidate's page, and the same page for uploads alone."""

from __future__ import annotations

from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from oneseat.room.exam.served_room import ServedRoom
from oneseat.room.http.application import cookie_of, room_of, set_cookie
from oneseat.room.http.strangers import limited
from oneseat.room.http.views import STATIC_PATH, views_of
from oneseat.room.refusals.entry import EntryIncomplete
from oneseat.room.services.arrival import entry, upload_grants
from oneseat.room.services.attempts.window_calls import UPLOAD, cookie_hash
from oneseat.state.room import attempts

PAGE, UPLOAD_PAGE = "/room/", "/room/upload"
_MAX_FIELDS = 8

router = APIRouter()


@router.post("/enter")
async def enter(request: Request) -> Response:
    """Let a ticket's bearer in; the page follows by redirect, so that a reload posts nothing again."""
    room, form = room_of(request), await _form(request)
    with limited(request, lambda: entry.verifies(room, form)):
        entered = await run_in_threadpool(entry.enter, room, form)
    return _into(room, entered.cookie, UPLOAD_PAGE if entered.scope == UPLOAD else PAGE)


@router.post(upload_grants.PATH)
async def enter_upload(request: Request) -> Response:
    """Let the bearer of an upload grant finish the upload."""
    room, form = room_of(request), await _form(request)
    return _into(room, await run_in_threadpool(upload_grants.enter, room, form), UPLOAD_PAGE)


@router.get(PAGE)
def page(request: Request) -> Response:
    """The candidate's page; without an entry one that sends back to the client."""
    return _page(request, "attempt")


@router.get(UPLOAD_PAGE)
def upload_page(request: Request) -> Response:
    """The page that finishes the upload."""
    return _page(request, "upload")


@router.get("/")
@router.get("/enter")
@router.get(upload_grants.PATH)
def start(request: Request) -> Response:
    """Addresses that only the client opens, and the bare one: a page that sends back to the client."""
    return views_of(request).page("return.html.j2", charter=room_of(request).charter().charter)


@router.get(f"{STATIC_PATH}/{{digest}}/{{name}}")
async def static(request: Request, digest: str, name: str) -> Response:
    """A static file."""
    return views_of(request).file(digest, name)


def _page(request: Request, mode: str) -> Response:
    room, cookie = room_of(request), cookie_of(request)
    charter = room.charter().charter
    with room.database.reading() as connection:
        attempt = cookie and attempts.find_by_cookie(connection, room.exam, cookie_hash(cookie))
    if not attempt:
        return views_of(request).page("return.html.j2", 401, charter=charter)
    if attempt.cookie_scope == UPLOAD and mode != UPLOAD:
        return RedirectResponse(UPLOAD_PAGE, 303)
    # A room that cannot pass on requests leads to the portal's own page.
    passes_on = request.app.state.settings.portal_token is not None
    help_url = None if passes_on else f"{charter.portal_url.rstrip('/')}/e/{charter.exam}/help"
    return views_of(request).page("room.html.j2", charter=charter, mode=mode, help_url=help_url)


async def _form(request: Request) -> dict[str, str]:
    """The fields of a posted form.

    Raises:
        EntryIncomplete: it is not one, or names a field twice.
    """
    try:
        fields = parse_qsl((await request.body()).decode("ascii"), max_num_fields=_MAX_FIELDS)
    except ValueError:
        raise EntryIncomplete from None
    if len(dict(fields)) != len(fields):
        raise EntryIncomplete
    return dict(fields)


def _into(room: ServedRoom, cookie: str, where: str) -> Response:
    response = RedirectResponse(where, 303)
    set_cookie(room, response, cookie)
    return response
