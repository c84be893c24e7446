"""API routes for pictures of help requests that a seat's device signs.

Activation, nonce, SHA-256 and signature are headers: a body is the picture itself, and an address shows
nothing of its sender. The signature covers the SHA-256, so it is verified before any of the body is read.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request
from starlette.concurrency import run_in_threadpool

from oneseat.portal.api.candidates import PREFIX
from oneseat.portal.api.help import latest_request
from oneseat.portal.api.help_answers import pictures_answer
from oneseat.portal.api.help_pictures import BODY
from oneseat.portal.exam.served_exam import ServedExam
from oneseat.portal.http.application import portal_of
from oneseat.portal.http.picture_uploads import PictureId, read_picture, uploads_of
from oneseat.portal.refusals.help_pictures import PictureDiffers, PictureInvalid
from oneseat.portal.sdk.models import HelpPictures
from oneseat.portal.services.help.from_devices import DeviceCall, seat_of_device
from oneseat.portal.services.help.pictures import attach, open_for_pictures, take_away
from oneseat.state.candidates.seats import PublishedSeat

router = APIRouter(prefix=PREFIX)

ADD, REMOVE = "picture", "remove-picture"
"""Acts that a device signs, with the picture's SHA-256 in hexadecimal or its id as the content."""

_PRINTABLE = r"^[!-~]+$"


class SignedHeaders:
    """Headers that sign a request without a JSON body."""

    def __init__(
        self,
        activation: Annotated[str, Header(alias="OneSeat-Activation", max_length=4096, pattern=_PRINTABLE)],
        nonce: Annotated[str, Header(alias="OneSeat-Nonce", max_length=1024, pattern=_PRINTABLE)],
        signature: Annotated[str, Header(alias="OneSeat-Signature", max_length=200, pattern=_PRINTABLE)],
    ) -> None:
        self._activation, self._nonce, self._signature = activation, nonce, signature

    def call(self, act: str, content: str) -> DeviceCall:
        """The call that the headers sign, if it is this act with this content."""
        return DeviceCall(self._activation, self._nonce, act, content, self._signature)


Signed = Annotated[SignedHeaders, Depends()]
Digest = Annotated[str, Header(alias="OneSeat-SHA256", pattern=r"^[0-9a-f]{64}$")]


@router.post("/exams/{exam}/device-help/pictures", openapi_extra=BODY)
async def add_device_picture(request: Request, exam: str, signed: Signed, sha256: Digest) -> HelpPictures:
    """Attach a picture (JPEG, PNG or WebP, at most 8 MiB) to the seat's open help request.

    The body is the file. The device signs it as the act `picture` of `device-help`, with the file's SHA-256
    in hexadecimal as the content. The same file sent again is one picture; a request has at most three; none
    is taken while questions of a formal session are answered.
    """
    _require_body(request)
    portal = portal_of(request)
    served, now = portal.exam(exam), portal.clock.now()
    seat, number = await run_in_threadpool(_open_request, served, signed.call(ADD, sha256), now)
    uploads = uploads_of(request)
    with uploads.slot(f"{exam}/{seat.jti}"):
        sent = await read_picture(request)
        await run_in_threadpool(_check_digest, sent, sha256)
        picture = await uploads.encode(sent)
    # The upload may have taken minutes: the answer time may have begun meanwhile.
    now = portal.clock.now()
    await run_in_threadpool(attach, served, number, picture, now)
    return await run_in_threadpool(_answer, served, seat, now)


@router.delete("/exams/{exam}/device-help/pictures/{picture}")
def remove_device_picture(request: Request, exam: str, picture: PictureId, signed: Signed) -> HelpPictures:
    """Take a picture away, while no operator has the request; safe to repeat.

    The device signs it as the act `remove-picture` of `device-help`, with the picture's id as the content.
    """
    portal = portal_of(request)
    served, now = portal.exam(exam), portal.clock.now()
    seat = seat_of_device(served, signed.call(REMOVE, str(picture)), now)
    take_away(served, latest_request(served, seat).number, picture, now)
    return _answer(served, seat, now)


def _require_body(request: Request) -> None:
    """Refuse a request that announces no body, before anything else is verified."""
    is_chunked = "transfer-encoding" in request.headers
    if not is_chunked and request.headers.get("content-length", "0") == "0":
        raise PictureInvalid


def _open_request(exam: ServedExam, call: DeviceCall, now: datetime) -> tuple[PublishedSeat, str]:
    """The seat whose device has signed the call, and the number of its open request."""
    seat = seat_of_device(exam, call, now)
    return seat, open_for_pictures(exam, latest_request(exam, seat), now).number


def _check_digest(sent: bytes, sha256: str) -> None:
    if hashlib.sha256(sent).hexdigest() != sha256:
        raise PictureDiffers


def _answer(exam: ServedExam, seat: PublishedSeat, now: datetime) -> HelpPictures:
    return pictures_answer(exam, latest_request(exam, seat), now)
