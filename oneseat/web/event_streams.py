"""Server-sent events: one reader of a process for all pages that follow the same thing.

A page works without them, by reload. Each stream ends after :data:`LIFE_S`, and the browser opens the next
one, so that a login that has ended gets nothing further. A server that stops ends them all at once
(:meth:`EventStreams.close`), and the browser opens the next one at the server's successor.

The format is that of the HTML standard, section "Server-sent events".
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from oneseat.web.refusals import StreamsBusy
from signing.errors import OneSeatError

LIFE_S = 30.0
MAX_STREAMS = 1000
"""Streams of one purpose in one process; the process's other connections are for everybody else."""
MAX_OF_LISTENER = 6
"""Streams of one listener: one browser cannot use up what all share."""

_RETRY = "retry: 2000\n\n"
_HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}
_Snapshot = TypeVar("_Snapshot")


@dataclass(frozen=True)
class Follow(Generic[_Snapshot]):
    """What a page follows. ``read`` reads a snapshot in a thread; ``message_of`` gives the page's part of it.

    The reader of the first page reads for all others; an empty message is not sent.
    """

    read: Callable[[], _Snapshot]
    message_of: Callable[[_Snapshot], str]
    interval_s: float


class SharedStream(Generic[_Snapshot]):
    """The newest snapshot of one thing, read while anybody listens. All its methods run on one event loop."""

    def __init__(self, *, closed: bool = False) -> None:
        self.closed = closed
        self.listeners = 0
        self.of_listener: Counter[str] = Counter()
        self._snapshot: _Snapshot | None = None
        self._changed = asyncio.Event()
        self._reader: asyncio.Task[None] | None = None

    async def messages(self, follow: Follow[_Snapshot], listener: str = "") -> AsyncIterator[str]:
        """Yield the page's message now and whenever it changes, until its life ends or it is closed."""
        ends, sent = time.monotonic() + LIFE_S, ""
        self.listeners += 1
        self.of_listener[listener] += 1
        try:
            yield _RETRY
            if self._reader is None or self._reader.done():
                self._snapshot = None
                self._reader = asyncio.create_task(self._read(follow))
            while not self.closed and (left := ends - time.monotonic()) > 0:
                changed = self._changed
                message = "" if self._snapshot is None else follow.message_of(self._snapshot)
                if message and message != sent:
                    sent = message
                    yield f"data: {sent}\n\n"
                try:
                    await asyncio.wait_for(changed.wait(), left)
                except TimeoutError:
                    return
        finally:
            self.listeners -= 1
            self.of_listener[listener] -= 1
            self.of_listener += Counter()  # drops listeners that have left

    def close(self) -> None:
        """End the stream of every listener, now and later."""
        self.closed = True
        self._changed.set()

    async def _read(self, follow: Follow[_Snapshot]) -> None:
        while self.listeners:
            try:
                snapshot: _Snapshot | None = await run_in_threadpool(follow.read)
            except OneSeatError:
                snapshot = self._snapshot  # the next read may succeed
            if snapshot != self._snapshot:
                self._snapshot = snapshot
                self._changed.set()
                self._changed = asyncio.Event()
            await asyncio.sleep(follow.interval_s)


class EventStreams:
    """The shared streams of a server process, one for each purpose and exam."""

    def __init__(self) -> None:
        self._shared: dict[tuple[str, str], SharedStream[Any]] = {}
        self._closed = False

    def answer(self, purpose: str, exam: str, follow: Follow[Any], listener: str = "") -> Response:
        """A stream as a response; a ``listener`` has at most :data:`MAX_OF_LISTENER` of them.

        Raises:
            StreamsBusy: this process has as many streams of the purpose as it may, or the listener has.
        """
        listening = [shared.listeners for (other, _), shared in self._shared.items() if other == purpose]
        if sum(listening) >= MAX_STREAMS:
            raise StreamsBusy
        shared = self._shared.setdefault((purpose, exam), SharedStream(closed=self._closed))
        if listener and shared.of_listener[listener] >= MAX_OF_LISTENER:
            raise StreamsBusy
        messages = shared.messages(follow, listener)
        return StreamingResponse(messages, media_type="text/event-stream", headers=_HEADERS)

    def close(self) -> None:
        """End all streams, because the server stops; a stream that is opened later ends at once."""
        # Not refused: a browser opens the next stream after one that ended, and none after an error status.
        self._closed = True
        for shared in self._shared.values():
            shared.close()


def streams_of(request: Request) -> EventStreams:
    """The streams of the application that answers."""
    streams: EventStreams = request.app.state.streams
    return streams
