"""The session page in a pause: its countdown stands, and goes on with the end that the pause has moved."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Iterator, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneseat.client.errors import RoomSilent
from oneseat.client.gui import words
from oneseat.client.gui.session_page import next_line
from oneseat.client.local.kept_orders import store_orders
from oneseat.client.local.kept_uploads import KeptUpload, KeptUploads
from oneseat.client.local.seat_times import NO_PAUSES, SeatPauses, pauses_of_seat
from oneseat.client.local.vault import exam_folder
from oneseat.client.online.room import AttemptFacts, LookAnswer
from oneseat.client.sessions.held_session import HeldSession, held_session, next_session
from signing.charter import Charter, Measures
from signing.session_times import FORMAL, MOCK, PAUSE, RESUME, Order, Pause, SeatTerms, charter_for, effective
from tests import charters
from tests.client.simulated import OWN_ROOM, OWNER, ROOM_TERMS, Installation, Portal
from tests.client.test_seat_times import JTI, ROOM_KEY, order
from tests.client.test_window import (
    Screen,
    check_in_now,
    enrol,
    fetch_last,
    open_session_page,
    see_window,
    steps_of,
)

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
MEASURES = Measures((ROOM_KEY.public_key,), 1800, 1800, may_end=True)
CHARTER = replace(charters.charter(), measures=MEASURES)
STARTS, ENDS = charters.at(10, 11), charters.at(10, 11, 10)
PAUSED_AT, LONGEST = STARTS + 3 * MINUTE, 15 * MINUTE
LEFT = ENDS - PAUSED_AT
LATEST = PAUSED_AT + LONGEST
RESUMED = PAUSED_AT + 5 * MINUTE


def ordered(act: str, number: int, span: timedelta, at: datetime = PAUSED_AT) -> Order:
    return Order(number, act, 0, int(span.total_seconds()), at=int(at.timestamp()))


PAUSING = (ordered(PAUSE, 1, LONGEST),)
RESUMING = (*PAUSING, ordered(RESUME, 2, 5 * MINUTE, RESUMED - MINUTE))


def by_orders(now: datetime, *orders: Order, answer: Optional[LookAnswer] = None) -> HeldSession:
    """As a client holds the session that knows these orders."""
    spans = effective(CHARTER, orders, SeatTerms(JTI)).pauses_of(0)
    told_at = datetime.fromtimestamp(max(each.at for each in orders), tz=STARTS.tzinfo)
    session = held_session(
        charter_for(CHARTER, orders, SeatTerms(JTI)), FORMAL, now, SeatPauses(spans, told_at), answer
    )
    assert session is not None
    return session


def told(now: datetime, ends: datetime, paused_until: Optional[datetime] = None, **times: Any) -> LookAnswer:
    """What the room says of an attempt in the formal session."""
    facts = {"handed_in_at": None, "completed_at": None, **times}
    attempt = AttemptFacts("questions", STARTS, ends, paused_until=paused_until, **facts)
    return LookAnswer(now, now, attempt, 0, 0, None)


def by_room(now: datetime, answer: LookAnswer) -> HeldSession:
    """As a client holds the session that knows no order."""
    session = held_session(CHARTER, FORMAL, now, NO_PAUSES, answer)
    assert session is not None
    return session


# ------------------------------------------------------------------------------------------- what holds


@given(st.integers(0, int(LONGEST.total_seconds()) - 1))
def test_the_countdown_stands_as_long_as_the_pause_lasts(second: int) -> None:
    now = PAUSED_AT + second * SECOND
    for session in (by_orders(now, *PAUSING), by_room(now, told(PAUSED_AT, ENDS + LONGEST, LATEST))):
        assert (session.stands, session.left(now), session.paused_until) == (True, LEFT, LATEST)
        assert session.window.ends == ENDS + LONGEST


@given(st.integers(0, 1000), st.booleans())
def test_after_a_pause_as_much_is_left_as_before_it(second: int, resumed: bool) -> None:
    orders, goes_on = (RESUMING, RESUMED) if resumed else (PAUSING, LATEST)
    now = goes_on + min(second * SECOND, LEFT - SECOND)
    ends = goes_on + LEFT
    for session in (by_orders(now, *orders), by_room(now, told(now, ends))):
        assert (session.stands, session.left(now)) == (False, ends - now)


def test_a_pause_ends_by_itself_without_a_word_of_the_room() -> None:
    last = told(PAUSED_AT, ENDS + LONGEST, LATEST)
    assert by_room(LATEST - SECOND, last).left(LATEST - SECOND) == LEFT
    assert by_room(LATEST, last).left(LATEST) == LEFT
    assert by_room(LATEST + SECOND, last).left(LATEST + SECOND) == LEFT - SECOND


def test_the_newer_of_room_and_orders_counts() -> None:
    paused = told(PAUSED_AT + MINUTE, ENDS + LONGEST, LATEST)
    now = RESUMED + MINUTE
    assert by_orders(now, *RESUMING, answer=paused).left(now) == LEFT - MINUTE, "the order came later"
    resumed = told(RESUMED, ENDS + (RESUMED - PAUSED_AT))
    assert by_orders(now, *PAUSING, answer=resumed).left(now) == LEFT - MINUTE, "the answer came later"


def test_pauses_that_follow_each_other_are_one_standstill() -> None:
    own = Order(2, PAUSE, 0, 20 * 60, frozenset({JTI}), int((PAUSED_AT + 10 * MINUTE).timestamp()))
    now, until = PAUSED_AT + MINUTE, PAUSED_AT + 30 * MINUTE
    session = by_orders(now, *PAUSING, own)
    assert (session.paused_until, session.left(now)) == (until, LEFT)


def test_who_is_not_inside_sees_the_last_login_come_in_a_pause() -> None:
    late = replace(CHARTER, formals=(replace(CHARTER.formals[0], login_closes=STARTS + 8 * MINUTE),))
    pauses = SeatPauses((Pause(PAUSED_AT, LATEST, 1),), PAUSED_AT)
    session = held_session(late, FORMAL, PAUSED_AT + MINUTE, pauses, None)
    assert session is not None and session.paused_until == LATEST
    assert (session.stands, session.left(PAUSED_AT + MINUTE)) == (False, 4 * MINUTE)
    inside = held_session(late, FORMAL, PAUSED_AT + MINUTE, NO_PAUSES, told(PAUSED_AT, ENDS, LATEST))
    assert inside is not None and inside.stands


def test_an_attempt_that_is_over_or_of_a_mock_moves_nothing() -> None:
    now = PAUSED_AT + MINUTE
    over = told(now, ENDS + LONGEST, LATEST, handed_in_at=now)
    assert by_room(now, over) == held_session(CHARTER, FORMAL, now, NO_PAUSES, None)
    mock = charters.at(4, 12)
    assert held_session(CHARTER, MOCK, mock, NO_PAUSES, told(mock, ENDS, LATEST)) == held_session(
        CHARTER, MOCK, mock, NO_PAUSES, None
    )
    assert held_session(CHARTER, FORMAL, ENDS, NO_PAUSES, told(now, ENDS)) is None


def test_an_end_that_only_the_room_knows_keeps_the_session_open() -> None:
    now = ENDS + MINUTE
    session = by_room(now, told(ENDS - MINUTE, ENDS + LONGEST))
    assert session.left(now) == LONGEST - MINUTE


def test_the_schedule_names_the_pause_on_its_line() -> None:
    now = PAUSED_AT + MINUTE
    mock = held_session(CHARTER, MOCK, now, NO_PAUSES, None)
    line = next_line(next_session([mock, by_orders(now, *PAUSING)]), now)
    assert line is not None
    assert line.zh == "正式面试暂停中，作答时间还剩：00:07:00"
    assert line.en == "Formal interview: paused. Answer time left: 00:07:00"


# ---------------------------------------------------------------------------------------------- the window


@pytest.fixture
def paused_room(
    root: Any, online_installation: Installation, portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Screen]:
    """A window in the formal session of an exam with this project's own room, shortly before the pause."""
    for name in ("EVERY_S", "CALM_EVERY_S"):
        monkeypatch.setattr(f"oneseat.client.gui.room_ticker.{name}", 0.05)
    authority, room = online_installation.authority, online_installation.room
    token = authority.charter_token(exam_room=OWN_ROOM, room=ROOM_TERMS, measures=MEASURES)
    (online_installation.program.folder / "charter.jws").write_text(token)
    authority.charter_token = lambda **_: token  # type: ignore[method-assign]
    portal.now = online_installation.clock.at = room.now = PAUSED_AT - MINUTE
    room.until = charters.at(13, 11)
    screen = Screen(root, online_installation)
    yield screen
    screen.app.close()


