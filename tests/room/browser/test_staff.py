"""Operators' pages in a real browser: the way from the desk's page, the look of each page, the keyboard."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from oneseat.state.accounts.operators import Role
from oneseat.state.room import identity
from tests.room.browser.browsing import BEFORE, browsable_room
from tests.room.browser.operating import check_looks, post_entry
from tests.room.browser.own_browser import NEEDS_CHROMIUM
from tests.room.browser.test_identity import DOCUMENTS
from tests.room.candidate import Candidate, identity_body
from tests.room.held_exam import RoomKeys, RunningRoom
from tests.room.staff_entry import entry_of, hire

pytestmark = NEEDS_CHROMIUM

FOREIGN = [("http://evil.example", "strict-origin"), ("http://evil.example", "no-referrer")]


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory, room_keys: RoomKeys) -> Iterator[RunningRoom]:
    """A room with an operator."""
    folder = tmp_path_factory.mktemp("staff") / "exam"
    with browsable_room(folder, room_keys, BEFORE, identity_documents=DOCUMENTS) as running:
        hire(running.exam, {"zhang": Role.SUPPORT})
        yield running


def candidate_of(room: RunningRoom) -> Candidate:
    """A candidate whose photographs have come and whose name was confirmed."""
    candidate = Candidate(room).reach_identity()
    candidate.call("identity", **identity_body())
    candidate.stored(candidate.record(2)[0])
    with room.exam.database.writing() as connection:
        identity.finish_claim(connection, candidate.attempt["nonce"], room.clock.now(), agrees=True)
    candidate.http.close()
    return candidate


def enter(page: Page, room: RunningRoom) -> None:
    """Come from the desk's page, after foreign ones were refused, whatever they say of themselves."""
    entry = entry_of(room, "zhang")
    for site, referrer in FOREIGN:
        post_entry(page, room, entry, site, referrer)
        expect(page.get_by_text("OS-2175")).to_be_visible()
    post_entry(page, room, entry)
    expect(page.get_by_role("heading", level=1)).to_contain_text("考试记录")


def test_an_operator_comes_from_the_desk_looks_and_decides_by_keyboard(
    operator: Page, room: RunningRoom
) -> None:
    candidate, page = candidate_of(room), operator
    faults: list[str] = []
    page.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
    enter(page, room)
    assert len(faults) == len(FOREIGN) and all("403" in fault for fault in faults)
    faults.clear()
    check_looks(page)
    page.get_by_role("link", name=candidate.jti[-4:]).press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(candidate.jti[-4:])
    check_looks(page)
    page.get_by_role("button", name="查看照片，进行核验").press("Enter")
    pictures = page.locator(".faces img")
    expect(pictures).to_have_count(2)
    assert pictures.evaluate_all("all => all.map((each) => each.naturalWidth)") == [640, 640]
    check_looks(page)
    page.get_by_label("结论和理由").select_option("passed:agrees")
    page.get_by_label("备注").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("结论已记录")
    expect(page.locator("#identity")).to_contain_text("通过")
    expect(page.locator(".made")).to_contain_text("zhang")
    check_looks(page)
    assert faults == []
    page.get_by_role("button", name="退出").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("尚未登录")
