"""Every state of a candidate's own page: no fault, nothing cut off, accessible, in large type, on paper."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import ViewportSize, expect
from sqlalchemy import delete

from oneseat.state.candidates import seat_support
from oneseat.state.tables.publishing import CurrentRelease
from tests.charters import at
from tests.pictures import ARTEFACTS, keep_picture
from tests.portal.browser.conftest import LAPTOP, PHONE, Tabs, Visitor, fill_in, visiting
from tests.portal.browser.looks import check
from tests.portal.published_exam import CLOSES, EXAM, GRACE, INSIDE, OPENS, PublishedExam, Running
from tests.portal.test_own_page import activate, begin, report_upload, take_mock

SMALL_PHONE: ViewportSize = {"width": 360, "height": 640}


@dataclass(frozen=True)
class Scene:
    """A state: when, and what was done before. ``allowed`` is until when support lets the seat download.

    ``left`` is how many bytes of the formal interview are to be uploaded.
    """

    name: str
    now: datetime
    downloaded: bool | None = None
    active: bool = False
    mock: bool | None = None
    allowed: datetime | None = None
    revoked: bool = False
    left: int | None = None
    words: str = ""


SCENES = [
    Scene("window", at(4, 12), words="请下载考生端"),
    Scene("late-permission", at(6, 14), allowed=at(6, 20), words="现在下载也不能参加"),
    Scene("broken-off", at(4, 13), False, words="下载尚未完成"),
    Scene("grace", CLOSES + timedelta(minutes=5), False, words="前继续完成"),
    Scene("lost", CLOSES + GRACE, False, words="您的下载没有完成"),
    Scene("install", at(4, 20), True, words="请安装考生端，并参加模拟面试"),
    Scene("between", at(5, 1), True, True, words="接下来：参加模拟面试"),
    Scene("mock-open", at(4, 20), True, True, words="请参加模拟面试"),
    Scene("mock-started", at(4, 20), True, True, False, words="已参加，未完成"),
    Scene("mock-counted", at(4, 20), True, True, True, words="模拟面试已完成"),
    Scene("after-mocks", at(6, 9), True, True, True, words="接下来：参加正式面试"),
    Scene("barred", at(6, 9), True, True, words="您无法参加正式面试"),
    Scene("interview-day", at(10, 8), True, True, True, words="今天是正式面试日"),
    Scene("interview-login", at(10, 10, 30), True, True, True, words="请立即登录"),
    Scene("too-late", at(10, 11), True, True, True, words="已过截止登录时间"),
    Scene("after", at(12, 9), True, True, True, words="面试已结束"),
    Scene("uploading", at(10, 11, 20), True, True, True, left=211_500_000, words="还有录像未上传"),
    Scene("revoked", at(4, 13), True, True, revoked=True, words="已被取消"),
]


def play(visitor: Visitor, exam: PublishedExam, scene: Scene) -> None:
    """Bring the first candidate into the scene, and open the page."""
    person = exam.people[0]
    if scene.downloaded is not None:
        begin(exam, person, finish=scene.downloaded)
    if scene.active:
        activate(exam, person)
    if scene.mock is not None:
        take_mock(exam, person, finish=scene.mock)
    if scene.left is not None:
        report_upload(exam, person, "formal", at(10, 11, 15), scene.left)
    if scene.allowed is not None:
        with exam.database.writing() as connection:
            seat_support.allow(connection, EXAM, person.admission_number, scene.allowed, scene.now)
    visitor.portal.at(scene.now)
    visitor.open()
    fill_in(visitor.page, person)
    visitor.page.wait_for_url("**/download")
    if scene.revoked:
        exam.revoke(person)
        visitor.page.reload()
        visitor.faults.clear()  # the browser tells of the status, 403
    expect(visitor.page.get_by_text(scene.words).first).to_be_visible()


@pytest.fixture
def on_laptop(tabs: Tabs, portal: Running) -> Iterator[Visitor]:
    """A person with a small laptop."""
    yield from visiting(tabs, portal, LAPTOP)


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_on_a_laptop_and_on_a_phone(on_laptop: Visitor, exam: PublishedExam, scene: Scene) -> None:
    play(on_laptop, exam, scene)
    check(on_laptop, f"state-{scene.name}-laptop")
    on_laptop.turn_into(PHONE, phone=True)
    expect(on_laptop.page.get_by_text(scene.words).first).to_be_visible()
    check(on_laptop, f"state-{scene.name}-phone")


def no_release(visitor: Visitor, exam: PublishedExam) -> None:
    with exam.database.writing() as connection:
        connection.execute(delete(CurrentRelease))
    visitor.open()
    expect(visitor.page.get_by_text("安装包正在准备")).to_be_visible()


def maintenance(visitor: Visitor, exam: PublishedExam) -> None:
    with exam.database.writing() as connection:
        seat_support.start_maintenance(connection, EXAM, INSIDE, INSIDE + timedelta(hours=1))
    visitor.portal.app.state.portal.exams[EXAM].maintenance.invalidate()
    visitor.open()
    expect(visitor.page.get_by_text("本页每分钟自动刷新")).to_be_visible()
    visitor.faults.clear()  # the browser tells of the status, 503


def ended(visitor: Visitor, exam: PublishedExam) -> None:
    visitor.open(f"/e/{EXAM}/installer")
    expect(visitor.page.get_by_text("登录已失效")).to_be_visible()


VISITS = [no_release, maintenance, ended]


@pytest.mark.parametrize("visit", VISITS, ids=lambda visit: visit.__name__)
def test_without_a_login(
    on_laptop: Visitor, exam: PublishedExam, visit: Callable[[Visitor, PublishedExam], None]
) -> None:
    visit(on_laptop, exam)
    check(on_laptop, f"state-{visit.__name__}-laptop")


def test_after_a_login_on_the_way_to_it_the_download_begins_by_itself_and_only_once(
    on_laptop: Visitor, exam: PublishedExam
) -> None:
    page = on_laptop.open(f"/e/{EXAM}/installer")
    with page.expect_download() as started:
        fill_in(page, exam.people[0])
    assert Path(started.value.path()).read_bytes() == exam.stamped(exam.people[0])
    assert page.url.endswith("/download"), "a reload begins nothing"


def test_ticks_of_the_checklist_are_there_on_the_next_visit(on_laptop: Visitor) -> None:
    on_laptop.portal.at(OPENS - timedelta(days=1))
    page = on_laptop.open()
    page.get_by_label("操作系统").check()
    page.reload()
    expect(page.get_by_label("操作系统")).to_be_checked()
    expect(page.get_by_label("网络")).not_to_be_checked()


def test_a_countdown_asks_the_server_again_after_the_computer_slept(on_laptop: Visitor) -> None:
    on_laptop.portal.at(OPENS - timedelta(hours=2))
    page = on_laptop.open()
    on_laptop.portal.at(OPENS - timedelta(hours=1))
    page.evaluate("const now = Date.now; Date.now = () => now() + 3600000")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("[data-unit=h]")).to_have_text("01")


def test_paper_shows_the_dates_and_numbers_on_one_page(on_laptop: Visitor, exam: PublishedExam) -> None:
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    for name, moment in (("before", OPENS - timedelta(days=1)), ("window", INSIDE)):
        on_laptop.portal.at(moment)
        page = on_laptop.open()
        if name == "window":
            fill_in(page, exam.people[0])
            page.wait_for_url("**/download")
        page.emulate_media(media="print")
        pdf = page.pdf(path=ARTEFACTS / f"portal-print-{name}.pdf", format="A4", prefer_css_page_size=True)
        assert pdf.count(b"/Type /Page\n") == 1, name
        keep_picture(page, f"portal-print-{name}.png", full_page=True)
        for selector in (".band h1", ".band-when", ".status", ".brand-name"):
            colour = page.locator(selector).first.evaluate("box => getComputedStyle(box).color")
            assert colour == "rgb(0, 0, 0)", selector
        expect(page.locator(".countdown")).not_to_be_visible()
        page.emulate_media(media="screen")


LARGE_TYPE = "html { font-size: 200% !important; }"


def test_large_type_cuts_no_figure_and_no_install_code(
    tabs: Tabs, portal: Running, exam: PublishedExam
) -> None:
    for phone in visiting(tabs, portal, SMALL_PHONE, is_mobile=True, bypass_csp=True):
        play(phone, exam, SCENES[0])
        page = phone.page
        page.add_style_tag(content=LARGE_TYPE)
        page.get_by_text("显示安装码").click()
        for figure in page.locator(".countdown-part b").all():
            assert figure.evaluate(
                "box => box.getClientRects().length === 1 && box.scrollWidth <= box.offsetWidth"
            )
        rows = {round(part.bounding_box()["y"]) for part in page.locator(".countdown-part").all()}  # type: ignore[index]
        assert len(rows) == 2, "two by two"
        for box in (page.locator(".code-value"), page.locator(".countdown").first):
            assert box.evaluate("box => box.scrollWidth <= box.clientWidth")
        for group in page.locator(".code-value span").all():
            assert group.evaluate("box => box.getClientRects().length === 1")
        check(phone, "state-large-type-phone")
