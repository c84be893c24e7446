"""The candidate's page in a real browser: every state by the room's facts, and the way through them."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect, sync_playwright

from signing.jws import canonical_json
from signing.refusals import LicenceExpired
from signing.text import Text
from tests.e2e.wine import Screen
from tests.room.page_room import (
    NONCE,
    PAPER,
    START,
    STATIC,
    PageRoom,
    Serving,
    environment,
    page_charter,
    stamp,
)

pytestmark = pytest.mark.browser

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-component-update",
    "--use-fake-device-for-media-stream",
    "--auto-accept-camera-and-microphone-capture",
    "--auto-select-desktop-capture-source=Entire screen",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
]
SIZES = [(1366, 768), (911, 512), (683, 384), (1024, 768)]
"""1366x768 at 100, 150 and 200 %, and 1024x768."""
SHARE_BAR = 64
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
HANDED_IN: dict[str, Any] = {
    "handed_in_at": stamp(START + 10 * MINUTE + 4 * SECOND),
    "handed_in_by": "candidate",
    "receipt": {"number": "7K3M-92QF", "at": stamp(START + 10 * MINUTE + 4 * SECOND), "token": "x"},
}
NOT_BEGUN = {"starts_at": None, "ends_at": None}
LAST_START = stamp(START + 12 * timedelta(hours=1) + 47 * MINUTE)
STATES: dict[str, tuple[str, timedelta, dict[str, Any], str]] = {
    "consent": ("consent", -40 * MINUTE, {"kind": "mock", **NOT_BEGUN}, "个人信息处理告知"),
    "devices": ("devices", -38 * MINUTE, {}, "检查摄像头、麦克风和屏幕"),
    "devices-late": ("devices", -4 * MINUTE, {}, "检查摄像头、麦克风和屏幕"),
    "room": ("room", -30 * MINUTE, {}, "考场要求"),
    "begin": ("begin", 0 * MINUTE, {"kind": "mock", **NOT_BEGUN, "last_start": LAST_START}, "开始模拟"),
    "begin-late": (
        "begin",
        0 * MINUTE,
        {"kind": "mock", **NOT_BEGUN, "last_start": stamp(START - MINUTE)},
        "开始模拟",
    ),
    "waiting": ("waiting", -27 * MINUTE, {}, "请等待开考"),
    "questions": ("questions", 2 * MINUTE, {}, "社区计划把一块空地改建为停车场"),
    "last-minute": ("questions", 9 * MINUTE + 5 * SECOND, {}, "社区计划把一块空地改建为停车场"),
    "hand-in": ("hand-in", 10 * MINUTE + 3 * SECOND, {}, "作答时间到，请交卷"),
    "uploading": ("uploading", 12 * MINUTE, HANDED_IN, "正在上传录像"),
    "complete": (
        "complete",
        22 * MINUTE,
        {**HANDED_IN, "completed_at": stamp(START + 21 * MINUTE + 42 * SECOND)},
        "交卷完成",
    ),
    "refused": ("refused", 22 * MINUTE, {}, "本场面试现在不能继续"),
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser with a screen of its own, which is shared without a question."""
    screen = Screen.start()
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=FLAGS,
            headless=False,
            env={**os.environ, "DISPLAY": screen.display, "LANGUAGE": "en"},
        )
        yield launched
        launched.close()
    screen.stop()


class Candidate:
    """A candidate in front of a page, and what went wrong in it."""

    def __init__(self, context: BrowserContext, room: PageRoom) -> None:
        self.context = context
        self.room = room
        self.faults: list[str] = []
        self.strangers: list[str] = []
        self.page = self.window()
        context.on("request", self._note)

    def window(self) -> Page:
        """Open a window, which is watched for faults."""
        page = self.context.new_page()
        page.on("console", lambda line: self.faults.append(line.text) if line.type == "error" else None)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        return page

    def _note(self, request: Request) -> None:
        if not request.url.startswith((self.room.url, "blob:")):
            self.strangers.append(request.url)

    def open(self, step: str, moment: timedelta = -30 * MINUTE, **facts: object) -> Page:
        """Open the page at a step and a time before or after the start."""
        self.room.show(step, START + moment, **facts)
        if step in ("questions", "hand-in") or self.room.clocked:
            self.room.paper = self.room.paper or PAPER
        self.page.goto(f"{self.room.url}/room/")
        self.page.locator("main:not([data-step=joining])").wait_for()
        return self.page

    def press(self, name: str) -> None:
        """Press a visible button."""
        self.page.get_by_role("button", name=name).locator("visible=true").first.click()


