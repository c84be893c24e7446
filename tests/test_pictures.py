"""A picture that Chromium could not take at once is taken later; another fault is not passed over.

The parallel run takes none.
"""

from __future__ import annotations

from typing import Any, cast

import pytest
from playwright.sync_api import Error, Page

from tests import pictures

BUSY = "Page.screenshot: Protocol error (Page.captureScreenshot): Unable to capture screenshot"


class _Page:
    """A page whose first screenshots fail."""

    def __init__(self, *faults: str) -> None:
        self.faults = list(faults)
        self.taken = 0

    def screenshot(self, **options: Any) -> None:
        if self.faults:
            raise Error(self.faults.pop(0))
        self.taken += 1

    def wait_for_timeout(self, span_ms: float) -> None:
        """No browser to wait for."""


@pytest.fixture
def _looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "LOOKED_AT", True)


@pytest.mark.usefixtures("_looked_at")
def test_a_busy_browser_is_asked_again() -> None:
    page = _Page(BUSY, BUSY)
    pictures.keep_picture(cast(Page, page), "never-kept.png")
    assert page.taken == 1


@pytest.mark.usefixtures("_looked_at")
@pytest.mark.parametrize("faults", [("Target closed",), (BUSY,) * pictures.TRIES], ids=["other", "always"])
def test_other_faults_are_raised(faults: tuple[str, ...]) -> None:
    with pytest.raises(Error):
        pictures.keep_picture(cast(Page, _Page(*faults)), "never-kept.png")


def test_none_is_taken_where_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "LOOKED_AT", False)
    page = _Page()
    pictures.keep_picture(cast(Page, page), "never-kept.png")
    assert page.taken == 0
