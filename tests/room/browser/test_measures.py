"""A measure from the form to the candidate's countdown and 已读, in real browsers; and an announcement."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from oneseat.state.accounts.operators import Role
from oneseat.state.room import announcements
from signing.authority.keys import ORDER
from signing.charter import Measures
from tests.accessibility import check_accessible
from tests.room.browser.browsing import BEFORE, STARTS, Visitor, browsable_room, move, next_beat
from tests.room.browser.operating import check_looks, confirm, enter
from tests.room.browser.own_browser import NEEDS_CHROMIUM
from tests.room.held_exam import RoomKeys, RunningRoom
from tests.room.staff_entry import hire

pytestmark = [*NEEDS_CHROMIUM, pytest.mark.usefixtures("asked_often")]


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory, room_keys: RoomKeys) -> Iterator[RunningRoom]:
    """A room with measures and two chiefs."""
    with browsable_room(tmp_path_factory.mktemp("measured") / "exam", room_keys, BEFORE) as running:
        bounds = Measures((room_keys.room.signer(ORDER).public_key,), 1800, 1800, may_end=True)
        running.exam.publish(version=running.exam.charter.version + 1, measures=bounds)
        hire(running.exam, {"zhang": Role.CHIEF, "li": Role.CHIEF})
        yield running


def test_a_measure_and_an_announcement_are_read_above_the_questions(
    candidate: Visitor, operator: Page, room: RunningRoom
) -> None:
    page = candidate.open("questions", STARTS + timedelta(minutes=2))
    page.set_viewport_size({"width": 1366, "height": 640})
    enter(operator, room)
    operator.goto(f"{room.url}/staff/measures")
    operator.locator("#act").select_option("extend")
    operator.locator("#reason").select_option("network")
    operator.get_by_label("分钟").fill("5")
    operator.get_by_label("拟定人姓名").fill("张主考")
    check_looks(operator)
    operator.get_by_role("button", name="查看影响").press("Enter")
    expect(operator.get_by_text("请另一位工作人员")).to_be_visible()
    address = operator.url
    enter(operator, room, "li")
    operator.goto(address)
    check_looks(operator)
    operator.get_by_label("确认人姓名").fill("李副主考")
    operator.get_by_role("button", name="确认下达").press("Enter")
    expect(operator.get_by_role("status")).to_contain_text("措施已下达")
    bar = page.locator("#bulletin")
    expect(bar).to_contain_text("作答时间顺延 5 分钟。原因：考试网络发生故障。")
    expect(bar).to_contain_text("下达人：张主考、李副主考")
    operator.goto(f"{room.url}/staff/announcements")
    operator.get_by_label("给谁").select_option("formal-0")
    operator.get_by_label("中文内容").fill("网络已恢复，请继续作答。")
    operator.get_by_role("button", name="发布").press("Enter")
    check_looks(operator)
    expect(bar).to_contain_text("还有 1 条")
    above, question = bar.bounding_box(), page.locator(".question-text").bounding_box()
    assert above is not None and question is not None
    assert question["y"] >= above["y"] + above["height"], "the question is moved, not hidden"
    check_accessible(page)
    page.get_by_role("button", name="已读").press("Enter")
    expect(bar).to_contain_text("网络已恢复，请继续作答。")
    expect(bar.get_by_text("下达人")).to_be_hidden()
    page.get_by_role("button", name="已读").press("Enter")
    expect(bar).to_be_hidden()
    operator.goto(f"{room.url}/staff/announcements")
    next_beat(page)
    operator.reload()
    expect(operator.locator(".given-measures")).to_contain_text("已显示 1 人，已读 1 人")
    with room.exam.database.reading() as connection:
        assert announcements.seen(connection, "test") == {"m1": (1, 1), "a1": (1, 1)}


def test_a_pause_hides_the_questions_lets_the_countdown_stand_and_gives_all_back(
    candidate: Visitor, operator: Page, room: RunningRoom
) -> None:
    page = candidate.open("questions", STARTS + timedelta(minutes=2))
    page.get_by_role("button", name="现在开始作答").press("Enter")
    expect(page.get_by_role("button", name="结束本题作答")).to_be_visible()
    enter(operator, room)
    operator.goto(f"{room.url}/staff/measures")
    operator.locator("#act").select_option("pause")
    operator.locator("#reason").select_option("paper")
    operator.locator("#minutes").fill("10")
    operator.locator("#name").fill("张主考")
    operator.get_by_role("button", name="查看影响").press("Enter")
    confirm(operator, room)
    panel = page.locator(".card-paused")
    expect(panel).to_be_visible()
    expect(panel).to_contain_text("原因：试题内容需要核对。")
    expect(panel).to_contain_text("下达人：张主考、李副主考")
    expect(panel).to_contain_text("录像继续")
    for hidden in (".question", ".questions", "text=结束本题作答"):
        expect(page.locator(hidden).first).to_be_hidden()
    bar = page.locator("#bulletin")
    read = []
    while bar.is_visible():  # an earlier test has given something too
        read.append(bar.inner_text())
        page.get_by_role("button", name="已读").press("Enter")
    assert "考试暂停，最长 10 分钟" in "".join(read)
    for size in ({"width": 1366, "height": 768}, {"width": 360, "height": 740}):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        check_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.set_viewport_size({"width": 1366, "height": 768})
    count = panel.locator(".count")
    stands_at = count.inner_text()
    page.wait_for_timeout(1500)  # a second would be seen
    assert count.inner_text() == stands_at
    page.reload()
    expect(panel).to_be_visible()
    assert count.inner_text() == stands_at, "a reload takes nothing of the answer time"
    operator.goto(f"{room.url}/staff/measures")
    check_looks(operator)
    operator.locator("[id^=minutes-]").fill("1")
    operator.locator("[id^=name-]").fill("张主考")
    operator.get_by_role("button", name="拟定恢复作答").press("Enter")
    confirm(operator, room)
    expect(bar).to_contain_text("考试恢复作答")
    move(room, room.clock.now() + timedelta(minutes=1))
    expect(panel).to_be_hidden()
    expect(page.get_by_role("button", name="结束本题作答")).to_be_visible()
    left = page.locator(".bar-left b").inner_text()
    assert 0 <= seconds(stands_at) - seconds(left) <= 10
    page.get_by_role("button", name="结束本题作答").press("Enter")
    expect(page.locator(".phase .saved [data-part=saved]")).to_be_visible()
    pieces = [each for each in candidate.saved_answers() if each["value"]["spoken"] is not None]
    assert len(pieces) >= 2, "what was said before the pause and after it, without the pause"


def seconds(figures: str) -> int:
    """A countdown's figures in seconds."""
    minutes, rest = figures.split(":")
    return 60 * int(minutes) + int(rest)
