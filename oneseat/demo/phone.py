"""A candidate's phone in the demonstration: the downloaded app's licence, and the room's page that films.

No Android runs here. A second window with the name of an Android browser takes the place of the app's own
view; what the app's shell would tell the page is read from the very file that was downloaded.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from oneseat.demo.errors import BrowserSilent
from oneseat.pipeline.roster import Candidate
from signing import phone_app
from signing.text import Text

if TYPE_CHECKING:
    from playwright.sync_api import Page

_STEP_MS = 60_000
_ANDROID = (
    "Mozilla/5.0 (Linux; Android 8.0.0; demonstration) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/99.0.4844.88 Mobile Safari/537.36"
)
_SHELL = """
window.OneSeatShell = {{
  licence: () => {licence},
  digest: () => {digest},
  facts: () => JSON.stringify({{ android: 26, free_mib: 8000, battery: 80, charging: true }}),
  recording: () => undefined,
  finished: () => undefined,
}};
"""


@dataclass(frozen=True)
class Phone:
    """The page of a candidate's phone."""

    page: Page

    def log_in(self, person: Candidate) -> None:
        """Log in with a typed identity, agree, and pass the checks."""
        page = self.page
        self._await("手机登录")
        page.locator("[name=admission_number]").fill(person.admission_number)
        page.locator("[name=name]").fill(person.name)
        page.locator("[name=id_number]").fill(person.id_number)
        self._press("登录")
        self._await("个人信息处理告知")
        self._tick_all()
        self._press("同意并继续")
        self._await("检查手机")
        self._press("打开摄像头和麦克风")
        for name in ("camera", "microphone"):
            page.locator(f"[data-check={name}][data-state=good]").wait_for()
        self._tick_all()
        self._press("继续")
        self._await("手机准备好了")

    def film(self) -> None:
        """Film the surroundings, be put in place, and record from then on."""
        self._await("拍一圈房间")
        self._press("开始拍")
        self._press("转完一圈了")
        self._await("摆放手机")
        self._tick_all()
        self._press("放好了")
        self._await("正在录像")

    def finish(self) -> None:
        """Wait until the room has everything."""
        self._await("全部上传成功")

    def _await(self, heading: str) -> None:
        self.page.get_by_role("heading", name=heading).locator("visible=true").first.wait_for()

    def _press(self, name: str) -> None:
        self.page.get_by_role("button", name=name).locator("visible=true").first.click()

    def _tick_all(self) -> None:
        for box in self.page.locator("#stage input[type=checkbox]:visible").all():
            box.check()


@contextmanager
def phone_window(beside: Page, room_url: str, app: Path) -> Iterator[Phone]:
    """Open the room's page for phones in the browser of another page, with the licence of an app.

    Raises:
        BrowserSilent: the browser is closed.
        ApkMalformed, ApkUnsigned, ApkBlockNotPadded, RegionMissing, RegionMalformed: the file is not one.
    """
    with app.open("rb") as file:
        read = phone_app.read(file)
    shell = _SHELL.format(licence=json.dumps(read.licence.decode("ascii")), digest=json.dumps(read.digest))
    browser = beside.context.browser
    if browser is None:
        raise BrowserSilent(reason=Text("it is closed", "浏览器已关闭"))
    context = browser.new_context(user_agent=_ANDROID, viewport={"width": 360, "height": 740}, locale="zh-CN")
    try:
        page = context.new_page()
        page.set_default_timeout(_STEP_MS)
        page.add_init_script(shell)
        page.goto(f"{room_url}/phone/")
        yield Phone(page)
    finally:
        context.close()
