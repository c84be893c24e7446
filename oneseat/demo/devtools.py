"""Connects to a browser that was just started, over the Chrome DevTools Protocol."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from oneseat.demo.errors import BrowserSilent
from signing.text import Text

if TYPE_CHECKING:
    from playwright.sync_api import Page, Playwright

_OPENS_WITHIN_S = 60.0
_CONNECTED_WITHIN_S = 10.0
_LOOK_EVERY_S = 0.1


def window_of(playwright: Playwright, profile: Path) -> Page:
    """The page of the window of a browser that was started with ``--remote-debugging-port=0`` on a profile.

    A browser that is connected to while it opens its window now and then takes the connection and never
    answers on it. So it is asked for its windows first, by HTTP, and a silent connection is given up for a
    new one.

    Raises:
        BrowserSilent: the browser shows no window.
    """
    from playwright.sync_api import TimeoutError as NotConnected

    ends = time.monotonic() + _OPENS_WITHIN_S
    while time.monotonic() < ends:
        address = _address(profile)
        if address is None or not _has_window(address):
            time.sleep(_LOOK_EVERY_S)
            continue
        try:
            browser = playwright.chromium.connect_over_cdp(address, timeout=_CONNECTED_WITHIN_S * 1000)
        except NotConnected:
            continue
        context = browser.contexts[0]
        return context.pages[0] if context.pages else context.wait_for_event("page")
    raise BrowserSilent(reason=Text("it shows no window", "窗口没有打开"))


def _address(profile: Path) -> str | None:
    """Where the browser listens: it writes the port that it chose into its profile."""
    try:
        port = int((profile / "DevToolsActivePort").read_text("ascii").splitlines()[0])
    except (OSError, ValueError, IndexError):
        return None
    return f"http://127.0.0.1:{port}"


def _has_window(address: str) -> bool:
    try:
        targets = httpx.get(f"{address}/json/list", trust_env=False).json()
    except (httpx.HTTPError, ValueError):
        return False
    return any(target.get("type") == "page" for target in targets)
