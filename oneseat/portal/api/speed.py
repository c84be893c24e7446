"""How fast a candidate's line to the portal is: bytes to fetch, and bytes to send that are thrown away.

Anyone may ask, since the client's check comes before any login; so a request moves at most
:data:`MAX_DOWN_BYTES` or :data:`MAX_UP_BYTES`, an address has a budget of requests, and a process
runs at most :data:`TESTS_AT_ONCE`, so that measuring never takes the line from those who download.
Nothing of it is stored or logged.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Iterator
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from starlette.requests import ClientDisconnect
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send

from oneseat.portal.http.application import portal_of
from oneseat.portal.http.request_address import address_of
from oneseat.portal.refusals.http import MeasuringBusy, RequestTooLarge, RequestTooSlow
from oneseat.portal.rules.rate_limits import MemoryLimit

MAX_DOWN_BYTES = 4 * 1024 * 1024
MAX_UP_BYTES = 2 * 1024 * 1024
"""Four seconds of a line of 4 Mbit/s, which notices ask for: long enough for TCP to find its pace."""
UPLOAD_WITHIN_S = DOWNLOAD_WITHIN_S = 30
"""The client stops after ten seconds; a line that takes longer is slow enough to be known as such."""
TESTS_AT_ONCE = 16
"""As many at 20 Mbit/s take a third of a line of 1 Gbit/s."""
ADDRESS_BURST, ADDRESS_PER_MINUTE = 120, 120
"""Requests of one address: a check takes four, and a school's candidates may share an address."""
_CHUNK_BYTES = 64 * 1024
_RETRY_AFTER_S = 5
_BYTES = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}


class UploadAnswer(BaseModel):
    """How many bytes arrived."""

    bytes: int


class Lines:
    """The tests that run in one process, and what each address has left."""

    def __init__(
        self,
        at_once: int = TESTS_AT_ONCE,
        burst: int = ADDRESS_BURST,
        per_minute: float = ADDRESS_PER_MINUTE,
    ) -> None:
        self._free = at_once
        self._limit = MemoryLimit(burst, per_minute)
        # Compression by anything in between would make a line look faster than it is.
        self._noise = os.urandom(2 * _CHUNK_BYTES)

    @contextlib.contextmanager
    def one(self, request: Request, exam: str) -> Iterator[None]:
        """Take a place among the running tests for as long as the block runs.

        Raises:
            ExamUnknown, UnderMaintenance: as their names say.
            AddressBusy: the address has asked too often.
            MeasuringBusy: enough tests run already.
        """
        portal = portal_of(request)
        portal.exam(exam)
        address, now = address_of(request), portal.clock.now()
        self._limit.check(address, now)
        self._limit.charge(address, now)
        if self._free < 1:
            refusal = MeasuringBusy(wait_s=_RETRY_AFTER_S)
            refusal.retry_after_s = _RETRY_AFTER_S
            raise refusal
        self._free -= 1
        try:
            yield
        finally:
            self._free += 1

    def noise(self, amount: int) -> Iterator[bytes]:
        """That many bytes that nothing can compress, chunk by chunk, no two chunks alike."""
        position = 0
        while amount > 0:
            size = min(amount, _CHUNK_BYTES)
            yield self._noise[position : position + size]
            amount -= size
            position = (position + 4093) % _CHUNK_BYTES


class _Noise(StreamingResponse):
    """Random bytes; the place is given back when the answer ends, however it ends."""

    def __init__(self, chunks: Iterator[bytes], amount: int, place: contextlib.ExitStack) -> None:
        super().__init__(_each(chunks), media_type="application/octet-stream")
        self.headers["content-length"] = str(amount)
        self._place = place

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Who stops reading holds a place for so long and no longer; nothing can be answered any more then.
        with self._place, contextlib.suppress(TimeoutError, ClientDisconnect):
            async with asyncio.timeout(DOWNLOAD_WITHIN_S):
                await super().__call__(scope, receive, send)


async def _each(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def routes(lines: Lines | None = None) -> list[BaseRoute]:
    """The two ways to measure, with a budget of their own."""
    shared = lines or Lines()
    router = APIRouter(prefix="/api/v1")

    @router.get("/exams/{exam}/speed", response_class=Response, responses={200: {"content": _BYTES}})
    async def speed_down(
        request: Request, exam: str, amount: Annotated[int, Query(alias="bytes", ge=1, le=MAX_DOWN_BYTES)]
    ) -> Response:
        """As many random bytes as ``bytes`` says, so that a client can measure its line."""
        place = contextlib.ExitStack()
        place.enter_context(shared.one(request, exam))
        return _Noise(shared.noise(amount), amount, place)

    @router.post("/exams/{exam}/speed", openapi_extra={"requestBody": {"content": _BYTES}})
    async def speed_up(request: Request, exam: str) -> UploadAnswer:
        """Count the bytes of the body, at most 2 MiB, and throw them away."""
        with shared.one(request, exam):
            try:
                async with asyncio.timeout(UPLOAD_WITHIN_S):
                    return UploadAnswer(bytes=await _counted(request))
            except TimeoutError:
                raise RequestTooSlow(seconds=UPLOAD_WITHIN_S) from None

    return router.routes


async def _counted(request: Request) -> int:
    total = 0
    with contextlib.suppress(ClientDisconnect):
        async for chunk in request.stream():
            total += len(chunk)
            if total > MAX_UP_BYTES:
                raise RequestTooLarge(limit_bytes=MAX_UP_BYTES)
    return total
