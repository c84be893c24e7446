"""What every request passes: a body limit, security headers, and an account of it without personal data."""

from __future__ import annotations

import logging
import re
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from oneseat.portal.http.bodies import MAX_BODY_BYTES, Bodies
from oneseat.portal.http.metrics import Metrics
from oneseat.portal.problems import problem_response
from oneseat.portal.refusals.http import RequestTooLarge, RequestTooSlow

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
        headers = {**_HEADERS, **({"strict-transport-security": _HSTS} if secure else {})}
        self._headers = [(name.encode("ascii"), value.encode("ascii")) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and dress the answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = message.get("headers", ())
                said = {name for name, _ in own}
                more = [header for header in self._headers if header[0] not in said]
                message = {**message, "headers": [*own, *more]}
            await send(message)

        await self._app(scope, receive, dressed)


class BodyLimit:
    """Refuses bodies longer or slower than any genuine request."""

    def __init__(self, app: ASGIApp, bodies: Bodies) -> None:
        self._app = app
        self._bodies = bodies

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
            await problem_response(refusal)(scope, receive, send)
            return
        waiting = [{"type": "http.request", "body": body, "more_body": False}]

        async def replay() -> Message:
            return waiting.pop() if waiting else await receive()

        await self._app(scope, replay, send)


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
