"""A phone's browser with a fake camera before a small room: what the phone's page is tried with."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Error, Page, Playwright, expect

from tests.e2e.wine import Screen
from tests.patience import PATIENCE_S
from tests.room.browser.app_window import AppWindow
from tests.room.browser.fake_devices import CameraFile, write_sound
from tests.room.browser.phone_double import PhoneRoom, PhoneServer

ANDROID = (
    "Mozilla/5.0 (Linux; Android 8.0.0; BKL-AL20) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/99.0.4844.88 Mobile Safari/537.36"
)
SIZE = {"width": 360, "height": 740}
CANDIDATE = {"admission_number": "2023000001", "name": "张三丰", "id_number": "11010519491231002X"}


class PhoneStudio:
    """One browser as of a phone; each test is an exam of its own."""

    def __init__(self, playwright: Playwright, folder: Path) -> None:
        self.folder = folder
        self.screen = Screen.start("1366x768x24")
        self.camera = CameraFile(folder / "camera.y4m")
        sound = f"{write_sound(folder / 'sound.wav', 5)}"
        self.server = PhoneServer()
        self.window = AppWindow(playwright, folder / "profile", self.screen.display, self.camera.path, sound)
        self.room: PhoneRoom
        self.faults: list[str] = []
        self.begin("none")
        self.server.start()

    def begin(self, exam: str) -> None:
        """Begin a test with a room that knows nothing."""
        self.room = self.server.room = PhoneRoom(self.folder / "stored" / exam, exam=exam)
        self.faults.clear()
        self.camera.move()

    @property
    def page(self) -> Page:
        """The browser's page."""
        return self.window.page

    def start(self) -> Page:
        """Start the browser, or go on with it."""
        if not self.window.runs:
            self.window.start("about:blank", (f"--user-agent={ANDROID}", "--lang=zh-CN", "--hide-scrollbars"))
            self.page.on(
                "console", lambda line: self.faults.append(line.text) if line.type == "error" else None
            )
            self.page.on("pageerror", lambda error: self.faults.append(str(error)))
            self.page.set_viewport_size(SIZE)  # type: ignore[arg-type]
        return self.page

    def open(self, fragment: str = "") -> Page:
        """Open the phone's page anew."""
        page = self.start()
        self._leave(page)
        page.goto(f"{self.server.url}/phone/{fragment}")
        return page

    @staticmethod
    def _leave(page: Page) -> None:
        """Leave the page of the test before; one that loads itself anew just then, once it has."""
        try:
            page.goto("about:blank")
        except Error as fault:
            if "interrupted by another navigation" not in fault.message:
                raise
            page.wait_for_load_state()
            page.goto("about:blank")

    def heading(self, words: str) -> None:
        """Wait for a step by its heading."""
        expect(self.page.locator("#stage h1:visible")).to_contain_text(words)

    def press(self, name: str) -> None:
        """Press a visible button."""
        self.page.get_by_role("button", name=name).locator("visible=true").first.click()

    def tick_all(self) -> None:
        """Tick every box that is shown."""
        for box in self.page.locator("#stage input[type=checkbox]:visible").all():
            box.check()

    def log_in(self) -> None:
        """Type the numbers."""
        self.heading("手机登录")
        for name, value in CANDIDATE.items():
            self.page.locator(f"[name={name}]").fill(value)
        self.press("登录")

    def prepare(self) -> None:
        """From the login to the end of the checks."""
        self.log_in()
        self.heading("个人信息处理告知")
        self.tick_all()
        self.press("同意并继续")
        self.check()

    def check(self) -> None:
        """Pass the checks."""
        self.heading("检查手机")
        self.press("打开摄像头和麦克风")
        for name in ("camera", "microphone"):
            expect(self.page.locator(f"[data-check={name}]")).to_have_attribute("data-state", "good")
        self.tick_all()
        self.press("继续")

    def film(self) -> Page:
        """Log in on a phone that has passed all steps, and wait until it records."""
        self.room.films, self.room.pair_code = True, "k7QXw"
        self.room.begin_attempt()
        page = self.open("#pair=k7QXw")
        self.heading("正在录像")
        self.wait(lambda: "take-began" in self.room.codes(), "recording")
        return page

    def sweep(self) -> None:
        """Film the room."""
        self.heading("拍一圈房间")
        self.press("开始拍")
        self.press("转完一圈了")

    def place(self) -> None:
        """Put the phone into its place."""
        self.heading("摆放手机")
        self.tick_all()
        self.press("放好了")
        self.heading("正在录像")

    def wait(self, holds: Callable[[], bool], what: str) -> None:
        """Wait until something holds."""
        deadline = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < deadline, f"{what}: {self.room.codes()} {self.room.puts[-5:]}"
            self.page.wait_for_timeout(50)

    def close(self) -> None:
        """End everything."""
        self.window.kill()
        self.server.stop()
        self.screen.stop()
