"""The phone's page in a real browser: the whole way, and what may come between."""

from __future__ import annotations

import hashlib
import signal
import time
from collections.abc import Iterator
from datetime import datetime

import pytest
from playwright.sync_api import Page, Playwright, Response, expect

from oneseat.files.pictures import size_of
from tests.accessibility import check_accessible
from tests.pictures import keep_picture
from tests.room.browser.own_browser import NEEDS_CHROMIUM
from tests.room.browser.phone_double import wire
from tests.room.browser.phone_studio import CANDIDATE, PhoneStudio
from tests.room.browser.recordings import play

pytestmark = NEEDS_CHROMIUM

MOST_BYTES = 120_000
SIZES = [(390, 844), (360, 740)]
TOUCH = 44
SHELL = """
window.told = [];
window.OneSeatShell = {
  licence: () => "a.b.c",
  digest: () => "d".repeat(64),
  facts: () => JSON.stringify({
    android: 26, model: "", webview: "99", build: "phone-1", free_mib: 9000, battery: 81, charging: false,
  }),
  recording: (running) => told.push(running),
  finished: () => told.push("finished"),
};
"""
WAKE = """
window.asked = 0;
const lock = () => ({ released: false, release: async () => { asked -= 1; } });
const request = async (what) => { asked += what === "screen" ? 1 : 100; return lock(); };
Object.defineProperty(navigator, "wakeLock", { value: { request }, configurable: true });
"""
LATE_STOP = """() => {
  window.realStop = MediaRecorder.prototype.stop;
  MediaRecorder.prototype.stop = function () { setTimeout(() => realStop.call(this), 2500); };
}"""
FULL = """() => {
  window.real = navigator.storage.estimate.bind(navigator.storage);
  navigator.storage.estimate = async () => ({ quota: 9, usage: 0 });
}"""


@pytest.fixture(scope="module")
def phone_of_file(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PhoneStudio]:
    studio = PhoneStudio(playwright, tmp_path_factory.mktemp("phone"))
    yield studio
    studio.close()


@pytest.fixture
def phone(phone_of_file: PhoneStudio, request: pytest.FixtureRequest) -> PhoneStudio:
    phone_of_file.begin(hashlib.sha256(request.node.name.encode()).hexdigest()[:12])
    return phone_of_file


def check_looks(page: Page) -> None:
    """Nothing is cut off, what is touched is large enough, and axe is content."""
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        assert (
            page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
        )
        for target in page.locator(
            "button:visible, .tick:visible, #stage input:not([type=checkbox]):visible"
        ).all():
            box = target.bounding_box()
            assert box is not None
            assert box["height"] >= TOUCH
    check_accessible(page)


def complete(phone: PhoneStudio) -> None:
    """Hand in, and wait for the end; what arrived is whole, and can be played."""
    phone.room.hand_in()
    phone.heading("全部上传成功")
    assert phone.room.is_complete()
    for take, facts in phone.room.takes.items():
        assert facts["stream"] == "phone"
        for path in phone.room.files(take):
            assert hashlib.sha256(path.read_bytes()).hexdigest() == path.stem[7:]
            assert play(path).pictures > 0


