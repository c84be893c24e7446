"""Another session in place of one: from two persons' form to what the candidate reads, in real browsers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from oneseat.state.accounts.operators import Role
from tests.room.browser.browsing import BEFORE, STARTS, Visitor, serving
from tests.room.browser.looks import check_looks as check_candidate_looks
from tests.room.browser.operating import check_looks, confirm, enter
from tests.room.browser.own_browser import NEEDS_CHROMIUM
from tests.room.held_exam import HeldExam, RoomKeys, RunningRoom
from tests.room.staff_entry import hire
from tests.room.test_repeating import two_sessions

pytestmark = [*NEEDS_CHROMIUM, pytest.mark.usefixtures("asked_often")]


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory, room_keys: RoomKeys) -> Iterator[RunningRoom]:
    """A room with two sessions, and two chiefs."""
    folder = tmp_path_factory.mktemp("repeated") / "exam"

    def exam_at(origin: str) -> HeldExam:
        exam = HeldExam(folder, room_keys, origin=origin)
        two_sessions(exam, room_keys)
        hire(exam, {"zhang": Role.CHIEF, "li": Role.CHIEF})
        return exam

    with serving(exam_at, BEFORE) as running:
        yield running


def give_repeat(candidate: Visitor, operator: Page, room: RunningRoom) -> None:
    """Two chiefs lead the candidate into the second session."""
    enter(operator, room)
    operator.goto(f"{room.url}/staff/measures")
    expect(operator.get_by_label("改到哪一场")).to_be_hidden()
    operator.locator("#act").select_option("repeat")
    expect(operator.locator("#minutes")).to_be_hidden()
    operator.get_by_label("改到哪一场").select_option("1")
    operator.get_by_label("下列考生").check()
    operator.get_by_label("准考证号，每行一个").fill(candidate.seat.jti)
    operator.locator("#reason").select_option("network")
    operator.get_by_label("拟定人姓名").fill("张主考")
    check_looks(operator)
    operator.get_by_role("button", name="查看影响").press("Enter")
    expect(operator.get_by_role("heading", level=1)).to_contain_text("另场重考：改到正式第 2 场，1 名考生")
    expect(operator.locator(".effect")).to_contain_text("01-10 11:00:00 → 01-11 11:00:00")
    check_looks(operator)
    confirm(operator, room)


def test_the_candidate_reads_which_other_session_and_why(
    candidate: Visitor, operator: Page, room: RunningRoom
) -> None:
    page = candidate.open("questions", STARTS + timedelta(minutes=2))
    candidate.takes(2)
    give_repeat(candidate, operator, room)

    told = page.locator("#bulletin")
    expect(told).to_contain_text("请参加另场重考：2035年1月11日（星期四）11:00 开考")
    expect(told).to_contain_text("原因：考试网络发生故障。")
    expect(page.locator("main")).to_contain_text("2035-01-11 11:00 开考，10:10 起登录", use_inner_text=True)
    expect(page.get_by_role("heading", level=1)).to_contain_text("交卷完成")
    check_candidate_looks(page)
    page.get_by_role("button", name="已读").press("Enter")
    expect(told).to_be_hidden()
    repeated = page.locator("[data-part=repeated]:visible")
    expect(repeated).to_contain_text("本场已作答的内容和录像均已保留")
    check_candidate_looks(page)
    operator.goto(f"{room.url}/staff/attempts/{candidate.seat.attempt['nonce']}")
    expect(operator.locator("main")).to_contain_text("改为另场重考")


def test_while_the_recordings_are_uploaded_the_page_says_both(
    candidate: Visitor, operator: Page, room: RunningRoom
) -> None:
    page = candidate.open("questions", STARTS + timedelta(minutes=2))
    candidate.takes(2)
    candidate.forgive("ERR_FAILED")
    page.route("**/room/segments/**", lambda route: route.abort())
    give_repeat(candidate, operator, room)
    expect(page.get_by_role("heading", level=1)).to_contain_text("正在上传录像")
    page.get_by_role("button", name="已读").press("Enter")
    repeated = page.locator("[data-part=repeated]:visible")
    expect(repeated).to_contain_text("请参加另场重考")
    expect(page.locator("[data-part=left]:visible")).to_contain_text("MB")
    check_candidate_looks(page)
    page.unroute("**/room/segments/**")
    expect(page.get_by_role("heading", level=1)).to_contain_text("交卷完成")
    expect(repeated).to_be_visible()
