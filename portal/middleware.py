"""What every request passes: a body limit, security headers, and an account of it without personal data."""

from __future__ import annotations

import asyncio
import logging
import re
import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from portal.errors import RequestTooLarge, RequestTooSlow
from portal.metrics import Metrics
from portal.problems import problem_response

MAX_BODY_BYTES = 16 * 1024
"""An activation request, the longest that a candidate sends, takes about 1.5 KiB."""
SPEED = re.compile(r"/api/v1/exams/[^/]+/speed")
"""Measuring counts a body as it arrives, within a limit of its own, and leaves no line in the log."""
DESK = "/desk/"
MAX_DESK_BODY_BYTES = 320 * 1024
"""Operators upload charters, of at most 256 KiB."""

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
_HSTS = "max-age=31536000"
_log = logging.getLogger("portal.access")


class SecurityHeaders:
    """Adds the headers that an answer carries unless it says otherwise; HSTS where the portal is on https."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self._app = app
        self._headers = {**_HEADERS, **({"strict-transport-security": _HSTS} if secure else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and dress the answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, dressed)


BODY_WITHIN_S = 20
"""A genuine body is a few KiB: a line that could download the client needs a second or two."""


class BodyLimit:
    """Refuses bodies longer or slower than any genuine request, whether they announce their length or not."""

    def __init__(self, app: ASGIApp, limit_bytes: int = MAX_BODY_BYTES) -> None:
        self._app = app
        self._limit_bytes = limit_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body within the limit, then pass it on; or refuse."""
        if (
            scope["type"] != "http"
            or scope["method"] in ("GET", "HEAD")
            or (scope["method"] == "POST" and SPEED.fullmatch(scope["path"]))
        ):
            await self._app(scope, receive, send)
            return
        limit_bytes = max(self._limit_bytes, MAX_DESK_BODY_BYTES if scope["path"].startswith(DESK) else 0)
        try:
            async with asyncio.timeout(BODY_WITHIN_S):
                body = await self._read(scope, receive, limit_bytes)
        except TimeoutError:
            await problem_response(RequestTooSlow(seconds=BODY_WITHIN_S))(scope, receive, send)
            return
        if body is None:
            await problem_response(RequestTooLarge(limit_bytes=limit_bytes))(scope, receive, send)
            return
        waiting = [{"type": "http.request", "body": body, "more_body": False}]

        async def replay() -> Message:
            return waiting.pop() if waiting else await receive()

        await self._app(scope, replay, send)

    @staticmethod
    async def _read(scope: Scope, receive: Receive, limit_bytes: int) -> bytes | None:
        announced = Headers(scope=scope).get("content-length", "0")
        if announced.isdigit() and int(announced[:20]) > limit_bytes:
            return None
        body = bytearray()
        while True:
            message = await receive()
            body += message.get("body", b"")
            if len(body) > limit_bytes:
                return None
            if message["type"] == "http.disconnect" or not message.get("more_body", False):
                return bytes(body)


class Account:
    """What became of each request, for the log and the metrics.

    Method, route template, status, time and bytes sent: never a path, query or address.
    The log gets one line a request; who only asks whether the portal runs gets none.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and note what became of it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = sent_bytes = 0

        async def noted(message: Message) -> None:
            nonlocal status, sent_bytes
            if message["type"] == "http.response.start":
                status = message["status"]
                self._metrics.begun(_route(scope))
            await send(message)
            sent_bytes += len(message.get("body", b""))

        try:
            await self._app(scope, receive, noted)
        finally:
            seconds = time.perf_counter() - started
            method, route = _method(scope), _route(scope)
            if status:
                self._metrics.ended(method, route, status, seconds, sent_bytes)
            facts = {
                "method": method,
                "route": route,
                "status": status or 500,
                "ms": round(seconds * 1000, 1),
            }
            if not SPEED.fullmatch(scope["path"]):
                _log.info("request", extra=facts)


def _method(scope: Scope) -> str:
    method = str(scope["method"])
    return method if method in {"GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE", "PATCH"} else "other"


def _route(scope: Scope) -> str:
    """The template that matched, such as ``/e/{exam}/``; never the path itself."""
    return str(getattr(scope.get("route"), "path", "unmatched"))