@pytest.fixture
def candidate(browser: Browser) -> Iterator[Candidate]:
    """A candidate whose page must neither fail nor ask anybody else."""
    serving = Serving()
    context = browser.new_context(locale="zh-CN", viewport={"width": 1366, "height": 768})
    one = Candidate(context, serving.room)
    yield one
    context.close()
    serving.close()
    assert one.faults == []
    assert one.strangers == []


def check_looks(page: Page) -> None:
    """Nothing is cut off at any size, nothing fixed lies below the browser's bar, and axe is content."""
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider <= 0, f"scrolls sideways at {width}"
        help_box = page.get_by_role("link", name="求助").bounding_box()
        bar = SHARE_BAR if height > 560 else SHARE_BAR / 2
        assert help_box is not None
        assert help_box["y"] + help_box["height"] <= height - bar
        room_below = page.evaluate(
            "parseFloat(getComputedStyle(document.querySelector('main')).paddingBottom)"
        )
        assert room_below >= bar + help_box["height"], "the end of the page can be scrolled above the bar"
    page.set_viewport_size({"width": 1366, "height": 768})
    result = Axe().run(page, options=RULES)
    assert result.violations_count == 0, result.generate_report()


@pytest.mark.parametrize("name", STATES)
def test_state(candidate: Candidate, name: str) -> None:
    step, moment, facts, heading = STATES[name]
    page = candidate.open(step, moment, **facts)
    expect(page.get_by_role("heading", level=1)).to_contain_text(heading)
    expect(page.locator("header")).to_contain_text("北京时间")
    assert page.locator("main small[lang=en]:visible").count() > 0
    check_looks(page)
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_contain_text(heading)
    assert candidate.room.epoch == 2


def test_nothing_is_inline() -> None:
    html = (
        environment()
        .get_template("room.html.j2")
        .render(charter=page_charter(), mode="attempt", help_url="/h")
    )
    assert re.findall(r"<script(?![^>]*\ssrc=)", html) == []
    assert re.findall(r"<style|\sstyle=|\son\w+=", html) == []


@pytest.mark.parametrize("name", sorted(file.name for file in STATIC.glob("*.js")))
def test_scripts_are_plain(name: str) -> None:
    """Words are in the templates; the syntax is of 2017, since Windows 7 ends at version 109."""
    script = (STATIC / name).read_text()
    assert re.findall(r"[\u3000-\u9fff]", script) == []
    code = re.sub(r"/\*.*?\*/|//[^\n]*", "", script, flags=re.DOTALL)
    assert re.findall(r"\?\.[a-z([]|\?\?|catch \{|\{ \.\.\.|for await", code) == []


def test_consent_by_keyboard(candidate: Candidate) -> None:
    page = candidate.open("consent", kind="mock")
    candidate.room.steps = ["devices"]
    page.locator("[name=agreed]").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("检查摄像头")
    (consent,) = candidate.room.made("consent")
    assert (consent["agreed"], consent["face"]) == (True, False)
    assert re.fullmatch("[0-9a-f]{64}", consent["version"]), "the hash of what was shown"


def test_consent_needs_its_tick(candidate: Candidate) -> None:
    page = candidate.open("consent", kind="mock")
    candidate.press("同意并继续")
    expect(page.get_by_role("alert")).to_contain_text("请先勾选第一项")
    page.locator("[name=agreed]").check()
    page.locator("[name=face]").check()
    candidate.press("同意并继续")
    expect(page.get_by_role("alert")).not_to_be_visible()
    page.wait_for_timeout(300)
    assert candidate.room.made("consent")[0]["face"] is True


