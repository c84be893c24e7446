"""Pictures of pages, kept for people to look at; no test asserts anything of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Error, Page

ARTEFACTS = Path(__file__).parents[1] / "dist" / "test-artefacts"
TRIES = 4
_TRANSIENT = "Unable to capture screenshot"
"""What Chromium answers when its compositor has no frame ready, as on a machine under load."""


def keep_picture(page: Page, name: str, **options: Any) -> None:
    """Keep a picture of a page under a file name; Chromium is asked again where it had no frame ready."""
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    for left in reversed(range(TRIES)):
        try:
            page.screenshot(path=ARTEFACTS / name, **options)
        except Error as error:
            if _TRANSIENT not in error.message or not left:
                raise
            page.wait_for_timeout(200)
        else:
            return
