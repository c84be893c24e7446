"""Builds the ASGI application from routes, middleware and exception handlers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from oneseat.portal import openapi
from oneseat.portal.api import candidates, devices, operations, rooms, speed
from oneseat.portal.api import help as help_requests
from oneseat.portal.desk import audit_page, bulk, forms, help_pages, live
from oneseat.portal.desk import pages as desk
from oneseat.portal.exam.served_exam import ServedExam
from oneseat.portal.fastpath.fast_login import FastLogin
from oneseat.portal.fastpath.routes import JSON, FastPath, FastRoute, media_type
from oneseat.portal.http.application import Portal
from oneseat.portal.http.bodies import BodyReader
from oneseat.portal.http.event_streams import EventStreams
from oneseat.portal.http.help_boards import HelpBoards
from oneseat.portal.http.metrics import Metrics
from oneseat.portal.http.middleware import AccessRecorder, BodyLimit, SecurityHeaders
from oneseat.portal.http.request_id import request_id_of
from oneseat.portal.http.views import Views
from oneseat.portal.pages import candidate, documents, errors, own_page, short_code
from oneseat.portal.pages import help as help_page
from oneseat.portal.problems import problem_response, refusal_for
from oneseat.portal.refusals.http import MediaTypeRefused, MethodRefused, PageUnknown, RequestInvalid
from oneseat.portal.refusals.start import SettingsInvalid
from oneseat.portal.rules.rate_limits import AddressLimit, MemoryLimit
from oneseat.portal.services.login.identity import log_in
from oneseat.portal.settings import PortalSettings
from signing.clock import Clock
from signing.errors import OneSeatError
from signing.text import Text


class PortalApp(FastAPI):
    """FastAPI behind the access records, the security headers and, by setting, the fast path."""

    def __init__(self, portal: Portal, metrics: Metrics) -> None:
        super().__init__(
            title="OneSeat portal",
            version=openapi.VERSION,
            openapi_url="/api/v1/openapi.json",
            docs_url=None,
            redoc_url=None,
            lifespan=_lifespan,
            # The framework's redirects are absolute, and built from the Host that the request claims.
            redirect_slashes=False,
            # Errors may hold what a candidate typed, so the environment cannot turn telemetry on.
            telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
        )
        self.state.portal = portal
        self.state.views = Views()
        self.state.metrics = metrics
        self.state.streams = EventStreams()
        self.state.help_boards = HelpBoards()
        bodies = BodyReader()
        self.add_middleware(_FaultHandler)
        self.add_middleware(BodyLimit, bodies=bodies, refuse=_answer)
        front: ASGIApp = self._framework
        if portal.settings.fast_path:
            front = FastPath(front, fast_routes(), bodies, _answer)
        self._front = AccessRecorder(SecurityHeaders(front, secure=portal.settings.secure), metrics)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or run the lifespan."""
        scope["app"] = self
        await self._front(scope, receive, send)

    async def _framework(self, scope: Scope, receive: Receive, send: Send) -> None:
        await super().__call__(scope, receive, send)


def create_app(settings: PortalSettings, clock: Clock) -> PortalApp:
    """The portal, with every exam's keys and state opened.

    ``clock`` is the time for all rules; in a rehearsal it starts at ``settings.rehearse_at``.

    Raises:
        AuthorityRingRefused: a key folder holds a key of the authority's.
        RehearsalRefused: a rehearsal on keys or state that are not marked for it.
        OneSeatError: keys, state or settings cannot be used.
    """
    if settings.public_url is None:
        raise SettingsInvalid(
            setting="public_url",
            reason=Text("it says where candidates reach the portal", "须写明考生访问平台的地址"),
        )
    rehearsing = settings.rehearse_at is not None
    exams = {exam.exam: ServedExam(exam, rehearsing=rehearsing) for exam in settings.exams}
    limit = _limit(settings)
    rehearsal = any(exam.rehearsal for exam in exams.values())
    login = FastLogin(exams).log_in if settings.fast_path else log_in
    app = PortalApp(Portal(settings, clock, exams, limit, rehearsal, login), Metrics(exams, clock))
    # Not include_router, which would rebuild each route lazily, in the first request for it.
    described = api_routes()
    app.router.routes.extend(described)
    candidates_pages = (candidate, own_page, short_code, documents, help_page)
    desk_pages = (desk, forms, audit_page, bulk, live, help_pages)
    for pages in (*candidates_pages, *desk_pages):
        app.router.routes.extend(_with_head(pages.router.routes))
    app.openapi = partial(openapi.describe, described)  # type: ignore[method-assign]
    app.exception_handler(RequestValidationError)(_refuse)
    app.exception_handler(HTTPException)(_refuse_route)
    app.exception_handler(OneSeatError)(_refuse)
    return app