def test_who_disagrees_is_told_the_way_and_nothing_is_captured(candidate: Candidate) -> None:
    page = candidate.open("consent", kind="mock")
    candidate.press("不同意")
    expect(page.get_by_role("heading", level=1)).to_contain_text("您选择了不同意")
    expect(page.get_by_text("本次模拟面试机会没有使用")).to_be_visible()
    expect(page.locator("main")).to_contain_text("拨打技术服务热线")
    page.wait_for_timeout(1500)
    assert candidate.room.made("consent")[0]["agreed"] is False
    assert all(beat["takes"] == [] for beat in candidate.room.made("beat"))
    candidate.press("返回告知")
    expect(page.get_by_role("heading", level=1)).to_contain_text("个人信息处理告知")


def ready_devices(candidate: Candidate) -> Page:
    """All three devices are open and found good."""
    page = candidate.open("devices", kind="mock")
    expect(page.locator("[data-act=ready]")).to_be_disabled()
    candidate.press("打开摄像头和麦克风")
    candidate.press("共享屏幕")
    for name in ("摄像头正常", "麦克风正常", "屏幕共享正常"):
        expect(page.get_by_text(name)).to_be_visible(timeout=10000)
    return page


def test_devices_that_work_go_on_and_are_recorded(candidate: Candidate) -> None:
    page = ready_devices(candidate)
    candidate.press("播放测试音")
    candidate.press("听到了")
    expect(page.get_by_text("扬声器正常")).to_be_visible()
    candidate.room.steps = ["room"]
    candidate.press("继续，开始录制")
    expect(page.get_by_role("heading", level=1)).to_contain_text("考场要求")
    expect(page.locator("#notices .recording")).to_contain_text("请勿点“停止共享”，可点“隐藏”")
    page.wait_for_timeout(1500)
    takes = candidate.room.made("beat")[-1]["takes"]
    assert sorted(take["stream"] for take in takes) == ["camera", "screen"]
    facts = candidate.room.made("step")[0]["facts"]
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


def test_a_black_camera_does_not_go_on_in_the_mock(candidate: Candidate) -> None:
    candidate.page.add_init_script(BLACK_CAMERA)
    page = candidate.open("devices", kind="mock", moment=-2 * MINUTE)
    candidate.press("打开摄像头和麦克风")
    expect(page.get_by_text("画面全黑：请打开摄像头挡板")).to_be_visible()
    expect(page.locator("[data-act=ready]")).to_be_disabled()
    expect(page.get_by_role("button", name="先进入作答")).not_to_be_visible()


def test_a_black_camera_goes_on_shortly_before_the_formal_interview(candidate: Candidate) -> None:
    candidate.page.add_init_script(BLACK_CAMERA)
    page = candidate.open("devices", -10 * MINUTE - 3 * SECOND)
    expect(page.get_by_role("button", name="先进入作答")).not_to_be_visible()
    candidate.press("打开摄像头和麦克风")
    expect(page.get_by_text("画面全黑：请打开摄像头挡板")).to_be_visible()
    expect(page.locator("main")).to_contain_text("将由考务人员考后认定")
    candidate.room.steps = ["waiting"]
    candidate.press("先进入作答")
    expect(page.get_by_role("heading", level=1)).to_contain_text("请等待开考")
    facts = candidate.room.made("step")[0]["facts"]
    assert (facts["ready"], facts["camera"], facts["screen"]) == (False, "black", "closed")


def test_another_surface_than_the_screen_is_refused(candidate: Candidate) -> None:
    candidate.page.add_init_script(
        "MediaStreamTrack.prototype.getSettings = () => ({ displaySurface: 'window' });"
    )
    page = candidate.open("devices", kind="mock")
    candidate.press("共享屏幕")
    expect(page.get_by_text("不是整个屏幕。请再点“共享屏幕”")).to_be_visible()


