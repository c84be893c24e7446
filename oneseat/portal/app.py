"""Builds the ASGI application from routes, middleware and exception handlers."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from oneseat.portal import openapi
from oneseat.portal.api import (
    candidates,
    device_pictures,
    devices,
    identity,
    incidents,
    operations,
    orders,
    rooms,
    speed,
)
from oneseat.portal.api import help as help_requests
from oneseat.portal.api import help_pictures as help_pictures_api
from oneseat.portal.desk import audit_page, bulk, forms, help_pages, live, room_entry
from oneseat.portal.desk import help_pictures as desk_pictures
from oneseat.portal.desk import pages as desk
from oneseat.portal.errors import NotReady, PortalFault
from oneseat.portal.exam.served_exam import ServedExam
from oneseat.portal.fastpath.fast_login import FastLogin
from oneseat.portal.http.application import Portal
from oneseat.portal.http.help_boards import HelpBoards
from oneseat.portal.http.metrics import Metrics
from oneseat.portal.http.picture_uploads import PictureUploads
from oneseat.portal.http.request_policy import POLICIES, body_limit, is_speed_test
from oneseat.portal.http.views import Views
from oneseat.portal.pages import candidate, documents, errors, help_pictures, own_page, phone, short_code
from oneseat.portal.pages import help as help_page
from oneseat.portal.refusals.start import SettingsInvalid
from oneseat.portal.rules.rate_limits import AddressLimit, MemoryLimit
from oneseat.portal.services.login.identity import log_in
from oneseat.portal.settings import PortalSettings
from oneseat.web.bodies import BodyReader
from oneseat.web.event_streams import EventStreams
from oneseat.web.fast_routes import FastPath, FastRoute
from oneseat.web.faults import Faults
from oneseat.web.framework import ServerApp, answer_refusals, with_head, wrong_shape
from oneseat.web.middleware import AccessRecorder, BodyLimit, FaultHandler, SecurityHeaders
from oneseat.web.problems import problem_response
from oneseat.web.request_id import request_id_of
from signing.clock import Clock
from signing.text import Text

_FAULTS = Faults(logging.getLogger("portal.faults"), NotReady, PortalFault)


class PortalApp(ServerApp):
    """FastAPI behind the access records, the security headers and, by setting, the fast path."""

    def __init__(self, portal: Portal, metrics: Metrics) -> None:
        super().__init__(
            title="OneSeat portal",
            version=openapi.VERSION,
            openapi_url="/api/v1/openapi.json",
            lifespan=_lifespan,
        )
        self.state.portal = portal
        self.state.views = Views()
        self.state.metrics = metrics
        self.state.streams = EventStreams()
        self.state.help_boards = HelpBoards()
        self.state.picture_uploads = PictureUploads()
        bodies = BodyReader()
        self.add_middleware(FaultHandler, answer=_answer)
        self.add_middleware(BodyLimit, bodies=bodies, refuse=_answer, limit_of=body_limit)
        front: ASGIApp = self._framework
        if portal.settings.fast_path:
            front = FastPath(front, fast_routes(), bodies, _answer)
        headed = SecurityHeaders(front, POLICIES, secure=portal.settings.secure)
        self._front = AccessRecorder(headed, logging.getLogger("portal.access"), metrics, is_speed_test)


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
    candidates_pages = (candidate, own_page, phone, short_code, documents, help_page, help_pictures)
    desk_pages = (desk, forms, audit_page, bulk, live, help_pages, desk_pictures, room_entry)
    for pages in (*candidates_pages, *desk_pages):
        app.router.routes.extend(with_head(pages.router.routes))
    app.openapi = partial(openapi.describe, described)  # type: ignore[method-assign]
    answer_refusals(app, _answer)
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
        *identity.router.routes,
        *incidents.router.routes,
        *orders.router.routes,
        *help_requests.router.routes,
        *help_pictures_api.router.routes,
        *device_pictures.router.routes,
        *operations.router.routes,
    ]


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
    for_program = request.url.path.startswith("/api/")
    if isinstance(error, RequestValidationError):
        error = wrong_shape(request, error, takes_json=for_program)
    refusal = _FAULTS.refusal_for(error, request_id_of(request.scope))
    request.app.state.metrics.count_refusal(refusal.code)
    if for_program or request.url.path in ("/healthz", "/readyz"):
        return problem_response(refusal)
    if request.url.path.startswith("/desk/"):
        return desk.error_page(request, refusal)
    return errors.error_page(request, refusal)
