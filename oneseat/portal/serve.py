"""Runs the portal: one uvicorn server in this process, with structured logs and graceful stop."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from functools import partial

from oneseat.portal.app import create_app
from oneseat.portal.settings import PortalSettings
from oneseat.web import logs
from oneseat.web.serving import GRACEFUL_STOP_S, AnnouncingServer, clock_at, listen, server_config, url_of
from signing import urls

_log = logging.getLogger("portal.serve")


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
    clock = clock_at(settings.rehearse_at)
    with listen(host, port) as listener:
        address = url_of(listener)
        app = create_app(_with_public_url(settings, address), clock)
        logs.configure("portal", sys.stderr, clock, rehearsal=app.state.portal.rehearsal)
        config = server_config(app, stop_s)
        announce = partial(on_ready, address) if on_ready is not None else lambda: None
        server = AnnouncingServer(config, announce, app.state.streams.close)
        _log.info("serving", extra={"exams": sorted(app.state.portal.exams)})
        server.run([listener])
    _log.info("stopped")


def _with_public_url(settings: PortalSettings, address: str) -> PortalSettings:
    """The settings with ``public_url`` set to ``address`` where none is set and it is loopback."""
    reached = urls.parse(address)
    if settings.public_url is not None or reached is None or not reached.is_local:
        return settings
    return settings.model_copy(update={"public_url": address})
