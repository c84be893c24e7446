"""How each page of the portal must look."""

from __future__ import annotations

from tests.accessibility import check_accessible
from tests.portal.browser.conftest import Visitor

_WIDE = """[...document.querySelectorAll("main *, header *")]
    .filter(box => box.getBoundingClientRect().right > document.documentElement.clientWidth)
    .map(box => box.className || box.tagName)"""


def check(visitor: Visitor, name: str) -> None:
    """Nothing is cut off, and axe is content; the page is kept as a picture."""
    visitor.shoot(name)
    page = visitor.page
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0, ("the page scrolls sideways", page.evaluate(_WIDE))
    check_accessible(page, name)