def enter(screen: Screen) -> Any:
    page = open_session_page(screen, words.STEP_FORMAL)
    page.button.invoke()
    screen.wait_for(lambda: len(screen.installation.opener.browsers) == 1)
    fetch_last(screen)
    see(screen, ENDS)
    screen.wait_for(lambda: "已进入，本场至 2035年1月10日（星期三）11:10 结束。" in screen.shown())
    return page


def see(screen: Screen, ends: datetime, **times: datetime) -> None:
    see_window(screen, "questions", starts_at=STARTS, ends_at=ends, **times)


def count(page: Any, now: datetime) -> str:
    """What the countdown shows at a moment."""
    page.tick(now)
    return f"{page._until.cget('text')} {page._left.cget('text')}"


def keep_orders(screen: Screen, *tokens: str) -> None:
    store_orders(exam_folder(screen.installation.computer.own_folder(), "test"), tokens)


def pause_token() -> str:
    return order(1, act=PAUSE, seconds=int(LONGEST.total_seconds()), at=int(PAUSED_AT.timestamp()))


def resume_token() -> str:
    given = int((RESUMED - MINUTE).timestamp())
    return order(2, act=RESUME, seconds=int((RESUMED - PAUSED_AT).total_seconds()), at=given)


INSIDE = "考试暂停，最晚 11:18 恢复；录像继续，请留在画面内。"


