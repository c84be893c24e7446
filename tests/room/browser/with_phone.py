"""A mock interview with its phone: two pages of one seat, from the QR code to the end of the preparations."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect

from signing.charter import PhoneTerms
from tests.room.browser.browsing import LAPTOP, MOCKING, PRIVACY, SHORT_PAPER, browsable_room
from tests.room.browser.entering import enter, press
from tests.room.browser.phone_studio import ANDROID, SIZE
from tests.room.candidate import Candidate
from tests.room.held_exam import RoomKeys, RunningRoom

_WATCHED = replace(PRIVACY, mock_watched=True)


@contextlib.contextmanager
def mocking_with_phone(folder: Path, keys: RoomKeys, answer_s: int) -> Iterator[RunningRoom]:
    """A room in a mock that asks for a phone."""
    terms: dict[str, Any] = {"mock_wait_s": 2, "mock_answer_s": answer_s, "tail_s": 30}
    with browsable_room(folder, keys, MOCKING, paper=SHORT_PAPER, **terms) as room:
        version = room.exam.charter.version + 1
        room.exam.publish(version=version, phone=PhoneTerms("page", "gate", 1), privacy=_WATCHED)
        yield room


def heading(page: Page, words: str) -> None:
    expect(page.locator("#stage h1:visible").first).to_contain_text(words)


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
        expect(phone.locator(f"[data-check={name}]")).to_have_attribute("data-state", "good")
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
    expect(page.locator("[data-act=ready]")).to_be_enabled()
    press(page, "继续，开始录制")
    heading(page, "考场要求")
    expect(page.locator("#phone-line [data-part=recording]")).to_be_visible()
    expect(page.locator("[data-part=phone-missing]")).to_be_hidden()
    page.locator("[name=rules]").check()
    press(page, "准备好了，继续")
