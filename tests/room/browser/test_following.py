"""The player of a running attempt in a browser: it goes on into what arrives, and says how late it is."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from oneseat.room.rules.endings import CHIEF
from oneseat.room.services import hand_in
from oneseat.room.services.wire_times import wire
from oneseat.state.accounts import audit
from oneseat.state.accounts.operators import Role
from oneseat.state.room import attempts
from tests.room.browser.browsing import BEFORE, browsable_room, move, stand
from tests.room.browser.operating import check_looks, enter
from tests.room.browser.own_browser import NEEDS_CHROMIUM
from tests.room.candidate import Candidate, Segment
from tests.room.films import film
from tests.room.held_exam import STARTS, RoomKeys, RunningRoom
from tests.room.staff_entry import hire

pytestmark = NEEDS_CHROMIUM

NOW = STARTS + timedelta(minutes=3)
BEGAN = NOW - timedelta(seconds=58)
"""When the recordings began: their second segment is whole two seconds after NOW."""
STREAMS = ("camera", "screen")


@pytest.fixture
def room(tmp_path_factory: pytest.TempPathFactory, room_keys: RoomKeys) -> Iterator[RunningRoom]:
    """A room with somebody who watches."""
    with browsable_room(tmp_path_factory.mktemp("followed") / "exam", room_keys, BEFORE) as running:
        hire(running.exam, {"zhang": Role.LEAD})
        yield running


@pytest.fixture
def operator(operator: Page) -> Page:
    """The operator's page, which remembers faults of its scripts."""
    operator.add_init_script("window.faults = []; addEventListener('error', (e) => faults.push(e.message))")
    return operator


class Recorded:
    """A candidate in the answer time whose streams are recorded, a segment after the other."""

    def __init__(self, room: RunningRoom) -> None:
        self.seat = Candidate(room)
        self.takes = {stream: secrets.token_hex(12) for stream in STREAMS}
        self.seat.prepare()
        move(room, NOW)

    def upload(self, number: int, *streams: str) -> None:
        """Have a segment recorded, announced, uploaded and stored."""
        for stream in streams or STREAMS:
            segment = Segment(self.takes[stream], number, film(number + 1, seconds=30))
            body = {**self.seat.take_body(segment.take, stream=stream), "began_at": wire(BEGAN)}
            (put,) = self.seat.announce(segment, takes=[body])
            assert self.seat.put_anywhere(put, segment.content) == 201
            self.seat.stored(segment)


@pytest.fixture
def recorded(room: RunningRoom) -> Iterator[Recorded]:
    recorded = Recorded(room)
    recorded.upload(0)
    yield recorded
    recorded.seat.http.close()


