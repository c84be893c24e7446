"""Every state of every page, on a desk and on a phone: no fault, nothing cut off, accessible."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.portal.browser.conftest import DESKTOP, PHONE, Visitor, fill_in
from tests.portal.browser.looks import check
from tests.portal.published_exam import CLOSES, EXAM, OPENS, PublishedExam
from tests.simulator import Person


def before(visitor: Visitor, exam: PublishedExam) -> None:
    visitor.portal.at(OPENS - timedelta(days=2, hours=3, minutes=4))
    visitor.open()


def login_page(visitor: Visitor, exam: PublishedExam) -> None:
    visitor.open()


def refused(visitor: Visitor, exam: PublishedExam) -> None:
    visitor.open()
    fill_in(visitor.page, Person("别人", exam.people[0].id_number, exam.people[0].admission_number))
    visitor.page.get_by_role("alert").wait_for()
    # Chromium reports any answer above 399 as an error of the console; this one is meant.
    assert all("401" in fault for fault in visitor.faults)
    visitor.faults.clear()


def asked(visitor: Visitor, exam: PublishedExam) -> None:
    """Where somebody has failed at the number on purpose."""
    with visitor.portal.candidate(exam.people[0]) as stranger:
        while stranger.authenticate(name="别人").status_code == 401:
            pass
    visitor.open()
    fill_in(visitor.page, exam.people[0])
    visitor.page.get_by_label("姓名").fill(exam.people[0].name)
    visitor.page.get_by_text("不想等待？请回答问题").wait_for()
    assert all("429" in fault for fault in visitor.faults)
    visitor.faults.clear()


def download(visitor: Visitor, exam: PublishedExam) -> None:
    visitor.open()
    fill_in(visitor.page, exam.people[0])
    visitor.page.wait_for_url("**/download")


def download_opened(visitor: Visitor, exam: PublishedExam) -> None:
    download(visitor, exam)
    for summary in visitor.page.locator("summary").all():
        summary.click()


def closed(visitor: Visitor, exam: PublishedExam) -> None:
    visitor.portal.at(CLOSES)
    visitor.open()


def after(visitor: Visitor, exam: PublishedExam) -> None:
    visitor.portal.at(CLOSES - timedelta(hours=1))
    download(visitor, exam)
    with visitor.page.expect_download() as started:
        visitor.page.get_by_role("link", name="下载考生端").click()
    started.value.path()
    visitor.portal.at(CLOSES + timedelta(hours=5))
    visitor.page.reload()
    assert visitor.page.url.endswith("/download")


def grace(visitor: Visitor, exam: PublishedExam) -> None:
    after(visitor, exam)
    visitor.portal.at(CLOSES + timedelta(minutes=5))
    visitor.page.reload()


def nowhere(visitor: Visitor, exam: PublishedExam) -> None:
    visitor.open("/nowhere")
    assert all("404" in fault for fault in visitor.faults)
    visitor.faults.clear()


def withdrawn(visitor: Visitor, exam: PublishedExam) -> None:
    after(visitor, exam)
    exam.withdraw()
    visitor.page.reload()
    expect(visitor.page.get_by_text("安装包已下架")).to_be_visible()


def withdrawn_login(visitor: Visitor, exam: PublishedExam) -> None:
    exam.withdraw()
    visitor.open()
    fill_in(visitor.page, exam.people[0])
    expect(visitor.page.get_by_text("OS-247")).to_be_visible()
    visitor.faults.clear()  # the browser tells of the status, 410


def manual_on_conduct(visitor: Visitor, exam: PublishedExam) -> None:
    """The portal's own page, which the help card links to whatever name the portal is reached by."""
    visitor.open()
    visitor.page.get_by_role("link", name="智考云在线考试规范").click()
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("智考云在线考试规范")


def manual_of_the_phone(visitor: Visitor, exam: PublishedExam) -> None:
    visitor.open()
    visitor.page.get_by_role("link", name="智考通操作手册").click()
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("智考通操作手册")


def privacy(visitor: Visitor, exam: PublishedExam) -> None:
    visitor.open()
    visitor.page.get_by_role("contentinfo").get_by_role("link", name="个人信息处理告知").click()
    expect(visitor.page.get_by_text("成绩公布后 6 个月", exact=True)).to_be_visible()


STATES = [
    *(before, login_page, refused, asked, download, download_opened, closed, grace, after, nowhere),
    *(withdrawn, withdrawn_login),
    *(manual_on_conduct, manual_of_the_phone, privacy),
]


IN_ENGLISH = [
    before,
    login_page,
    download,
    closed,
    withdrawn,
    manual_on_conduct,
    manual_of_the_phone,
    privacy,
]


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_on_a_desk_on_a_phone_and_in_english(
    visitor: Visitor, exam: PublishedExam, state: Callable[[Visitor, PublishedExam], None]
) -> None:
    state(visitor, exam)
    check(visitor, f"{state.__name__}-desktop")
    visitor.turn_into(PHONE, phone=True)
    check(visitor, f"{state.__name__}-phone")
    if state in IN_ENGLISH:
        visitor.turn_into(DESKTOP)
        visitor.page.get_by_role("link", name="English").click()
        expect(visitor.page.locator("html")).to_have_attribute("lang", "en")
        check(visitor, f"{state.__name__}-english")
        assert EXAM in visitor.page.url