def test_whole_way(phone: PhoneStudio) -> None:
    page = phone.open()
    phone.heading("手机登录")
    check_looks(page)
    phone.log_in()
    phone.heading("个人信息处理告知")
    check_looks(page)
    phone.press("同意并继续")
    expect(page.locator("[data-fault=tick]")).to_be_visible()
    phone.tick_all()
    phone.press("同意并继续")
    phone.heading("检查手机")
    check_looks(page)
    phone.check()
    phone.heading("手机准备好了")
    check_looks(page)
    phone.room.begin_attempt()
    phone.heading("拍一圈房间")
    check_looks(page)
    page.evaluate("Object.defineProperty(navigator, 'wakeLock', { value: undefined })")
    phone.sweep()
    phone.heading("摆放手机")
    expect(page.locator("[data-code=no-wake-lock]")).to_be_visible()
    check_looks(page)
    phone.place()
    expect(page.locator("[data-code=no-wake-lock]")).to_be_hidden()
    check_looks(page)
    assert "000-000-0000" not in page.locator("body").inner_text(), "no number while the phone is left alone"
    assert page.get_by_text("求助").locator("visible=true").count() == 0
    phone.wait(lambda: "take-began" in phone.room.codes(), "recording")
    phone.wait(lambda: len(phone.room.pictures) > 0, "a first live picture")
    assert size_of(phone.room.pictures[0]) == (320, 240)
    phone.room.permission = {"reason": "phone", "until": wire(4e9)}
    expect(page.locator("[data-part=permitted]")).to_be_visible()
    check_looks(page)
    phone.room.permission, phone.room.pc_silent = None, True
    expect(page.locator("[data-part=pc-silent]")).to_be_visible()
    complete(phone)
    check_looks(page)
    expect(page.locator("#phone-help")).to_be_visible()
    sweep = next(step for step in phone.room.steps if step["step"] == "sweep")
    assert sweep["facts"]["seconds"] >= phone.room.sweep_s
    assert sweep["facts"]["take"] in phone.room.takes
    assert phone.faults == []


def test_login_is_checked_before_it_is_sent_and_keeps_its_fields(phone: PhoneStudio) -> None:
    page = phone.open()
    phone.heading("手机登录")
    phone.press("登录")
    assert page.locator("[data-fault]:visible").count() == 3
    for name, value in CANDIDATE.items():
        page.locator(f"[name={name}]").fill(value)
    page.locator("[name=id_number]").fill("110105194912310021")
    phone.press("登录")
    expect(page.locator("[data-fault=id_number]")).to_be_visible()
    assert phone.room.logins == [], "a wrong check digit is not sent"
    phone.room.id_number = "other"
    # As a Chinese keyboard types them.
    page.locator("[name=id_number]").fill("１１０１０５ 19491231002x")
    phone.press("登录")
    expect(page.locator("[data-part=refusal]").first).to_contain_text("姓名、准考证号或证件号码不对")
    assert page.locator("[name=name]").input_value() == CANDIDATE["name"]
    assert phone.room.logins[0]["identity"] == CANDIDATE
    phone.room.busy = True
    phone.press("登录")
    expect(page.locator("[data-part=refusal]").first).to_contain_text("30 秒后重试")
    assert len(phone.room.logins) == 2, "who must wait is told, and does not knock again and again"


def test_another_phone_asks_for_the_code(phone: PhoneStudio) -> None:
    phone.room.needs_move = "123456"
    page = phone.open()
    phone.log_in()
    expect(page.locator("[name=move]")).to_be_visible()
    phone.press("登录")
    page.locator("[name=move]").fill("12345")
    phone.press("登录")
    expect(page.locator("[data-fault=move]")).to_be_visible()
    page.locator("[name=move]").fill("123456")
    phone.press("登录")
    phone.heading("个人信息处理告知")


def test_pairing_by_the_code_of_the_address(phone: PhoneStudio) -> None:
    phone.room.pair_code = "k7QXw"
    page = phone.open("#pair=wrong")
    expect(page.locator("[data-part=refusal]").first).to_be_visible()
    assert "pair" not in page.url, "the code leaves the address"
    page = phone.open("#pair=k7QXw")
    phone.heading("个人信息处理告知")
    assert "identity" not in phone.room.logins[-1]


def test_in_the_app_the_licence_goes_along_and_the_shell_hears(phone: PhoneStudio) -> None:
    page = phone.start()
    phone.room.kind = "app"
    page.add_init_script(SHELL)
    try:
        page = phone.open()
        phone.prepare()
        login = phone.room.logins[0]
        assert (login["kind"], login["licence"], login["digest"]) == ("app", "a.b.c", "d" * 64)
        assert login["facts"]["build"] == "phone-1"
        phone.room.begin_attempt()
        phone.sweep()
        phone.place()
        for code in ("call", "screen-off", "low-battery", "foreground"):
            page.evaluate(f"dispatchEvent(new CustomEvent('oneseat-shell', {{detail: {{code: '{code}'}}}}))")
        phone.wait(
            lambda: {"call", "screen-off", "low-battery", "foreground"} <= set(phone.room.codes()), "events"
        )
        assert phone.room.beats[-1]["facts"]["battery"] == 81
        complete(phone)
        assert page.evaluate("[told[0], told.slice(-1)[0]]") == [True, "finished"]
    finally:
        phone.window.kill()


