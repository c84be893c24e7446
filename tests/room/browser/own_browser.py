"""Chromium with a screen of its own, shared without a question, and a camera that shows a picture."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.chromium import CHROMIUM, WITHOUT_SUGGESTIONS_BY_PLAYWRIGHT
from tests.e2e.wine import Screen

NEEDS_CHROMIUM = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not Path(CHROMIUM).exists() and not os.environ.get("CI"),
        reason="no Chromium: apt-get install chromium",
    ),
]
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-component-update",
    WITHOUT_SUGGESTIONS_BY_PLAYWRIGHT,
    "--use-fake-device-for-media-stream",
    "--auto-accept-camera-and-microphone-capture",
    "--auto-select-desktop-capture-source=Entire screen",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
]


@contextlib.contextmanager
def own_browser() -> Iterator[Browser]:
    """Start a screen and a browser on it; English, since no flag can name the screen in Chinese."""
    screen = Screen.start()
    environment: dict[str, str | float | bool] = {**os.environ, "DISPLAY": screen.display, "LANGUAGE": "en"}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=_FLAGS, headless=False, env=environment
        )
        yield browser
        browser.close()
    screen.stop()
