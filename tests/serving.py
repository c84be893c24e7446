"""A real uvicorn in a thread of the test's process, stopped as a signal stops it."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

from starlette.types import ASGIApp

from oneseat.web.serving import AnnouncingServer, server_config
from tests.late_answers import SEED, with_late_answers
from tests.patience import PATIENCE_S


@contextlib.contextmanager
def in_thread(
    app: ASGIApp, listener: socket.socket, on_stop: Callable[[], None] = lambda: None
) -> Iterator[None]:
    """Serve an application; at the end the server must stop."""
    served = app if SEED is None else with_late_answers(app)
    server = AnnouncingServer(server_config(served), on_stop=on_stop)
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(timeout=PATIENCE_S)
        assert not thread.is_alive()
