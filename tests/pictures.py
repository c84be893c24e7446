"""Pictures of pages, kept for people to look at; no test asserts anything of them.

Each takes a third of a second of CPU, as axe does. So they are taken where somebody will look: when
some tests are run by themselves, in the long run, and in CI, which keeps them of a run that failed; the
parallel run of everything goes without.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from playwright.sync_api import Error, Page

from tests.effort import LONG

LOOKED_AT = LONG or "CI" in os.environ or "PYTEST_XDIST_WORKER" not in os.environ
"""Whether this run's pictures are looked at."""
ARTEFACTS = Path(__file__).parents[1] / "dist" / "test-artefacts"
TRIES = 4
_TRANSIENT = "Unable to capture screenshot"
"""What Chromium answers when its compositor has no frame ready, as on a machine under load."""


def keep_picture(page: Page, name: str, **options: Any) -> None:
    """Keep a picture of a page under a file name; Chromium is asked again where it had no frame ready.

    Nothing is done in a run whose pictures nobody looks at.
    """
    if not LOOKED_AT:
        return
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