def test_the_page_stands_in_a_pause_and_goes_on_after_it(paused_room: Screen) -> None:
    page = enter(paused_room)
    assert count(page, PAUSED_AT) == "距正式面试结束 00:07:00"
    see(paused_room, ENDS + LONGEST, paused_until=LATEST)
    paused_room.wait_for(lambda: INSIDE in paused_room.shown())
    assert "已进入，本场最晚至 2035年1月10日（星期三）11:25 结束。" in paused_room.shown()
    assert "作答时间：11:00 – 11:25（最晚）。" in paused_room.shown()
    for minutes in (1, 9):
        assert count(page, PAUSED_AT + minutes * MINUTE) == "暂停中，作答时间还剩 00:07:00"
    see(paused_room, ENDS + (RESUMED - PAUSED_AT))
    paused_room.wait_for(lambda: "考试暂停" not in paused_room.shown())
    assert "已进入，本场至 2035年1月10日（星期三）11:15 结束。" in paused_room.shown()
    assert count(page, RESUMED + MINUTE) == "距正式面试结束 00:06:00"


def test_a_client_that_could_not_reach_the_room_comes_right_with_its_first_look(paused_room: Screen) -> None:
    page, room = enter(paused_room), paused_room.installation.room
    room.refusal = RoomSilent(why="OS-049")
    see(paused_room, ENDS + LONGEST, paused_until=LATEST)
    asked = len(room.asked)
    paused_room.wait_for(lambda: len(room.asked) > asked + 2)
    assert count(page, PAUSED_AT + MINUTE) == "距正式面试结束 00:06:00", "nobody has told it of the pause"
    room.refusal = None
    paused_room.wait_for(lambda: INSIDE in paused_room.shown())
    room.refusal = RoomSilent(why="OS-049")
    assert count(page, LATEST + MINUTE) == "距正式面试结束 00:06:00", "the pause ended by itself meanwhile"
    room.refusal = None
    see(paused_room, ENDS + (RESUMED - PAUSED_AT))
    paused_room.wait_for(lambda: "11:15 结束。" in paused_room.shown())
    assert count(page, RESUMED + 2 * MINUTE) == "距正式面试结束 00:05:00"


