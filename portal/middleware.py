"""What every request passes: a body limit, security headers, and an access log without personal data."""

from __future__ import annotations

import asyncio
import logging
import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from portal.errors import RequestTooLarge, RequestTooSlow
from portal.problems import problem_response

MAX_BODY_BYTES = 16 * 1024
"""An activation request, the longest that a candidate sends, takes about 1.5 KiB."""
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
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD"):
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


class AccessLog:
    """One line a request: method, route template, status and milliseconds. Never a path, query or address."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and note what became of it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 500

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            ms = round((time.perf_counter() - started) * 1000, 1)
            facts = {"method": _method(scope), "route": _route(scope), "status": status, "ms": ms}
            _log.info("request", extra=facts)


def _method(scope: Scope) -> str:
    method = str(scope["method"])
    return method if method in {"GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE", "PATCH"} else "other"


def _route(scope: Scope) -> str:
    """The template that matched, such as ``/e/{exam}/``; never the path itself."""
    return str(getattr(scope.get("route"), "path", "unmatched"))
