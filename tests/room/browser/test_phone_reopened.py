"""An attempt that is ended and opened again, on computer and phone: both record again by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from oneseat.room.rules import phones as rules
from oneseat.state.accounts.operators import Role
from oneseat.state.room import attempts, events, permissions, takes
from tests.pictures import keep_picture
from tests.room.browser.browsing import MOCKING, move
from tests.room.browser.entering import press
from tests.room.browser.own_browser import NEEDS_CHROMIUM
from tests.room.browser.with_phone import come_in, heading, mocking_with_phone, two_pages
from tests.room.candidate import Candidate
from tests.room.held_exam import EXAM, RoomKeys, RunningRoom
from tests.room.staff_entry import Staff, entering, hire

pytestmark = NEEDS_CHROMIUM


@pytest.fixture
def room(tmp_path: Path, room_keys: RoomKeys) -> Iterator[RunningRoom]:
    """A mock that lasts, with a lead and a chief."""
    with mocking_with_phone(tmp_path / "exam", room_keys, answer_s=600) as running:
        hire(running.exam, {"zhang": Role.LEAD, "li": Role.CHIEF}, MOCKING)
        yield running


def attempt_of(room: RunningRoom, candidate: Candidate) -> str:
    with room.exam.database.reading() as connection:
        return attempts.list_of_seat(connection, EXAM, candidate.jti)[0].id


def end(room: RunningRoom, attempt: str) -> None:
    """End it by two persons."""
    with entering(room, Staff) as entered:
        at = f"/staff/attempts/{attempt}"
        assert entered("zhang").post(f"{at}/end-request", reason="danger", words="火警").status_code == 303
        assert entered("li").post(f"{at}/end-confirm").status_code == 303


def reopen(room: RunningRoom, attempt: str) -> None:
    with entering(room, Staff) as entered:
        answer = entered("li").post(f"/staff/attempts/{attempt}/reopen", words="火警解除")
        assert answer.status_code == 303


def later(room: RunningRoom, span: timedelta) -> None:
    move(room, room.clock.now() + span)


def phone_takes(room: RunningRoom, attempt: str) -> int:
    with room.exam.database.reading() as connection:
        return sum(take.stream == "phone" for take in takes.list_of(connection, attempt))


def noted(room: RunningRoom, attempt: str) -> list[tuple[str, object]]:
    """Codes and causes of what happened."""
    with room.exam.database.reading() as connection:
        return [(each.code, each.facts.get("cause")) for each in events.list_of(connection, EXAM, attempt)]


def answering(candidate: Candidate, page: Page, phone: Page) -> str:
    """Bring both pages into the answer time; return the attempt."""
    come_in(candidate, page, phone)
    press(page, "开始模拟")
    heading(page, "请介绍一次合作经历")
    return attempt_of(candidate.room, candidate)


def test_a_reopened_attempt_is_filmed_again(browser: Browser, room: RunningRoom) -> None:
    candidate = Candidate(room, kind="mock")
    with two_pages(browser) as (page, phone):
        attempt = answering(candidate, page, phone)
        end(room, attempt)
        heading(phone, "全部上传成功")
        expect(phone.locator("[data-part=reopens]")).to_be_visible()
        keep_picture(phone, "reopened-1-phone-ended.png")
        expect(page.locator("[data-part=ended]:visible")).to_be_visible()
        before = phone_takes(room, attempt)
        reopen(room, attempt)
        heading(phone, "正在录像")
        expect(page.locator("main")).to_have_attribute("data-step", "questions")
        expect(page.locator("#phone-line [data-part=recording]")).to_be_visible()
        phone.wait_for_timeout(1500)
        assert phone_takes(room, attempt) == before + 1
        expect(page.locator("#permission")).to_be_hidden()
        keep_picture(phone, "reopened-2-phone-films.png")
        keep_picture(page, "reopened-2-computer.png")
        codes = [code for code, _ in noted(room, attempt)]
        assert "filming-again" in codes and "phone-fault" not in codes, "nobody is to touch the phone"
        candidate.http.close()


def test_a_phones_page_that_was_closed_is_asked_for(browser: Browser, room: RunningRoom) -> None:
    """The computer's page learns of the fault as it joins, before a beat has opened the permission."""
    candidate = Candidate(room, kind="mock")
    with two_pages(browser) as (page, phone):
        attempt = answering(candidate, page, phone)
        end(room, attempt)
        heading(phone, "全部上传成功")
        expect(page.locator("[data-part=ended]:visible")).to_be_visible()
        context = phone.context
        phone.close()
        later(room, rules.SILENT_AFTER)

        def join_late(route: Route) -> None:
            later(room, rules.RESUMES_WITHIN + timedelta(seconds=1))
            route.continue_()

        page.route("**/room/api/join", join_late)
        reopen(room, attempt)
        bar = page.locator("#permission")
        expect(bar.locator("[data-part=fault-not-resumed]").first).to_be_visible()
        assert "没有恢复录像，请重新打开手机端。现在允许您处理手机" in bar.inner_text()
        keep_picture(page, "reopened-3-computer-asks.png")
        assert ("phone-fault", "not-resumed") in noted(room, attempt)
        with room.exam.database.reading() as connection:
            held = permissions.list_of(connection, EXAM, attempt)[-1]
        assert (held.reason, held.ends_at - held.begins_at) == ("phone", timedelta(minutes=5))

        again = context.new_page()
        again.goto(f"{room.url}/phone/")
        heading(again, "正在录像")
        expect(page.locator("#phone-line [data-part=recording]")).to_be_visible()
        assert ("phone-well", None) in noted(room, attempt)
        candidate.http.close()
