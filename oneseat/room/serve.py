"""Runs the room: one uvicorn server in this process, with structured logs and graceful stop."""

from __future__ import annotations

import contextlib
import ctypes
import logging
import sys
from collections.abc import Callable
from functools import partial

from oneseat.room.app import create_app
from oneseat.room.settings import RoomSettings
from oneseat.web import logs
from oneseat.web.connections import HEAD_WITHIN_S
from oneseat.web.serving import AnnouncingServer, Limits, clock_at, listen, server_config, url_of
from signing.text import Text

LIMITS = Limits(keep_alive_s=HEAD_WITHIN_S, connections=20_000, waiting=16_000, waiting_per_address=8_000)
"""A page has up to three connections, and calls every five seconds: uvicorn's own five would cut every second
call's connection. Many candidates may come through one address."""
GRACEFUL_STOP_S = 30
"""How long an upload may go on after a stop signal; a page repeats it elsewhere."""
_ARENAS = 2
"""Heaps of the allocator, of which it would make eight for each core, and keep what each ever needed. When
all pages hand in at once, threads need much for a moment."""
_M_ARENA_MAX = -8
"""The number of that option of glibc's ``mallopt``; see mallopt(3)."""
_log = logging.getLogger("room.serve")


def serve(
    settings: RoomSettings,
    host: str,
    port: int,
    on_ready: Callable[[str], None] | None = None,
    on_remark: Callable[[Text], None] | None = None,
) -> None:
    """Serve until a signal stops it (SIGINT or SIGTERM). ``on_ready`` is called with the URL listened on.

    ``on_remark`` is called with each promise that the store of recordings does not keep.

    Raises:
        AddressInUse: the address cannot be listened on.
        OneSeatError: keys, papers, state or settings cannot be used.
    """
    _share_few_arenas()
    clock = clock_at(settings.rehearse_at)
    with listen(host, port) as listener:
        address = url_of(listener)
        app = create_app(settings, clock)
        if on_remark is not None:
            for remark in app.state.room.remarks:
                on_remark(remark)
        logs.configure("room", sys.stderr, clock, rehearsal=app.state.room.rehearsal)
        config = server_config(app, GRACEFUL_STOP_S, LIMITS)
        announce = partial(on_ready, address) if on_ready is not None else lambda: None
        server = AnnouncingServer(config, announce, app.state.streams.close)
        _log.info("serving", extra={"exams": [settings.exam]})
        server.run([listener])
    _log.info("stopped")


def _share_few_arenas() -> None:
    """Tell glibc to use few heaps; other C libraries have no such option, and keep none apart."""
    with contextlib.suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, _ARENAS)