def test_room_needs_its_tick(candidate: Candidate) -> None:
    page = candidate.open("room")
    candidate.room.steps = ["waiting"]
    candidate.press("准备好了，继续")
    expect(page.get_by_role("alert")).to_contain_text("请先勾选")
    page.locator("[name=rules]").check()
    candidate.press("准备好了，继续")
    expect(page.get_by_role("heading", level=1)).to_contain_text("请等待开考")


def test_the_last_start_of_a_mock_is_said_and_kept(candidate: Candidate) -> None:
    facts = {"kind": "mock", **NOT_BEGUN, "last_start": stamp(START + 2 * SECOND)}
    page = candidate.open("begin", 0 * MINUTE, **facts)
    expect(page.locator("main")).to_contain_text("11:00:02 北京时间")
    expect(page.get_by_role("button", name="开始模拟")).to_be_enabled()
    expect(page.get_by_role("button", name="开始模拟")).to_be_disabled(timeout=5000)
    expect(page.get_by_role("alert")).to_contain_text("已过今天的最晚开始时间")


def test_the_countdown_does_not_follow_the_computers_clock(candidate: Candidate) -> None:
    candidate.page.add_init_script(
        """const Real = Date; let jumps = 0;
        globalThis.Date = class extends Real {
          constructor(...given) { super(...(given.length ? given : [Real.now() + 5e6 * jumps++])); }
          static now() { return Real.now() + 5e6 * jumps++; }
        };"""
    )
    page = candidate.open("waiting", -10 * MINUTE)
    expect(page.get_by_role("timer")).to_have_text(re.compile(r"^(10:00|09:5\d)$"))
    page.wait_for_timeout(1200)
    expect(page.get_by_role("timer")).to_have_text(re.compile(r"^09:5\d$"))
    expect(page.locator("[data-clock]")).to_have_text(re.compile(r"^10:50:0\d$"))


def test_the_questions_come_by_the_rooms_clock(candidate: Candidate) -> None:
    candidate.room.clocked = True
    page = candidate.open("waiting", -3 * SECOND)
    expect(page.get_by_role("heading", level=1)).to_contain_text("社区计划", timeout=8000)
    assert candidate.room.now() >= START


def answer_question(candidate: Candidate) -> None:
    """Speak for a moment."""
    expect(candidate.page.locator("#notices .recording")).to_be_visible(timeout=10000)
    candidate.press("现在开始作答")
    candidate.page.wait_for_timeout(400)
    candidate.press("结束本题作答")


def test_spoken_answers_are_a_chain_of_pieces_of_the_recording(candidate: Candidate) -> None:
    page = candidate.open("questions", 2 * MINUTE)
    expect(page.locator("main")).to_contain_text("可以提前开始、提前结束；结束后不能重答")
    answer_question(candidate)
    expect(page.locator(".saved")).to_contain_text(re.compile("已保存 11:02:"))
    candidate.press("下一题")
    expect(page.locator(".bar-which")).to_contain_text("第 2 题，共 2 题")
    answer_question(candidate)
    candidate.press("下一题")
    expect(page.get_by_role("heading", level=1)).to_contain_text("全部试题已作答")
    first, second = candidate.room.answers
    assert (first["question"], second["question"]) == ("q1", "q2")
    assert (first["sequence"], first["previous"]) == (1, "0" * 64)
    assert (second["sequence"], second["previous"]) == (2, first["hash"])
    spoken = first["value"]["spoken"]
    assert spoken["take"] in {take["take"] for beat in candidate.room.made("beat") for take in beat["takes"]}
    assert spoken["to_ms"] - spoken["from_ms"] >= 300
    for answer in (first, second):
        members = {name: answer[name] for name in ("question", "sequence", "previous", "value", "made_at")}
        expected = hashlib.sha256(canonical_json({"attempt": NONCE, **members})).hexdigest()
        assert answer["hash"] == expected


