"""A real browser, Debian's Chromium, in front of a real portal. Every page is watched for faults."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    CDPSession,
    Page,
    Request,
    ViewportSize,
    expect,
    sync_playwright,
)

from signing.charter import CompanionApp, Manual, Organiser, PersonalData, Privacy, Software
from signing.clock import FixedClock
from signing.text import Text
from tests.chromium import CHROMIUM, LEAN_BY_PLAYWRIGHT, SHELL
from tests.patience import PATIENCE_S
from tests.pictures import ARTEFACTS, LOOKED_AT, keep_picture
from tests.portal.published_exam import EXAM, INSIDE, PublishedExam, Running, running
from tests.simulator import Person

expect.set_options(timeout=PATIENCE_S * 1000)

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    LEAN_BY_PLAYWRIGHT,
    "--renderer-process-limit=1",  # or each portal, another origin, would be shown by a new process
]
DESKTOP: ViewportSize = {"width": 1280, "height": 860}
LAPTOP: ViewportSize = {"width": 1366, "height": 768}
PHONE: ViewportSize = {"width": 390, "height": 844}
CATALOGUE = {
    "antivirus": ["360安全卫士、360杀毒", "2345安全卫士", "金山毒霸", "腾讯电脑管家", "McAfee", "鲁大师"],
    "chat": ["QQ", "微信", "钉钉", "内网通"],
    "remote": ["TeamViewer", "向日葵"],
}
PRIVACY = Privacy(
    controller=Text("Demonstration examination centre", "测试考试中心（演示）"),
    contact=Text("hotline 400-000-0000", "技术服务热线 400-000-0000"),
    otherwise=Text("Call the hotline before the mock interview.", "请在模拟面试开始前拨打技术服务热线。"),
    mock_watched=False,
    data=(
        PersonalData(
            Text("name, ID number, admission number", "姓名、证件号码、准考证号"),
            Text("to check who you are", "核对身份，将考生端与本人绑定"),
            Text("the exam's staff", "考务工作人员；下载平台只保存无法还原的校验值"),
            Text("6 months", "成绩公布后 6 个月"),
        ),
        PersonalData(
            Text(
                "recordings of camera, microphone and screen", "电脑摄像头、麦克风、屏幕画面和手机拍摄的录像"
            ),
            Text("your answers, and invigilation", "作答、监考和考后违纪认定"),
            Text("invigilators and examiners", "监考人员、阅卷人员、考务工作小组"),
            Text("6 months", "成绩公布后 6 个月；涉及违纪处理的，至处理结束"),
        ),
    ),
)

_NOWHERE = "about:blank"
_PARKED: ViewportSize = {"width": 800, "height": 600}
_SCREEN = "[screen.width, innerWidth, devicePixelRatio]"


class Visitor:
    """One person's browser: a tab of theirs, and what went wrong in it."""

    def __init__(self, page: Page, portal: Running) -> None:
        self.page = page
        self.context: BrowserContext = page.context
        self.portal = portal
        self.faults: list[str] = []
        self.strangers: list[str] = []
        self.sent: list[str] = []
        self._screen: CDPSession | None = None
        self._turned: list[object] = []
        self._told: list[tuple[Literal["console", "pageerror"], Callable[..., None]]] = [
            ("console", lambda said: self.faults.append(said.text) if said.type == "error" else None),
            ("pageerror", lambda error: self.faults.append(str(error))),
        ]
        for event, note in self._told:
            page.on(event, note)
        self.context.on("request", self._note)

    def _note(self, request: Request) -> None:
        self.sent.append(request.method)
        if not request.url.startswith(self.portal.url):
            self.strangers.append(request.url)

    def leave(self) -> None:
        """Go from the page that is open, forget what it stored, and hear no more of the tab."""
        screen = self._screen or self.context.new_cdp_session(self.page)
        everything = {"origin": self.portal.url, "storageTypes": "all"}
        screen.send("Storage.clearDataForOrigin", everything)
        screen.detach()
        for event, note in self._told:
            self.page.remove_listener(event, note)
        self.context.remove_listener("request", self._note)
        self.page.goto(_NOWHERE)

    def open(self, path: str = f"/e/{EXAM}/") -> Page:
        """Go to a page of the portal."""
        self.page.goto(self.portal.url + path)
        return self.page

    def turn_into(self, size: ViewportSize, *, phone: bool = False) -> None:
        """Show the page that is open on another screen, without the way to it: it is laid out anew.

        That is what Playwright does for a phone's context. No page of ours asks in a script how wide it is or
        what touches it, so that one that was loaded there would be the same.
        """
        if self._screen is None:
            self._screen = self.context.new_cdp_session(self.page)
        ratio = 2 if phone else 1
        screen = {"screenWidth": size["width"], "screenHeight": size["height"], "mobile": phone}
        metrics = {**size, **screen, "deviceScaleFactor": ratio}
        self._screen.send("Emulation.setDeviceMetricsOverride", metrics)
        self._turned = [size["width"], size["width"], ratio]

    def shoot(self, name: str) -> None:
        """Keep the whole page as a picture, for people to look at."""
        if self._screen is None:
            keep_picture(self.page, f"portal-{name}.png", full_page=True, animations="disabled", scale="css")
            return
        if LOOKED_AT:
            self._shoot_turned(self._screen, f"portal-{name}.png")
        assert self.page.evaluate(_SCREEN) == self._turned, "the page is laid out for this screen"

    def _shoot_turned(self, screen: CDPSession, name: str) -> None:
        """Playwright's own pictures would turn the page back into what its context is."""
        width, height = self.page.evaluate("[innerWidth, document.documentElement.scrollHeight]")
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        how = {"captureBeyondViewport": True, "optimizeForSpeed": True, "clip": clip}
        picture = screen.send("Page.captureScreenshot", how)["data"]
        ARTEFACTS.mkdir(parents=True, exist_ok=True)
        (ARTEFACTS / name).write_bytes(base64.b64decode(picture))


