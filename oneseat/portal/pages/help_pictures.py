"""Forms of the candidate's help page that add pictures to a request and take them away. A login is needed.

The words of a request are sent first, in a form of their own, so that a picture never holds them up.
"""

from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from oneseat.portal.errors import PortalError
from oneseat.portal.http.help_boards import board_of
from oneseat.portal.http.picture_uploads import PictureId, read_form, uploads_of
from oneseat.portal.pages.help import Caller, Token, show_help
from oneseat.portal.refusals.help import HelpRequestUnknown
from oneseat.portal.refusals.login import SessionMissing
from oneseat.portal.services.help.pictures import attach, open_for_pictures, take_away
from oneseat.portal.services.help.reading import read_own
from oneseat.state.help.requests import HelpRequest
from oneseat.web.refusals import FormExpired

router = APIRouter(include_in_schema=False)


@router.post("/e/{exam}/help/pictures")
async def add_picture(request: Request, exam: str) -> Response:
    """Attach the picture and redirect to the request, or show it with the refusal."""
    caller = await run_in_threadpool(Caller.of, request, exam)
    if caller.visit is None:
        raise SessionMissing
    try:
        await _receive(caller, caller.visit.seat.jti)
    except FormExpired:
        raise
    except PortalError as refusal:
        if refusal.ends_connection:
            raise
        return await run_in_threadpool(_show_refusal, caller, refusal)
    return _back(exam)


@router.post("/e/{exam}/help/pictures/{picture}/removal")
def remove_picture(request: Request, exam: str, picture: PictureId, form_token: Token = "") -> Response:
    """Take a picture away and redirect to the request, or show it with the refusal."""
    caller = Caller.of(request, exam)
    if caller.visit is None:
        raise SessionMissing
    caller.check_form(form_token)
    try:
        take_away(caller.exam, _own(caller).number, picture, caller.now)
    except PortalError as refusal:
        return _show_refusal(caller, refusal)
    return _back(exam)


@router.get("/e/{exam}/help/pictures")
@router.get("/e/{exam}/help/pictures/{picture}/removal")
def form_address(exam: str) -> Response:
    """Redirects a GET of the forms' targets to the page."""
    return _back(exam)


async def _receive(caller: Caller, sender: str) -> None:
    number = (await run_in_threadpool(_open_request, caller)).number
    uploads = uploads_of(caller.request)
    with uploads.slot(f"{caller.exam.exam}/{sender}"):
        token, sent = await read_form(caller.request)
        caller.check_form(token)
        picture = await uploads.encode(sent)
    # The upload may have taken minutes: the answer time may have begun meanwhile.
    await run_in_threadpool(attach, caller.exam, number, picture, caller.portal.clock.now())


def _open_request(caller: Caller) -> HelpRequest:
    return open_for_pictures(caller.exam, caller.latest(), caller.now)


def _own(caller: Caller) -> HelpRequest:
    latest = caller.latest()
    if latest is None:
        raise HelpRequestUnknown
    return latest


def _show_refusal(caller: Caller, refusal: PortalError) -> Response:
    latest = caller.latest()
    if latest is None:
        return show_help(caller, refusal=refusal)
    board = board_of(caller.request, caller.exam).current(caller.now)
    return show_help(caller, own=read_own(caller.exam, board, latest), refusal=refusal)


def _back(exam: str) -> Response:
    return RedirectResponse(f"/e/{quote(exam, safe='')}/help#pictures", 303)
