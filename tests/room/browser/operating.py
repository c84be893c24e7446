"""Operators of the room in a real browser: how they come in, and how their pages must look."""

from __future__ import annotations

from playwright.sync_api import Page, Route, expect

from oneseat.portal.desk import room_entry
from oneseat.portal.http.request_policy import POLICIES
from oneseat.state.accounts import operators
from tests.accessibility import check_accessible
from tests.room.held_exam import EXAM, RunningRoom
from tests.room.staff_entry import entry_of

DESK = "http://desk.example"
_SIZES = [(1366, 768), (1920, 1080)]


def enter(page: Page, room: RunningRoom, name: str = "zhang") -> None:
    """Log in as the step from the desk does, at the room's time."""
    entry = entry_of(room, name)
    with room.exam.database.writing() as connection:
        spent = operators.spend_entry(connection, EXAM, entry, room.clock.now())
    assert spent is not None
    cookie = {"name": f"oneseat-staff-{EXAM}", "value": spent[0], "url": f"{room.url}/staff/"}
    page.context.add_cookies([cookie])  # type: ignore[list-item]


def post_entry(
    page: Page,
    room: RunningRoom,
    entry: str,
    site: str = DESK,
    referrer: str = room_entry.REFERRER_POLICY,
) -> None:
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
    """Nothing is cut off at any size, and axe is content."""
    page.wait_for_load_state()  # of a page that was just come to, nothing may be there yet
    for width, height in _SIZES:
        page.set_viewport_size({"width": width, "height": height})
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider <= 0, f"scrolls sideways at {width}"
    check_accessible(page)


def confirm(page: Page, room: RunningRoom) -> None:
    """Give the draft on the page as another person; the first one is logged in again afterwards."""
    expect(page.get_by_text("请另一位工作人员")).to_be_visible()
    address = page.url
    enter(page, room, "li")
    page.goto(address)
    page.get_by_label("确认人姓名").fill("李副主考")
    page.get_by_role("button", name="确认下达").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("措施已下达")
    enter(page, room)