def test_a_killed_browser_comes_back_by_its_key_and_loses_nothing(phone: PhoneStudio) -> None:
    phone.film()
    phone.page.wait_for_timeout(900)
    phone.window.signal(signal.SIGKILL)
    phone.window.kill()
    phone.room.forgotten = True  # a killed browser may lose its cookies
    phone.open()
    phone.heading("正在录像")
    phone.page.reload()
    phone.heading("正在录像")
    phone.wait(lambda: phone.room.codes().count("take-began") >= 3, "three takes")
    complete(phone)
    assert len(phone.room.takes) == 3, "before the kill, before the reload, after it"
    assert phone.room.phone["epoch"] == 3


def test_an_hour_in_seconds_without_a_network_ends_by_the_rooms_clock(phone: PhoneStudio) -> None:
    phone.start().add_init_script(WAKE)
    page = phone.film()
    assert page.evaluate("asked") == 1
    assert phone.room.attempt is not None
    until, heard = time.time() + 10, len(phone.room.beats)
    phone.room.attempt["record_until"] = wire(until)
    phone.wait(lambda: len(phone.room.beats) > heard + 1, "the page knows its end")
    phone.server.stop()
    stored = len(phone.room.puts)
    expect(page.locator("#notices [data-code=away]")).to_be_visible()
    phone.heading("正在上传录像")  # the page knows the end by itself
    assert len(phone.room.puts) == stored
    phone.server.start()
    phone.heading("全部上传成功")
    assert page.evaluate("asked") == 0, "the screen may go off"
    assert phone.room.is_complete()
    ((name, take),) = phone.room.takes.items()
    seconds = sum(play(path).seconds for path in phone.room.files(name))
    lasts = until - datetime.fromisoformat(take["began_at"]).timestamp()
    assert lasts - 2 < seconds < lasts + 1, "until the end, and not longer"


def test_an_attempt_that_is_opened_again_is_filmed_again_without_a_touch(phone: PhoneStudio) -> None:
    phone.start().add_init_script(WAKE)
    page = phone.film()
    waits = page.locator("[data-part=reopens]")
    for takes in (2, 3):
        phone.room.end(reopens_in_s=60)
        phone.heading("全部上传成功")
        expect(waits).to_contain_text("如重新开放，手机会自动继续录像")
        expect(page.get_by_text("可以关闭本页")).to_be_hidden()
        expect(page.locator("#phone-help")).to_be_hidden()
        assert page.evaluate("asked") == 1, "a phone that sleeps could not film again"
        phone.room.reopen()
        phone.heading("正在录像")
        phone.wait(lambda n=takes: phone.room.codes().count("take-began") == n, "a take after the reopening")  # type: ignore[misc]
    check_looks(page)
    assert phone.room.codes().count("filming-again") == 2
    complete(phone)
    assert len(phone.room.takes) == 3
    expect(page.get_by_text("可以关闭本页")).to_be_visible()
    assert page.evaluate("asked") == 0
    assert phone.faults == []


def test_a_reopening_while_the_last_segment_is_written_stops_nothing(phone: PhoneStudio) -> None:
    phone.start().add_init_script(WAKE)
    page = phone.film()
    page.evaluate(LATE_STOP)
    phone.room.end(reopens_in_s=60)
    phone.heading("正在上传录像")
    phone.room.reopen()
    phone.heading("正在录像")
    phone.wait(lambda: phone.room.codes().count("take-began") == 2, "a second take")
    assert phone.room.codes().index("take-ended") < len(phone.room.codes()) - 1, "one after the other"
    phone.page.wait_for_timeout(1500)
    assert page.evaluate("asked") == 1, "the screen stays on"
    expect(page.locator("[data-part=on]")).to_be_visible()
    page.evaluate("() => { MediaRecorder.prototype.stop = realStop; }")
    complete(phone)