def test_times_run_out_by_themselves(candidate: Candidate) -> None:
    short = {**PAPER["questions"][1], "prepare_s": 3, "answer_s": 1}  # type: ignore[index]
    candidate.room.paper = {**PAPER, "questions": [short]}
    page = candidate.open("questions", 2 * MINUTE)
    expect(page.locator("[data-part=terms]")).to_contain_text("准备 3 秒，作答 1 秒", use_inner_text=True)
    expect(page.locator(".saved [data-part=saved]")).to_be_visible(timeout=10000)
    (answer,) = candidate.room.answers
    spoken = answer["value"]["spoken"]
    assert 900 <= spoken["to_ms"] - spoken["from_ms"] <= 2000


def test_an_answer_that_is_open_at_the_end_arrives_in_time(candidate: Candidate) -> None:
    candidate.room.clocked = True
    page = candidate.open("questions", 10 * MINUTE - 6 * SECOND)
    expect(page.locator("#notices .recording")).to_be_visible(timeout=10000)
    candidate.press("现在开始作答")
    expect(page.get_by_role("heading", level=1)).to_contain_text("作答时间到", timeout=10000)
    (answer,) = candidate.room.answers
    end = stamp(START + 10 * MINUTE)
    assert answer["made_at"] < end
    assert answer["received_at"] < end
    spoken = answer["value"]["spoken"]
    assert spoken["to_ms"] - spoken["from_ms"] > 1500, "up to the end, not up to the sending"


def test_a_reload_goes_on_where_the_clock_is(candidate: Candidate) -> None:
    page = candidate.open("questions", 2 * MINUTE)
    answer_question(candidate)
    expect(page.locator(".saved")).to_contain_text("已保存 11:")
    candidate.press("下一题")
    expect(page.locator("[data-phase=prepare] .count")).to_have_text(re.compile("00:(30|29)"))
    page.wait_for_timeout(2000)
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


def test_a_share_that_was_stopped_can_be_given_again(candidate: Candidate) -> None:
    candidate.page.add_init_script(KEEP_MEDIA)
    page = candidate.open("waiting")
    expect(page.locator("#notices .recording")).to_be_visible(timeout=10000)
    page.wait_for_timeout(1500)
    page.evaluate("end('screen')")
    expect(page.get_by_text("屏幕共享已停止。请点“重新共享”")).to_be_visible()
    check_looks(page)
    candidate.press("重新共享")
    expect(page.get_by_text("屏幕共享已停止。请点“重新共享”")).not_to_be_visible()
    page.wait_for_timeout(1500)
    takes = {take["take"]: take for beat in candidate.room.made("beat") for take in beat["takes"]}
    assert sorted(take["stream"] for take in takes.values()) == ["camera", "screen", "screen"]


def test_a_camera_that_is_lost_while_speaking_leaves_an_answer_of_two_pieces(candidate: Candidate) -> None:
    candidate.page.add_init_script(KEEP_MEDIA)
    page = candidate.open("questions", 2 * MINUTE)
    expect(page.locator("#notices .recording")).to_be_visible(timeout=10000)
    page.wait_for_timeout(1000)
    candidate.press("现在开始作答")
    page.wait_for_timeout(500)
    page.evaluate("end('camera')")
    expect(page.get_by_text("摄像头或麦克风中断，正在重新打开")).to_be_visible()
    expect(page.get_by_text("摄像头或麦克风中断，正在重新打开")).not_to_be_visible(timeout=10000)
    candidate.press("结束本题作答")
    expect(page.locator(".saved [data-part=saved]")).to_be_visible()
    pieces = [answer["value"]["spoken"]["take"] for answer in candidate.room.answers]
    assert [answer["question"] for answer in candidate.room.answers] == ["q1", "q1"]
    assert len(set(pieces)) == 2


def test_an_older_window_stops_and_can_take_over(candidate: Candidate) -> None:
    older = candidate.open("questions", 2 * MINUTE)
    expect(older.locator("#notices .recording")).to_be_visible(timeout=10000)
    newer = candidate.window()
    newer.goto(f"{candidate.room.url}/room/")
    expect(older.get_by_role("heading", level=1)).to_contain_text("已在另一个窗口打开")
    expect(older.locator("#notices .recording")).not_to_be_visible()
    expect(newer.locator("#notices .recording")).to_be_visible(timeout=10000)
    check_looks(older)
    candidate.press("在此窗口继续")
    expect(older.get_by_role("heading", level=1)).to_contain_text("社区计划")
    expect(newer.get_by_role("heading", level=1)).to_contain_text("已在另一个窗口打开")
    # Calls of an older window that were on their way are refused.
    assert all("409" in fault for fault in candidate.faults)
    candidate.faults.clear()


