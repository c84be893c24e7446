"""Chromium with a camera, a microphone and a screen that are its own pictures, given without a question.

What an X server shows is captured and recorded in the studio's tests, whose browsers have windows.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright

from tests.chromium import CHROMIUM, LEAN_BY_PLAYWRIGHT, SHELL

NEEDS_CHROMIUM = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not Path(CHROMIUM).exists() and not os.environ.get("CI"),
        reason="no Chromium: apt-get install chromium",
    ),
]
_FRAMES_PER_S = 5
"""The fake camera's and screen's, the fewest that Chromium takes: each is shown, looked at and recorded."""
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-component-update",
    LEAN_BY_PLAYWRIGHT,
    f"--use-fake-device-for-media-stream=fps={_FRAMES_PER_S},display-media-type=monitor",
    "--use-fake-ui-for-media-stream",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
]


@contextlib.contextmanager
def browser_with_devices(playwright: Playwright) -> Iterator[Browser]:
    """Start a browser without windows, which shares its screen when asked.

    Windows on a screen, and that screen's capture, would take a quarter of the CPU.
    """
    browser = playwright.chromium.launch(
        executable_path=SHELL, args=_FLAGS, ignore_default_args=["--hide-scrollbars"]
    )
    yield browser
    browser.close()
