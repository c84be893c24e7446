"""Builds the room's ASGI application from routes, middleware and exception handlers."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from prometheus_client import Gauge
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.types import ASGIApp

from oneseat.room.api import (
    client,
    help_calls,
    identity,
    live_pictures,
    operations,
    page_calls,
    phone_calls,
    phone_pairing,
    reminder_calls,
    segments,
)
from oneseat.room.errors import RoomFault, RoomNotReady
from oneseat.room.exam.served_room import SEGMENTS_PATH, ServedRoom
from oneseat.room.fastpath.fast_calls import FastCalls
from oneseat.room.http.arriving_uploads import ArrivingUploads
from oneseat.room.http.few_threads import hand_in_threads, upload_threads
from oneseat.room.http.request_policy import MAX_CALL_BYTES, body_limit, is_silent, policies
from oneseat.room.http.strangers import StrangerLimit
from oneseat.room.http.views import Views
from oneseat.room.pages import candidate, phone
from oneseat.room.services.arrival import looks
from oneseat.room.services.arrival.looks import Look
from oneseat.room.services.attempts.sweeping import Sweeper
from oneseat.room.services.help.called_seats import CALLS_EVERY_S, CalledSeats
from oneseat.room.services.help.portal_help import PortalHelp
from oneseat.room.services.identity.identity_checks import IdentityChecks
from oneseat.room.services.incidents import incidents
from oneseat.room.services.incidents.incident_outbox import IncidentOutbox
from oneseat.room.services.incidents.incidents import LOOK_EVERY_S
from oneseat.room.services.page import beats
from oneseat.room.services.page.beat_merging import Beat
from oneseat.room.services.papers import paper_keys
from oneseat.room.services.papers.paper_release import PaperReleases, ReleaseThread
from oneseat.room.services.phone import phone_beats
from oneseat.room.services.phone.phone_beats import GivenPhoneBeat
from oneseat.room.services.phone.typed_identities import TypedIdentities
from oneseat.room.services.portal.order_outbox import OrderOutbox
from oneseat.room.services.portal.order_refresh import FETCH_EVERY_S, PortalOrders
from oneseat.room.services.portal.portal_calls import OutboxSender
from oneseat.room.services.portal.portal_reports import PortalReports
from oneseat.room.services.portal.reconciling import PortalAdmissions
from oneseat.room.services.portal.seat_refresh import PortalSeats, SeatRefresher
from oneseat.room.services.rounds import RoundThread
from oneseat.room.services.watching import unwatched
from oneseat.room.services.watching.live_pictures import STORE_EVERY_S, LivePictures
from oneseat.room.settings import RoomSettings
from oneseat.room.staff.attempts import invigilating, player
from oneseat.room.staff.attempts import pages as staff_pages
from oneseat.room.staff.groups import group_pages
from oneseat.room.staff.live_wall import wall
from oneseat.room.staff.live_wall.wall_reading import Walls
from oneseat.room.staff.personal_data import personal_pages
from oneseat.room.staff.review import reviewing
from oneseat.room.staff.session import announcements as staff_announcements
from oneseat.room.staff.session import incidents as staff_incidents
from oneseat.room.staff.session import lead
from oneseat.room.staff.session import measures as staff_measures
from oneseat.room.staff.visits import HOME as STAFF
from oneseat.web.bodies import MAX_BODY_BYTES, BodyReader
from oneseat.web.event_streams import EventStreams
from oneseat.web.fast_routes import FastPath, FastRoute
from oneseat.web.faults import Faults
from oneseat.web.framework import ServerApp, answer_refusals, with_head, wrong_shape
from oneseat.web.metrics import AnswerMetrics
from oneseat.web.middleware import AccessRecorder, BodyLimit, FaultHandler, SecurityHeaders
from oneseat.web.problems import headers_of, problem_response, status_of
from oneseat.web.request_id import request_id_of
from signing.clock import Clock

_FAULTS = Faults(logging.getLogger("room.faults"), RoomNotReady, RoomFault)
FAST = (
    (client.fast, MAX_BODY_BYTES),
    (page_calls.fast, MAX_CALL_BYTES),
    (phone_calls.fast, MAX_CALL_BYTES),
)
"""What every client and every page calls all the time or at once, and how long its bodies may be.

