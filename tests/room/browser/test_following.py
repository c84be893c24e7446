"""The player of a running attempt in a browser: it goes on into what arrives, and says how late it is."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Page, Request, expect

from oneseat.room.http.views import STATIC_PATH
from oneseat.room.rules.endings import CHIEF
from oneseat.room.services.attempts import hand_in
from oneseat.room.services.wire_times import wire
from oneseat.state.accounts import audit
from oneseat.state.accounts.operators import Role
from oneseat.state.room import attempts, events, marks
from oneseat.state.room.events import RoomEvent
from oneseat.state.room.marks import NewMark
from signing.charter import PhoneTerms
from tests.room.browser.browsing import BEFORE, ENDS, browsable_room, move, stand
from tests.room.browser.operating import check_looks, enter
from tests.room.browser.own_browser import NEEDS_CHROMIUM
from tests.room.candidate import Candidate, Segment
from tests.room.films import film
from tests.room.held_exam import STARTS, RoomKeys, RunningRoom
from tests.room.phone import Phone, at_seat
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


def film_by_phone(room: RunningRoom, recorded: Recorded) -> None:
    """Have a phone come to the seat, and upload a segment that ends with the computer's second one."""
    exam = room.exam
    exam.publish(version=exam.charter.version + 1, phone=PhoneTerms("both", "gate", 20))
    room.app.state.typed_identities.seat_of = at_seat
    phone = Phone(room, recorded.seat.jti).log_in().agree()
    segment = Segment(secrets.token_hex(12), 0, film(7, seconds=30))
    began = wire(BEGAN + timedelta(seconds=30))
    phone.beat(takes=[phone.take_body(segment.take, began_at=began)])
    phone.stored(*phone.upload(segment))
    phone.close()


def go_to_player(page: Page, room: RunningRoom, recorded: Recorded) -> None:
    """Log in, and open the player's page, whatever it shows."""
    enter(page, room)
    page.goto(f"{room.url}/staff/attempts/{recorded.seat.attempt['nonce']}/play")


def open_player(page: Page, room: RunningRoom, recorded: Recorded) -> list[Request]:
    """Open the player; return the list that its questions for newer segments are added to."""
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request) if request.url.endswith("/newer") else None)
    go_to_player(page, room, recorded)
    expect(page.locator('[data-stream="camera"] video:not([hidden])')).to_have_count(1)
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


def test_a_page_that_is_opened_before_anything_is_recorded_shows_what_comes(
    operator: Page, room: RunningRoom
) -> None:
    recorded = Recorded(room)
    go_to_player(operator, room, recorded)
    expect(operator.get_by_text("还没有录像。开始录像后，本页自动显示。")).to_be_visible()
    check_looks(operator)
    operator.wait_for_event("response", lambda answer: answer.url.endswith("/newer"))
    recorded.upload(0)
    expect(operator.locator('[data-stream="camera"] video:not([hidden])')).to_have_count(1)
    followed = ["room.recordings-opened", "room.recordings-followed", "room.recordings-opened"]
    assert acts(room, recorded)[:3] == followed, "however often it asked"
    assert operator.evaluate("faults") == []
    recorded.seat.http.close()


def test_of_an_attempt_without_recordings_nothing_is_awaited_once_it_is_over(
    operator: Page, room: RunningRoom
) -> None:
    recorded = Recorded(room)
    go_to_player(operator, room, recorded)
    expect(operator.locator("#awaited")).to_be_visible()
    move(room, ENDS + timedelta(minutes=2))
    expect(operator.get_by_text(re.compile("^没有录像。"))).to_be_visible()
    assert operator.locator("#awaited, script[src*=player]").count() == 0
    recorded.seat.http.close()


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
    expect(waits).to_be_hidden()
    expect(operator.get_by_role("button", name="暂停")).to_be_visible()
    operator.wait_for_function("() => Number(document.getElementById('place').value) > 31500")
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


def test_a_stream_events_and_marks_that_come_later_are_drawn_and_move_nothing_else(
    operator: Page, room: RunningRoom, recorded: Recorded
) -> None:
    open_player(operator, room, recorded)
    stand(room, NOW)
    films, lines = operator.locator("#films figure"), operator.locator('[data-list="happened"] li')
    expect(films).to_have_count(2)
    expect(operator.locator("[data-track]")).to_have_count(2)
    before, at = lines.count(), BEGAN + timedelta(seconds=5)
    operator.keyboard.press("End")
    operator.keyboard.press(" ")
    focused = lines.nth(1).get_by_role("button")
    focused.focus()
    assert focused.evaluate("(line) => line.closest('[role=status], [role=log], [aria-live]') === null")
    with room.exam.database.writing() as connection:
        attempt = recorded.seat.attempt["nonce"]
        mark = NewMark("test", attempt, NOW, "li", "talking", at, at, "低声说话")
        marks.add(connection, mark)
        events.append_all(connection, "test", attempt, [RoomEvent(NOW, "page", "hidden", {})])
    film_by_phone(room, recorded)
    recorded.upload(1)

    picture = operator.locator('[data-stream="phone"]')
    expect(picture.locator("video:not([hidden])")).to_have_count(1)
    expect(picture).to_contain_text("手机")
    assert [each.get_attribute("data-stream") for each in films.all()] == [*STREAMS, "phone"]
    tracks = [each.get_attribute("data-track") for each in operator.locator("[data-track]").all()]
    assert tracks == [*STREAMS, "phone", "marks"]
    with room.exam.database.reading() as connection:
        happened = len(events.list_of(connection, "test", attempt))
    assert before < happened
    expect(lines).to_have_count(happened + 1)
    expect(operator.locator('[data-list="happened"] .marked')).to_contain_text("低声说话")
    expect(operator.locator('[data-list="marked"]')).to_contain_text("低声说话 li")
    expect(operator.locator('[data-list="marked"] li')).to_have_count(1)
    expect(operator.locator('[data-track="marks"] b')).to_have_count(1)
    expect(focused).to_be_focused()
    expect(operator.locator("[name=sound]:checked")).to_have_value("camera")
    expect(operator.get_by_role("button", name="暂停")).to_be_visible()
    operator.wait_for_function("() => Number(document.getElementById('place').value) > 31500")
    loud = """(stream) => [...document.querySelectorAll("video:not([hidden])")]
        .every((video) => video.muted === (video.closest("figure").dataset.stream !== stream))"""
    operator.wait_for_function(loud, arg="camera")
    operator.locator('[name=sound][value="phone"]').check()
    operator.wait_for_function(loud, arg="phone")
    operator.locator('[data-list="marked"] button').click()
    assert 4_000 < place(operator) < 8_000, "a line that came later leads to its moment"
    expect(picture.locator('[data-part="cover"]')).to_have_text("这段时间没有录像：原因不明")
    faint_by_design = "document.querySelectorAll('.watermark').forEach((each) => each.remove())"
    operator.evaluate(faint_by_design)
    check_looks(operator)
    assert operator.evaluate("faults") == []