def open_player(page: Page, room: RunningRoom, recorded: Recorded) -> list[str]:
    """Open the player; return the list that its questions for newer segments are added to."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/newer") else None)
    enter(page, room)
    page.goto(f"{room.url}/staff/attempts/{recorded.seat.attempt['nonce']}/play")
    expect(page.locator('[data-stream="camera"] video:not([hidden])')).to_have_count(1, timeout=10_000)
    return asked


def place(page: Page) -> int:
    """The place in the recordings, in milliseconds since their begin."""
    return int(page.locator("#place").input_value())


def behind(page: Page) -> int:
    """How far behind the player says to be, in seconds."""
    said = re.search(r"比现场晚 (?:(\d+) 分 )?(\d+) 秒", page.locator("#controls").inner_text())
    assert said is not None
    return int(said[1] or 0) * 60 + int(said[2])


def acts(room: RunningRoom, recorded: Recorded) -> list[str]:
    with room.exam.database.reading() as connection:
        entries = audit.latest(connection, "test", 50, recorded.seat.jti)
    return [each.act for each in reversed(entries) if each.actor == "operator:zhang"]


def test_the_player_goes_on_into_segments_that_arrive(
    operator: Page, room: RunningRoom, recorded: Recorded
) -> None:
    stand(room, NOW)  # the second segment is whole after the look has begun
    asked = open_player(operator, room, recorded)
    waits = operator.get_by_text("等待下一段")
    assert not asked, "nothing is asked before it plays"
    operator.keyboard.press("End")
    operator.keyboard.press(" ")
    expect(waits).to_be_visible()
    assert 29_000 <= place(operator) <= 30_000
    assert 25 <= behind(operator) <= 45
    recorded.upload(1)
    expect(waits).to_be_hidden(timeout=15_000)
    expect(operator.get_by_role("button", name="暂停")).to_be_visible()
    operator.wait_for_function("() => Number(document.getElementById('place').value) > 31500", timeout=15_000)
    for stream in STREAMS:
        expect(operator.locator(f'[data-stream="{stream}"] video:not([hidden])')).to_have_count(1)
    assert 1 <= len(asked) <= 5, "no storm of questions"
    assert acts(room, recorded) == [
        "room.recordings-opened",
        "room.segment-seen",
        "room.segment-seen",
        "room.recordings-followed",
    ], "a look that follows is one entry, and what came since has none of its own"
    faint_by_design = "document.querySelectorAll('.watermark').forEach((each) => each.remove())"
    operator.evaluate(faint_by_design)
    check_looks(operator)
    assert operator.evaluate("faults") == []


def test_it_is_paused_and_moved_back_by_keyboard_and_asks_nothing_meanwhile(
    operator: Page, room: RunningRoom, recorded: Recorded
) -> None:
    asked = open_player(operator, room, recorded)
    newest = operator.get_by_role("button", name="最新画面")
    newest.focus()
    newest.press("Enter")
    expect(operator.get_by_text("等待下一段")).to_be_visible()
    at, late = place(operator), behind(operator)
    operator.keyboard.press("ArrowLeft")
    operator.keyboard.press("ArrowLeft")
    assert at - 11_000 < place(operator) < at - 7_000, "also while a button has the focus"
    assert behind(operator) >= late + 7
    operator.keyboard.press("ArrowLeft")
    operator.get_by_role("button", name="暂停").press("Enter")
    expect(operator.get_by_role("button", name="播放")).to_be_visible()
    before, stands = len(asked), place(operator)
    late = behind(operator)
    recorded.upload(1)
    operator.wait_for_timeout(6000)
    assert (len(asked), place(operator)) == (before, stands), "paused, it neither asks nor moves"
    assert behind(operator) >= late + 4, "and says how far behind it falls"
    operator.get_by_role("button", name="播放").press("Enter")
    operator.wait_for_function("() => Number(document.getElementById('place').value) > 30500", timeout=25_000)
    assert operator.evaluate("faults") == []


def test_a_stream_that_stays_behind_is_waited_for_and_then_left(
    operator: Page, room: RunningRoom, recorded: Recorded
) -> None:
    open_player(operator, room, recorded)
    operator.get_by_role("button", name="最新画面").press("Enter")
    recorded.upload(1, "camera")
    screen = operator.locator('[data-stream="screen"] [data-part="cover"]')
    expect(screen).to_have_text("正在录制，这一段还没有上传", timeout=15_000)
    expect(operator.get_by_text("等待下一段")).to_be_visible()
    assert place(operator) < 31_000, "the screen's may come at any moment"
    move(room, NOW + timedelta(seconds=40))
    operator.reload()
    operator.keyboard.press("End")
    for _ in range(2):
        operator.keyboard.press("ArrowLeft")
    operator.keyboard.press(" ")
    operator.wait_for_function("() => Number(document.getElementById('place').value) > 52000", timeout=15_000)
    expect(screen).to_be_visible()


def test_after_the_hand_in_nothing_is_waited_for(
    operator: Page, room: RunningRoom, recorded: Recorded
) -> None:
    open_player(operator, room, recorded)
    operator.get_by_role("button", name="最新画面").press("Enter")
    expect(operator.get_by_text("等待下一段")).to_be_visible()
    with room.exam.database.writing() as connection:
        attempt = attempts.lock(connection, "test", recorded.seat.attempt["nonce"])
        assert attempt is not None
        hand_in.record(room.app.state.room, connection, attempt, CHIEF, room.clock.now())
    expect(operator.get_by_role("button", name="播放")).to_be_visible(timeout=25_000)
    expect(operator.get_by_text("比现场晚")).to_be_hidden()
    expect(operator.get_by_role("button", name="最新画面")).to_be_hidden()