At a session's end a thousand hand-ins wait for the database: within the framework each took 60 KiB."""
_PROGRAMS = ("/room/api/", "/phone/api/", "/phone/about", "/client/", SEGMENTS_PATH, "/healthz", "/readyz")


class RoomApp(ServerApp):
    """FastAPI behind the access records and the security headers, with the room's threads."""

    def __init__(self, room: ServedRoom, settings: RoomSettings) -> None:
        super().__init__(title="OneSeat room", lifespan=_lifespan)
        self.state.room = room
        self.state.settings = settings
        self.state.strangers = StrangerLimit()
        self.state.phone_strangers = StrangerLimit()
        self.state.typed_identities = typed_identities(room, settings)
        self.state.views = Views()
        self.state.arriving_uploads = ArrivingUploads()
        self.state.upload_threads = upload_threads()
        self.state.hand_in_threads = hand_in_threads(has_bucket=room.segments.origin is not None)
        self.state.live_pictures = LivePictures(room)
        self.state.streams = EventStreams()
        self.state.walls = Walls(room)
        self.fast_calls: FastCalls | None = None
        self.add_middleware(FaultHandler, answer=_answer)
        bodies = BodyReader()
        self.add_middleware(BodyLimit, bodies=bodies, refuse=_answer, limit_of=body_limit)
        self.state.take_in_beat = partial(_beat_plainly, room)
        self.state.take_in_look = partial(_look_plainly, room)
        self.state.take_in_phone_beat = partial(_phone_beat_plainly, room)
        front: ASGIApp = self._framework
        if settings.fast_path:
            self.fast_calls = FastCalls(room, self.state.hand_in_threads)
            self.state.take_in_beat = self.fast_calls.beat
            self.state.take_in_look = self.fast_calls.look
            self.state.take_in_phone_beat = self.fast_calls.phone_beat
            for router, limit_bytes in FAST:
                front = FastPath(front, fast_routes(router), bodies, _answer, limit_bytes)
        headed = SecurityHeaders(front, policies(room.segments.origin), secure=room.is_secure)
        paper_keys.load_stored(room)
        self.state.releases = releases = PaperReleases(room)
        self.state.metrics = AnswerMetrics()
        _count_alarms(self.state.metrics, releases)
        log = logging.getLogger("room.access")
        self._front = AccessRecorder(headed, log, self.state.metrics, is_silent)


def create_app(settings: RoomSettings, clock: Clock) -> RoomApp:
    """The room, with keys, papers, state and store opened.

    Raises:
        OneSeatError: keys, papers, state or settings cannot be used.
    """
    app = RoomApp(ServedRoom(settings, clock), settings)
    pages = (page_calls.fast, page_calls.router, identity.router, help_calls.router, phone_pairing.router)
    for router in (
        *pages,
        reminder_calls.router,
        phone_calls.fast,
        phone_calls.router,
        client.fast,
        client.router,
        segments.router,
        live_pictures.router,
        operations.router,
    ):
        app.router.routes.extend(router.routes)
    app.router.routes.extend(with_head(candidate.router.routes))
    app.router.routes.extend(with_head(phone.router.routes))
    for staff in (
        staff_pages.router,
        wall.router,
        lead.router,
        group_pages.router,
        invigilating.router,
        player.router,
        staff_measures.router,
        staff_announcements.router,
        staff_incidents.router,
        reviewing.router,
        personal_pages.router,
    ):
        app.router.routes.extend(with_head(staff.routes))
    answer_refusals(app, _answer)
    return app


def fast_routes(router: APIRouter) -> list[FastRoute]:
    """The hot routes of a router."""
    return [route for route in router.routes if isinstance(route, FastRoute)]


async def _beat_plainly(room: ServedRoom, cookie: str | None, epoch: int, said: Beat) -> dict[str, Any]:
    return await run_in_threadpool(beats.beat, room, cookie, epoch, said)


