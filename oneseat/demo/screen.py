"""A virtual screen, and a browser's app window on it as the client opens one, with a fake camera.

The browser is driven over the Chrome DevTools Protocol by Playwright, which only this demonstration and the
tests use, and which is imported when a window is opened.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from oneseat.client.health.probes import Browser
from oneseat.client.sessions.browser import window_command
from oneseat.demo.devtools import window_of
from oneseat.demo.errors import BrowserSilent
from oneseat.pipeline.tools.errors import ToolMissing
from signing.text import Text

if TYPE_CHECKING:
    from playwright.sync_api import Page

_CHROMIUM = "chromium"
_SERVER = "Xvfb"
_SCREEN = "1366x768x24"
_MEND = Text("Run `make setup`, which installs what is missing.", "请运行 `make setup` 安装缺少的工具。")
_FRAMES_PER_S = 5
"""The fake camera's, the fewest that Chromium takes: each is encoded twice, on the computer and the phone."""
_FOR_THE_DEMONSTRATION = (
    "--no-sandbox",  # the demonstration may run as root
    "--disable-gpu",
    "--disable-component-update",
    f"--use-fake-device-for-media-stream=fps={_FRAMES_PER_S}",
    "--remote-debugging-port=0",
)
_SUGGESTIONS = ("WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup")
"""What the address bar suggests: two pages in a process of their own, loaded for each window at its start.
That takes half a second of CPU, more than a page of ours, and again for each context of Playwright's."""
_SPARE = "SpareRendererForSitePerProcess"
"""A process that is kept ready for the next site; without it a first page takes a fifth less CPU."""
NOT_NEEDED = (*_SUGGESTIONS, _SPARE)
"""Chromium's features that a window driven by a program does not need."""
_OFF = "--disable-features="


@contextmanager
def app_window(url: str) -> Iterator[Page]:
    """Open an address as the client does, in an app window with a profile of its own; yield its page.

    Raises:
        ToolMissing: Chromium, Xvfb or Playwright is not installed.
        BrowserSilent: the browser shows no window.
    """
    chromium, server = _required(_CHROMIUM), _required(_SERVER)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise ToolMissing(tool="playwright", mend=_MEND) from None
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, _screen(server) as display:
        profile = Path(folder)
        browser = Browser("Chrome", chromium, ())
        command = [*_lean(window_command(browser, url, profile)), *_FOR_THE_DEMONSTRATION]
        process = subprocess.Popen(
            command,
            env={**os.environ, "DISPLAY": display, "LANGUAGE": "en"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            with sync_playwright() as playwright:
                yield window_of(playwright, profile)
        finally:
            process.terminate()
            process.wait(timeout=30)


def _lean(command: list[str]) -> list[str]:
    """Add to the features that a command turns off: Chromium heeds the last such flag alone."""
    return [",".join((word, *NOT_NEEDED)) if word.startswith(_OFF) else word for word in command]


def _required(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise ToolMissing(tool=name, mend=_MEND)
    return path


def start_x_server(program: str, size: str) -> tuple[str, subprocess.Popen[bytes]]:
    """Start an X server (Xvfb), which chooses a free display; return the display's name and the process.

    ``size`` is width, height and depth, as in ``1366x768x24``.

    Raises:
        BrowserSilent: it does not start.
    """
    reader, writer = os.pipe()
    # Without -noreset a screen begins anew whenever its last user leaves, and turns away who comes just then.
    command = [program, "-displayfd", str(writer), "-screen", "0", size, "-nolisten", "tcp", "-noreset"]
    process = subprocess.Popen(
        command,
        pass_fds=[writer],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(writer)
    with os.fdopen(reader) as answer:
        number = answer.readline().strip()
    if not number:
        process.wait(timeout=30)
        raise BrowserSilent(reason=Text("there is no screen", "没有虚拟屏幕"))
    return f":{number}", process


@contextmanager
def _screen(server: str) -> Iterator[str]:
    """Run an X server; yield its display's name."""
    display, process = start_x_server(server, _SCREEN)
    try:
        yield display
    finally:
        process.terminate()
        process.wait(timeout=30)
