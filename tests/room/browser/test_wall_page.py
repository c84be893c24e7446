"""The wall in a real browser: forty tiles at once, live changes, ages, the keyboard, the look of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from oneseat.room.rules.wall import PER_PAGE
from tests.room import crowd
from tests.room.browser.browsing import browsable_room
from tests.room.browser.operating import check_looks, post_entry
from tests.room.browser.own_browser import NEEDS_CHROMIUM
from tests.room.browser.test_identity import DOCUMENTS
from tests.room.held_exam import STARTS, RoomKeys, RunningRoom
from tests.room.staff_entry import WATCHER, entry_of, hire

pytestmark = NEEDS_CHROMIUM

NOW = STARTS + timedelta(minutes=2)
LOADED = "all => all.length > 0 && all.every((each) => each.complete && each.naturalWidth > 0)"


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory, room_keys: RoomKeys) -> Iterator[RunningRoom]:
    """A room in the answer time, with a crowd and somebody who watches it."""
    folder = tmp_path_factory.mktemp("wall") / "exam"
    with browsable_room(folder, room_keys, NOW, identity_documents=DOCUMENTS) as running:
        hire(running.exam, {"wang": WATCHER}, NOW)
        crowd.gather(running.exam, PER_PAGE + 4, NOW)
        yield running


def open_wall(browser: Browser, room: RunningRoom, faults: list[str]) -> Page:
    """Come from the desk, and open the wall."""
    context = browser.new_context(locale="zh-CN", viewport={"width": 1920, "height": 1080})
    page = context.new_page()
    page.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
    post_entry(page, room, entry_of(room, "wang"))
    page.goto(f"{room.url}/staff/wall")
    return page


def test_forty_tiles_are_watched_live_and_by_keyboard(browser: Browser, room: RunningRoom) -> None:
    faults: list[str] = []
    page = open_wall(browser, room, faults)
    tiles = page.locator(".tile")
    expect(tiles).to_have_count(PER_PAGE)
    expect(page.locator("#live")).to_contain_text("实时更新")
    page.locator(".shot img").first.wait_for()
    page.wait_for_function(f"() => ({LOADED})([...document.querySelectorAll('.shot img')])")
    assert "grave" in str(tiles.first.get_attribute("class")), "problems come first"
    expect(page.locator(".tile.grave").first.locator(".alarms")).not_to_be_empty()
    check_looks(page)

    # A new picture comes by itself, in place of the old one.
    link = page.locator(f"a[href='/staff/attempts/{crowd.attempt_id(4)}']")
    before = link.locator(".shot img").first.get_attribute("src")
    crowd.show_again(room.exam, range(4, 5), room.clock.now())
    expect(link.locator(".shot img").first).not_to_have_attribute("src", str(before))
    expect(link.locator(".age").first).to_contain_text("秒前")

    tiles.first.locator("a").focus()
    for key, index in (("ArrowRight", 1), ("End", PER_PAGE - 1), ("ArrowDown", PER_PAGE - 1), ("Home", 0)):
        page.keyboard.press(key)
        expect(tiles.nth(index).locator("a")).to_be_focused()
    expect(page.locator("#next")).to_be_visible()
    page.keyboard.press("n")
    expect(tiles).to_have_count(4)
    expect(page.locator("#next")).to_be_hidden()
    tiles.first.locator("a").focus()
    page.keyboard.press("2")
    expect(page.locator("[data-filter=alarms]")).to_have_attribute("aria-current", "page")
    expect(page.locator(".tile.problem")).to_have_count(tiles.count())
    tiles.first.locator("a").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("考试记录")
    assert faults == []
    page.context.close()
