"""A mock interview with its phone: two pages of one seat, from the QR code to 交卷完成 and 全部上传成功.

Of later live pictures the first comes after half an hour on average: those that are seen here are first ones.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from oneseat.files.pictures import size_of
from oneseat.room.rules import live_pictures
from oneseat.state.room import attempts, pictures
from signing.charter import PhoneTerms
from tests.room.browser.browsing import LAPTOP, MOCKING, PRIVACY, SHORT_PAPER, browsable_room
from tests.room.browser.entering import enter, press
from tests.room.browser.own_browser import NEEDS_CHROMIUM
from tests.room.browser.phone_studio import ANDROID, SIZE
from tests.room.candidate import Candidate
from tests.room.held_exam import EXAM, RoomKeys, RunningRoom

pytestmark = NEEDS_CHROMIUM
LOOK_MS = 15000
FIRST_S = 30
"""Eight seconds, a second until they are stored, and what a busy computer takes."""
STREAMS = ("camera", "screen", "phone")
WATCHED = replace(PRIVACY, mock_watched=True)


@pytest.fixture
def phone_mock(tmp_path: Path, room_keys: RoomKeys, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningRoom]:
    """A room with a mock of some seconds that asks for a phone, and is watched."""
    monkeypatch.setattr(live_pictures, "EVERY_S", 3600)
    with mocking_with_phone(tmp_path / "exam", room_keys, answer_s=8) as room:
        yield room


@contextlib.contextmanager
def mocking_with_phone(folder: Path, keys: RoomKeys, answer_s: int) -> Iterator[RunningRoom]:
    """A room in a mock that asks for a phone."""
    terms: dict[str, Any] = {"mock_wait_s": 2, "mock_answer_s": answer_s, "tail_s": 30}
    with browsable_room(folder, keys, MOCKING, paper=SHORT_PAPER, **terms) as room:
        version = room.exam.charter.version + 1
        room.exam.publish(version=version, phone=PhoneTerms("page", "gate", 1), privacy=WATCHED)
        yield room


def heading(page: Page, words: str) -> None:
    expect(page.locator("#stage h1:visible").first).to_contain_text(words, timeout=LOOK_MS)


def tick_all(page: Page) -> None:
    for box in page.locator("#stage input[type=checkbox]:visible").all():
        box.check()


def prepare(phone: Page) -> None:
    """From the QR code's address to the picture that films."""
    heading(phone, "个人信息处理告知")
    tick_all(phone)
    press(phone, "同意并继续")
    heading(phone, "检查手机")
    press(phone, "打开摄像头和麦克风")
    for name in ("camera", "microphone"):
        expect(phone.locator(f"[data-check={name}]")).to_have_attribute("data-state", "good", timeout=LOOK_MS)
    tick_all(phone)
    press(phone, "继续")
    heading(phone, "拍一圈房间")
    press(phone, "开始拍")
    press(phone, "转完一圈了")
    heading(phone, "摆放手机")
    tick_all(phone)
    press(phone, "放好了")
    heading(phone, "正在录像")


@contextlib.contextmanager
def two_pages(browser: Browser) -> Iterator[tuple[Page, Page]]:
    """The computer's page and the phone's, each in a context of its own; no script of them may fail."""
    faults: list[str] = []
    with (
        browser.new_context(locale="zh-CN", viewport=LAPTOP) as on_computer,
        browser.new_context(user_agent=ANDROID, viewport=SIZE, locale="zh-CN") as on_phone,  # type: ignore[arg-type]
    ):
        page, phone = on_computer.new_page(), on_phone.new_page()
        for each in (page, phone):
            each.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
            each.on("pageerror", lambda error: faults.append(str(error)))
        yield page, phone
    assert faults == []


def come_in(candidate: Candidate, page: Page, phone: Page) -> None:
    """From the consent to the end of the preparations, on both."""
    enter(page, candidate)
    page.locator("[name=agreed]").check()
    with page.expect_response("**/room/api/phone/pair") as paired:
        press(page, "同意并继续")
    heading(page, "先连接手机")
    expect(page.locator("#stage [data-qr]")).to_be_visible()
    phone.goto(paired.value.json()["url"])
    prepare(phone)
    heading(page, "检查摄像头")
    press(page, "打开摄像头和麦克风")
    press(page, "共享屏幕")
    expect(page.locator("[data-act=ready]")).to_be_enabled(timeout=LOOK_MS)
    press(page, "继续，开始录制")
    heading(page, "考场要求")
    expect(page.locator("#phone-line [data-part=recording]")).to_be_visible(timeout=LOOK_MS)
    expect(page.locator("[data-part=phone-missing]")).to_be_hidden(timeout=LOOK_MS)
    page.locator("[name=rules]").check()
    press(page, "准备好了，继续")


def test_computer_and_phone_in_one_mock(browser: Browser, phone_mock: RunningRoom) -> None:
    candidate = Candidate(phone_mock, kind="mock")
    with two_pages(browser) as (page, phone):
        come_in(candidate, page, phone)
        assert pictures_within(phone_mock, candidate, FIRST_S) == {
            "camera": (320, 240),
            "screen": (640, 480),
            "phone": (320, 240),
        }
        press(page, "开始模拟")
        heading(page, "请介绍一次合作经历")
        phone.reload()
        heading(phone, "正在录像")
        expect(page.get_by_role("button", name="交卷")).to_be_visible(timeout=LOOK_MS)
        press(page, "交卷")
        heading(phone, "全部上传成功")
        expect(page.get_by_role("heading", level=1)).to_contain_text("交卷完成", timeout=30000)
        candidate.http.close()
    files = list((phone_mock.exam.folder / "recordings").rglob("*.webm"))
    takes = {file.parent.parent.name: set() for file in files}  # type: ignore[var-annotated]
    for file in files:
        takes[file.parent.parent.name].add(file.parent)
    assert {stream: len(found) for stream, found in takes.items()} == {"camera": 1, "screen": 1, "phone": 2}


def pictures_within(room: RunningRoom, candidate: Candidate, timeout_s: float) -> dict[str, tuple[int, int]]:
    """The live pictures' sizes by their streams, once all three are there, or after some seconds."""
    sizes: dict[str, tuple[int, int]] = {}
    deadline = time.monotonic() + timeout_s
    while len(sizes) < len(STREAMS) and time.monotonic() < deadline:
        time.sleep(0.2)
        with room.exam.database.reading() as connection:
            attempt = attempts.list_of_seat(connection, EXAM, candidate.jti)[0].id
            found = {stream: pictures.find(connection, EXAM, attempt, stream) for stream in STREAMS}
        opened = room.app.state.live_pictures.open
        sizes = {stream: size_of(opened(each)) for stream, each in found.items() if each is not None}
    return sizes