def test_a_window_elsewhere_takes_over_by_the_rooms_word(candidate: Candidate) -> None:
    page = candidate.open("waiting")
    candidate.room.epoch += 1
    expect(page.get_by_role("heading", level=1)).to_contain_text("已在另一个窗口打开", timeout=8000)
    assert all("409" in fault for fault in candidate.faults)
    candidate.faults.clear()


def test_a_refusal_of_a_click_is_shown(candidate: Candidate) -> None:
    page = candidate.open("begin", 0 * MINUTE, kind="mock", **NOT_BEGUN, last_start=LAST_START)
    candidate.room.refusals["begin"] = {
        "code": "OS-2014",
        "cause": {"zh": "已过最晚开始时间。", "en": ""},
        "remedy": {"zh": "请明天再来。", "en": ""},
    }
    candidate.press("开始模拟")
    expect(page.locator("#notices")).to_contain_text("已过最晚开始时间。请明天再来。 错误代码 Code OS-2014")
    expect(page.locator("[data-code=refusal]")).to_be_visible()
    assert all("409" in fault for fault in candidate.faults)
    candidate.faults.clear()


def test_without_a_cookie_recording_goes_on_in_the_answer_time(candidate: Candidate) -> None:
    page = candidate.open("questions", 2 * MINUTE)
    expect(page.locator("#notices .recording")).to_be_visible(timeout=10000)
    candidate.room.expired = True
    expect(page.locator("[data-code=expired]")).to_be_visible(timeout=8000)
    expect(page.locator("#notices .recording")).to_be_visible()
    assert all("401" in fault for fault in candidate.faults)
    candidate.faults.clear()


def test_a_lost_cookie_leads_back_to_the_client(candidate: Candidate) -> None:
    page = candidate.open("waiting")
    candidate.room.expired = True
    expect(page.get_by_role("heading", level=1)).to_contain_text("请回到考生端，点“重新进入”", timeout=8000)
    check_looks(page)
    assert all("401" in fault for fault in candidate.faults)
    candidate.faults.clear()


def test_answers_wait_for_the_network(candidate: Candidate) -> None:
    page = candidate.open("questions", 2 * MINUTE)
    expect(page.locator("#notices .recording")).to_be_visible(timeout=10000)
    candidate.room.away = True
    answer_question(candidate)
    expect(page.locator("#notices")).to_contain_text(
        "网络已断开，作答和录像仍保存在本机。请勿离开画面、请勿操作手机；网络恢复后自动继续。"
    )
    expect(page.get_by_text("已保存在本机，网络恢复后自动提交")).to_be_visible()
    check_looks(page)
    page.reload(wait_until="commit")
    candidate.room.away = False
    expect(page.locator("main:not([data-step=joining])")).to_be_visible(timeout=10000)
    page.wait_for_timeout(500)
    assert [answer["question"] for answer in candidate.room.answers] == ["q1"]
    assert all("ERR_EMPTY_RESPONSE" in fault for fault in candidate.faults)
    candidate.faults.clear()


def test_hand_in_by_a_click_and_never_before_the_end(candidate: Candidate) -> None:
    candidate.room.clocked = True
    page = candidate.open("questions", 10 * MINUTE - 4 * SECOND)
    assert page.get_by_role("button", name="交卷").count() == 0
    expect(page.get_by_role("heading", level=1)).to_contain_text("作答时间到", timeout=8000)
    candidate.room.steps = ["uploading"]
    candidate.press("交卷")
    expect(page.get_by_text(re.compile("作答已收到"))).to_be_visible(timeout=10000)
    assert candidate.room.now() >= START + 10 * MINUTE
    (hand_in,) = candidate.room.made("hand-in")
    assert hand_in["by"] == "candidate"
    assert [take["promised"] >= 1 for take in hand_in["takes"]] == [True] * len(hand_in["takes"])
    assert hand_in["takes"]
    expect(page.locator("#notices .recording")).not_to_be_visible()
    expect(page.get_by_text("录像已全部发出，正在核对")).to_be_visible(timeout=10000)
    assert candidate.room.segments


