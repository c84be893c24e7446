"""Chromium with a screen of its own, shared without a question, and a camera that shows a picture."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright

from tests.chromium import CHROMIUM, LEAN_BY_PLAYWRIGHT
from tests.e2e.wine import Screen

NEEDS_CHROMIUM = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not Path(CHROMIUM).exists() and not os.environ.get("CI"),
        reason="no Chromium: apt-get install chromium",
    ),
]
_SMALL = "640x480x24"
"""A screen of so few pixels is captured and recorded in half the time; pages on it are of any size."""
_FRAMES_PER_S = 5
"""The fake camera's, the fewest that Chromium takes: each is shown, looked at and recorded."""
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-component-update",
    LEAN_BY_PLAYWRIGHT,
    f"--use-fake-device-for-media-stream=fps={_FRAMES_PER_S}",
    "--auto-accept-camera-and-microphone-capture",
    "--auto-select-desktop-capture-source=Entire screen",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
]


@contextlib.contextmanager
def browser_on_screen(playwright: Playwright, size: str = _SMALL) -> Iterator[Browser]:
    """Start a screen and a browser on it; English, since no flag can name the screen in Chinese."""
    screen = Screen.start(size)
    environment: dict[str, str | float | bool] = {**os.environ, "DISPLAY": screen.display, "LANGUAGE": "en"}
    browser = playwright.chromium.launch(
        executable_path=CHROMIUM, args=_FLAGS, headless=False, env=environment
    )
    yield browser
    browser.close()
    screen.stop()
