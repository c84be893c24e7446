"""Runs an ASGI application under uvicorn: listening socket, configuration, call at start, graceful stop."""

from __future__ import annotations

import contextlib
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

import uvicorn
from starlette.types import ASGIApp
from uvicorn.server import HANDLED_SIGNALS

from oneseat.web import garbage
from oneseat.web.connections import bounded_http
from oneseat.web.refusals import AddressInUse
from signing.clock import Clock, OffsetClock, SystemClock
from signing.os_faults import system_reason

GRACEFUL_STOP_S = 600
"""How long running answers may go on after a stop signal; a second signal ends them."""
KEEP_ALIVE_S = 5
"""How long an idle connection is kept, uvicorn's own default."""
MAX_CONNECTIONS = 2000
"""Concurrent connections and requests of this process; uvicorn answers more with 503."""
_BACKLOG = 1024


@dataclass(frozen=True)
class Limits:
    """What a server bears: seconds of idle connections, and connections in all and without a request.

    Where the last two are None, those of :mod:`oneseat.web.connections` hold.
    """

    keep_alive_s: int = KEEP_ALIVE_S
    connections: int = MAX_CONNECTIONS
    waiting: int | None = None
    waiting_per_address: int | None = None


def clock_at(rehearse_at: datetime | None, base: Clock | None = None) -> Clock:
    """A server's clock: ``base``, by default the system's, or in a rehearsal one that shows that time now."""
    base = base or SystemClock()
    return base if rehearse_at is None else OffsetClock.starting_at(rehearse_at, base)


def server_config(app: ASGIApp, stop_s: int = GRACEFUL_STOP_S, limits: Limits = Limits()) -> uvicorn.Config:
    """Uvicorn's configuration for a server that may be reached with or without a proxy before it."""
    return uvicorn.Config(
        app,
        http=bounded_http(limits.waiting, limits.waiting_per_address),
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=stop_s,
        timeout_keep_alive=limits.keep_alive_s,
        limit_concurrency=limits.connections,
    )


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


def url_of(listener: socket.socket) -> str:
    """The URL of a listening socket."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _nothing() -> None:
    """Do nothing at start or stop."""


class AnnouncingServer(uvicorn.Server):
    """A uvicorn server with callbacks at start and at stop, for which a stop signal is a normal end.

    ``on_stop`` is called on the event loop before the server waits for running answers. It ends those that
    have no end of their own, such as event streams.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        announce: Callable[[], None] = _nothing,
        on_stop: Callable[[], None] = _nothing,
    ) -> None:
        super().__init__(config)
        self._announce = announce
        self._on_stop = on_stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then call back."""
        await super().startup(sockets)
        if not self.started:
            return
        if threading.current_thread() is threading.main_thread():  # the process is this server's alone
            garbage.settle()
        self._announce()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Call back, then wait for running answers and stop."""
        self._on_stop()
        await super().shutdown(sockets)

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