async def _look_plainly(room: ServedRoom, given: Look) -> dict[str, Any]:
    return await run_in_threadpool(looks.look, room, given)


async def _phone_beat_plainly(room: ServedRoom, given: GivenPhoneBeat) -> dict[str, Any]:
    return await run_in_threadpool(phone_beats.beat, room, given)


def typed_identities(room: ServedRoom, settings: RoomSettings) -> TypedIdentities:
    """The portal as phones' logins ask it; without a service token every phone must be paired."""
    token = None if settings.portal_token is None else settings.portal_token.get_secret_value()
    return TypedIdentities(room, _portal_url(room, settings), token)


@asynccontextmanager
async def _lifespan(app: RoomApp) -> AsyncIterator[None]:
    room, settings = app.state.room, app.state.settings
    threads = list(_threads(app, room, settings))
    for thread in threads:
        thread.start()
    yield
    for thread in threads:
        await run_in_threadpool(thread.stop)
    await run_in_threadpool(app.state.upload_threads.close)
    await run_in_threadpool(app.state.hand_in_threads.close)
    if app.fast_calls is not None:
        await run_in_threadpool(app.fast_calls.close)
    app.state.typed_identities.close()
    room.close()


def _portal_url(room: ServedRoom, settings: RoomSettings) -> str:
    return settings.portal_url or room.charter().charter.portal_url.rstrip("/")


def _count_alarms(metrics: AnswerMetrics, releases: PaperReleases) -> None:
    gauge = Gauge(
        "oneseat_room_papers_locked",
        "Papers that are locked although their session is about to begin.",
        registry=metrics.registry,
    )
    gauge.set_function(lambda: len(releases.alarms))


def _threads(app: FastAPI, room: ServedRoom, settings: RoomSettings) -> list[RoundThread]:
    threads: list[RoundThread] = []
    if settings.paper_interval_s and room.papers.with_holders:
        threads.append(ReleaseThread(app.state.releases, settings.paper_interval_s))
    if settings.sweep_interval_s:
        threads.append(Sweeper(room, settings.sweep_interval_s))
        threads.append(RoundThread("room.unwatched", unwatched.LOOK_EVERY_S, partial(unwatched.note, room)))
        threads.append(RoundThread("room.incidents", LOOK_EVERY_S, partial(incidents.look, room)))
    pictures: LivePictures = app.state.live_pictures
    threads.append(RoundThread("room.pictures", STORE_EVERY_S, pictures.store, close=pictures.store))
    if settings.portal_token is not None:
        portal_url = _portal_url(room, settings)
        token = settings.portal_token.get_secret_value()
        threads.append(OutboxSender("room.reports", PortalReports(room, portal_url, token)))
        threads.append(OutboxSender("room.identity", IdentityChecks(room, portal_url, token)))
        threads.append(SeatRefresher(room, PortalSeats(room, portal_url, token)))
        orders = PortalOrders(room, portal_url)
        threads.append(
            RoundThread("room.orders", FETCH_EVERY_S, orders.fetch, at_once=True, close=orders.close)
        )
        threads.append(OutboxSender("room.measures", OrderOutbox(room, portal_url, token)))
        threads.append(OutboxSender("room.incident-outbox", IncidentOutbox(room, portal_url, token)))
        threads.append(OutboxSender("room.admissions", PortalAdmissions(room, portal_url, token), 5.0))
        threads.append(OutboxSender("room.help", PortalHelp(room, portal_url, token)))
        called = CalledSeats(room, portal_url, token)
        threads.append(RoundThread("room.calls", CALLS_EVERY_S, called.look, close=called.close))
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
    if request.url.path.startswith(STAFF):
        page = staff_pages.refusal_page(request, refusal)
        page.headers.update(headers_of(refusal))
        return page
    known = request.app.state.room.last_charter
    charter = known.charter if known else None
    views: Views = request.app.state.views
    page = views.page("refused.html.j2", status_of(refusal), charter=charter, error=refusal)
    page.headers.update(headers_of(refusal))
    return page
