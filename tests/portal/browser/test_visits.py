"""What a candidate does in a browser: log in by keyboard, download, resume; without script as well."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from signing.binding import install_code
from tests.portal.browser.conftest import DESKTOP, Tabs, Visitor, fill_in
from tests.portal.browser.unreliable_proxy import unreliable_proxy
from tests.portal.published_exam import CLOSES, EXAM, OPENS, SECOND, PublishedExam, Running
from tests.portal.test_challenge import answer_to


def fetch(page: Page) -> bytes:
    """Press the button and wait for the last byte."""
    with page.expect_download() as started:
        page.get_by_role("link", name="下载考生端").click()
    assert started.value.failure() is None
    return Path(started.value.path()).read_bytes()


def test_a_candidate_downloads_the_very_bytes_that_stamp_makes(visitor: Visitor, exam: PublishedExam) -> None:
    person = exam.people[0]
    page = visitor.open()
    fill_in(page, person)
    with page.expect_download() as started:
        page.get_by_role("link", name="下载考生端").click()
    download = started.value
    assert Path(download.path()).read_bytes() == exam.stamped(person)
    assert download.suggested_filename == f"智考云考生端-{EXAM}-{exam.jti(person)[:8]}.exe"


def test_a_download_that_breaks_off_goes_on_where_it_broke(visitor: Visitor, exam: PublishedExam) -> None:
    person = exam.people[1]
    whole = exam.stamped(person)
    with unreliable_proxy(visitor.portal.url, break_after=len(whole) // 2, breaks=1) as proxy:
        visitor.portal.url = proxy.url
        page = visitor.open()
        fill_in(page, person)
        assert fetch(page) == whole
    first, *later = proxy.requested_ranges
    assert first is None
    assert later
    assert all(asked and asked.startswith("bytes=") and asked != "bytes=0-" for asked in later)


def test_the_keyboard_is_enough(visitor: Visitor, exam: PublishedExam) -> None:
    person = exam.people[2]
    page = visitor.open()
    keys = page.keyboard
    keys.press("Tab")
    expect(page.get_by_text("跳到正文")).to_be_focused()
    keys.press("Enter")
    for value in (person.name, person.id_number, person.admission_number):
        keys.press("Tab")
        keys.type(value)
    keys.press("Tab")
    expect(page.get_by_role("button", name="登录", exact=True)).to_be_focused()
    keys.press("Enter")
    page.wait_for_url("**/download")
    code = page.get_by_text("显示安装码")
    for _ in range(40):
        if page.evaluate("document.activeElement.innerText").strip().startswith("显示安装码"):
            break
        keys.press("Tab")
    keys.press("Enter")
    expect(page.get_by_text(install_code(exam.seat_key(person)))).to_be_visible()
    expect(code).to_be_hidden()


def test_focus_can_be_seen_wherever_it_goes(visitor: Visitor) -> None:
    page = visitor.open()
    seen = set()
    for _ in range(12):
        page.keyboard.press("Tab")
        style = page.evaluate(
            "(() => { const s = getComputedStyle(document.activeElement); "
            "return [document.activeElement.id || document.activeElement.innerText, s.outlineStyle, "
            "parseFloat(s.outlineWidth)] })()"
        )
        if page.evaluate("document.activeElement === document.body"):
            break  # past the last one
        seen.add(style[0])
        assert style[1] == "solid"
        assert style[2] >= 2
    assert {"name", "id_number", "admission_number"} <= seen


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (OPENS - SECOND, "距离下载开放还有"),
        (OPENS, "考生登录"),
        (CLOSES - SECOND, "考生登录"),
        (CLOSES, "下载通道已关闭"),
    ],
    ids=["opens - 1 s", "opens", "closes - 1 s", "closes"],
)
def test_the_page_keeps_the_window_to_the_second(visitor: Visitor, moment: object, words: str) -> None:
    visitor.portal.clock.at = moment  # type: ignore[assignment]
    expect(visitor.open().get_by_text(words).first).to_be_visible()


def test_the_countdown_runs_on_the_servers_time_whatever_this_computers_clock_says(
    visitor_with_own_clock: Visitor,
) -> None:
    visitor = visitor_with_own_clock
    page = visitor.page
    page.clock.install(time="2000-01-01T00:00:00Z")
    visitor.portal.at(OPENS - timedelta(days=1, hours=2, minutes=3, seconds=4))
    visitor.open()
    figures = page.locator("[data-unit]")
    assert figures.all_inner_texts()[:3] == ["1", "02", "03"]
    page.clock.run_for(65_000)
    assert figures.all_inner_texts()[:3] == ["1", "02", "01"]


def test_when_the_countdown_ends_the_page_opens_by_itself(visitor_with_own_clock: Visitor) -> None:
    visitor = visitor_with_own_clock
    page = visitor.page
    page.clock.install(time="2000-01-01T00:00:00Z")
    visitor.portal.at(OPENS - timedelta(seconds=3))
    visitor.open()
    visitor.portal.at(OPENS)
    page.clock.run_for(10_000)
    expect(page.get_by_role("heading", name="考生登录")).to_be_visible()


def test_english_is_a_switch_away_and_stays(visitor: Visitor, exam: PublishedExam) -> None:
    page = visitor.open()
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    visitor.open()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.get_by_role("link", name="中文").click()
    expect(page.get_by_role("heading", name="考生登录")).to_be_visible()


def test_an_owner_whose_number_is_kept_waiting_answers_and_gets_in(
    visitor: Visitor, exam: PublishedExam
) -> None:
    person = exam.people[3]
    with visitor.portal.candidate(person) as stranger:
        while stranger.authenticate(name="别人").status_code == 401:
            pass
    page = visitor.open()
    fill_in(page, person)
    question = page.locator("label[for=answer]").inner_text()
    page.get_by_label(question).fill(str(answer_to(question)))
    fill_in(page, person)
    page.wait_for_url("**/download")
    assert all("429" in fault for fault in visitor.faults)
    visitor.faults.clear()


def test_everything_works_without_script(tabs: Tabs, portal: Running, exam: PublishedExam) -> None:
    person = exam.people[4]
    context = tabs.browser.new_context(java_script_enabled=False, viewport=DESKTOP)
    page = context.new_page()
    page.goto(f"{portal.url}/e/{EXAM}/")
    fill_in(page, person)
    assert fetch(page) == exam.stamped(person)
    page.get_by_text("显示安装码").click()
    expect(page.get_by_text(install_code(exam.seat_key(person)))).to_be_visible()
    page.get_by_role("button", name="退出登录").click()
    expect(page.get_by_role("heading", name="考生登录")).to_be_visible()
    context.close()


def test_the_phones_camera_is_offered_the_apps_code(on_phone: Visitor, exam: PublishedExam) -> None:
    page = on_phone.open()
    fill_in(page, exam.people[5])
    code = page.get_by_alt_text("手机端下载地址的二维码")
    expect(code).to_be_visible()
    page.wait_for_load_state()
    assert code.evaluate("image => image.naturalWidth") > 0
    expect(page.get_by_role("link", name="下载手机端")).to_have_attribute(
        "href", "https://store.example/app/zhikaotong"
    )
