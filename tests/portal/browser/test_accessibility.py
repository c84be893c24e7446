"""What every page is looked at with finds the faults that it is for, on a page that has them."""

from __future__ import annotations

import pytest

from tests.accessibility import check_accessible
from tests.portal.browser.conftest import Visitor

PAGE = """<!doctype html><html lang="en"><title>A page</title><main style="background: {behind}">
<h1>A page</h1>
<p style="color: #767676">Plain.</p><p style="color: {colour}">Changing.</p></main></html>"""


@pytest.mark.parametrize(
    ("behind", "colour", "ratio"),
    [
        ("#fff", "#777", "4.47"),
        ("#000", "rgb(50, 50, 50)", "1.63"),
        ("#fff", "rgba(0, 0, 0, 0.5)", "3.94"),
    ],
)
def test_a_text_without_contrast_is_a_fault(visitor: Visitor, behind: str, colour: str, ratio: str) -> None:
    visitor.page.set_content(PAGE.format(behind="#fff", colour="#000"))
    check_accessible(visitor.page)
    visitor.page.set_content(PAGE.format(behind=behind, colour=colour))
    with pytest.raises(AssertionError, match=f"(?s)insufficient color contrast of {ratio}"):
        check_accessible(visitor.page)
