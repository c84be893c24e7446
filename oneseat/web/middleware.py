"""ASGI middleware: body limit, security headers, access records without personal data, unforeseen faults."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from oneseat.web.bodies import BodyReader
from oneseat.web.refusals import RequestTooLarge, RequestTooSlow
from oneseat.web.request_id import assign_request_id

_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
_HSTS = "max-age=31536000"
Answer = Callable[[Request, Exception], Response]
"""Makes the answer of a request that raised: a page for people, a problem document for programs."""


class AnswerCounter(Protocol):
    """What counts answers by route template, as metrics do."""

    def start_answer(self, route: str) -> None:
        """Count an answer whose first byte is about to be sent."""
        ...

    def end_answer(self, method: str, route: str, status: int, seconds: float, sent_bytes: int) -> None:
        """Count an answer that ended, complete or not."""
        ...


class SecurityHeaders:
    """Adds the default security headers to answers without them; HSTS where the server is on https.

    ``policies`` are the server's own headers, such as its content security policy.
    """

    def __init__(self, app: ASGIApp, policies: Mapping[str, str], *, secure: bool) -> None:
        self._app = app
        headers = {**_HEADERS, **policies, **({"strict-transport-security": _HSTS} if secure else {})}
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

    ``limit_of`` says how many bytes a request may bring, or None where the route reads the body as a
    stream with a limit of its own.
    """

    def __init__(
        self, app: ASGIApp, bodies: BodyReader, refuse: Answer, limit_of: Callable[[Scope], int | None]
    ) -> None:
        self._app = app
        self._bodies = bodies
        self._refuse = refuse
        self._limit_of = limit_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body within the limit, then pass it on; or refuse."""
        bodiless = scope["type"] != "http" or scope["method"] in ("GET", "HEAD")
        limit_bytes = None if bodiless else self._limit_of(scope)
        if limit_bytes is None:
            await self._app(scope, receive, send)
            return
        try:
            body = await self._bodies.read(scope, receive, limit_bytes)
        except (RequestTooLarge, RequestTooSlow) as refusal:
            await self._refuse(Request(scope, receive), refusal)(scope, receive, send)
            return
        messages = [{"type": "http.request", "body": body, "more_body": False}]

        async def replay() -> Message:
            return messages.pop() if messages else await receive()

        await self._app(scope, replay, send)


class FaultHandler:
    """Turns unforeseen exceptions into refusals with a reference, unless the answer has begun."""

    def __init__(self, app: ASGIApp, answer: Answer) -> None:
        self._app = app
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and answer what it raises."""
        started = False

        async def send_and_note(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        except Exception as error:
            if started or scope["type"] != "http":
                raise
            await self._answer(Request(scope, receive), error)(scope, receive, send)


class AccessRecorder:
    """Records each request's outcome in the log and the metrics.

    Method, route template, status, time, bytes sent and the request's identifier: never a path, query or
    address.
    The log gets one line a request, except for those that ``is_silent`` names by scope and status.
    """

    def __init__(
        self,
        app: ASGIApp,
        log: logging.Logger,
        counter: AnswerCounter,
        is_silent: Callable[[Scope, int], bool],
    ) -> None:
        self._app = app
        self._log = log
        self._counter = counter
        self._is_silent = is_silent

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
                self._counter.start_answer(_route(scope))
            await send(message)
            sent_bytes += len(message.get("body", b""))

        try:
            await self._app(scope, receive, send_and_count)
        finally:
            seconds = time.perf_counter() - started
            method, route = _method(scope), _route(scope)
            if status:
                self._counter.end_answer(method, route, status, seconds, sent_bytes)
            if not self._is_silent(scope, status):
                facts = {
                    "method": method,
                    "route": route,
                    "status": status or 500,
                    "ms": round(seconds * 1000, 1),
                    "reference": reference,
                }
                self._log.info("request", extra=facts)


def _method(scope: Scope) -> str:
    method = str(scope["method"])
    return method if method in {"GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE", "PATCH"} else "other"


def _route(scope: Scope) -> str:
    """The template that matched, such as ``/e/{exam}/``; never the path itself."""
    return str(getattr(scope.get("route"), "path", "unmatched"))
