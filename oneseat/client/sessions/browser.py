"""Command line that opens the exam room in the computer's own Edge or Chrome, as an app window.

The window has a profile of its own: no extensions, no account, no other tabs. Flags that a version does not
know are passed over by it; what they prevent is then asked in the ordinary way.

Sources: the lists of switches in Chromium's sources (``chrome_switches``, ``content_switches``,
``media_switches``); Edge's own are those that Selenium's driver passes.
"""

from __future__ import annotations

from pathlib import Path
from typing import List

from oneseat.client.health.probes import Browser

OLDEST_WINDOWLESS = 109
"""The oldest version with ``--headless=new``, which reads and writes the same profile as a window."""

_QUIET = (
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-extensions",
    "--disable-sync",
    "--hide-crash-restore-bubble",
)
"""A new profile asks nothing, and one that was killed does not offer to restore."""
_AWAKE = (
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--disable-background-timer-throttling",
)
"""A window that is covered or in the background records and uploads as one in front."""
_CAPTURE = (
    "--start-fullscreen",
    "--auto-accept-camera-and-microphone-capture",
    "--auto-select-desktop-capture-source=Entire screen",
)
"""The last matches the screen's title in an English browser only; a Chinese one shows its picker."""
_FEATURES_OFF = ("Translate",)
"""An English browser else offers to translate, over the page."""
_EDGE_FEATURES_OFF = ("msImplicitSignin",)
_EDGE = ("--no-service-autorun",)


def window_command(browser: Browser, url: str, profile: Path) -> List[str]:
    """Command line of a window that records: for this project's own room only."""
    return [*_beginning(browser, profile), *_CAPTURE, f"--app={url}"]


def upload_command(browser: Browser, url: str, profile: Path) -> List[str]:
    """Command line that finishes an upload, without a window where the version can."""
    windowless = ("--headless=new",) if is_windowless(browser) else ()
    return [*_beginning(browser, profile), *windowless, f"--app={url}"]


def is_windowless(browser: Browser) -> bool:
    """Whether an upload needs no window; otherwise the window is started minimised."""
    return browser.major >= OLDEST_WINDOWLESS


def _beginning(browser: Browser, profile: Path) -> List[str]:
    is_edge = browser.name == "Edge"
    off = ",".join((*_FEATURES_OFF, *(_EDGE_FEATURES_OFF if is_edge else ())))
    quiet = (*_QUIET, f"--disable-features={off}", *(_EDGE if is_edge else ()))
    return [browser.path, f"--user-data-dir={profile}", *quiet, *_AWAKE]