def test_hand_in_by_the_clock(candidate: Candidate) -> None:
    candidate.room.terms["tail_s"] = 3
    page = candidate.open("hand-in", 10 * MINUTE)
    candidate.room.steps = ["uploading"]
    expect(page.get_by_text(re.compile("作答已收到"))).to_be_visible(timeout=10000)
    (hand_in,) = candidate.room.made("hand-in")
    assert hand_in["by"] == "clock"


def test_upload_says_what_is_left_and_offers_another_try(candidate: Candidate) -> None:
    page = candidate.open("questions", 2 * MINUTE)
    candidate.room.refuses_puts = True
    expect(page.locator("#notices .recording")).to_be_visible(timeout=10000)
    page.wait_for_timeout(2500)
    candidate.room.facts |= {**HANDED_IN, "step": "uploading"}
    expect(page.get_by_text(re.compile(r"还剩 \d+\.\d MB"))).to_be_visible(timeout=10000)
    expect(page.get_by_text("可以关闭网页，请勿退出考生端、请勿关机。")).to_be_visible()
    expect(page.get_by_role("button", name="重试")).not_to_be_visible()
    expect(page.locator("main")).to_contain_text("7K3M-92QF")
    candidate.room.refuses_puts = False
    expect(page.get_by_text("录像已全部发出，正在核对")).to_be_visible(timeout=30000)
    assert all("503" in fault for fault in candidate.faults)
    candidate.faults.clear()


def test_an_upload_that_makes_no_progress_can_be_tried_again(candidate: Candidate) -> None:
    candidate.page.clock.install()
    page = candidate.open("uploading", 12 * MINUTE, **HANDED_IN)
    expect(page.get_by_role("button", name="重试")).not_to_be_visible()
    page.clock.fast_forward(62_000)
    expect(page.get_by_text("上传没有进展")).to_be_visible()
    beats = len(candidate.room.made("beat"))
    candidate.press("重试")
    expect(page.get_by_text("上传没有进展")).not_to_be_visible()
    page.wait_for_timeout(300)
    assert len(candidate.room.made("beat")) > beats


def test_complete_says_when(candidate: Candidate) -> None:
    step, moment, facts, _ = STATES["complete"]
    page = candidate.open(step, moment, **facts)
    expect(page.locator("main")).to_contain_text("11:21:42（北京时间）")
    expect(page.locator("main")).to_contain_text("7K3M-92QF")


def test_upload_alone_records_nothing(candidate: Candidate) -> None:
    candidate.room.show("uploading", START + 30 * MINUTE, **HANDED_IN)
    candidate.page.goto(f"{candidate.room.url}/room/upload")
    expect(candidate.page.get_by_text(re.compile("作答已收到 11:10:04"))).to_be_visible()
    assert candidate.page.locator(".steps").count() == 0
    assert all(beat["takes"] == [] for beat in candidate.room.made("beat"))


@pytest.mark.parametrize(
    ("name", "words"),
    [("return.html.j2", "请回到考生端，点“重新进入”"), ("refused.html.j2", "请校准电脑时间")],
    ids=["return", "refused"],
)
def test_pages_without_an_attempt(candidate: Candidate, name: str, words: str) -> None:
    error = LicenceExpired(ended=Text("10 January", "1月10日"))
    candidate.room.others[name] = {"charter": page_charter(), "error": error}
    candidate.page.goto(f"{candidate.room.url}/other/{name}")
    expect(candidate.page.locator("main")).to_contain_text(words)
    result = Axe().run(candidate.page, options=RULES)
    assert result.violations_count == 0, result.generate_report()
