"""Review after a session in a real browser: both pages at both sizes, without a mouse, and accessible."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from oneseat.state.accounts.operators import Role
from oneseat.state.room import marks
from oneseat.state.room.marks import NewMark
from signing.dates import BEIJING
from tests.room.browser.browsing import MovableClock, browsable_room
from tests.room.browser.operating import check_looks, post_entry
from tests.room.browser.own_browser import NEEDS_CHROMIUM
from tests.room.candidate import Candidate, arriving, wire
from tests.room.held_exam import BEFORE, EXAM, RoomKeys, RunningRoom
from tests.room.kept import LATER
from tests.room.staff_entry import entry_of, hire
from tests.room.test_purge import TERMS

pytestmark = NEEDS_CHROMIUM
MINUTE = timedelta(minutes=1)
MARKED, MARK_LASTS = BEFORE + timedelta(seconds=40), timedelta(seconds=12)


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory, room_keys: RoomKeys) -> Iterator[RunningRoom]:
    """A room after its session, with one interview that has events."""
    with browsable_room(
        tmp_path_factory.mktemp("review") / "exam", room_keys, BEFORE, retention=TERMS
    ) as room:
        hire(room.exam, {"zhang": Role.JUDGE, "li": Role.JUDGE, "wang": Role.SUPPORT})
        with arriving(room) as arrive:
            eventful, quiet = arrive().prepare(), arrive().prepare()
            eventful.stored(*eventful.record(3), *eventful.record(2, "screen"))
            happened = [
                ("hidden", {"for_ms": 1200}),
                ("print-screen", {}),
                ("black-picture", {"for_ms": 5000}),
            ]
            eventful.beat(
                events=[{"at": wire(BEFORE), "code": code, "facts": facts} for code, facts in happened]
            )
            quiet.stored(quiet.record(2)[0])
            mark(room, eventful)
        assert isinstance(room.clock, MovableClock)
        room.clock.move(LATER)
        yield room


def mark(room: RunningRoom, candidate: Candidate) -> None:
    """An invigilator marked two suspicions, of which one was withdrawn."""
    attempt = candidate.attempt["nonce"]
    with room.exam.database.writing() as connection:
        for clause, note in (("phone", "右手在桌下操作手机，约两次。"), ("other", "误点")):
            new = NewMark(
                EXAM, attempt, BEFORE + MINUTE, "invigilator-07", clause, MARKED, MARKED + MARK_LASTS, note
            )
            number = marks.add(connection, new)
        assert marks.withdraw(connection, attempt, number, BEFORE + MINUTE, "invigilator-07")


def enter(page: Page, room: RunningRoom, name: str) -> None:
    post_entry(page, room, entry_of(room, name))


def test_an_attempt_is_looked_through_and_judged_by_keyboard(held: RunningRoom, operator: Page) -> None:
    page = operator
    faults: list[str] = []
    page.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
    enter(page, held, "zhang")
    page.get_by_role("link", name="考后复核").press("Enter")
    check_looks(page)
    expect(page.locator("tbody tr").first).to_contain_text("1 最近 01-10")
    page.locator("tbody a").first.press("Enter")
    page.get_by_label("复核结果").select_option("refer")
    page.get_by_label("备注").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("复核结果已记录")
    page.get_by_role("checkbox").first.press("Space")
    page.get_by_role("link", name="用勾选的标记提出认定").press("Enter")
    expect(page.get_by_role("heading", name="提出认定")).to_be_in_viewport()
    page.get_by_label("条款").fill("《考场规则》第三条第二款：考试期间不得离开考试页面")
    page.get_by_label("认定的事实").fill("10 日 11:01 离开考试页面。")
    page.get_by_role("button", name="提出认定").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("不可修改")
    page.get_by_label("告知方式、时间和告知内容").fill("1 月 11 日 9:30 电话告知，并发送书面告知书。")
    page.get_by_role("button", name="告知考生").press("Enter")
    page.get_by_label("考生的陈述和申辩").fill("网络中断，页面自动刷新。")
    page.get_by_role("button", name="陈述申辩").press("Enter")
    expect(page.get_by_text("须由另一位工作人员作出决定")).to_be_visible()
    check_looks(page)
    assert faults == []
    page.get_by_role("button", name="退出").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("尚未登录")
    faults.clear()  # that page has the status 401
    enter(page, held, "li")
    page.get_by_role("link", name="考后复核").press("Enter")
    page.locator("tbody a").first.press("Enter")
    page.get_by_label("决定", exact=False).first.select_option("dismissed")
    page.get_by_label("决定理由").fill("与网络记录一致。")
    page.get_by_role("button", name="决定").press("Enter")
    expect(page.locator("main")).to_contain_text("不予认定")
    check_looks(page)
    assert faults == []


def test_a_mark_leads_into_the_player_at_its_time(held: RunningRoom, operator: Page) -> None:
    page = operator
    enter(page, held, "zhang")
    page.get_by_role("link", name="考后复核").press("Enter")
    page.locator("tbody a").first.press("Enter")
    check_looks(page)
    page.locator("[aria-labelledby=marked] tbody a").first.press("Enter")
    expect(page.locator('[data-part="at"]')).to_have_text(f"{MARKED.astimezone(BEIJING):%H:%M:%S}")
    bar = page.locator('[data-track="marks"] b')
    expect(bar).to_have_count(1)
    box, track = bar.bounding_box(), page.locator('[data-track="marks"] i').bounding_box()
    assert box is not None and track is not None
    whole = page.evaluate("document.getElementById('place').max / 1000")
    share = (box["x"] - track["x"]) / track["width"]
    assert abs(share - (MARKED - BEFORE).total_seconds() / whole) < 0.02
    expect(page.locator("#happened ~ .jumps .marked")).to_contain_text("右手在桌下操作手机")
    faint_by_design = "document.querySelectorAll('.watermark').forEach((each) => each.remove())"
    page.evaluate(faint_by_design)
    check_looks(page)


def test_a_request_about_personal_data_is_recorded_and_answered(held: RunningRoom, operator: Page) -> None:
    page = operator
    enter(page, held, "wang")
    page.locator("tbody a").first.press("Enter")
    page.get_by_role("link", name="个人信息请求").press("Enter")
    page.get_by_label("类型").select_option("copy")
    page.get_by_label("内容").fill("需要一份面试录像。")
    page.get_by_role("button", name="登记").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("请求已登记")
    check_looks(page)
    page.get_by_role("link", name="未答复的请求").press("Enter")
    expect(page.locator("tbody")).to_contain_text("需要一份面试录像。")
    check_looks(page)
    page.locator("tbody a").press("Enter")
    page.get_by_label("办理结果").select_option("granted")
    page.get_by_label("答复内容和理由").fill("已寄出光盘。")
    page.get_by_role("button", name="记录答复").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("答复已记录")
