"""How each page of a candidate must look."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.accessibility import check_accessible
from tests.room.browser.browsing import LAPTOP

_SIZES = [(1366, 768), (911, 512), (683, 384), (1024, 768)]
"""1366x768 at 100, 150 and 200 %, and 1024x768."""
_SHARE_BAR = 64


def check_looks(page: Page) -> None:
    """Nothing is cut off at any size, nothing fixed lies below the browser's bar, and axe is content."""
    page.wait_for_load_state()  # of a page that was just come to, nothing may be there yet
    for width, height in _SIZES:
        page.set_viewport_size({"width": width, "height": height})
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider <= 0, f"scrolls sideways at {width}"
        help_box = page.get_by_role("link", name="求助").bounding_box()
        bar = _SHARE_BAR if height > 560 else _SHARE_BAR / 2
        assert help_box is not None
        assert help_box["y"] + help_box["height"] <= height - bar
        room_below = page.evaluate(
            "parseFloat(getComputedStyle(document.querySelector('main')).paddingBottom)"
        )
        assert room_below >= bar + help_box["height"], "the end of the page can be scrolled above the bar"
    page.set_viewport_size(LAPTOP)
    check_accessible(page)
