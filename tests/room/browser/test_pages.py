"""The candidate's page in a real browser and a real room: every state, and the way through them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import APIResponse, Page, Route, expect

from oneseat.room.http.views import STATIC
from tests import charters
from tests.accessibility import check_accessible
from tests.room.browser.browsing import (
    BEFORE,
    ENDS,
    MOCKING,
    SHORT_PAPER,
    STARTS,
    Laptop,
    Visitor,
    browsable_room,
    hand_in,
    visiting,
)
from tests.room.browser.looks import check_looks
from tests.room.browser.own_browser import NEEDS_CHROMIUM
from tests.room.guard import Guard
from tests.room.held_exam import RoomKeys, RunningRoom

pytestmark = NEEDS_CHROMIUM

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
SPEAKS_MS = 400
"""So long is what candidates say: it is heard, and cannot be waited for otherwise."""
LAST_START = charters.at(4, 23, 47)
STATES: dict[str, tuple[str, datetime, str, str]] = {
    "consent": ("consent", MOCKING, "mock", "个人信息处理告知"),
    "devices": ("devices", BEFORE, "formal", "检查摄像头、麦克风和屏幕"),
    "devices-late": ("devices", STARTS - 4 * MINUTE, "formal", "检查摄像头、麦克风和屏幕"),
    "room": ("room", BEFORE, "formal", "考场要求"),
    "begin": ("begin", MOCKING, "mock", "开始模拟"),
    "waiting": ("waiting", STARTS - 27 * MINUTE, "formal", "请等待开考"),
    "questions": ("questions", STARTS + 2 * MINUTE, "formal", "社区计划把一块空地改建为停车场"),
    "last-minute": ("questions", ENDS - 55 * SECOND, "formal", "社区计划把一块空地改建为停车场"),
    "hand-in": ("hand-in", ENDS + 3 * SECOND, "formal", "作答时间到，请交卷"),
    "uploading": ("uploading", ENDS + 2 * MINUTE, "formal", "正在上传录像"),
    "complete": ("complete", ENDS + 12 * MINUTE, "formal", "交卷完成"),
    "mock-over": ("refused", LAST_START + MINUTE, "mock", "本场面试现在不能继续"),
    "upload-over": ("uploading", ENDS + timedelta(hours=73), "formal", "本场面试现在不能继续"),
}


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory, room_keys: RoomKeys) -> Iterator[RunningRoom]:
    """One room for the module; each visitor is a seat of its own."""
    with browsable_room(tmp_path_factory.mktemp("pages") / "exam", room_keys, BEFORE) as running:
        yield running


@pytest.mark.parametrize("name", STATES)
def test_state(candidate: Visitor, name: str) -> None:
    step, moment, kind, heading = STATES[name]
    page = candidate.open(step, moment, kind)
    expect(page.get_by_role("heading", level=1)).to_contain_text(heading)
    expect(page.locator("header")).to_contain_text("北京时间")
    assert page.locator("main small[lang=en]:visible").count() > 0
    check_looks(page)
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_contain_text(heading)
    candidate.forgive("403")  # after the upload's time every call is refused


def test_nothing_is_inline(candidate: Visitor) -> None:
    candidate.open("consent", kind="mock")
    html = candidate.context.request.get(f"{candidate.room.url}/room/").text()
    assert re.findall(r"<script(?![^>]*\ssrc=)", html) == []
    assert re.findall(r"<style|\sstyle=|\son\w+=", html) == []


@pytest.mark.parametrize("name", sorted(file.name for file in STATIC.glob("*.js")))
def test_scripts_are_plain(name: str) -> None:
    """Words are in the templates; the syntax is of 2017, since Windows 7 ends at version 109."""
    script = (STATIC / name).read_text()
    assert re.findall(r"[\u3000-\u9fff]", script) == []
    code = re.sub(r"/\*.*?\*/|//[^\n]*", "", script, flags=re.DOTALL)
    assert re.findall(r"\?\.[a-z([]|\?\?|catch \{|\{ \.\.\.|for await", code) == []


def test_consent_by_keyboard(candidate: Visitor) -> None:
    page = candidate.open("consent", kind="mock")
    page.locator("[name=agreed]").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("检查摄像头")
    (consent,) = candidate.made("consent")
    assert (consent["agreed"], consent["face"]) == (True, False)
    assert re.fullmatch("[0-9a-f]{64}", consent["version"]), "the hash of what was shown"


def test_consent_needs_its_tick(candidate: Visitor) -> None:
    page = candidate.open("consent", kind="mock")
    candidate.press("同意并继续")
    expect(page.get_by_role("alert")).to_contain_text("请先勾选第一项")
    page.locator("[name=agreed]").check()
    page.locator("[name=face]").check()
    candidate.press("同意并继续")
    expect(page.get_by_role("heading", level=1)).to_contain_text("检查摄像头")
    expect(page.get_by_role("alert")).not_to_be_visible()
    assert candidate.made("consent")[0]["face"] is True


def test_who_disagrees_is_told_the_way_and_nothing_is_captured(candidate: Visitor) -> None:
    page = candidate.open("consent", kind="mock")
    candidate.press("不同意")
    expect(page.get_by_role("heading", level=1)).to_contain_text("您选择了不同意")
    expect(page.get_by_text("本次模拟面试机会没有使用")).to_be_visible()
    expect(page.locator("main")).to_contain_text("拨打技术服务热线")
    with page.expect_response("**/room/api/beat"):
        page.evaluate("dispatchEvent(new Event('online'))")  # the page asks at once
    assert candidate.made("consent")[0]["agreed"] is False
    assert [beat["takes"] for beat in candidate.made("beat")] == [[]] * len(candidate.made("beat"))
    candidate.press("返回告知")
    expect(page.get_by_role("heading", level=1)).to_contain_text("个人信息处理告知")


def ready_devices(candidate: Visitor) -> Page:
    """All three devices are open and found good."""
    page = candidate.open("devices", kind="mock")
    expect(page.locator("[data-act=ready]")).to_be_disabled()
    candidate.press("打开摄像头和麦克风")
    candidate.press("共享屏幕")
    for name in ("摄像头正常", "麦克风正常", "屏幕共享正常"):
        expect(page.get_by_text(name)).to_be_visible()
    return page


def test_devices_that_work_go_on_and_are_recorded(candidate: Visitor) -> None:
    page = ready_devices(candidate)
    candidate.press("播放测试音")
    candidate.press("听到了")
    expect(page.get_by_text("扬声器正常")).to_be_visible()
    candidate.press("继续，开始录制")
    expect(page.get_by_role("heading", level=1)).to_contain_text("考场要求")
    expect(page.locator("#notices .recording")).to_contain_text("请勿点“停止共享”，可点“隐藏”")
    assert sorted(take["stream"] for take in candidate.takes(2)) == ["camera", "screen"]
    facts = candidate.made("step")[0]["facts"]
    assert facts == {
        "ready": True,
        "camera": "good",
        "microphone": "good",
        "screen": "good",
        "speaker": "good",
    }


BLACK_CAMERA = """
const really = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wanted) => {
  const media = await really(wanted);
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d");
  setInterval(() => pen.fillRect(0, 0, 300, 150), 50);
  media.getVideoTracks().forEach((track) => { media.removeTrack(track); track.stop(); });
  media.addTrack(canvas.captureStream(15).getVideoTracks()[0]);
  return media;
};
"""


def test_a_black_camera_does_not_go_on_in_the_mock(candidate: Visitor) -> None:
    candidate.page.add_init_script(BLACK_CAMERA)
    page = candidate.open("devices", kind="mock")
    candidate.press("打开摄像头和麦克风")
    expect(page.get_by_text("画面全黑：请打开摄像头挡板")).to_be_visible()
    expect(page.locator("[data-act=ready]")).to_be_disabled()
    expect(page.get_by_role("button", name="先进入作答")).not_to_be_visible()


def test_a_black_camera_goes_on_shortly_before_the_formal_interview(candidate: Visitor) -> None:
    candidate.page.add_init_script(BLACK_CAMERA)
    page = candidate.open("devices", STARTS - 11 * MINUTE)
    candidate.press("打开摄像头和麦克风")
    expect(page.get_by_text("画面全黑：请打开摄像头挡板")).to_be_visible()
    expect(page.get_by_role("button", name="先进入作答")).not_to_be_visible()
    candidate.jump(STARTS - 10 * MINUTE - SECOND)
    expect(page.locator("main")).to_contain_text("将由考务人员考后认定")
    candidate.press("先进入作答")
    expect(page.get_by_role("heading", level=1)).to_contain_text("请等待开考")
    facts = candidate.made("step")[0]["facts"]
    assert (facts["ready"], facts["camera"], facts["screen"]) == (False, "black", "closed")


def test_another_surface_than_the_screen_is_refused(candidate: Visitor) -> None:
    candidate.page.add_init_script(
        "MediaStreamTrack.prototype.getSettings = () => ({ displaySurface: 'window' });"
    )
    page = candidate.open("devices", kind="mock")
    candidate.press("共享屏幕")
    expect(page.get_by_text("不是整个屏幕。请再点“共享屏幕”")).to_be_visible()


def test_room_needs_its_tick(candidate: Visitor) -> None:
    page = candidate.open("room")
    candidate.press("准备好了，继续")
    expect(page.get_by_role("alert")).to_contain_text("请先勾选")
    page.locator("[name=rules]").check()
    candidate.press("准备好了，继续")
    expect(page.get_by_role("heading", level=1)).to_contain_text("请等待开考")


def test_the_last_start_of_a_mock_is_said_and_kept(candidate: Visitor) -> None:
    page = candidate.open("begin", LAST_START - MINUTE, "mock")
    expect(page.locator("main")).to_contain_text("23:47:00 北京时间")
    expect(page.get_by_role("button", name="开始模拟")).to_be_enabled()
    candidate.jump(LAST_START - 2 * SECOND)
    expect(page.get_by_role("heading", level=1)).to_contain_text("本场面试现在不能继续")
    expect(page.locator("main")).to_contain_text("已过最晚开始时间 23:47:00")


def test_the_countdown_does_not_follow_the_computers_clock(candidate: Visitor) -> None:
    candidate.page.add_init_script(
        """const Real = Date; let jumps = 0;
        globalThis.Date = class extends Real {
          constructor(...given) { super(...(given.length ? given : [Real.now() + 5e6 * jumps++])); }
          static now() { return Real.now() + 5e6 * jumps++; }
        };"""
    )
    page = candidate.open("waiting", STARTS - 10 * MINUTE)
    expect(page.get_by_role("timer")).to_have_text(re.compile(r"^(10:00|09:5\d)$"))
    expect(page.get_by_role("timer")).to_have_text(re.compile(r"^09:5\d$"))
    expect(page.locator("[data-clock]")).to_have_text(re.compile(r"^10:50:0\d$"))


def test_the_questions_come_by_the_rooms_clock(candidate: Visitor) -> None:
    page = candidate.open("waiting", STARTS - 4 * SECOND)
    expect(page.get_by_role("heading", level=1)).to_contain_text("社区计划")
    assert candidate.room.clock.now() >= STARTS


def answer_question(candidate: Visitor) -> None:
    """Speak for a moment."""
    expect(candidate.page.locator("#notices .recording")).to_be_visible()
    candidate.press("现在开始作答")
    candidate.page.wait_for_timeout(SPEAKS_MS)
    candidate.press("结束本题作答")


def test_spoken_answers_are_a_chain_of_pieces_of_the_recording(candidate: Visitor) -> None:
    page = candidate.open("questions", STARTS + 2 * MINUTE)
    expect(page.locator("main")).to_contain_text("可以提前开始、提前结束；结束后不能重答")
    answer_question(candidate)
    expect(page.locator(".saved [data-part=saved]:visible")).to_contain_text(re.compile("已保存 11:02:"))
    candidate.press("下一题")
    expect(page.locator(".bar-which")).to_contain_text("第 2 题，共 2 题")
    answer_question(candidate)
    candidate.press("下一题")
    expect(page.get_by_role("heading", level=1)).to_contain_text("全部试题已作答")
    first, second = candidate.made("answer")
    assert (first["question"], second["question"]) == ("q1", "q2")
    assert second["previous"] == first["hash"]
    spoken = first["value"]["spoken"]
    assert spoken["take"] in {take["take"] for take in candidate.takes(2)}
    assert spoken["to_ms"] - spoken["from_ms"] >= 300
    assert [answer["hash"] for answer in candidate.saved_answers()] == [first["hash"], second["hash"]]


def test_times_run_out_by_themselves(laptop: Laptop, tmp_path: Path, room_keys: RoomKeys) -> None:
    with browsable_room(tmp_path / "exam", room_keys, BEFORE, paper=SHORT_PAPER) as room:
        for candidate in visiting(laptop, room):
            page = candidate.open("questions", STARTS + 2 * MINUTE)
            expect(page.locator("[data-part=terms]")).to_contain_text(
                "准备 3 秒，作答 1 秒", use_inner_text=True
            )
            expect(page.locator(".saved [data-part=saved]")).to_be_visible()
            (answer,) = candidate.made("answer")
            spoken = answer["value"]["spoken"]
            assert 900 <= spoken["to_ms"] - spoken["from_ms"] <= 2000


def test_an_answer_that_is_open_at_the_end_arrives_in_time(candidate: Visitor) -> None:
    page = candidate.open("questions", ENDS - MINUTE)
    expect(page.locator("#notices .recording")).to_be_visible()
    candidate.press("现在开始作答")
    candidate.jump(ENDS - 3 * SECOND)
    expect(page.get_by_role("heading", level=1)).to_contain_text("作答时间到")
    (answer,) = candidate.saved_answers()
    assert answer["late"] is False
    spoken = answer["value"]["spoken"]
    assert spoken["to_ms"] - spoken["from_ms"] > 1500, "up to the end, not up to the sending"


def test_a_reload_goes_on_where_the_clock_is(candidate: Visitor) -> None:
    page = candidate.open("questions", STARTS + 2 * MINUTE)
    answer_question(candidate)
    expect(page.locator(".saved [data-part=saved]:visible")).to_contain_text("已保存 11:")
    candidate.press("下一题")
    expect(page.locator("[data-phase=prepare] .count")).to_have_text(re.compile("00:(30|29)"))
    expect(page.locator("[data-phase=prepare] .count")).to_have_text(re.compile("00:2[0-8]"))
    page.reload()
    expect(page.locator(".bar-which")).to_contain_text("第 2 题")
    expect(page.locator("[data-phase=prepare] .count")).to_have_text(re.compile("00:2[0-8]"))


KEEP_MEDIA = """
window.opened = {};
for (const [name, method] of [["camera", "getUserMedia"], ["screen", "getDisplayMedia"]]) {
  const really = navigator.mediaDevices[method].bind(navigator.mediaDevices);
  navigator.mediaDevices[method] = async (wanted) => (window.opened[name] = await really(wanted));
}
window.end = (name) => {
  const track = window.opened[name].getVideoTracks()[0];
  track.stop();
  track.dispatchEvent(new Event("ended"));
};
"""


def test_a_share_that_was_stopped_can_be_given_again(candidate: Visitor) -> None:
    candidate.page.add_init_script(KEEP_MEDIA)
    page = candidate.open("waiting", BEFORE)
    expect(page.locator("#notices .recording")).to_be_visible()
    candidate.takes(2)
    page.evaluate("end('screen')")
    expect(page.get_by_text("屏幕共享已停止。请点“重新共享”")).to_be_visible()
    check_looks(page)
    candidate.press("重新共享")
    expect(page.get_by_text("屏幕共享已停止。请点“重新共享”")).not_to_be_visible()
    assert sorted(take["stream"] for take in candidate.takes(3)) == ["camera", "screen", "screen"]


KEEP_RECORDERS = """
window.recorders = [];
window.MediaRecorder = class extends MediaRecorder {
  constructor(...given) { super(...given); window.recorders.push(this); }
};
"""


def test_a_screen_whose_recorder_fails_is_recorded_anew_without_a_question(candidate: Visitor) -> None:
    candidate.page.add_init_script(KEEP_RECORDERS)
    page = candidate.open("waiting", BEFORE)
    candidate.takes(2)
    page.evaluate(
        "recorders.find((one) => !one.stream.getAudioTracks().length).dispatchEvent(new Event('error'))"
    )
    assert sorted(take["stream"] for take in candidate.takes(3)) == ["camera", "screen", "screen"]
    expect(page.locator("[data-code=screen-lost]")).not_to_be_visible()
    expect(page.locator("#notices .recording")).to_be_visible()


def test_a_camera_that_is_lost_while_speaking_leaves_an_answer_of_two_pieces(candidate: Visitor) -> None:
    candidate.page.add_init_script(KEEP_MEDIA)
    page = candidate.open("questions", STARTS + 2 * MINUTE)
    expect(page.locator("#notices .recording")).to_be_visible()
    candidate.takes(2)
    candidate.press("现在开始作答")
    page.wait_for_timeout(SPEAKS_MS)
    page.evaluate("end('camera')")
    expect(page.get_by_text("摄像头或麦克风中断，正在重新打开")).to_be_visible()
    expect(page.get_by_text("摄像头或麦克风中断，正在重新打开")).not_to_be_visible()
    candidate.press("结束本题作答")
    expect(page.locator(".saved [data-part=saved]")).to_be_visible()
    pieces = [answer["value"]["spoken"]["take"] for answer in candidate.made("answer")]
    assert [answer["question"] for answer in candidate.made("answer")] == ["q1", "q1"]
    assert len(set(pieces)) == 2


def test_an_older_window_stops_and_can_take_over(candidate: Visitor) -> None:
    older = candidate.open("questions", STARTS + 2 * MINUTE)
    expect(older.locator("#notices .recording")).to_be_visible()
    newer = candidate.window()
    newer.goto(f"{candidate.room.url}/room/")
    expect(older.get_by_role("heading", level=1)).to_contain_text("已在另一个窗口打开")
    expect(older.locator("#notices .recording")).not_to_be_visible()
    expect(newer.locator("#notices .recording")).to_be_visible()
    check_looks(older)
    candidate.press("在此窗口继续")
    expect(older.get_by_role("heading", level=1)).to_contain_text("社区计划")
    expect(newer.get_by_role("heading", level=1)).to_contain_text("已在另一个窗口打开")
    candidate.forgive("409")  # calls of an older window that were on their way


def test_a_window_elsewhere_takes_over_by_the_rooms_word(candidate: Visitor) -> None:
    page = candidate.open("waiting")
    candidate.seat.join()
    expect(page.get_by_role("heading", level=1)).to_contain_text("已在另一个窗口打开")
    candidate.forgive("409")


def test_a_refusal_of_a_click_is_shown(candidate: Visitor) -> None:
    page = candidate.open("begin", MOCKING, "mock")
    page.wait_for_load_state("networkidle")  # the next beat is seconds away
    candidate.at(LAST_START + SECOND)
    candidate.press("开始模拟")
    expect(page.locator("[data-code=refusal]")).to_contain_text("OS-2014")
    expect(page.locator("[data-code=refusal]")).to_be_visible()
    candidate.forgive("409")


def test_without_a_cookie_recording_goes_on_in_the_answer_time(candidate: Visitor) -> None:
    page = candidate.open("questions", STARTS + 2 * MINUTE)
    expect(page.locator("#notices .recording")).to_be_visible()
    candidate.context.clear_cookies()
    expect(page.locator("[data-code=expired]")).to_be_visible()
    expect(page.locator("#notices .recording")).to_be_visible()
    candidate.forgive("401")


def test_a_lost_cookie_leads_back_to_the_client(candidate: Visitor) -> None:
    page = candidate.open("waiting")
    candidate.context.clear_cookies()
    expect(page.get_by_role("heading", level=1)).to_contain_text("请回到考生端，点“重新进入”")
    check_looks(page)
    candidate.forgive("401")


def test_answers_wait_for_the_network(candidate: Visitor) -> None:
    page = candidate.open("questions", STARTS + 2 * MINUTE)
    expect(page.locator("#notices .recording")).to_be_visible()
    candidate.context.set_offline(True)
    answer_question(candidate)
    expect(page.locator("[data-code=away]")).to_contain_text(
        "网络已断开，作答和录像仍保存在本机。请勿离开画面、请勿操作手机；网络恢复后自动继续。"
    )
    expect(page.locator("[data-code=away]")).to_be_visible()
    expect(page.get_by_text("已保存在本机，网络恢复后自动提交")).to_be_visible()
    check_looks(page)
    candidate.context.set_offline(False)
    expect(page.locator(".saved [data-part=saved]")).to_be_visible()
    expect(page.locator("[data-code=away]")).not_to_be_visible()
    candidate.forgive("ERR_INTERNET_DISCONNECTED")


def test_an_answer_that_was_not_sent_survives_its_page(candidate: Visitor) -> None:
    page = candidate.open("questions", STARTS + 2 * MINUTE)
    page.route("**/room/api/answer", lambda route: route.abort())
    with page.expect_event("requestfailed", lambda request: request.url.endswith("/answer")):
        answer_question(candidate)
    page.goto("about:blank")  # a page that is still open sends again: the room would have the answer by then
    assert candidate.saved_answers() == []
    page.unroute("**/room/api/answer")
    with page.expect_response(lambda answer: answer.url.endswith("/answer") and answer.ok):
        page.goto(f"{candidate.room.url}/room/")
    expect(page.locator(".bar-which")).to_contain_text("第 2 题，共 2 题")
    assert [answer["question"] for answer in candidate.saved_answers()] == ["q1"]
    candidate.forgive("ERR_FAILED")


def test_hand_in_by_a_click_and_never_before_the_end(candidate: Visitor) -> None:
    page = candidate.open("questions", ENDS - MINUTE)
    candidate.takes(2)
    assert page.get_by_role("button", name="交卷").count() == 0
    candidate.jump(ENDS - 3 * SECOND)
    expect(page.get_by_role("heading", level=1)).to_contain_text("作答时间到")
    hand_in(page, candidate.seat)
    expect(page.get_by_role("heading", level=1)).to_contain_text("交卷完成")
    (handed_in,) = candidate.made("hand-in")
    assert handed_in["by"] == "candidate"
    assert [take["promised"] >= 1 for take in handed_in["takes"]] == [True, True]
    expect(page.locator("#notices .recording")).not_to_be_visible()


def test_hand_in_by_the_clock(candidate: Visitor) -> None:
    page = candidate.open("hand-in", ENDS + 3 * SECOND)
    candidate.jump(ENDS + 58 * SECOND)
    expect(page.get_by_role("heading", level=1)).to_contain_text("交卷完成")
    (handed_in,) = candidate.made("hand-in")
    assert handed_in["by"] == "clock"


@pytest.mark.parametrize(("step", "opened"), [("devices", STARTS - MINUTE), ("hand-in", ENDS + 3 * SECOND)])
def test_what_the_rooms_clock_handed_in_is_complete_though_nothing_was_recorded(
    candidate: Visitor, step: str, opened: datetime
) -> None:
    page = candidate.open(step, opened)
    candidate.jump(ENDS + 10 * MINUTE)
    expect(page.get_by_role("heading", level=1)).to_contain_text("交卷完成")
    assert [each["takes"] for each in candidate.made("hand-in")] == [[]]


def test_a_click_on_a_step_comes_after_the_one_whose_answer_is_still_on_its_way(candidate: Visitor) -> None:
    """A beat shows the next step before the call that led to it is answered."""
    page = candidate.open("devices")
    held: list[tuple[Route, APIResponse]] = []

    def hold(route: Route) -> None:
        held.append((route, route.fetch()))

    candidate.press("打开摄像头和麦克风")
    candidate.press("共享屏幕")
    expect(page.locator("[data-act=ready]")).to_be_enabled()
    page.route("**/room/api/step", hold, times=1)
    candidate.press("继续，开始录制")
    expect(page.get_by_role("heading", level=1)).to_contain_text("考场要求")
    page.locator("[name=rules]").check()
    candidate.press("准备好了，继续")
    ((route, answer),) = held
    route.fulfill(response=answer)
    expect(page.get_by_role("heading", level=1)).to_contain_text("请等待开考")
    assert [step["step"] for step in candidate.made("step")] == ["devices", "room"]


def test_upload_says_what_is_left(candidate: Visitor) -> None:
    page = candidate.open("questions", ENDS - MINUTE)
    page.route("**/room/segments/**", lambda route: route.abort())
    candidate.takes(2)
    candidate.jump(ENDS - 3 * SECOND)
    hand_in(page, candidate.seat)
    expect(page.get_by_text(re.compile("作答已收到"))).to_be_visible()
    expect(page.get_by_text(re.compile(r"还剩 \d+\.\d MB"))).to_be_visible()
    expect(page.get_by_text("可以关闭网页，请勿退出考生端、请勿关机。")).to_be_visible()
    expect(page.get_by_role("button", name="重试")).not_to_be_visible()
    page.unroute("**/room/segments/**")
    expect(page.get_by_role("heading", level=1)).to_contain_text("交卷完成")
    candidate.forgive("ERR_FAILED")


def test_an_upload_that_makes_no_progress_can_be_tried_again(candidate_with_own_clock: Visitor) -> None:
    candidate = candidate_with_own_clock
    candidate.page.clock.install()
    page = candidate.open("uploading", ENDS + 2 * MINUTE)
    expect(page.get_by_role("button", name="重试")).not_to_be_visible()
    expect(page.locator("[data-part=checking]")).to_be_visible()  # from now on it counts
    page.clock.fast_forward(62_000)
    expect(page.get_by_text("上传没有进展")).to_be_visible()
    page.clock.pause_at(page.evaluate("Date.now() / 1000 + 1"))  # no beat is due any more
    with page.expect_request("**/room/api/beat"):
        candidate.press("重试")
    expect(page.get_by_text("上传没有进展")).not_to_be_visible()


def test_complete_says_when(candidate: Visitor) -> None:
    page = candidate.open("complete", ENDS + 12 * MINUTE)
    expect(page.locator("main")).to_contain_text(re.compile("2035-01-10 11:10:0\\d（北京时间）"))
    expect(page.locator(".receipt")).to_have_text(candidate.seat.attempt["receipt"]["number"])


def test_upload_alone_records_nothing(candidate: Visitor) -> None:
    page = candidate.open("uploading", ENDS + 30 * MINUTE, path="/room/upload")
    expect(page.get_by_text(re.compile("作答已收到 11:10:0"))).to_be_visible()
    assert page.locator(".steps").count() == 0
    assert all(beat["takes"] == [] for beat in candidate.made("beat"))


def test_without_an_entry_the_page_leads_back_to_the_client(candidate: Visitor) -> None:
    candidate.page.goto(f"{candidate.room.url}/room/")
    expect(candidate.page.locator("main")).to_contain_text("请回到考生端，点“重新进入”")
    check_accessible(candidate.page)
    candidate.forgive("401")


def test_a_refused_entry_says_why(candidate: Visitor) -> None:
    candidate.page.set_content(f"<form method=post action='{candidate.room.url}/enter'></form>")
    candidate.page.evaluate("document.forms[0].submit()")
    expect(candidate.page.locator("main")).to_contain_text("OS-2002")
    check_accessible(candidate.page)
    candidate.forgive("40")


def test_monitoring_is_one_line_that_takes_neither_focus_nor_place(candidate: Visitor) -> None:
    page = candidate.open("questions", STARTS + timedelta(seconds=5))
    line, guard = page.locator("#guard"), Guard(candidate.seat)

    def shows(words: str) -> None:
        expect(line).to_contain_text(words, use_inner_text=True)

    guard.report()
    page.reload()
    shows("考试监测已连接")
    expect(page.locator("#notices .recording")).to_be_visible()  # it moves the page down, once
    question = page.locator(".question").bounding_box()
    focused = page.evaluate("document.activeElement.tagName")
    guard.report(present=[{"code": "software", "name": "测试杀毒"}, {"code": "screens", "name": ""}])
    shows("检测到测试杀毒，请退出。")
    shows("检测到多个显示器，请只保留一个。")
    shows("已记录，由考务人员考后认定，您可继续作答。")
    assert page.locator(".question").bounding_box() == question
    assert page.evaluate("document.activeElement.tagName") == focused
    assert line.evaluate("node => node.closest('[role=status], [aria-live]')") is None
    check_looks(page)
    candidate.at(STARTS + timedelta(seconds=50))
    shows("考试监测未连接，请勿关闭考生端。")
    check_looks(page)
    candidate.at(ENDS + timedelta(seconds=70))
    expect(line).to_be_hidden()
