"""Builds the room's ASGI application from routes, middleware and exception handlers."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from oneseat.room.api import client, operations, page_calls, segments
from oneseat.room.errors import RoomFault, RoomNotReady
from oneseat.room.exam.served_room import SEGMENTS_PATH, ServedRoom
from oneseat.room.http.request_policy import body_limit, is_silent, policies
from oneseat.room.http.views import Views
from oneseat.room.pages import candidate
from oneseat.room.services.portal_reports import PortalReports, ReportSender
from oneseat.room.services.sweeping import Sweeper
from oneseat.room.settings import RoomSettings
from oneseat.web.bodies import BodyReader
from oneseat.web.faults import Faults
from oneseat.web.framework import answer_refusals, with_head, wrong_shape
from oneseat.web.metrics import AnswerMetrics
from oneseat.web.middleware import AccessRecorder, BodyLimit, FaultHandler, SecurityHeaders
from oneseat.web.problems import headers_of, problem_response, status_of
from oneseat.web.request_id import request_id_of
from signing.clock import Clock

_FAULTS = Faults(logging.getLogger("room.faults"), RoomNotReady, RoomFault)
_PROGRAMS = ("/room/api/", "/client/", SEGMENTS_PATH, "/healthz", "/readyz")


class RoomApp(FastAPI):
    """FastAPI behind the access records and the security headers, with the room's two threads."""

    def __init__(self, room: ServedRoom, settings: RoomSettings) -> None:
        super().__init__(
            title="OneSeat room",
            openapi_url=None,
            docs_url=None,
            redoc_url=None,
            lifespan=_lifespan,
            redirect_slashes=False,
            # Errors may hold what a candidate sent, so the environment cannot turn telemetry on.
            telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
        )
        self.state.room = room
        self.state.settings = settings
        self.state.views = Views()
        self.add_middleware(FaultHandler, answer=_answer)
        self.add_middleware(BodyLimit, bodies=BodyReader(), refuse=_answer, limit_of=body_limit)
        headed = SecurityHeaders(self._framework, policies(room.segments.origin), secure=room.is_secure)
        self.state.metrics = AnswerMetrics()
        log = logging.getLogger("room.access")
        self._front = AccessRecorder(headed, log, self.state.metrics, is_silent)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or run the lifespan."""
        scope["app"] = self
        await self._front(scope, receive, send)

    async def _framework(self, scope: Scope, receive: Receive, send: Send) -> None:
        await super().__call__(scope, receive, send)


def create_app(settings: RoomSettings, clock: Clock) -> RoomApp:
    """The room, with keys, papers, state and store opened.

    Raises:
        OneSeatError: keys, papers, state or settings cannot be used.
    """
    app = RoomApp(ServedRoom(settings, clock), settings)
    for module in (page_calls, client, segments, operations):
        app.router.routes.extend(module.router.routes)
    app.router.routes.extend(with_head(candidate.router.routes))
    answer_refusals(app, _answer)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    room, settings = app.state.room, app.state.settings
    threads = list(_threads(room, settings))
    for thread in threads:
        thread.start()
    yield
    for thread in threads:
        await run_in_threadpool(thread.stop)
    room.close()


def _threads(room: ServedRoom, settings: RoomSettings) -> list[Sweeper | ReportSender]:
    threads: list[Sweeper | ReportSender] = []
    if settings.sweep_interval_s:
        threads.append(Sweeper(room, settings.sweep_interval_s))
    if settings.portal_token is not None:
        portal_url = settings.portal_url or room.charter().charter.portal_url.rstrip("/")
        threads.append(
            ReportSender(PortalReports(room, portal_url, settings.portal_token.get_secret_value()))
        )
    return threads


def _answer(request: Request, error: Exception) -> Response:
    """A refusal as what the caller reads: a problem document for scripts and programs, a page for people."""
    for_program = request.url.path.startswith(_PROGRAMS)
    if isinstance(error, RequestValidationError):
        error = wrong_shape(request, error, takes_json=for_program)
    refusal = _FAULTS.refusal_for(error, request_id_of(request.scope))
    request.app.state.metrics.count_refusal(refusal.code)
    if for_program:
        return problem_response(refusal)
    known = request.app.state.room.last_charter
    charter = known.charter if known else None
    views: Views = request.app.state.views
    page = views.page("refused.html.j2", status_of(refusal), charter=charter, error=refusal)
    page.headers.update(headers_of(refusal))
    return page