def test_a_phone_rests_once_its_attempt_can_be_opened_no_more(phone: PhoneStudio) -> None:
    phone.start().add_init_script(WAKE)
    page = phone.film()
    phone.room.end(reopens_in_s=60)
    phone.heading("全部上传成功")
    expect(page.locator("[data-part=reopens]")).to_be_visible()
    keep_picture(page, "phone-ended.png")
    phone.room.end(reopens_in_s=1)
    expect(page.get_by_text("可以关闭本页")).to_be_visible()
    expect(page.locator("[data-part=reopens]")).to_be_hidden()
    expect(page.locator("#phone-help")).to_be_visible()
    phone.wait(lambda: bool(page.evaluate("asked === 0")), "the screen may go off")
    check_looks(page)


def test_the_line_about_an_incident_fits_a_small_phone(phone: PhoneStudio) -> None:
    page = phone.film()
    zh = "部分考生网络中断，技术人员正在处理。请留在画面内，不要操作手机，恢复后自动继续，作答时间会补足。"
    en = "Some candidates have lost the network. Stay in the picture: lost time is given back."
    line = page.locator("#notices [data-code=incident]")
    for name, times in (("phone-incident.png", 1), ("phone-incident-long.png", 4)):
        phone.room.incident = {"zh": zh * times, "en": en * times}
        expect(line).to_contain_text(zh * times)
        check_looks(page)
        assert page.viewport_size == {"width": 360, "height": 740}
        shown = ("[data-part=on]", "[data-part=rule]", "[data-part=look]", "#notices [data-code=incident]")
        for box in [page.locator(place).bounding_box() for place in shown]:
            assert box is not None and box["y"] >= 0 and box["y"] + box["height"] <= 740, "in sight"
        keep_picture(page, name)
    phone.room.incident = {"zh": "网络故障", "en": "网络故障"}
    expect(line.locator("small")).to_be_hidden()
    keep_picture(page, "phone-incident-short.png")
    phone.room.incident = None
    expect(line).to_be_hidden()


def test_a_full_phone_stops_and_goes_on_by_itself(phone: PhoneStudio) -> None:
    page = phone.film()
    page.evaluate(FULL)
    expect(page.locator("#notices [data-code=quota-stop]")).to_be_visible()
    page.evaluate("navigator.storage.estimate = real")
    expect(page.locator("#notices [data-code=quota-stop]")).to_be_hidden()
    phone.wait(lambda: phone.room.codes().count("take-began") == 2, "recording anew")
    assert "quota-stop" in phone.room.codes()
    complete(phone)


def test_another_phone_takes_over_and_this_one_uploads_the_rest(phone: PhoneStudio) -> None:
    page = phone.film()
    phone.wait(lambda: bool(phone.room.takes), "a take")
    phone.room.phone["live"] = False
    phone.heading("已换到另一部手机")
    expect(page.locator("p[data-part=all-sent]")).to_be_visible()
    assert phone.room.is_complete()
    check_looks(page)


def test_weight_of_the_first_view(phone: PhoneStudio) -> None:
    page = phone.start()
    sizes: dict[str, int] = {}

    def count(response: Response) -> None:
        sizes[response.url.rpartition("/")[2]] = len(response.body())

    page.on("response", count)
    phone.open()
    phone.heading("手机登录")
    page.wait_for_load_state("networkidle")
    page.remove_listener("response", count)
    assert "recorder.js" not in sizes, "loaded after the login"
    assert sum(sizes.values()) <= MOST_BYTES, sizes


@pytest.mark.parametrize("chat", [False, True], ids=["old", "chat"])
def test_a_browser_that_cannot_film_is_told_in_words(phone: PhoneStudio, chat: bool) -> None:
    page = phone.start()
    agent = "navigator.__proto__.__defineGetter__('userAgent', () => 'MicroMessenger/8');" if chat else ""
    page.add_init_script("delete window.MediaRecorder;" + agent)
    page = phone.open()
    expect(page.get_by_role("heading", level=1)).to_contain_text("这个浏览器不能拍摄")
    expect(page.locator(".in-chat" if chat else ".not-in-chat")).to_be_visible()
    check_looks(page)
    phone.window.kill()
