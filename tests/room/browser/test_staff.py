"""Operators' pages in a real browser: the way from the desk's page, the look of each page, the keyboard."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, Route, expect

from oneseat.portal.desk import room_entry
from oneseat.portal.http.request_policy import POLICIES
from oneseat.state.accounts import operators
from oneseat.state.accounts.operators import NewOperator, Role
from oneseat.state.room import identity
from tests.room.browser.browsing import BEFORE, browsable_room
from tests.room.browser.own_browser import NEEDS_CHROMIUM, own_browser
from tests.room.browser.test_identity import DOCUMENTS
from tests.room.browser.test_pages import RULES
from tests.room.candidate import Candidate, identity_body
from tests.room.held_exam import RoomKeys, RunningRoom

pytestmark = NEEDS_CHROMIUM

SIZES = [(1366, 768), (1920, 1080)]
DESK = "http://desk.example"
FOREIGN = [("http://evil.example", "strict-origin"), ("http://evil.example", "no-referrer")]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for the module."""
    with own_browser() as started:
        yield started


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory, room_keys: RoomKeys) -> Iterator[RunningRoom]:
    """A room with an operator."""
    folder = tmp_path_factory.mktemp("staff") / "exam"
    with browsable_room(folder, room_keys, BEFORE, identity_documents=DOCUMENTS) as running:
        with running.exam.database.writing() as connection:
            operators.add(connection, NewOperator("test", "zhang", Role.SUPPORT, "no hash", None), BEFORE)
        yield running


def candidate_of(room: RunningRoom) -> Candidate:
    """A candidate whose photographs have come and whose name was confirmed."""
    candidate = Candidate(room).reach_identity()
    candidate.call("identity", **identity_body())
    candidate.stored(candidate.record(2)[0])
    with room.exam.database.writing() as connection:
        identity.finish_claim(connection, candidate.attempt["nonce"], room.clock.now(), agrees=True)
    candidate.http.close()
    return candidate


def enter(page: Page, room: RunningRoom) -> None:
    """Come from the desk's page, after foreign ones were refused, whatever they say of themselves."""
    with room.exam.database.writing() as connection:
        entry = operators.open_entry(connection, "test", "zhang", room.clock.now(), "desk.example")
    for site, referrer in FOREIGN:
        post_entry(page, room, entry, site, referrer)
        expect(page.get_by_text("OS-2175")).to_be_visible()
    post_entry(page, room, entry, DESK, room_entry.REFERRER_POLICY)
    expect(page.get_by_role("heading", level=1)).to_contain_text("考试记录")


def post_entry(page: Page, room: RunningRoom, entry: str, site: str, referrer: str) -> None:
    """Press the button of a page on another origin, with the desk's content policy."""
    form = f"<form method=post action='{room.url}/staff/enter'><input type=hidden name=entry value='{entry}'>"
    policy = POLICIES["content-security-policy"].replace("form-action", f"form-action {room.url}")

    def answer(route: Route) -> None:
        headers = {
            "content-security-policy": policy,
            "content-type": "text/html",
            "referrer-policy": referrer,
        }
        route.fulfill(body=f"{form}<button>Go</button></form>", headers=headers)

    page.route(f"{site}/**", answer)
    page.goto(f"{site}/desk/test/room")
    page.get_by_role("button").click()
    page.unroute(f"{site}/**")


def check_looks(page: Page) -> None:
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider <= 0, f"scrolls sideways at {width}"
    result = Axe().run(page, options=RULES)
    assert result.violations_count == 0, result.generate_report()


def test_an_operator_comes_from_the_desk_looks_and_decides_by_keyboard(
    browser: Browser, room: RunningRoom
) -> None:
    candidate = candidate_of(room)
    faults: list[str] = []
    context = browser.new_context(locale="zh-CN", viewport={"width": 1366, "height": 768})
    page = context.new_page()
    page.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
    enter(page, room)
    assert len(faults) == len(FOREIGN) and all("403" in fault for fault in faults)
    faults.clear()
    check_looks(page)
    page.get_by_role("link", name=candidate.jti[-4:]).press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(candidate.jti[-4:])
    check_looks(page)
    page.get_by_role("button", name="查看照片，进行核验").press("Enter")
    pictures = page.locator(".faces img")
    expect(pictures).to_have_count(2)
    assert pictures.evaluate_all("all => all.map((each) => each.naturalWidth)") == [640, 640]
    check_looks(page)
    page.get_by_label("结论和理由").select_option("passed:agrees")
    page.get_by_label("备注").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("结论已记录")
    expect(page.locator("#identity")).to_contain_text("通过")
    expect(page.locator(".made")).to_contain_text("zhang")
    check_looks(page)
    assert faults == []
    page.get_by_role("button", name="退出").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("尚未登录")
    context.close()
