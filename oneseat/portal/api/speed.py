"""Speed test of a candidate's connection: random bytes to download, and uploads that are discarded.

It needs no login, since the client's check runs before any. So a request transfers at most
:data:`MAX_DOWN_BYTES` or :data:`MAX_UP_BYTES`, an address has a budget of requests, and a process
runs at most :data:`MAX_CONCURRENT_TESTS`, which leaves bandwidth for downloads. Nothing is
stored or logged.
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
from oneseat.portal.refusals.downloads import MeasuringBusy
from oneseat.portal.rules.rate_limits import MemoryLimit
from oneseat.web.refusals import RequestTooLarge, RequestTooSlow

MAX_DOWN_BYTES = 4 * 1024 * 1024
MAX_UP_BYTES = 2 * 1024 * 1024
"""Four seconds at 4 Mbit/s, which exam notices ask for: long enough for TCP to reach its rate."""
UPLOAD_WITHIN_S = DOWNLOAD_WITHIN_S = 30
"""The client stops after ten seconds; a connection that takes longer is known to be slow by then."""
MAX_CONCURRENT_TESTS = 16
"""At 20 Mbit/s each, a third of 1 Gbit/s."""
ADDRESS_BURST, ADDRESS_PER_MINUTE = 2000, 2000
"""Requests of one address: a check takes four, and a carrier puts thousands of people behind one address."""
_CHUNK_BYTES = 64 * 1024
_RETRY_AFTER_S = 5
_BYTES = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}


class UploadAnswer(BaseModel):
    """How many bytes arrived."""

    bytes: int


class SpeedTests:
    """The running tests of one process, and a rate limit per address."""

    def __init__(
        self,
        max_concurrent: int = MAX_CONCURRENT_TESTS,
        burst: int = ADDRESS_BURST,
        per_minute: float = ADDRESS_PER_MINUTE,
    ) -> None:
        self._free = max_concurrent
        self._limit = MemoryLimit(burst, per_minute)
        # Random, since compression on the way would make the connection look faster than it is.
        self._noise = os.urandom(2 * _CHUNK_BYTES)

    @contextlib.contextmanager
    def slot(self, request: Request, exam: str) -> Iterator[None]:
        """Take a slot among the running tests for as long as the block runs.

        Raises:
            ExamUnknown: the exam is not served here.
            UnderMaintenance: it is under maintenance.
            AddressBusy: the address has no requests left in its budget.
            MeasuringBusy: :data:`MAX_CONCURRENT_TESTS` tests are running.
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
        """``amount`` incompressible bytes in chunks, no two of them alike."""
        position = 0
        while amount > 0:
            size = min(amount, _CHUNK_BYTES)
            yield self._noise[position : position + size]
            amount -= size
            position = (position + 4093) % _CHUNK_BYTES


class _Noise(StreamingResponse):
    """Random bytes; the slot is given back when the answer ends, however it ends."""

    def __init__(self, chunks: Iterator[bytes], amount: int, slot: contextlib.ExitStack) -> None:
        super().__init__(_as_async(chunks), media_type="application/octet-stream")
        self.headers["content-length"] = str(amount)
        self._slot = slot

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # A client that stops reading loses its slot after the timeout; the answer has begun by then.
        with self._slot, contextlib.suppress(TimeoutError, ClientDisconnect):
            async with asyncio.timeout(DOWNLOAD_WITHIN_S):
                await super().__call__(scope, receive, send)


async def _as_async(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def routes(tests: SpeedTests | None = None) -> list[BaseRoute]:
    """The upload and download routes, which share ``tests``."""
    shared = tests or SpeedTests()
    router = APIRouter(prefix="/api/v1")

    @router.get("/exams/{exam}/speed", response_class=Response, responses={200: {"content": _BYTES}})
    async def speed_down(
        request: Request, exam: str, amount: Annotated[int, Query(alias="bytes", ge=1, le=MAX_DOWN_BYTES)]
    ) -> Response:
        """As many random bytes as ``bytes`` says, so that a client can measure its line."""
        slot = contextlib.ExitStack()
        slot.enter_context(shared.slot(request, exam))
        return _Noise(shared.noise(amount), amount, slot)

    @router.post("/exams/{exam}/speed", openapi_extra={"requestBody": {"content": _BYTES}})
    async def speed_up(request: Request, exam: str) -> UploadAnswer:
        """Count the bytes of the body, at most 2 MiB, and throw them away."""
        with shared.slot(request, exam):
            try:
                async with asyncio.timeout(UPLOAD_WITHIN_S):
                    return UploadAnswer(bytes=await _count_body(request))
            except TimeoutError:
                raise RequestTooSlow(seconds=UPLOAD_WITHIN_S) from None

    return router.routes


async def _count_body(request: Request) -> int:
    total = 0
    with contextlib.suppress(ClientDisconnect):
        async for chunk in request.stream():
            total += len(chunk)
            if total > MAX_UP_BYTES:
                raise RequestTooLarge(limit_bytes=MAX_UP_BYTES)
    return total
