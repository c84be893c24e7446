"""Runs the portal: one uvicorn server in this process, with structured logs and graceful stop."""

from __future__ import annotations

import contextlib
import logging
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator

import uvicorn
from starlette.types import ASGIApp
from uvicorn.server import HANDLED_SIGNALS

from oneseat.portal.app import create_app
from oneseat.portal.http import logs
from oneseat.portal.http.connections import bounded_http
from oneseat.portal.refusals.start import AddressInUse
from oneseat.portal.settings import PortalSettings
from signing import urls
from signing.clock import Clock, OffsetClock, SystemClock
from signing.os_faults import system_reason

GRACEFUL_STOP_S = 600
"""How long running downloads may go on after a stop signal; a second signal ends them."""

MAX_CONNECTIONS = 2000
"""Concurrent connections and requests of this process; uvicorn answers more with 503."""
_BACKLOG = 1024
_log = logging.getLogger("portal.serve")


def clock_for(settings: PortalSettings, base: Clock | None = None) -> Clock:
    """The portal's clock: the system's, or in a rehearsal one with an offset."""
    base = base or SystemClock()
    return base if settings.rehearse_at is None else OffsetClock.starting_at(settings.rehearse_at, base)


def serve(
    settings: PortalSettings,
    host: str,
    port: int,
    on_ready: Callable[[str], None] | None = None,
    stop_s: int = GRACEFUL_STOP_S,
) -> None:
    """Serve until a signal stops it (SIGINT or SIGTERM; running downloads may finish).

    Port 0 takes any free port. ``on_ready`` is called with the URL once connections are accepted.

    Raises:
        AddressInUse: the address cannot be listened on.
        OneSeatError: keys, state or settings cannot be used.
    """
    clock = clock_for(settings)
    with listen(host, port) as listener:
        address = _url(listener)
        app = create_app(_with_public_url(settings, address), clock)
        logs.configure(sys.stderr, clock, rehearsal=app.state.portal.rehearsal)
        config = server_config(app, stop_s)
        server = _AnnouncingServer(config, lambda: on_ready(address) if on_ready is not None else None)
        _log.info("serving", extra={"exams": sorted(app.state.portal.exams)})
        server.run([listener])
    _log.info("stopped")


def server_config(app: ASGIApp, stop_s: int = GRACEFUL_STOP_S) -> uvicorn.Config:
    """Uvicorn's configuration for a portal that may be reached with or without a proxy before it."""
    return uvicorn.Config(
        app,
        http=bounded_http(),
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=stop_s,
        limit_concurrency=MAX_CONNECTIONS,
    )


def _with_public_url(settings: PortalSettings, address: str) -> PortalSettings:
    """The settings with ``public_url`` set to ``address`` where none is set and it is loopback."""
    reached = urls.parse(address)
    if settings.public_url is not None or reached is None or not reached.is_local:
        return settings
    return settings.model_copy(update={"public_url": address})


def listen(host: str, port: int) -> socket.socket:
    """A listening socket.

    Raises:
        AddressInUse: the address cannot be bound.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio turns Nagle's algorithm off only where it is; left on, every
    # answer waits 40 ms for a delayed acknowledgement.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise AddressInUse(address=f"{host}:{port}", reason=system_reason(error)) from None
    return listener


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class _AnnouncingServer(uvicorn.Server):
    """A uvicorn server with a callback at start, for which a stop signal is a normal end."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then call back."""
        await super().startup(sockets)
        if self.started:
            self._announce()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on a signal; uvicorn's own handler raises the signal again, which kills the process."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        handlers = {number: signal.signal(number, self.handle_exit) for number in HANDLED_SIGNALS}
        try:
            yield
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
