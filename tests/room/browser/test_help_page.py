"""求助 on the room's page: asked by keyboard, kept without a network, and the desk's call as a permission."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from playwright.sync_api import expect
from pydantic import SecretStr

from oneseat.portal.rules.help_rules import Reason
from oneseat.portal.sdk.models import HelpCall, HelpCalls
from oneseat.room.services.help.called_seats import CalledSeats
from oneseat.room.services.help.portal_help import PortalHelp
from oneseat.room.services.portal.portal_calls import OutboxSender
from oneseat.room.services.rounds import RoundThread
from tests.accessibility import check_accessible
from tests.room.browser.browsing import BEFORE, STARTS, Visitor, browsable_room
from tests.room.browser.own_browser import NEEDS_CHROMIUM
from tests.room.held_exam import RoomKeys, RunningRoom
from tests.room.help_desk import Desk, open_desk

pytestmark = [*NEEDS_CHROMIUM, pytest.mark.usefixtures("asked_often")]

MINUTE = timedelta(minutes=1)


@pytest.fixture
def desk() -> Iterator[Desk]:
    with open_desk() as desk:
        yield desk


@pytest.fixture
def room(tmp_path_factory: pytest.TempPathFactory, room_keys: RoomKeys, desk: Desk) -> Iterator[RunningRoom]:
    """A room that passes requests on to the desk."""
    with browsable_room(tmp_path_factory.mktemp("helped") / "exam", room_keys, BEFORE) as running:
        assert httpx.get(f"{running.url}/healthz").status_code == 200
        state = running.app.state
        state.settings = state.settings.model_copy(update={"portal_token": SecretStr("ost1.x.y")})
        sender = OutboxSender("room.help", PortalHelp(state.room, desk.url, "ost1.x.y"), 0.1)
        called = CalledSeats(state.room, desk.url, "ost1.x.y")
        threads = (sender, RoundThread("room.calls", 0.2, called.look, close=called.close))
        for thread in threads:
            thread.start()
        yield running
        for thread in threads:
            thread.stop()


def test_a_call_of_the_desk_is_said_large_until_the_phone_is_back(candidate: Visitor, desk: Desk) -> None:
    page = candidate.open("questions", STARTS + 2 * MINUTE)
    page.locator("#help-button").press("Enter")
    page.locator("[name=words]").fill("摄像头黑屏")
    page.locator("[name=callback]").fill("1234")
    page.locator("[name=callback]").press("Enter")
    expect(page.get_by_text("OS-2050")).to_be_visible()
    check_accessible(page)
    page.locator("[name=callback]").fill("138 0013 1234")
    page.locator("[name=callback]").press("Enter")
    expect(page.locator("#help-window")).to_contain_text("2041 7735")
    expect(page.get_by_text("本页显示“正在拨打”之前，请勿碰手机")).to_be_visible()
    check_accessible(page)
    assert desk.seen[0][2]["stage"] == "questions"
    desk.status = "calling"
    said = page.locator("#permission [data-part=calling]")
    expect(said).to_be_visible()
    expect(said).to_contain_text(
        "技术人员正在拨打您的手机 138****1234，来电号码 028-63201710。您现在可以接听"
    )
    expect(page.locator("#help-window")).not_to_be_visible()
    check_accessible(page)
    candidate.press("通话结束，手机已放回")
    expect(page.locator("#permission")).not_to_be_visible()
    candidate.forgive("400")


def test_a_call_about_a_request_from_the_phone_is_said_too(candidate: Visitor, desk: Desk) -> None:
    page = candidate.open("questions", STARTS + 2 * MINUTE)
    expect(page.locator("#help-button")).to_be_visible()
    call = HelpCall(jti=candidate.seat.jti, number="20417735", reason=Reason.DEVICE)
    desk.status, desk.calls = "calling", HelpCalls(calls=[call])
    said = page.locator("#permission [data-part=calling]")
    expect(said).to_contain_text("技术人员正在拨打您的手机 138****1234")
    desk.status, desk.open, desk.calls = "solved", False, HelpCalls(calls=[])
    expect(page.locator("#permission [data-part=put-back]")).to_be_visible()


def test_without_a_network_a_request_waits_and_no_hotline_is_shown_in_the_answer_time(
    candidate: Visitor, desk: Desk
) -> None:
    page = candidate.open("questions", STARTS + 2 * MINUTE)
    page.locator("#help-button").click()
    candidate.context.set_offline(True)
    page.locator("[name=words]").fill("没有网络")
    page.locator("[name=text_only]").check()
    candidate.press("提交求助")
    expect(page.get_by_text("求助保存在本机，网络恢复后自动提交")).to_be_visible()
    expect(page.locator("#help-window")).to_contain_text("请勿离开画面、请勿操作手机")
    expect(page.locator("#help-window [data-part=hotline]")).not_to_be_visible()
    check_accessible(page)
    candidate.context.set_offline(False)
    expect(page.locator("#help-window")).to_contain_text("2041 7735")
    assert desk.seen[0][2]["callback"] is None
    candidate.forgive("ERR_INTERNET_DISCONNECTED")


def test_leaving_is_asked_for_and_ended_on_the_waiting_page(candidate: Visitor) -> None:
    page = candidate.open("waiting", STARTS - 20 * MINUTE)
    candidate.press("申请暂离")
    expect(page.locator("#permission")).to_contain_text("您已申请暂离，请在 10:50:0")
    check_accessible(page)
    candidate.press("我回来了")
    expect(page.locator("#permission")).not_to_be_visible()
    candidate.at(STARTS - 5 * MINUTE)
    expect(page.get_by_role("button", name="申请暂离")).not_to_be_visible()
