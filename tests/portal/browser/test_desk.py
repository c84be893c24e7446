"""The operators' desk in a real browser: an operator's way through it, on every page accessible and whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from oneseat.state.accounts.operators import Role
from oneseat.state.candidates import seat_search
from tests.charters import at
from tests.portal.browser.conftest import Visitor
from tests.portal.browser.looks import check
from tests.portal.desk.desk_browser import HOME, PASSWORD, hire
from tests.portal.published_exam import PublishedExam


@pytest.fixture
def busy(exam: PublishedExam, visitor: Visitor, tmp_path: Path) -> PublishedExam:
    """One candidate has downloaded and activated, and there is an administrator."""
    hire(exam, "wangli", Role.ADMIN)
    with visitor.portal.candidate(exam.people[0]) as candidate:
        candidate.download(tmp_path / "got.exe")
        assert candidate.activate(exam.licence(exam.people[0])).status_code == 200
    return exam


def _log_in(visitor: Visitor) -> None:
    visitor.open(HOME)
    visitor.page.get_by_label("用户名").fill("wangli")
    visitor.page.get_by_label("密码").fill(PASSWORD)
    visitor.page.get_by_role("button", name="登录").click()
    visitor.page.get_by_role("heading", name="进度").wait_for()


def test_an_operator_helps_a_candidate(visitor: Visitor, busy: PublishedExam) -> None:
    visitor.open(HOME)
    check(visitor, "desk-login")
    _log_in(visitor)
    check(visitor, "desk-overview")
    page, person = visitor.page, busy.people[0]
    page.get_by_label("查询考生").fill(person.admission_number)
    page.get_by_role("button", name="查询").click()
    page.get_by_label("已核实考生身份和更换原因").check()
    page.get_by_role("button", name="办理更换").click()
    page.get_by_role("status").wait_for()
    assert person.admission_number not in page.url
    check(visitor, "desk-seat")
    page.get_by_role("link", name="审计日志").click()
    check(visitor, "desk-audit")
    page.get_by_role("link", name="设置").click()
    page.get_by_role("button", name="进入维护").click()
    page.get_by_role("button", name="确认进入维护").click()
    page.get_by_text("平台正在维护").wait_for()
    check(visitor, "desk-settings")


def test_the_list_and_the_head_are_files(visitor: Visitor, busy: PublishedExam) -> None:
    _log_in(visitor)
    page = visitor.page
    with page.expect_download() as started:
        page.get_by_role("button", name="导出名单").click()
    listed = started.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert listed[1:] == [f"{person.admission_number},未下载" for person in busy.people[1:]]
    page.get_by_role("link", name="审计日志").click()
    with page.expect_download() as started:
        page.get_by_role("button", name="导出签名摘要").click()
    assert started.value.suggested_filename.startswith("audit-test-")


def test_on_a_phone(on_phone: Visitor, exam: PublishedExam) -> None:
    hire(exam, "wangli", Role.ADMIN)
    _log_in(on_phone)
    check(on_phone, "desk-overview-phone")
    on_phone.open(f"{HOME}seats/{exam.jti(exam.people[0])}")
    check(on_phone, "desk-seat-phone")


def test_near_an_interview_maintenance_asks_for_the_chief(visitor: Visitor, busy: PublishedExam) -> None:
    visitor.portal.at(at(10, 10, 30))
    _log_in(visitor)
    visitor.open(f"{HOME}settings")
    page = visitor.page
    page.get_by_role("button", name="进入维护").click()
    page.get_by_label("批准人（主考）姓名").wait_for()
    check(visitor, "desk-near-interview")
    page.get_by_role("button", name="确认进入维护").click()
    assert page.get_by_label("批准人（主考）姓名").evaluate("field => field.validity.valueMissing")
    page.get_by_label("批准人（主考）姓名").fill("测试主考")
    page.get_by_role("button", name="确认进入维护").click()
    page.get_by_text("平台正在维护").first.wait_for()


def test_several_candidates_that_fit_are_listed(
    visitor: Visitor, busy: PublishedExam, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = [person.admission_number for person in busy.people]
    monkeypatch.setattr(seat_search, "by_ending", lambda *_: numbers[:3])
    _log_in(visitor)
    page = visitor.page
    page.get_by_label("查询考生").fill("0000")
    page.get_by_label("查询考生").press("Enter")
    page.get_by_text("3 名考生符合").wait_for()
    check(visitor, "desk-matches")
