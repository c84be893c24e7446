"""Two operators free a seat in a real browser: what each sees, on a desk and on a phone."""

from __future__ import annotations

import pytest

from oneseat.state.accounts.operators import Role
from tests.portal.browser.conftest import Visitor
from tests.portal.browser.looks import check
from tests.portal.desk.desk_browser import HOME, PASSWORD, DeskBrowser, hire
from tests.portal.published_exam import PublishedExam

CONFIRM = "是同一台电脑"


def _log_in(visitor: Visitor, name: str) -> None:
    visitor.context.clear_cookies()
    visitor.open(HOME)
    visitor.page.get_by_label("用户名").fill(name)
    visitor.page.get_by_label("密码").fill(PASSWORD)
    visitor.page.get_by_role("button", name="登录").click()
    visitor.page.get_by_role("heading", name="进度").wait_for()


@pytest.mark.parametrize("where", ["visitor", "on_phone"])
def test_one_asks_and_the_other_approves(
    request: pytest.FixtureRequest, exam: PublishedExam, where: str
) -> None:
    visitor: Visitor = request.getfixturevalue(where)
    portal, person = visitor.portal, exam.people[0]
    seat, kind = f"{HOME}seats/{exam.jti(person)}", {"visitor": "desktop", "on_phone": "phone"}[where]
    for name in ("lina", "wangwei"):
        hire(exam, name, Role.SUPPORT)
    with portal.candidate(person) as candidate:
        assert candidate.activate(exam.licence(person)).status_code == 200
    portal.at(exam.charter.device_change_until)
    page = visitor.page
    _log_in(visitor, "lina")
    visitor.open(seat)
    check(visitor, f"desk-rebind-ask-{kind}")
    page.locator("form[action$=rebind] select[name=why]").select_option("reinstalled")
    page.get_by_label(CONFIRM).check()
    page.get_by_role("button", name="提交申请").click()
    page.get_by_role("status").wait_for()
    check(visitor, f"desk-rebind-waiting-{kind}")
    _log_in(visitor, "wangwei")
    visitor.open(seat)
    check(visitor, f"desk-rebind-approve-{kind}")
    page.get_by_label(CONFIRM).check()
    page.get_by_role("button", name="核准", exact=True).click()
    page.get_by_role("status").wait_for()
    check(visitor, f"desk-rebind-approved-{kind}")
    with DeskBrowser(portal) as first:
        first.log_in("lina")
        assert "/rebind" not in first.http.get(seat).text
