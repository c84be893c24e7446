"""A page holds its paper sealed until the start: neither network nor profile shows a question before."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Playwright, Response, expect

from tests.chromium import CHROMIUM, LEAN_BY_PLAYWRIGHT
from tests.room.browser.browsing import BEFORE, STARTS, Visitor, browsable_room
from tests.room.browser.own_browser import NEEDS_CHROMIUM
from tests.room.held_exam import RoomKeys

pytestmark = NEEDS_CHROMIUM
_FLAGS = [
    "--no-sandbox",
    "--use-fake-device-for-media-stream=fps=5",
    "--use-fake-ui-for-media-stream",
    LEAN_BY_PLAYWRIGHT,
]
QUESTION = "空地改建为停车场"


def _forms(text: str) -> list[bytes]:
    """A text as files, JSON and a browser's own strings hold it."""
    return [text.encode(), text.encode("utf-16-le"), text.encode("unicode_escape")]


def _readable(responses: list[Response], profile: Path) -> list[str]:
    """Where a question can be read: addresses of answers, and files of the profile."""
    found = []
    for response in list(responses):
        with contextlib.suppress(Exception):  # a redirect has no body
            body = response.body()
            found += [response.url for form in _forms(QUESTION) if form in body]
    for path in profile.rglob("*"):
        with contextlib.suppress(OSError):  # the browser deletes files of its own
            content = path.read_bytes() if path.is_file() else b""
            found += [str(path) for form in _forms(QUESTION) if form in content]
    return found


def test_nothing_of_a_paper_is_readable_before_its_start(
    playwright: Playwright, tmp_path: Path, room_keys: RoomKeys
) -> None:
    profile, responses = tmp_path / "profile", list[Response]()
    with browsable_room(tmp_path / "exam", room_keys, BEFORE) as room:
        browser = playwright.chromium.launch_persistent_context(
            profile, executable_path=CHROMIUM, args=_FLAGS, headless=True
        )
        browser.on("response", lambda response: responses.append(response))  # noqa: PLW0108 -- it marks functions
        visitor = Visitor(browser, room)
        page = visitor.open("waiting", STARTS - timedelta(seconds=20))
        page.wait_for_timeout(500)
        (joined,) = (each.json() for each in responses if each.url.endswith("/join"))
        assert len(joined["sealed"]["box"]) > 500 and joined["paper_key"] is None
        assert _readable(responses, profile) == []
        visitor.at(STARTS)
        expect(page.get_by_role("heading", level=1)).to_contain_text(QUESTION)
        page.reload()
        expect(page.get_by_role("heading", level=1)).to_contain_text(QUESTION)
        assert _readable(responses, profile) == [], "the paper comes sealed after the start, too"
        visitor.close()
        browser.close()
