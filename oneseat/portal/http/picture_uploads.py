"""Receives pictures within limits of size, time and number, and encodes them anew in a thread.

The body is read after the caller was authenticated, and a longer one is cut off as it arrives. Nothing
of it is written to a file.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from typing import Annotated

import anyio
from anyio.to_thread import run_sync
from fastapi import Path, Request
from starlette.datastructures import FormData
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect

from oneseat.files.pictures import PictureTooDetailed, PictureUnreadable, encode_anew
from oneseat.portal.refusals.help_pictures import PictureInvalid, PicturesBusy, PictureTooLarge
from oneseat.portal.services.help.pictures import NewPicture
from oneseat.web.refusals import RequestInvalid, RequestTooSlow

MAX_UPLOAD_BYTES = 8 * 1024 * 1024
"""What a telephone's camera writes in its ordinary size is 2 to 6 MiB."""
UPLOAD_WITHIN_S = 120
"""Eight MiB at 0.6 Mbit/s."""
MAX_CONCURRENT = 12
"""Uploads of one process. Each holds its body and one copy, so all of them at most about 200 MiB."""
MAX_DECODING = 1
"""Pictures of one process that are decoded at once: each takes up to 350 MB and a second of a core."""
_READ_ON_BYTES = 4 * MAX_UPLOAD_BYTES
_FORM_BYTES = 8 * 1024
"""What a form adds to the file: boundaries, headers and its token."""


PictureId = Annotated[int, Path(ge=1, lt=2**63)]
"""The id of a picture in an address, as the database counts them."""


class PictureUploads:
    """The uploads that one process is receiving. An instance belongs to one event loop."""

    def __init__(self) -> None:
        self._senders: set[str] = set()
        self._decoding = anyio.CapacityLimiter(MAX_DECODING)

    @contextlib.contextmanager
    def slot(self, sender: str) -> Iterator[None]:
        """Take a slot for as long as the block runs; a sender has one at a time.

        Raises:
            PicturesBusy: the sender has one, or all are taken.
        """
        if sender in self._senders or len(self._senders) >= MAX_CONCURRENT:
            raise PicturesBusy
        self._senders.add(sender)
        try:
            yield
        finally:
            self._senders.discard(sender)

    async def encode(self, sent: bytes) -> NewPicture:
        """Encode a picture anew, outside the event loop.

        Raises:
            PictureInvalid: it is no picture of a kind that is taken, or a damaged one.
            PictureTooLarge: it has too many pixels.
        """
        try:
            encoded = await run_sync(encode_anew, sent, limiter=self._decoding)
        except PictureUnreadable:
            raise PictureInvalid from None
        except PictureTooDetailed:
            raise _too_large() from None
        return NewPicture(sent, encoded)


def uploads_of(request: Request) -> PictureUploads:
    """The uploads of this process."""
    uploads: PictureUploads = request.app.state.picture_uploads
    return uploads


async def read_picture(request: Request) -> bytes:
    """The body of a request that is a picture and nothing else.

    Raises:
        PictureTooLarge: it is longer than :data:`MAX_UPLOAD_BYTES`.
        RequestTooSlow: it did not arrive within :data:`UPLOAD_WITHIN_S`.
    """
    async with _in_time():
        return b"".join([chunk async for chunk in _bounded(request, MAX_UPLOAD_BYTES)])


async def read_form(request: Request) -> tuple[str, bytes]:
    """The token of a form and its picture, kept in memory while they arrive.

    Raises:
        PictureTooLarge: the form is longer than one picture may be.
        RequestTooSlow: it did not arrive within :data:`UPLOAD_WITHIN_S`.
        RequestInvalid: it is no form with files (RFC 7578), or has more than one.
    """
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise RequestInvalid(where="body")
    chunks = _bounded(request, MAX_UPLOAD_BYTES + _FORM_BYTES)
    try:
        async with _in_time():
            form = await _InMemory(request.headers, chunks, max_files=1, max_fields=4).parse()
    except MultiPartException:
        raise RequestInvalid(where="body") from None
    return await _fields(form)


class _InMemory(MultiPartParser):
    """A parser that writes no file: a picture may show what must not lie in a temporary folder."""

    spool_max_size = MAX_UPLOAD_BYTES + _FORM_BYTES


async def _fields(form: FormData) -> tuple[str, bytes]:
    token, picture = form.get("form_token"), form.get("picture")
    try:
        content = b"" if picture is None or isinstance(picture, str) else await picture.read()
    finally:
        await form.close()
    if len(content) > MAX_UPLOAD_BYTES:
        raise _too_large()
    return (token if isinstance(token, str) else ""), content


@contextlib.asynccontextmanager
async def _in_time() -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(UPLOAD_WITHIN_S):
            yield
    except TimeoutError:
        raise RequestTooSlow(seconds=UPLOAD_WITHIN_S) from None
    except ClientDisconnect:
        raise RequestInvalid(where="body") from None


async def _bounded(request: Request, limit_bytes: int) -> AsyncGenerator[bytes, None]:
    announced = request.headers.get("content-length", "0")
    expected = int(announced[:20]) if announced.isdigit() else 0
    if expected > limit_bytes:
        raise _too_large(expected)
    received = 0
    async for chunk in request.stream():
        received += len(chunk)
        if received > limit_bytes:
            raise _too_large(_READ_ON_BYTES + 1)
        yield chunk


def _too_large(sent_bytes: int = 0) -> PictureTooLarge:
    refusal = PictureTooLarge(mib=MAX_UPLOAD_BYTES // 1024**2)
    # A browser shows the answer only after it has sent the whole body, so a photograph that is somewhat too
    # large is read to its end and thrown away. A longer body, or one of unknown length, is cut off.
    refusal.ends_connection = sent_bytes > _READ_ON_BYTES
    return refusal
