"""Sends the overview's figures as they change: server-sent events from one reader for all desks of a process.

A page works without them, by reload. Each stream ends after :data:`STREAM_LIFE_S`, and the browser opens the
next one: so a portal that stops waits for no stream, and a login that has ended gets no further figures. A
stream does not count as use of the login.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from oneseat.portal.desk import problem_lists
from oneseat.portal.desk.visits import DeskRequest, DeskVisit, charter_in_force, zone_of
from oneseat.portal.exam import schedule
from oneseat.portal.refusals.desk import StreamsBusy
from signing.errors import OneSeatError

router = APIRouter(include_in_schema=False)

STREAM_LIFE_S = 30.0
READ_INTERVAL_S = 3.0
MAX_STREAMS = 1000
"""Streams of one process; its other connections are for candidates."""

_RETRY = "retry: 2000\n\n"
_HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}


class LiveFigures:
    """The newest figures of one exam, read while anybody listens. All its methods run on one event loop."""

    def __init__(self) -> None:
        self.streams = 0
        self._message = ""
        self._changed = asyncio.Event()
        self._reader: asyncio.Task[None] | None = None

    async def stream(self, read: Callable[[], str]) -> AsyncIterator[str]:
        """Yield the figures now and whenever they change, until the stream's life is over."""
        ends, sent = time.monotonic() + STREAM_LIFE_S, ""
        self.streams += 1
        try:
            yield _RETRY
            if self._reader is None or self._reader.done():
                self._message = ""
                self._reader = asyncio.create_task(self._read(read))
            while (left := ends - time.monotonic()) > 0:
                changed = self._changed
                if self._message != sent:
                    sent = self._message
                    yield f"data: {sent}\n\n"
                try:
                    await asyncio.wait_for(changed.wait(), left)
                except TimeoutError:
                    return
        finally:
            self.streams -= 1

    async def _read(self, read: Callable[[], str]) -> None:
        while self.streams:
            try:
                message = await run_in_threadpool(read)
            except OneSeatError:
                message = self._message  # the next read may succeed
            if message != self._message:
                self._message = message
                self._changed.set()
                self._changed = asyncio.Event()
            await asyncio.sleep(READ_INTERVAL_S)


@router.get("/desk/{exam}/live")
async def live(request: Request, exam: str) -> Response:
    """The stream of an exam's figures.

    Raises:
        StreamsBusy: this process has as many streams as it may.
    """
    desk = DeskRequest.of(request, exam)
    visit = await run_in_threadpool(desk.glance)
    sources: dict[str, LiveFigures] = request.app.state.live
    source = sources.setdefault(exam, LiveFigures())
    if sum(one.streams for one in sources.values()) >= MAX_STREAMS:
        raise StreamsBusy
    stream = source.stream(lambda: message_of(visit))
    return StreamingResponse(stream, media_type="text/event-stream", headers=_HEADERS)


def message_of(visit: DeskVisit) -> str:
    """The figures as JSON, ready to be shown: by the name of the place in the page."""
    now = visit.desk.portal.clock.now()
    overview = problem_lists.current_overview(visit.exam, now)
    if overview is None:
        return ""
    totals = overview.totals
    counts = {
        "seats": totals.seats,
        "downloads": totals.downloaded,
        "activations": totals.activated,
        "mocks": totals.mocks,
        "missing": totals.missing,
        **{row.path: row.count for row in problem_lists.rows(overview)},
    }
    zone = zone_of(charter_in_force(visit.exam))
    at = schedule.opening(overview.at.replace(second=0, microsecond=0), zone)
    shown = {name: f"{count:,}" for name, count in counts.items()}
    return json.dumps({"figures": shown, "at": at._asdict()}, ensure_ascii=False)
