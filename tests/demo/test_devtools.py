"""Connecting to a browser that was just started: one that shows no window, and one that does not answer."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from oneseat.demo import devtools
from oneseat.demo.errors import BrowserSilent
from oneseat.web.serving import listen
from tests.serving import in_thread

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devtools, "_CONNECTED_WITHIN_S", 0.2)
    monkeypatch.setattr(devtools, "_OPENS_WITHIN_S", 2)


@contextlib.contextmanager
def silent_listener(connected: list[socket.socket]) -> Iterator[int]:
    """Take connections and never answer on them."""
    with listen("127.0.0.1", 0) as listener:

        def take() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connected.append(listener.accept()[0])

        thread = threading.Thread(target=take)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
    for each in connected:
        each.close()


@contextlib.contextmanager
def devtools_at(profile: Path, targets: list[dict[str, str]], port: int) -> Iterator[None]:
    """A browser's HTTP answers: its targets, and the address of its WebSocket."""

    def listed(_: Request) -> JSONResponse:
        return JSONResponse(targets)

    def version(_: Request) -> JSONResponse:
        return JSONResponse({"webSocketDebuggerUrl": f"ws://127.0.0.1:{port}/devtools/browser/one"})

    app = Starlette(routes=[Route("/json/list", listed), Route("/json/version/", version)])
    with listen("127.0.0.1", 0) as listener, in_thread(app, listener):
        (profile / "DevToolsActivePort").write_text(f"{listener.getsockname()[1]}\n/devtools/browser/one")
        yield


def test_a_silent_connection_is_given_up_for_a_new_one(tmp_path: Path) -> None:
    connected = list[socket.socket]()
    with (
        silent_listener(connected) as port,
        devtools_at(tmp_path, [{"type": "page"}], port),
        sync_playwright() as playwright,
        pytest.raises(BrowserSilent),
    ):
        devtools.window_of(playwright, tmp_path)
    assert len(connected) >= 2


@pytest.mark.parametrize(
    "targets", [None, [], [{"type": "service_worker"}]], ids=["no port", "none", "worker"]
)
def test_a_browser_without_a_window_is_not_connected_to(
    targets: list[dict[str, str]] | None, tmp_path: Path
) -> None:
    connected = list[socket.socket]()
    with contextlib.ExitStack() as stack:
        port = stack.enter_context(silent_listener(connected))
        if targets is not None:
            stack.enter_context(devtools_at(tmp_path, targets, port))
        playwright = stack.enter_context(sync_playwright())
        stack.enter_context(pytest.raises(BrowserSilent))
        devtools.window_of(playwright, tmp_path)
    assert connected == []
