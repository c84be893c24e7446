"""ASGI middleware: body limit, security headers, and access records without personal data."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from oneseat.portal.http.bodies import MAX_BODY_BYTES, BodyReader
from oneseat.portal.http.metrics import Metrics
from oneseat.portal.http.request_id import assign_request_id
from oneseat.portal.refusals.http import RequestTooLarge, RequestTooSlow

SPEED = re.compile(r"/api/v1/exams/[^/]+/speed")
"""Speed tests read their body as a stream, with their own limit, and are not logged."""
DESK = "/desk/"
MAX_DESK_BODY_BYTES = 320 * 1024
"""Operators upload charters, of at most 256 KiB."""

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
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
    """Adds the default security headers to answers without them; HSTS where the portal is on https."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self._app = app
        headers = {**_HEADERS, **({"strict-transport-security": _HSTS} if secure else {})}
        self._headers = [(name.encode("ascii"), value.encode("ascii")) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and add the headers to the answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = message.get("headers", ())
                names = {name for name, _ in own}
                more = [header for header in self._headers if header[0] not in names]
                message = {**message, "headers": [*own, *more]}
            await send(message)

        await self._app(scope, receive, send_with_headers)


class BodyLimit:
    """Refuses bodies that are longer or slower than any genuine request.

    ``refuse`` makes the answer: a page for people, a problem document for programs.
    """

    def __init__(
        self, app: ASGIApp, bodies: BodyReader, refuse: Callable[[Request, Exception], Response]
    ) -> None:
        self._app = app
        self._bodies = bodies
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body within the limit, then pass it on; or refuse."""
        if (
            scope["type"] != "http"
            or scope["method"] in ("GET", "HEAD")
            or (scope["method"] == "POST" and SPEED.fullmatch(scope["path"]))
        ):
            await self._app(scope, receive, send)
            return
        limit_bytes = MAX_DESK_BODY_BYTES if scope["path"].startswith(DESK) else MAX_BODY_BYTES
        try:
            body = await self._bodies.read(scope, receive, limit_bytes)
        except (RequestTooLarge, RequestTooSlow) as refusal:
            await self._refuse(Request(scope, receive), refusal)(scope, receive, send)
            return
        messages = [{"type": "http.request", "body": body, "more_body": False}]

        async def replay() -> Message:
            return messages.pop() if messages else await receive()

        await self._app(scope, replay, send)


class AccessRecorder:
    """Records each request's outcome in the log and the metrics.

    Method, route template, status, time, bytes sent and the request's identifier: never a path, query or
    address.
    The log gets one line a request, except for speed tests.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and record its outcome."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        reference = assign_request_id(scope)
        status = sent_bytes = 0

        async def send_and_count(message: Message) -> None:
            nonlocal status, sent_bytes
            if message["type"] == "http.response.start":
                status = message["status"]
                self._metrics.start_answer(_route(scope))
            await send(message)
            sent_bytes += len(message.get("body", b""))

        try:
            await self._app(scope, receive, send_and_count)
        finally:
            seconds = time.perf_counter() - started
            method, route = _method(scope), _route(scope)
            if status:
                self._metrics.end_answer(method, route, status, seconds, sent_bytes)
            facts = {
                "method": method,
                "route": route,
                "status": status or 500,
                "ms": round(seconds * 1000, 1),
                "reference": reference,
            }
            if not SPEED.fullmatch(scope["path"]):
                _log.info("request", extra=facts)


def _method(scope: Scope) -> str:
    method = str(scope["method"])
    return method if method in {"GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE", "PATCH"} else "other"


def _route(scope: Scope) -> str:
    """The template that matched, such as ``/e/{exam}/``; never the path itself."""
    return str(getattr(scope.get("route"), "path", "unmatched"))
