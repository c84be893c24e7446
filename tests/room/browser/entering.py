"""A candidate's first steps in a real browser: the client's form, consent, devices, the rules of the room."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.room.candidate import Candidate


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).locator("visible=true").first.click()


def enter(page: Page, candidate: Candidate) -> None:
    """Post the client's form from a page of another site."""
    fields = "".join(f"<input name={name} value='{value}'>" for name, value in candidate.form().items())
    page.set_content(f"<form method=post action='{candidate.room.url}/enter'>{fields}</form>")
    page.evaluate("document.forms[0].submit()")
    expect(page.get_by_role("heading", level=1)).to_contain_text("个人信息处理告知")


def share_devices(page: Page) -> None:
    """From the consent to the step after the rules of the room."""
    page.locator("[name=agreed]").check()
    page.locator("[name=face]").check()
    press(page, "同意并继续")
    press(page, "打开摄像头和麦克风")
    press(page, "共享屏幕")
    expect(page.locator("[data-act=ready]")).to_be_enabled()
    press(page, "继续，开始录制")
    page.locator("[name=rules]").check()
    press(page, "准备好了，继续")
