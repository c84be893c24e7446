"""axe on a page in a browser: every page of ours is looked at by the same rules."""

from __future__ import annotations

from axe_playwright_python.base import AXE_SCRIPT, AxeResults  # type: ignore[import-untyped]
from playwright.sync_api import Page

_STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_OPTIONS = {"runOnly": _STANDARDS, "resultTypes": ["violations"]}
"""Every rule is tried; of what was found in order a page need not tell each element, which takes it long."""
_RUN = "options => axe.run(options)"
_COLOURS_ONCE = """(() => {
    const {Color} = axe.commons.color;
    const parse = Color.prototype.parseString;
    const parsed = new Map();
    Color.prototype.parseString = function (text) {
        const known = parsed.get(text);
        if (known) {
            [this.r, this.g, this.b, this.alpha] = known;
            return this;
        }
        parse.call(this, text);
        parsed.set(text, [this.r, this.g, this.b, this.alpha]);
        return this;
    };
})()"""
"""Each colour is parsed once a page, not for each text and each box behind it: a quarter of axe's CPU."""


def check_accessible(page: Page, name: str = "") -> None:
    """Assert that axe finds no fault; ``name`` says in a failure which page it was."""
    page.wait_for_load_state()  # of a page that was just come to, nothing may be there yet
    if not page.evaluate("'axe' in window"):  # half a megabyte of script, which stays until the page is left
        page.evaluate(AXE_SCRIPT + _COLOURS_ONCE)
    found = AxeResults(page.evaluate(_RUN, _OPTIONS))
    assert found.violations_count == 0, f"{name}\n{found.generate_report()}"
