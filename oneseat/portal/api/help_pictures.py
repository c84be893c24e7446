"""API routes for pictures of help requests: of a candidate's session, and of programs."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from oneseat.portal.api.candidates import PREFIX, Jti
from oneseat.portal.api.help import caller_and_seat, latest_request
from oneseat.portal.api.help_answers import pictures_answer
from oneseat.portal.exam.served_exam import ServedExam
from oneseat.portal.http.application import portal_of
from oneseat.portal.http.picture_uploads import PictureId, read_picture, uploads_of
from oneseat.portal.sdk.models import HelpPictures
from oneseat.portal.services.help.pictures import attach, open_for_pictures, take_away
from oneseat.portal.services.service_tokens import Bearer
from oneseat.state.candidates.seats import PublishedSeat

router = APIRouter(prefix=PREFIX)

_FILE = {"schema": {"type": "string", "format": "binary"}}
_TYPES = ("image/jpeg", "image/png", "image/webp")
BODY = {"requestBody": {"required": True, "content": dict.fromkeys(_TYPES, _FILE)}}
"""OpenAPI's description of a body that is a picture."""


@router.post("/exams/{exam}/seats/{jti}/help-request/pictures", openapi_extra=BODY)
async def add_help_picture(request: Request, exam: str, jti: Jti, bearer: Bearer) -> HelpPictures:
    """Attach a picture (JPEG, PNG or WebP, at most 8 MiB) to the seat's open help request.

    The body is the file. The same file sent again is one picture. A request has at most three; none is
    taken while questions of a formal session are answered. Needs the own session, or the scope `help`.
    """
    caller, seat = await run_in_threadpool(caller_and_seat, request, exam, jti, bearer)
    latest = await run_in_threadpool(latest_request, caller.exam, seat)
    number = open_for_pictures(caller.exam, latest, caller.now).number
    uploads = uploads_of(request)
    with uploads.slot(f"{exam}/{seat.jti}"):
        picture = await uploads.encode(await read_picture(request))
    # The upload may have taken minutes: the answer time may have begun meanwhile.
    now = portal_of(request).clock.now()
    await run_in_threadpool(attach, caller.exam, number, picture, now)
    return await run_in_threadpool(_answer, caller.exam, seat, now)


@router.get("/exams/{exam}/seats/{jti}/help-request/pictures")
def list_help_pictures(request: Request, exam: str, jti: Jti, bearer: Bearer) -> HelpPictures:
    """The pictures of the seat's newest help request. Needs the own session, or the scope `help`."""
    caller, seat = caller_and_seat(request, exam, jti, bearer)
    return _answer(caller.exam, seat, caller.now)


@router.delete("/exams/{exam}/seats/{jti}/help-request/pictures/{picture}")
def remove_help_picture(
    request: Request, exam: str, jti: Jti, picture: PictureId, bearer: Bearer
) -> HelpPictures:
    """Take a picture away, while no operator has the request; safe to repeat.

    Needs the seat's own session, or the scope `help`.
    """
    caller, seat = caller_and_seat(request, exam, jti, bearer)
    take_away(caller.exam, latest_request(caller.exam, seat).number, picture, caller.now)
    return _answer(caller.exam, seat, caller.now)


def _answer(exam: ServedExam, seat: PublishedSeat, now: datetime) -> HelpPictures:
    return pictures_answer(exam, latest_request(exam, seat), now)
