"""Invigilators in real browsers: a reminder up to its 已读, and the player over what a browser recorded."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from oneseat.room.rules.endings import CHIEF
from oneseat.room.rules.reminders import REMINDERS
from oneseat.room.services.attempts import hand_in
from oneseat.state.accounts.operators import Role
from oneseat.state.room import attempts, reminders
from tests.accessibility import check_accessible
from tests.patience import PATIENCE_S
from tests.room.browser.browsing import BEFORE, STARTS, Visitor, browsable_room
from tests.room.browser.operating import check_looks, enter
from tests.room.browser.own_browser import NEEDS_CHROMIUM
from tests.room.held_exam import RoomKeys, RunningRoom
from tests.room.staff_entry import Staff, address, entering, hire

pytestmark = [*NEEDS_CHROMIUM, pytest.mark.usefixtures("asked_often")]


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory, room_keys: RoomKeys) -> Iterator[RunningRoom]:
    """A room with an operator."""
    with browsable_room(tmp_path_factory.mktemp("watched") / "exam", room_keys, BEFORE) as running:
        hire(running.exam, {"zhang": Role.LEAD, "li": Role.CHIEF})
        yield running


def test_a_reminder_is_read_in_the_answer_time_and_hides_neither_question_nor_time(
    candidate: Visitor, operator: Page, room: RunningRoom
) -> None:
    page = candidate.open("questions", STARTS + timedelta(minutes=2))
    enter(operator, room)
    attempt = candidate.seat.attempt["nonce"]
    operator.goto(f"{room.url}/staff/attempts/{attempt}")
    operator.get_by_label("提醒：考生页面立即显示").select_option("desk")
    operator.get_by_role("button", name="发送提醒").press("Enter")
    expect(operator.get_by_role("status")).to_contain_text("提醒已发送")
    bar = page.locator("#reminder")
    expect(bar).to_contain_text(REMINDERS["desk"].zh)
    question, left = page.locator(".question-text"), page.locator(".bar")
    for height in (640, 384):
        page.set_viewport_size({"width": 1366, "height": height})
        page.evaluate("scrollTo(0, 400)")
        below = bar.bounding_box()
        for place in (question, left):
            box = place.bounding_box()
            assert below is not None and box is not None
            if place is left:
                assert box["y"] >= below["y"] + below["height"] - 1, "the time left stays in sight"
        page.evaluate("scrollTo(0, 0)")
        box = question.bounding_box()
        below = bar.bounding_box()
        assert box is not None and below is not None
        assert box["y"] >= below["y"] + below["height"], "the question is moved, not hidden"
    check_accessible(page)
    with page.expect_response("**/reminder/read"):
        page.get_by_role("button", name="已读").press("Enter")
    expect(bar).to_be_hidden()
    expect(page.locator("main")).to_have_attribute("data-step", "questions")
    operator.reload()
    expect(operator.get_by_text("考生已读提醒")).to_be_visible()
    check_looks(operator)
    with room.exam.database.reading() as connection:
        (kept,) = reminders.list_of(connection, "test", attempt)
    assert kept.shown_at is not None and kept.read_at is not None and kept.at <= kept.shown_at <= kept.read_at


def test_an_attempt_that_is_opened_again_goes_on_by_itself_and_is_recorded_again(
    candidate: Visitor, room: RunningRoom
) -> None:
    page = candidate.open("questions", STARTS + timedelta(minutes=2))
    before = {take["take"] for take in candidate.takes(2)}
    at = address(candidate.seat)
    with entering(room, Staff) as entered:
        lead, chief = entered("zhang"), entered("li")
        assert lead.post(f"{at}/end-request", reason="danger", words="火警").status_code == 303
        assert chief.post(f"{at}/end-confirm").status_code == 303
        told = page.locator("[data-part=ended]:visible")
        expect(told).to_contain_text("结束您本场的作答")
        expect(told).to_contain_text("如重新开放，本页会自动恢复作答")
        check_accessible(page)
        assert chief.post(f"{at}/reopen", words="火警解除").status_code == 303
    expect(page.locator("main")).to_have_attribute("data-step", "questions")
    expect(page.get_by_role("button", name="现在开始作答")).to_be_visible()
    again = [take["stream"] for take in candidate.takes(4) if take["take"] not in before]
    assert sorted(again) == ["camera", "screen"], "each once, without a click"


def moved(page: Page, stream: str) -> None:
    """Wait until a stream's picture is there, and half a second of it was played."""
    video = page.locator(f'[data-stream="{stream}"] video:not([hidden])')
    deadline = time.monotonic() + PATIENCE_S
    while video.evaluate("video => video.videoWidth === 0 || video.currentTime < 0.5"):
        assert time.monotonic() < deadline, stream
        page.wait_for_timeout(50)


def test_the_player_plays_what_the_candidates_browser_has_recorded(
    candidate: Visitor, operator: Page, room: RunningRoom
) -> None:
    page = candidate.open("questions", STARTS + timedelta(minutes=2))
    candidate.takes(2)
    page.wait_for_timeout(1500)  # what is recorded is at least so long
    attempt_id = candidate.seat.attempt["nonce"]
    with room.exam.database.writing() as connection:
        attempt = attempts.lock(connection, "test", attempt_id)
        assert attempt is not None
        hand_in.record(room.app.state.room, connection, attempt, CHIEF, room.clock.now())
    expect(page.locator("main")).to_contain_text("考务人员已于")
    expect(page.get_by_role("heading", level=1)).to_contain_text("交卷完成")
    check_accessible(page)
    operator.add_init_script("window.faults = []; addEventListener('error', (e) => faults.push(e.message))")
    enter(operator, room)
    operator.goto(f"{room.url}/staff/attempts/{attempt_id}/play")
    for stream in ("camera", "screen"):
        film = operator.locator(f'[data-stream="{stream}"]')
        expect(film.locator("video:not([hidden])")).to_have_count(1)
    operator.keyboard.press(" ")
    expect(operator.get_by_role("button", name="暂停")).to_be_visible()
    for stream in ("camera", "screen"):
        moved(operator, stream)
    expect(operator.get_by_role("button", name="播放")).to_be_visible()
    check_looks(operator)
    operator.keyboard.press("Home")
    operator.get_by_role("button", name="取当前画面时间").first.press("Enter")
    assert operator.locator('[name="begins"]').input_value().startswith("2035-01-10T11:02")
    assert operator.evaluate("faults") == []
