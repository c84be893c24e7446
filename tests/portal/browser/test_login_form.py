"""The login form in a browser: above the fold, checked before it is sent, and a delay that counts down."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.portal.browser.conftest import Tabs, Visitor, fill_in, visiting
from tests.portal.published_exam import PublishedExam, Running
from tests.simulator import Person

FOLDS = [(1366, 640), (360, 640)]


@pytest.mark.parametrize(("width", "height"), FOLDS, ids=["laptop", "phone"])
def test_the_login_button_is_above_the_fold(tabs: Tabs, portal: Running, width: int, height: int) -> None:
    for visitor in visiting(tabs, portal, {"width": width, "height": height}, is_mobile=width < 500):
        button = visitor.open().get_by_role("button", name="登录", exact=True).bounding_box()
        assert button is not None
        assert button["y"] + button["height"] <= height


def test_a_mistyped_number_is_named_before_anything_is_sent(visitor: Visitor, exam: PublishedExam) -> None:
    person = exam.people[0]
    page = visitor.open()
    wrong = person.id_number[:16] + person.id_number[17] + person.id_number[16]
    fill_in(page, Person(person.name, wrong, person.admission_number[:-1]))
    expect(page.get_by_role("alert").get_by_role("link")).to_have_count(2)
    expect(page.get_by_role("alert")).to_be_focused()
    assert page.title().startswith("错误：")
    expect(page.get_by_label("证件号码")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("姓名")).to_have_value(person.name)
    visitor.shoot("mistyped-desktop")
    page.get_by_role("link", name="证件号码有字符输错").click()
    expect(page.get_by_label("证件号码")).to_be_focused()
    page.get_by_label("证件号码").fill(person.admission_number)
    page.get_by_label("准考证号").fill(person.id_number)
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_role("link", name="填反了")).to_be_visible()
    assert "POST" not in visitor.sent
    fill_in(page, person)
    page.wait_for_url("**/download")


def test_a_delay_counts_down_and_opens_the_button(
    visitor_with_own_clock: Visitor, exam: PublishedExam
) -> None:
    visitor = visitor_with_own_clock
    person = exam.people[0]
    with visitor.portal.candidate(person) as stranger:
        while stranger.authenticate(name="别人").status_code == 401:
            pass
    page = visitor.page
    # Paused, so that no second passes while a busy machine takes its time.
    page.clock.install(time="2035-01-04T04:00:00Z")
    page.clock.pause_at("2035-01-04T04:00:01Z")
    visitor.open()
    fill_in(page, person)
    button = page.get_by_role("button", name="登录", exact=True)
    expect(page.get_by_text("还需等待 5 秒")).to_be_visible()
    expect(button).to_be_disabled()
    expect(page.get_by_label("证件号码")).to_have_value(person.id_number)
    visitor.shoot("waiting-desktop")
    page.clock.run_for(3_000)
    expect(page.get_by_text("还需等待 2 秒")).to_be_visible()
    page.locator("#answer").fill("1")
    expect(button).to_be_enabled()
    page.locator("#answer").fill("")
    page.clock.run_for(3_000)
    expect(page.get_by_text("现在可以重新登录。")).to_be_visible()
    expect(button).to_be_enabled()
    assert all("429" in fault for fault in visitor.faults)
    visitor.faults.clear()
