"""The phone's part of a candidate's page, on the devices that it is for: nothing cut off, accessible."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from signing.charter import PhoneTerms
from tests.portal.browser.conftest import LAPTOP, PHONE, Tabs, visiting
from tests.portal.browser.looks import check
from tests.portal.browser.test_looks import download
from tests.portal.published_exam import PublishedExam, Running
from tests.portal.user_agents import USER_AGENTS
from tests.signing.signed_files import Base


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("chrome on a phone", "下载手机端"),
        ("harmony next", "用浏览器打开手机端"),
        ("edge on windows 10", ""),
    ],
)
def test_each_device_is_led_to_what_it_can_use(
    tabs: Tabs, portal: Running, exam: PublishedExam, apk_base: Base, name: str, shown: str
) -> None:
    exam.publish_phone(apk_base, PhoneTerms("both", "gate", 20))
    viewport = PHONE if shown else LAPTOP
    for visitor in visiting(tabs, portal, viewport, user_agent=USER_AGENTS[name][1]):
        download(visitor, exam)
        if shown:
            own = visitor.page.get_by_role("link", name=shown).bounding_box()
            hint = visitor.page.locator("#device").bounding_box()
            assert own is not None and hint is not None and own["y"] < hint["y"], "first on a phone"
        else:
            expect(visitor.page.get_by_alt_text("本页网址的二维码")).to_be_visible()
        check(visitor, f"phone-part-{name.replace(' ', '-')}-{viewport['width']}")


def test_a_messenger_on_a_phone_leads_to_the_browser_and_when_closed_to_the_phones_part(
    tabs: Tabs, portal: Running, exam: PublishedExam, apk_base: Base
) -> None:
    exam.publish_phone(apk_base, PhoneTerms("both", "gate", 20))
    agent = USER_AGENTS["wechat android"][1]
    for visitor in visiting(tabs, portal, PHONE, user_agent=agent):
        page = visitor.open()
        overlay = page.get_by_role("region", name="请在浏览器中打开")
        expect(overlay).to_contain_text("微信里不能下载或使用手机端")
        check(visitor, "phone-part-wechat-390")
        overlay.get_by_role("link", name="不是这样？先看看页面").click()
        download(visitor, exam)
        expect(overlay).to_have_count(0)
        expect(page.get_by_role("link", name="下载手机端")).to_be_in_viewport()
        check(visitor, "phone-part-wechat-closed-390")
