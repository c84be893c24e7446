"""Reads request bodies within a limit of size and one of time."""

from __future__ import annotations

import asyncio
import time
from typing import cast

from starlette.datastructures import Headers
from starlette.types import Receive, Scope

from oneseat.web.refusals import RequestTooLarge, RequestTooSlow

MAX_BODY_BYTES = 16 * 1024
"""Ten times the longest request that a candidate's page or program sends to most routes."""
BODY_WITHIN_S = 20
"""A genuine body is a few KiB: a connection fast enough for the download takes a second or two."""
CHECK_INTERVAL_S = 1.0
"""Interval of the timer that cancels slow reads."""


class BodyReader:
    """Reads bodies with one shared timer, since a timer per request costs more than most reads.

    An instance belongs to one event loop.
    """

    def __init__(self) -> None:
        self._since: dict[asyncio.Task[object], float] = {}
        self._too_slow: set[asyncio.Task[object]] = set()
        self._timer_running = False

    async def read(self, scope: Scope, receive: Receive, limit_bytes: int = MAX_BODY_BYTES) -> bytes:
        """The body of a request, whether it announces its length or not.

        Raises:
            RequestTooLarge: it is longer than ``limit_bytes``.
            RequestTooSlow: it did not arrive within :data:`BODY_WITHIN_S`.
        """
        task = cast(asyncio.Task[object], asyncio.current_task())
        self._since[task] = time.monotonic()
        if not self._timer_running:
            self._timer_running = True
            asyncio.get_running_loop().call_later(CHECK_INTERVAL_S, self._cancel_slow)
        try:
            return await _read(scope, receive, limit_bytes)
        except asyncio.CancelledError:
            if task in self._too_slow and task.uncancel() == 0:
                raise RequestTooSlow(seconds=BODY_WITHIN_S) from None
            raise
        finally:
            del self._since[task]
            self._too_slow.discard(task)

    def _cancel_slow(self) -> None:
        deadline = time.monotonic() - BODY_WITHIN_S
        for task, since in self._since.items():
            if since <= deadline and task not in self._too_slow:
                self._too_slow.add(task)
                task.cancel()
        self._timer_running = bool(self._since)
        if self._timer_running:
            asyncio.get_running_loop().call_later(CHECK_INTERVAL_S, self._cancel_slow)


async def _read(scope: Scope, receive: Receive, limit_bytes: int) -> bytes:
    announced = Headers(scope=scope).get("content-length", "0")
    if announced.isdigit() and int(announced[:20]) > limit_bytes:
        raise RequestTooLarge(limit_bytes=limit_bytes)
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > limit_bytes:
            raise RequestTooLarge(limit_bytes=limit_bytes)
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            return bytes(body)
