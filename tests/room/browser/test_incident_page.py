"""An incident from the lead's page to the candidate's page and back, in real browsers."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from oneseat.room.services.incidents import incidents as services
from oneseat.room.services.incidents.incident_outbox import IncidentOutbox
from oneseat.state.accounts.operators import Role
from oneseat.state.room import symptoms
from oneseat.state.room.symptoms import Symptom
from tests.accessibility import check_accessible
from tests.room.browser.browsing import BEFORE, STARTS, Visitor, browsable_room, move, next_beat
from tests.room.browser.operating import check_looks, enter
from tests.room.browser.own_browser import NEEDS_CHROMIUM
from tests.room.held_exam import RoomKeys, RunningRoom
from tests.room.portal_double import running_portal
from tests.room.staff_entry import hire

pytestmark = [*NEEDS_CHROMIUM, pytest.mark.usefixtures("asked_often")]

SIZES = ((1366, 768), (1920, 1080))


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory, room_keys: RoomKeys) -> Iterator[RunningRoom]:
    """A room with a lead."""
    with browsable_room(tmp_path_factory.mktemp("incidents") / "exam", room_keys, BEFORE) as running:
        hire(running.exam, {"zhang": Role.LEAD})
        yield running


def look_at(page: Page, name: str) -> None:
    """Check how a page looks at each size; with ONESEAT_SHOTS set, keep a picture of it there."""
    check_looks(page)
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        if folder := os.environ.get("ONESEAT_SHOTS"):
            page.screenshot(path=Path(folder) / f"{name}-{width}.png")


def report(room: RunningRoom, count: int) -> None:
    now = room.clock.now()
    with room.exam.database.writing() as connection:
        symptoms.record(
            connection, "test", [Symptom("upload-fault", f"s{n}", f"s{n}", now) for n in range(count)]
        )


def refusing(page: Page, call: str, code: str) -> None:
    """Have the page's next call of that name refused as by a room that cannot serve now."""
    answer = json.dumps({"code": code, "cause": {}, "remedy": {}})
    page.route(
        f"**/room/api/{call}",
        lambda route: route.fulfill(status=503, content_type="application/problem+json", body=answer),
        times=1,
    )


def test_a_page_tells_of_a_refusal_and_not_before_it_knows_the_time(
    candidate: Visitor, room: RunningRoom
) -> None:
    page = candidate.open("questions", STARTS + timedelta(minutes=2))
    candidate.forgive("503 (Service Unavailable)")
    refusing(page, "join", "OS-2000")
    page.reload()
    expect(page.locator(".question-text")).to_be_visible()
    refusing(page, "beat", "OS-2001")
    for _ in range(3):
        with page.expect_response(lambda answer: answer.url.endswith("/beat") and answer.ok):
            pass
    with room.exam.database.reading() as connection:
        found = symptoms.count_since(connection, "test", BEFORE)
    assert found == {"refused:OS-2001": 1}


def test_the_lead_opens_and_closes_an_incident_that_candidates_read(
    candidate: Visitor, operator: Page, room: RunningRoom
) -> None:
    page = candidate.open("questions", STARTS + timedelta(minutes=2))
    enter(operator, room)
    operator.goto(f"{room.url}/staff/lead?session=formal-0")
    section = operator.locator("section", has=operator.locator("#incidents"))
    expect(section).to_contain_text("没有。")
    report(room, 23)
    services.look(room.app.state.room)
    expect(section).to_contain_text("共 23 人")
    look_at(operator, "lead")
    section.get_by_role("link", name="录像上传失败").press("Enter")
    look_at(operator, "incident")
    operator.get_by_role("link", name="网络").press("Enter")
    expect(operator.get_by_label("中文内容")).to_have_value(re.compile("网络出现故障"))
    operator.get_by_label("中文内容").fill("网络故障正在处理，请留在座位上。")
    operator.get_by_label("英文内容").fill("A network fault is being dealt with. Stay where you are.")
    operator.get_by_role("button", name="发布通报").press("Enter")
    expect(operator.get_by_role("status")).to_contain_text("通报已发布")
    away = IncidentOutbox(room.app.state.room, "http://127.0.0.1:9", "ost1.test")
    away.send_due()
    away.close()
    operator.reload()
    expect(operator.get_by_text("未送达门户", exact=True)).to_be_visible()
    look_at(operator, "list")
    bar = page.locator("#bulletin")
    expect(bar).to_contain_text("网络故障正在处理，请留在座位上。")
    expect(bar.get_by_text("故障通报")).to_be_visible()
    expect(bar.get_by_text("全场公告")).to_be_hidden()
    check_accessible(page)
    if folder := os.environ.get("ONESEAT_SHOTS"):
        page.screenshot(path=Path(folder) / "candidate.png")
    next_beat(page)
    operator.get_by_role("link", name="录像上传失败").press("Enter")
    expect(operator.get_by_text("已显示 1 人，已读 0 人")).to_be_visible()
    expect(operator.get_by_text("请管理员在门户管理台的“求助”页发布公告")).to_be_visible()
    look_at(operator, "open")
    move(room, room.clock.now() + timedelta(seconds=5))
    with running_portal() as portal:
        portal.answers = [(200, {"open": False})]
        there = IncidentOutbox(room.app.state.room, portal.url, "ost1.test")
        assert there.send_due() == 1
        there.close()
    operator.reload()
    expect(operator.get_by_text("已在门户结束", exact=True)).to_be_visible()
    look_at(operator, "ended")
    operator.get_by_label("原因").select_option("solved")
    operator.get_by_role("button", name="结束通报").press("Enter")
    expect(operator.get_by_role("status")).to_contain_text("通报已结束")
    look_at(operator, "closed")
    expect(bar).to_be_hidden()
