"""Takes recordings by PUT into a folder: the twin of a presigned PUT to S3."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import cast

from fastapi import APIRouter, Request
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from oneseat.room.exam.served_room import SEGMENTS_PATH
from oneseat.room.http.application import room_of
from oneseat.room.http.arriving_uploads import ArrivingUpload, ArrivingUploads
from oneseat.room.http.few_threads import FewThreads
from oneseat.store.errors import UploadSizeWrong
from oneseat.store.segments import FolderSegments, SegmentUpload
from oneseat.web.refusals import PageUnknown, RequestTooSlow

GATHERED_BYTES = 256 * 1024
"""What is written at once: a thread's hop for each piece that the network brings would cost more than it."""

UPLOAD_WITHIN_S = 600
"""A piece of 30 s arrives within it at 30 kbit/s."""

router = APIRouter()


@router.put(f"{SEGMENTS_PATH}{{name:path}}")
async def put_segment(request: Request, name: str) -> Response:
    """Store a segment under a signed address: 201, or 200 where it was stored before.

    Raises:
        PageUnknown: recordings go to another store.
        UploadUnderWay: the same segment is arriving already.
        RequestTooSlow: it did not arrive within :data:`UPLOAD_WITHIN_S`, or another upload took its place.
        UploadSizeWrong: the request's length is not the announced one.
        OneSeatError: the store's refusal of the address or the content.
    """
    room = room_of(request)
    store = room.segments
    if not isinstance(store, FolderSegments):
        raise PageUnknown
    upload = store.verify(name, request.query_params, room.upload_clock.now())
    if request.headers.get("content-length") != str(upload.size):
        raise UploadSizeWrong(wanted=upload.size)
    try:
        async with asyncio.timeout(UPLOAD_WITHIN_S) as limit:
            with _uploads_of(request).begin(name, limit) as arriving:
                created = await _store(store, upload, request, arriving)
    except TimeoutError:
        raise RequestTooSlow(seconds=UPLOAD_WITHIN_S) from None
    except ClientDisconnect:
        # The network was lost, which is no fault of the room's; nobody reads the answer.
        return Response(status_code=400)
    return Response(status_code=201 if created else 200)


def _uploads_of(request: Request) -> ArrivingUploads:
    return cast(ArrivingUploads, request.app.state.arriving_uploads)


async def _store(
    store: FolderSegments, upload: SegmentUpload, request: Request, arriving: ArrivingUpload
) -> bool:
    """Write the body as it comes, off the event loop; whether the segment is new.

    A body that is short is read first, and written in one visit to a thread.
    """
    threads = cast(FewThreads, request.app.state.upload_threads)
    if upload.size <= GATHERED_BYTES:
        content = b"".join([piece async for piece in _gathered(request, arriving)])
        return await threads.run(_store_whole, store, upload, content)
    with await threads.run(store.open, upload) as writer:
        async for piece in _gathered(request, arriving):
            await threads.run(writer.write, piece)
        return await threads.run(writer.finish)


def _store_whole(store: FolderSegments, upload: SegmentUpload, content: bytes) -> bool:
    with store.open(upload) as writer:
        writer.write(content)
        return writer.finish()


async def _gathered(request: Request, arriving: ArrivingUpload) -> AsyncIterator[bytes]:
    """The body in pieces of about :data:`GATHERED_BYTES`."""
    gathered = bytearray()
    async for piece in request.stream():
        arriving.note()
        gathered += piece
        if len(gathered) >= GATHERED_BYTES:
            yield bytes(gathered)
            gathered.clear()
    if gathered:
        yield bytes(gathered)