def fast_routes() -> list[FastRoute]:
    """The hot routes, which every candidate calls in one evening."""
    return [
        route for route in (*candidates.fast.routes, *devices.fast.routes) if isinstance(route, FastRoute)
    ]


def api_routes() -> list[BaseRoute]:
    """The routes for programs. Each call makes a new budget for speed tests."""
    return [
        *fast_routes(),
        *candidates.router.routes,
        *devices.router.routes,
        *speed.routes(),
        *rooms.router.routes,
        *help_requests.router.routes,
        *operations.router.routes,
    ]


def _with_head(routes: Sequence[BaseRoute]) -> Sequence[BaseRoute]:
    """The routes of pages; those that answer GET answer HEAD too (RFC 9110, section 9.1)."""
    for route in routes:
        if isinstance(route, APIRoute) and route.methods and "GET" in route.methods:
            route.methods.add("HEAD")
    return routes


def _limit(settings: PortalSettings) -> AddressLimit:
    if settings.limits_url is None:
        return MemoryLimit(settings.address_burst, settings.address_per_minute)
    from oneseat.portal.services.login.rate_limits_redis import RedisLimit

    url = settings.limits_url.get_secret_value()
    return RedisLimit(url, settings.address_burst, settings.address_per_minute)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield
    app.state.portal.close()


def _answer(request: Request, error: Exception) -> Response:
    """A refusal as what the caller reads: a problem document for programs, a page for people."""
    if isinstance(error, RequestValidationError):
        error = _wrong_shape(request, error)
    refusal = refusal_for(error, request_id_of(request.scope))
    request.app.state.metrics.count_refusal(refusal.code)
    if request.url.path.startswith("/api/") or request.url.path in ("/healthz", "/readyz"):
        return problem_response(refusal)
    if request.url.path.startswith("/desk/"):
        return desk.error_page(request, refusal)
    return errors.error_page(request, refusal)


async def _refuse(request: Request, error: Exception) -> Response:
    return _answer(request, error)


def _wrong_shape(request: Request, error: RequestValidationError) -> OneSeatError:
    """A refusal that names the wrong member and never its value."""
    first = error.errors()[0]
    in_body = first["loc"][0] == "body"
    if in_body and request.url.path.startswith("/api/") and media_type(request) != JSON:
        return MediaTypeRefused(wanted=JSON)
    known = [str(part) for part in first["loc"] if isinstance(part, str)]
    where = "body" if first["type"] == "extra_forbidden" else ".".join(known[:3])
    return RequestInvalid(where=f"{where} ({first['type']})")


async def _refuse_route(request: Request, error: HTTPException) -> Response:
    if error.status_code == 405:
        response = _answer(request, MethodRefused(method=request.method[:10]))
        response.headers["allow"] = ", ".join(_methods(request))
        return response
    if error.status_code == 404:
        return _answer(request, PageUnknown())
    return _answer(request, RequestInvalid(where="body"))


def _methods(request: Request) -> list[str]:
    """The methods of all routes at the request's path; the router names those of the first only."""
    routes = (route for route in request.app.routes if route.matches(request.scope)[0] is not Match.NONE)
    return sorted({method for route in routes for method in getattr(route, "methods", None) or ()})


class _FaultHandler:
    """Turns unforeseen exceptions into refusals with a reference, unless the answer has begun."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
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
            await _answer(Request(scope, receive), error)(scope, receive, send)