DRAWN = """() => {
  window.drawn = new Set();
  const note = ({ target }) => drawn.add(target.id || target.dataset.part);
  const what = { subtree: true, childList: true, attributeFilter: ["aria-valuetext"] };
  new MutationObserver((changes) => changes.forEach(note)).observe(document.getElementById("controls"), what);
}"""
"""From now on, remember which parts of the controls are drawn anew."""


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
    if asked:
        asked[-1].response()  # what was asked before the pause is drawn all the same
    operator.wait_for_timeout(500)
    late = behind(operator)
    operator.evaluate(DRAWN)
    recorded.upload(1)
    operator.wait_for_timeout(6000)
    assert (len(asked), place(operator)) == (before, stands), "paused, it neither asks nor moves"
    assert behind(operator) >= late + 4, "and says how far behind it falls"
    assert operator.evaluate("[...drawn]") == ["behind"], "which alone is drawn"
    operator.get_by_role("button", name="播放").press("Enter")
    operator.wait_for_function("() => Number(document.getElementById('place').value) > 30500")
    assert operator.evaluate("faults") == []


def test_a_stream_that_stays_behind_is_waited_for_and_then_left(
    operator: Page, room: RunningRoom, recorded: Recorded
) -> None:
    open_player(operator, room, recorded)
    operator.get_by_role("button", name="最新画面").press("Enter")
    recorded.upload(1, "camera")
    screen = operator.locator('[data-stream="screen"] [data-part="cover"]')
    expect(screen).to_have_text("正在录制，这一段还没有上传")
    expect(operator.get_by_text("等待下一段")).to_be_visible()
    assert place(operator) < 31_000, "the screen's may come at any moment"
    move(room, NOW + timedelta(seconds=40))
    operator.reload()
    operator.keyboard.press("End")
    for _ in range(2):
        operator.keyboard.press("ArrowLeft")
    operator.keyboard.press(" ")
    operator.wait_for_function("() => Number(document.getElementById('place').value) > 52000")
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
    expect(operator.get_by_role("button", name="播放")).to_be_visible()
    expect(operator.get_by_text("比现场晚")).to_be_hidden()
    expect(operator.get_by_role("button", name="最新画面")).to_be_hidden()


MERGED = """async ({ path }) => {
  const { drawLists } = await import(`${path}/staff_player_news.js`);
  const list = document.createElement("ol");
  list.dataset.list = "tried";
  document.querySelector("main").append(list);
  const line = (words, key) => `<li${key ? ` data-key=${key}` : ""}><button>${words}</button> ${words}</li>`;
  const draw = (...lines) => {
    const others = Array.from(document.querySelectorAll("[data-list]")).filter((each) => each !== list);
    const rest = others.map((each) => each.outerHTML).join("");
    drawLists(`${rest}<ol data-list="tried">${lines.join("")}</ol>`);
    return Array.from(list.children, (each) => each.firstChild.textContent).join("");
  };
  const faults = [];
  const check = (holds, ...facts) => holds || faults.push(facts);
  check(draw(line("a"), line("g", "gap"), line("a")) === "aga", "the first time");
  const [first, gap, second] = list.children;
  gap.firstChild.focus();
  const has = () => document.activeElement === gap.firstChild;
  const more = [line("n"), line("a"), line("m"), line("h", "gap"), line("a"), line("z")];
  check(draw(...more) === "namhaz", "in their places", list.textContent);
  check(has() && gap.lastChild.textContent === " h", "a line that has changed is the same line");
  check(list.contains(first) && list.contains(second), "and so is each that says the same");
  check(draw(line("z"), line("n")) === "znh", "gone", list.textContent);
  check(has(), "what has the focus stays once more");
  document.activeElement.blur();
  check(draw(line("z"), line("n")) === "zn", "and goes when it has not", list.textContent);
  check(draw() === "", "none");
  return faults;
}"""


def test_lines_that_stay_keep_their_elements_and_the_focus(
    operator: Page, room: RunningRoom, recorded: Recorded
) -> None:
    open_player(operator, room, recorded)
    assert operator.evaluate(MERGED, {"path": f"{STATIC_PATH}/{room.app.state.views.digest}"}) == []
