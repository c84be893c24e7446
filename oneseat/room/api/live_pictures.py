"""The calls that bring live pictures: a JPEG as the whole body, from the page or the phone's page."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from oneseat.room.api.page_calls import Window
from oneseat.room.http.application import phone_cookie_of
from oneseat.room.services.watching.live_pictures import LivePictures
from oneseat.web.refusals import MediaTypeRefused
from oneseat.web.strict_json import media_type

JPEG = "image/jpeg"
Epoch = Annotated[int, Query(ge=0, le=1 << 31)]
PhoneCookie = Annotated[str | None, Depends(phone_cookie_of)]

router = APIRouter()


@router.post("/room/api/picture", status_code=204)
async def page_picture(
    request: Request, epoch: Epoch, stream: Literal["camera", "screen"], window: Window
) -> Response:
    """Take a picture of the page's camera, or of the screen that it records."""
    content = await _jpeg(request)
    await run_in_threadpool(_pictures(request).take_of_page, window, epoch, stream, content)
    return Response(status_code=204)


@router.post("/phone/api/picture", status_code=204)
async def phone_picture(request: Request, epoch: Epoch, cookie: PhoneCookie) -> Response:
    """Take a picture of the phone's camera."""
    content = await _jpeg(request)
    await run_in_threadpool(_pictures(request).take_of_phone, cookie, epoch, content)
    return Response(status_code=204)


async def _jpeg(request: Request) -> bytes:
    """The request's body.

    Raises:
        MediaTypeRefused: it does not say that it is a JPEG.
    """
    if media_type(request) != JPEG:
        raise MediaTypeRefused(wanted=JPEG)
    return await request.body()


def _pictures(request: Request) -> LivePictures:
    taken: LivePictures = request.app.state.live_pictures
    return taken
