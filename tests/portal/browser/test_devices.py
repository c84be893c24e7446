"""Each kind of device in a browser: hints above what they are about, nothing cut off, accessible."""

from __future__ import annotations

import pytest
from playwright.sync_api import ViewportSize, expect

from tests.portal.browser.conftest import LAPTOP, PHONE, Tabs, visiting
from tests.portal.browser.looks import check
from tests.portal.browser.test_looks import download
from tests.portal.published_exam import PublishedExam, Running
from tests.portal.user_agents import USER_AGENTS

LANDSCAPE: ViewportSize = {"width": 844, "height": 390}


@pytest.mark.parametrize(
    ("name", "viewport", "words"),
    [
        ("chrome on a phone", PHONE, "手机、平板上只装手机端"),
        ("chrome on a phone", LANDSCAPE, "手机、平板上只装手机端"),
        ("harmony next", PHONE, "手机、平板上只装手机端"),
        ("safari on an iphone", PHONE, "iPhone 不能作为第二机位"),
        ("safari on a mac", LAPTOP, "不支持苹果电脑"),
        ("firefox on 32-bit windows 7", LAPTOP, "这台电脑可能是 32 位的"),
    ],
)
def test_the_hint_comes_before_the_client(
    tabs: Tabs, portal: Running, exam: PublishedExam, name: str, viewport: ViewportSize, words: str
) -> None:
    for visitor in visiting(tabs, portal, viewport, user_agent=USER_AGENTS[name][1]):
        download(visitor, exam)
        hint = visitor.page.get_by_role("heading", name=words).bounding_box()
        button = visitor.page.get_by_role("link", name="下载考生端").bounding_box()
        assert hint is not None
        assert button is not None
        assert hint["y"] < button["y"]
        check(visitor, f"device-{name.replace(' ', '-')}-{viewport['width']}")


def test_a_narrow_window_on_a_computer_is_no_phone(tabs: Tabs, portal: Running, exam: PublishedExam) -> None:
    agent = USER_AGENTS["edge on windows 10"][1]
    for visitor in visiting(tabs, portal, PHONE, user_agent=agent):
        download(visitor, exam)
        expect(visitor.page.locator("#device")).to_have_count(0)
        expect(visitor.page.get_by_alt_text("手机端下载地址的二维码")).to_be_visible()


@pytest.mark.parametrize("name", ["wechat android", "qq android"])
def test_a_messengers_overlay_points_to_the_browser_and_can_be_closed(
    tabs: Tabs, portal: Running, exam: PublishedExam, name: str
) -> None:
    for visitor in visiting(tabs, portal, PHONE, user_agent=USER_AGENTS[name][1]):
        page = visitor.open()
        overlay = page.get_by_role("region", name="请在浏览器中打开")
        expect(overlay).to_be_visible()
        check(visitor, f"device-{name.replace(' ', '-')}")
        page.get_by_role("link", name="不是这样？先看看页面").click()
        expect(overlay).to_have_count(0)
        download(visitor, exam)
        expect(overlay).to_have_count(0)
