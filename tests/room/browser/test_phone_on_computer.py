"""What the computer's page shows of the phone: its step, its line, faults with a permission, the code."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Route, expect

from signing.charter import PhoneTerms
from tests.accessibility import check_accessible
from tests.room.browser.browsing import BEFORE, LAPTOP, Visitor, browsable_room
from tests.room.browser.own_browser import NEEDS_CHROMIUM
from tests.room.held_exam import RoomKeys

pytestmark = NEEDS_CHROMIUM

CODE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M1 1h3v3h-3z"/></svg>'
ABSENT: dict[str, Any] = {
    "order": "gate",
    "present": False,
    "placed": False,
    "recording": False,
    "fault": None,
}
UNKNOWN = dict.fromkeys(("battery", "charging", "free_mib", "backlog_mib", "seen_at"))
FILMING = {"present": True, "placed": True, "recording": True, "battery": 82, "charging": True}


class Phone:
    """What the room says of a phone, put into its answers."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self.said: dict[str, Any] = {}
        self.step: str | None = None
        self.permission: dict[str, Any] | None = None
        visitor.context.route("**/room/api/**", self._answer)

    def says(self, **changes: Any) -> None:
        """Let every answer say this of the phone from now on."""
        self.said = {**ABSENT, **UNKNOWN, "moved": False, **changes}

    def permit(self) -> None:
        """Open a permission of five minutes."""
        ends = self.visitor.room.clock.now() + timedelta(minutes=5)
        self.permission = {"reason": "phone", "ends": ends.isoformat(), "is_ending": False}

    def _answer(self, route: Route) -> None:
        name = route.request.url.rpartition("/room/api/")[2]
        if name.startswith("phone/"):
            until = self.visitor.room.clock.now() + timedelta(minutes=5)
            code = {"code": "408215", "url": "", "svg": CODE}
            now = self.visitor.room.clock.now().isoformat()
            route.fulfill(json={**code, "now": now, "expires_at": until.isoformat()})
            return
        response = route.fetch()
        if not response.body():  # a picture was taken in, every 20 seconds
            route.fulfill(response=response)
            return
        answer = response.json()
        if "attempt" in answer:
            answer["phone"] = self.said
            answer["attempt"]["step"] = self.step or answer["attempt"]["step"]
        if name == "beat":
            answer["called"] = self.permission is not None
        if name == "help/state":
            answer["permission"] = self.permission
        route.fulfill(response=response, json=answer)


@pytest.fixture
def visitor(browser: Browser, tmp_path: Path, room_keys: RoomKeys) -> Iterator[Visitor]:
    """A candidate of an exam that asks for a phone."""
    with browsable_room(tmp_path / "exam", room_keys, BEFORE) as room:
        version = room.exam.charter.version + 1
        room.exam.publish(version=version, phone=PhoneTerms("both", "gate", 20))
        context = browser.new_context(locale="zh-CN", viewport=LAPTOP)
        one = Visitor(context, room)
        yield one
        context.unroute_all(behavior="ignoreErrors")
        one.close()
        context.close()
        assert one.faults == []


def test_the_computer_shows_the_phone(visitor: Visitor) -> None:
    phone = Phone(visitor)
    phone.says()
    phone.step = "phone"
    page = visitor.open("devices", BEFORE)
    expect(page.get_by_role("heading", level=1)).to_contain_text("先连接手机")
    expect(page.locator("#stage [data-qr]")).to_be_visible()
    expect(page.get_by_role("button", name="我知道了")).to_be_hidden()
    check_accessible(page)
    visitor.press("换手机")
    expect(page.locator("#phone-move")).to_contain_text("408215")
    check_accessible(page)
    visitor.press("关闭")

    phone.says(order="warn")
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.get_by_role("button", name="我知道了")).to_be_visible()

    phone.step = "waiting"
    phone.says(**FILMING)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#phone-line")).to_contain_text("手机正在录像")
    expect(page.locator("#phone-line")).to_contain_text("电量 82%")

    phone.says(**{**FILMING, "recording": False, "fault": "low-storage"})
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("[data-code=phone-fault]")).to_contain_text("先不要碰手机")
    check_accessible(page)
    phone.permit()
    phone.says(**{**FILMING, "recording": False, "fault": "not-recording"})
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#permission")).to_be_visible()
    expect(page.locator("#permission [data-part=fault-not-recording]").first).to_be_visible()
    expect(page.locator("#permission")).to_contain_text("现在允许您处理手机")
    assert "手机电量不足" not in page.locator("#permission").inner_text()
    check_accessible(page)
    expect(page.locator("[data-code=phone-fault]")).to_be_hidden()

    phone.says(**FILMING)
    page.reload()
    bar = page.locator("#permission [data-part=on-phone]").first
    expect(bar).to_be_visible()
    assert bar.inner_text().startswith("手机端出现问题。现在允许您处理手机"), "it never heard of the fault"