def test_a_client_that_starts_in_the_middle_of_a_pause_shows_it(paused_room: Screen) -> None:
    jti, room = enrol(paused_room.installation), paused_room.installation.room
    KeptUploads(paused_room.installation.computer, "test", jti).keep(KeptUpload(FORMAL, "grant", room.until))
    room.grant = "grant"
    see(paused_room, ENDS + LONGEST, paused_until=LATEST)
    paused_room.log_in(OWNER)
    paused_room.app.go(words.STEP_FORMAL)
    paused_room.wait_for(lambda: INSIDE in paused_room.shown())
    page: Any = paused_room.app.page
    assert count(page, PAUSED_AT + 4 * MINUTE) == "暂停中，作答时间还剩 00:07:00"
    assert page.button.cget("text") == "重新进入考场"


def test_kept_orders_hold_a_pause_where_nobody_can_be_reached(paused_room: Screen, portal: Portal) -> None:
    open_session_page(paused_room, words.STEP_FORMAL)
    keep_orders(paused_room, pause_token())
    check_in_now(paused_room)
    paused_room.wait_for(lambda: steps_of(paused_room).acceptance.pauses != NO_PAUSES)
    page: Any = paused_room.app.page
    assert count(page, PAUSED_AT + MINUTE) == "暂停中，作答时间还剩 00:07:00"
    assert page._paused.cget("text") == "考试暂停，最晚 11:18 恢复。", "nobody films who is not inside"
    paused_room.app.log_out()
    portal.broken = lambda _: (503, "text/plain", b"")
    paused_room.installation.room.refusal = RoomSilent(why="OS-049")
    paused_room.log_in(OWNER)
    paused_room.app.go(words.STEP_FORMAL)
    page = paused_room.app.page
    assert count(page, PAUSED_AT + 2 * MINUTE) == "暂停中，作答时间还剩 00:07:00"
    assert count(page, LATEST + MINUTE) == "距正式面试结束 00:06:00"
    keep_orders(paused_room, pause_token(), resume_token())
    charter = replace(paused_room.installation.authority.charter(), measures=MEASURES)
    folder = exam_folder(paused_room.installation.computer.own_folder(), "test")
    kept = pauses_of_seat(folder, charter, JTI)
    assert [(each.begins, each.ends) for each in kept.spans] == [(PAUSED_AT, RESUMED)]
    assert kept.told_at == RESUMED - MINUTE


def test_a_pause_that_only_the_room_knows_keeps_the_computer_awake(paused_room: Screen) -> None:
    enter(paused_room)
    see(paused_room, ENDS + LONGEST, paused_until=LATEST)
    paused_room.wait_for(lambda: INSIDE in paused_room.shown())
    entry, awake = steps_of(paused_room).entry, paused_room.installation.opener.awake
    entry.tick(ENDS + MINUTE)
    assert entry.in_session and awake == [True]
    entry.tick(ENDS + LONGEST)
    assert not entry.in_session and awake == [True, False]


def test_orders_that_are_forged_pause_nothing(paused_room: Screen) -> None:
    folder, charter = exam_folder(paused_room.installation.computer.own_folder(), "test"), CHARTER
    plain: Charter = replace(charter, measures=None)
    keep_orders(paused_room, pause_token())
    assert pauses_of_seat(folder, plain, JTI) == NO_PAUSES
    assert pauses_of_seat(folder, charter, JTI).spans[0].ends == LATEST