def fill_in(page: Page, person: Person) -> None:
    """Fill in the login form and send it."""
    page.get_by_label("姓名").fill(person.name)
    page.get_by_label("证件号码").fill(person.id_number)
    page.get_by_label("准考证号").fill(person.admission_number)
    page.get_by_role("button", name="登录", exact=True).click()


class Tabs:
    """A browser's tabs: one stays open for all who come with a plain computer, others are made anew.

    A new tab with a context of its own starts a process, in which axe and our scripts are compiled anew. Who
    comes next to the tab that stays finds no cookie, nothing stored and no page of a portal before.
    """

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self._kept = self.opened()

    def opened(self, **how: Any) -> Page:
        """A tab in a context of its own."""
        return self.browser.new_context(locale="zh-CN", accept_downloads=True, **how).new_page()

    def plain(self, viewport: ViewportSize) -> Page:
        """The tab that stays open, as if it were new."""
        page = self._kept
        for popup in page.context.pages:
            if popup != page:
                popup.close()
        page.goto(_NOWHERE)
        page.emulate_media(media="null")
        page.context.clear_cookies()
        page.set_viewport_size(_PARKED)  # sent again even where the last visitor had this one's screen
        page.set_viewport_size(viewport)
        assert page.evaluate(_SCREEN) == [viewport["width"], viewport["width"], 1]
        return page


@pytest.fixture(scope="package")
def tabs() -> Iterator[Tabs]:
    """A browser for the folder's tests: while it runs, its event loop keeps others from running theirs."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=SHELL, args=QUIET)
        yield Tabs(launched)
        launched.close()


@pytest.fixture
def portal(exam: PublishedExam) -> Iterator[Running]:
    """The portal of an exam that looks like a real one, inside the download window."""
    catalogue = [
        Software(name, role, "block", (), (), ()) for role, named in CATALOGUE.items() for name in named
    ]
    titles = {
        "conduct": Text("Rules of the online exam", "智考云在线考试规范"),
        "phone": Text("Phone app manual", "智考通操作手册"),
    }
    pages = f"{exam.charter.portal_url}/e/{EXAM}"
    exam.publish_charter(
        version=2,
        title=Text("Demonstration exam: online interview", "测试考试（演示）网络面试"),
        product=Text("Zhikaoyun", "智考云"),
        companion=Text("Zhikaotong", "智考通"),
        publisher=Text("Demonstration examination centre", "测试考试中心（演示）"),
        catalogue=tuple(catalogue),
        requirements=replace(exam.charter.requirements, phone_sign_out=("微信", "QQ")),
        manuals=tuple(Manual(title, f"{pages}/manuals/{name}") for name, title in titles.items()),
        organiser=Organiser(
            Text("Demonstration examination centre", "测试考试中心（演示）"),
            Text("Demonstration technology company", "测试技术服务公司（演示）"),
            "测ICP备00000000号",
            "测公网安备 00000000000000号",
        ),
        privacy=PRIVACY,
        companion_app=CompanionApp("https://store.example/app/zhikaotong", ""),
    )
    with running(exam.settings(), FixedClock(INSIDE)) as served:
        yield served


@pytest.fixture
def visitor(tabs: Tabs, portal: Running) -> Iterator[Visitor]:
    """A person at a desk."""
    yield from visiting(tabs, portal, DESKTOP)


@pytest.fixture
def visitor_with_own_clock(tabs: Tabs, portal: Running) -> Iterator[Visitor]:
    """A person at a desk whose computer's clock the test sets; it stays so as long as the context."""
    yield from visiting(tabs, portal, DESKTOP, own_context=True)


@pytest.fixture
def on_phone(tabs: Tabs, portal: Running) -> Iterator[Visitor]:
    """A person with a phone."""
    yield from visiting(tabs, portal, PHONE, device_scale_factor=2, is_mobile=True, has_touch=True)


def visiting(
    tabs: Tabs, portal: Running, viewport: ViewportSize, *, own_context: bool = False, **how: object
) -> Iterator[Visitor]:
    """A visit that must end without a fault and without a request to anybody else.

    Who has no plain computer, as ``how`` tells Playwright, gets a context of their own as well.
    """
    own = own_context or bool(how)
    page = tabs.opened(viewport=viewport, **how) if own else tabs.plain(viewport)
    made = Visitor(page, portal)
    try:
        yield made
    finally:
        made.leave()
        if own:
            page.context.close()
    assert made.faults == []
    assert made.strangers == []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where there is no Chromium these tests say so, and in our own runs that fails."""
    if not Path(CHROMIUM).exists() and not os.environ.get("CI"):
        for item in items:
            if Path(__file__).parent in item.path.parents:
                item.add_marker(pytest.mark.skip(reason="no Chromium: apt-get install chromium"))
