"""The service desk in a browser, wide and on a phone: nothing cut off, accessible, no fault."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Error, FilePayload

from oneseat.portal.rules.help_rules import Reason
from oneseat.portal.services.help.submitting import HelpForm, submit_unverified
from oneseat.state.accounts.operators import Role
from oneseat.state.help import incidents
from tests.accessibility import check_accessible
from tests.pictures import keep_picture
from tests.portal.browser.conftest import Tabs, Visitor, fill_in, visiting
from tests.portal.desk.desk_browser import PASSWORD, hire
from tests.portal.published_exam import EXAM, INSIDE, PublishedExam, Running


def _look(visitor: Visitor, name: str) -> None:
    """Photograph and check the page. It opens itself again when something changed; then look once more."""
    for last in (False, False, True):
        try:
            visitor.shoot(name)
            width = visitor.page.viewport_size["width"] if visitor.page.viewport_size else 0
            assert visitor.page.evaluate("document.documentElement.scrollWidth") <= width, name
            check_accessible(visitor.page, name)
        except Error as fault:
            if last or "context was destroyed" not in fault.message:
                raise
            visitor.page.wait_for_load_state()
        else:
            return


def _add_picture(visitor: Visitor, shown: str, folder: Path) -> None:
    """Refuse a file that is too large before it is sent, and one that is no picture; then attach one."""
    page = visitor.page
    chooser = page.get_by_label("添加图片")
    large = folder / "screen.png"
    large.write_bytes(bytes(8 * 1024 * 1024 + 1))
    chooser.set_input_files(large)
    assert chooser.evaluate("box => box.validationMessage").startswith("图片超过 8 MB")
    chooser.set_input_files(files=[_png(b"x")])
    page.get_by_role("button", name="添加图片", exact=True).click()
    page.get_by_text("OS-945").wait_for()
    assert page.get_by_text("OS-945").bounding_box()["y"] < page.viewport_size["height"]  # type: ignore[index]
    _look(visitor, f"{shown}-refused")
    for number, colour in enumerate(("navy", "darkred", "darkgreen"), 1):
        page.get_by_label("添加图片").set_input_files(files=[_screen(colour)])
        page.get_by_role("button", name="添加图片", exact=True).click()
        page.get_by_text(f"图片 {number} 已添加").wait_for()
        if number == 2:
            _look(visitor, f"{shown}-pictures")
    _look(visitor, f"{shown}-pictures-full")
    page.get_by_role("button", name="移除图片 3").click()
    page.get_by_label("添加图片").wait_for()
    visitor.faults = [fault for fault in visitor.faults if "400" not in fault]


def _screen(colour: str) -> FilePayload:
    target = io.BytesIO()
    Image.new("RGB", (1920, 1080), colour).save(target, "PNG")
    return _png(target.getvalue())


def _png(content: bytes) -> FilePayload:
    return {"name": "screen.png", "mimeType": "image/png", "buffer": content}


def _open_picture(visitor: Visitor, shown: str) -> None:
    """Look at a picture: in a tab of its own, which runs nothing and has no origin."""
    with visitor.context.expect_page() as opened:
        visitor.page.get_by_role("button", name="查看图片 2").click()
    tab = opened.value
    tab.wait_for_load_state()
    assert tab.evaluate("[document.images.length, document.images[0].naturalWidth]") == [1, 1600]
    assert tab.evaluate("window.opener === null && window.origin === 'null'")
    keep_picture(tab, f"portal-{shown}-opened.png")
    tab.close()


@pytest.mark.parametrize("size", [(1366, 768), (390, 844)], ids=["wide", "phone"])
def test_a_request_is_made_and_claimed(
    tabs: Tabs, portal: Running, exam: PublishedExam, tmp_path: Path, size: tuple[int, int]
) -> None:
    hire(exam, "li", Role.ADMIN)
    for visitor in visiting(tabs, portal, {"width": size[0], "height": size[1]}):
        page, shown = visitor.page, f"help-{size[0]}"
        visitor.open(f"/e/{EXAM}/help")
        _look(visitor, f"{shown}-form")
        visitor.open()
        fill_in(page, exam.people[0])
        page.wait_for_url("**/download")
        visitor.open(f"/e/{EXAM}/help")
        page.get_by_label("设备").check()
        page.get_by_label("回电号码").fill("138 0013 1234")
        page.get_by_label("情况说明").fill("摄像头一直黑屏，重启电脑后仍然不行。")
        page.get_by_role("button", name="提交求助").click()
        page.locator(".help-own").wait_for()
        _look(visitor, f"{shown}-own")
        _add_picture(visitor, shown, tmp_path)
        served = portal.app.state.portal.exams[EXAM]
        form = HelpForm(Reason.LOGIN, "提示信息不一致", "13900139000", codes=("OS-170",))
        submit_unverified(served, form, exam.people[1].admission_number, "192.0.2.1", INSIDE)
        with exam.database.writing() as connection:
            incidents.begin(
                connection, EXAM, Reason.LOGIN, "登录缓慢，技术人员正在处理，请稍候再试。", "li", INSIDE
            )
        visitor.open(f"/desk/{EXAM}/login")
        page.get_by_label("用户名").fill("li")
        page.get_by_label("密码").fill(PASSWORD)
        page.get_by_role("button", name="登录").click()
        page.wait_for_url(f"**/desk/{EXAM}/")
        visitor.open(f"/desk/{EXAM}/help")
        page.get_by_role("button", name="统一答复等待中的求助").wait_for()
        _look(visitor, f"{shown}-queue")
        page.get_by_role("button", name="受理").first.click()
        page.get_by_text("13800131234").wait_for()
        _look(visitor, f"{shown}-claimed")
        _open_picture(visitor, shown)
