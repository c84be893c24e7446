"""When a live picture is missed: the rule, and what a wall's reader remembers for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneseat.room.rules import live_pictures
from oneseat.room.rules import picture_due as rules
from oneseat.room.rules.picture_due import StreamPictures
from oneseat.room.rules.steps import Step
from oneseat.room.staff.live_wall.wall_pictures import PagesSeen, Seen
from oneseat.state.room.wall import LiveAttempt, LiveTakes
from tests import charters

STARTS = charters.at(10, 11)
NOW = STARTS + timedelta(minutes=20)
SECOND = timedelta(seconds=1)
LATE, SLOW = rules.LATE_AFTER, rules.SLOW_FOR
MOMENTS = st.integers(-3600, 0).map(lambda seconds: NOW + seconds * SECOND)
MAYBE = st.none() | MOMENTS
STREAMS = st.builds(StreamPictures, MAYBE, MAYBE, MAYBE, MAYBE, MAYBE)
SCRIPT = Path(__file__).parents[2] / "templates" / "room" / "static" / "live_pictures.js"


# ------------------------------------------------------------------------------------------------- rule


@given(STREAMS, MOMENTS)
def test_nothing_is_missed_until_its_time_has_passed_since_whatever_came_last(
    stream: StreamPictures, last: datetime
) -> None:
    for name in ("asked_at", "began_at", "newest_at", "away_at", "slow_at"):
        known = replace(stream, **{name: last})
        bounded = name == "slow_at" and known.asked_at is not None and last > known.asked_at + SLOW
        if last + LATE >= NOW and not bounded:
            assert not rules.is_missed(known, NOW), name


@given(STREAMS, st.integers(0, 3600))
def test_what_is_missed_stays_missed_until_something_comes(stream: StreamPictures, later_s: int) -> None:
    if rules.is_missed(stream, NOW):
        assert rules.is_missed(stream, NOW + later_s * SECOND)


@given(STREAMS)
def test_whatever_the_line_does_a_picture_is_missed_in_the_end(stream: StreamPictures) -> None:
    moments = (stream.asked_at, stream.began_at, stream.newest_at, stream.away_at)
    last = max((at for at in moments if at is not None), default=NOW)
    after = last + SLOW + LATE + SECOND
    always_slow = replace(stream, slow_at=after)
    assert rules.is_missed(always_slow, after) == (stream.asked_at is not None)
    assert not rules.is_missed(always_slow, after - 2 * SECOND)


@given(STREAMS)
def test_a_stream_that_is_not_asked_for_is_never_missed(stream: StreamPictures) -> None:
    assert not rules.is_missed(replace(stream, asked_at=None), NOW + timedelta(days=1))


@given(STREAMS, st.integers(11, 7200))
def test_a_recording_that_begins_in_the_future_is_no_excuse(stream: StreamPictures, ahead_s: int) -> None:
    lying = replace(stream, began_at=NOW + ahead_s * SECOND)
    assert rules.is_missed(lying, NOW) == rules.is_missed(replace(stream, began_at=None), NOW)


@pytest.mark.parametrize(
    ("stream", "missed"),
    [
        (StreamPictures(STARTS), True),
        (StreamPictures(NOW - LATE), False),
        (StreamPictures(NOW - LATE - SECOND), True),
        (StreamPictures(STARTS, began_at=NOW - LATE), False),
        (StreamPictures(STARTS, newest_at=NOW - LATE), False),
        (StreamPictures(STARTS, NOW - LATE - SECOND, NOW - LATE - SECOND), True),
        (StreamPictures(STARTS, away_at=NOW - SECOND), False),
        (StreamPictures(STARTS, newest_at=NOW - SLOW, slow_at=NOW), False),
        (StreamPictures(STARTS, newest_at=NOW - SLOW - LATE - SECOND, slow_at=NOW), True),
        (StreamPictures(STARTS, newest_at=NOW - SLOW, slow_at=NOW - LATE - SECOND), True),
    ],
)
def test_the_rule_in_cases(stream: StreamPictures, missed: bool) -> None:
    assert rules.is_missed(stream, NOW) is missed


def test_pages_and_room_agree_on_what_is_a_slow_line_and_too_soon() -> None:
    script = SCRIPT.read_text()
    assert f"const MOST_WAITING = {live_pictures.MOST_WAITING};" in script
    assert f"const CLOSEST_MS = {live_pictures.CLOSEST.seconds * 1000};" in script
    assert rules.is_slow({"camera": 3, "screen": 2, "phone": 9}, ("camera", "screen"))
    assert not rules.is_slow({"camera": 2, "screen": 2, "phone": 9}, ("camera", "screen"))


# ----------------------------------------------------------------------------------------------- reader

PREPARED = LiveAttempt(
    id="a",
    jti="j",
    kind="formal",
    session=0,
    ordinal=1,
    epoch=1,
    created_at=STARTS,
    consent_at=STARTS - timedelta(minutes=30),
    phone_at=None,
    devices_at=STARTS - timedelta(minutes=25),
    identity_at=None,
    identity_state=None,
    room_at=STARTS - timedelta(minutes=20),
    starts_at=STARTS,
    ends_at=STARTS + timedelta(hours=1),
    handed_in_at=None,
    completed_at=None,
    upload_until=None,
    window_seen_at=NOW,
    guard_seen_at=NOW,
)
OLD = NOW - timedelta(minutes=9)
RUNNING = LiveTakes({}, {"camera": OLD, "screen": OLD, "phone": OLD})
ALL_OLD = {"camera": OLD, "screen": OLD, "phone": OLD}


def reader() -> PagesSeen:
    """What a reader remembers that has read for long."""
    pages = PagesSeen()
    pages.meet([PREPARED], OLD - LATE)
    return pages


def missed(pages: PagesSeen, seen: Seen, now: datetime = NOW, **changes: object) -> list[bool]:
    """Read one attempt at a moment; whether the camera's, the screen's, the phone's pictures are missed."""
    attempt = PREPARED._replace(**{"window_seen_at": now, **changes})  # type: ignore[arg-type]
    pages.meet([attempt], now)
    streams = pages.streams_of(attempt, Step.QUESTIONS, seen, now)
    return [rules.is_missed(stream, now) for stream in streams]


def test_the_camera_is_asked_for_from_the_devices_on_or_else_from_the_start() -> None:
    asked = {step: rules.recorded_since(PREPARED, step) for step in Step}
    assert {step for step, since in asked.items() if since is not None} == set(rules.RECORDED)
    assert asked[Step.ROOM] == PREPARED.devices_at
    unready = PREPARED._replace(devices_at=None)
    assert rules.recorded_since(unready, Step.QUESTIONS) == STARTS
    late = unready._replace(consent_at=STARTS + timedelta(minutes=3))
    assert rules.recorded_since(late, Step.QUESTIONS) == late.consent_at


def test_screen_and_phone_are_missed_while_they_are_recorded_and_the_camera_always() -> None:
    assert missed(reader(), Seen(RUNNING, ALL_OLD, is_phone_well=True)) == [True, True, True]
    assert missed(reader(), Seen(None, ALL_OLD, is_phone_well=True)) == [True, False, False]
    assert missed(reader(), Seen(None, {}, is_phone_well=None)) == [True, False]
    assert missed(reader(), Seen(RUNNING, ALL_OLD, is_phone_well=None)) == [True, True]
    assert missed(reader(), Seen(RUNNING, ALL_OLD, is_phone_well=False)) == [True, True, False]


def test_a_page_that_was_silent_has_its_time_again_when_it_is_back() -> None:
    pages, seen = reader(), Seen(RUNNING, ALL_OLD, is_phone_well=None)
    assert missed(pages, seen, window_seen_at=OLD) == [False, False]
    assert missed(pages, seen, NOW + 2 * SECOND) == [False, False]
    assert missed(pages, seen, NOW + LATE) == [False, False]
    assert missed(pages, seen, NOW + LATE + SECOND) == [True, True]


def test_a_new_window_has_its_time_before_its_devices_are_open() -> None:
    pages, seen = reader(), Seen(None, ALL_OLD, is_phone_well=None)
    assert missed(pages, seen) == [True, False]
    assert missed(pages, seen, NOW + SECOND, epoch=2) == [False, False]
    assert missed(pages, seen, NOW + 2 * SECOND + LATE, epoch=2) == [True, False]


def test_an_attempt_that_comes_or_is_open_again_has_its_time() -> None:
    pages, seen = reader(), Seen(None, ALL_OLD, is_phone_well=None)
    pages.meet([], NOW - SECOND)
    assert missed(pages, seen) == [False, False]
    pages.meet([], NOW + 2 * LATE)
    assert missed(pages, seen, NOW + 3 * LATE) == [False, False]


def test_each_page_is_slow_by_its_own_recordings() -> None:
    newest = dict.fromkeys(ALL_OLD, NOW - 2 * LATE)
    slow_phone = Seen(RUNNING._replace(waiting={"camera": 4, "phone": 5}), newest, is_phone_well=True)
    assert missed(reader(), slow_phone) == [True, True, False]
    pages = reader()
    slow_page = Seen(RUNNING._replace(waiting={"camera": 3, "screen": 3}), newest, is_phone_well=True)
    assert missed(pages, slow_page) == [False, False, True]
    drained = replace(slow_page, takes=RUNNING)
    assert missed(pages, drained, NOW + LATE) == [False, False, True], (
        "its time counts from the slow line's end"
    )
    assert missed(pages, slow_page, NOW + SLOW + LATE) == [True, True, True], "not for ever"


class Read(NamedTuple):
    """What one round of reading finds: how long after the last one, and of the pages since then."""

    gap_s: int
    is_silent: bool = False
    is_new_window: bool = False
    came: frozenset[str] = frozenset()
    began: frozenset[str] = frozenset()
    is_phone_well: bool = True
    waiting: int = 0


FOUND = st.builds(
    Read,
    st.integers(1, 90),
    st.booleans(),
    st.sampled_from((False, False, False, True)),
    st.frozensets(st.sampled_from(tuple(ALL_OLD)), max_size=2),
    st.frozensets(st.sampled_from(tuple(ALL_OLD)), max_size=1),
    st.booleans(),
    st.sampled_from((0, 0, 0, 5)),
)


def followed(
    rounds: list[Read], *readers: tuple[int, PagesSeen]
) -> Iterator[tuple[datetime, list[list[bool]]]]:
    """Have readers follow one history, each from one of its rounds on; yield what they say is missed."""
    now, epoch, pictures, begun = NOW, 1, dict(ALL_OLD), dict(ALL_OLD)
    for number, found in enumerate(rounds):
        now += found.gap_s * SECOND
        epoch += found.is_new_window
        pictures |= dict.fromkeys(found.came, now)
        begun |= dict.fromkeys(found.began, now)
        waiting = {"camera": found.waiting, "phone": found.waiting}
        seen = Seen(LiveTakes(waiting, dict(begun)), dict(pictures), found.is_phone_well)
        heard = OLD if found.is_silent else now
        begin = [pages for first, pages in readers if first <= number]
        yield now, [missed(pages, seen, now, window_seen_at=heard, epoch=epoch) for pages in begin]


@given(st.lists(FOUND, min_size=1, max_size=25), st.integers(0, 24))
def test_a_wall_that_is_opened_anew_says_nothing_that_an_open_one_would_not_say(
    rounds: list[Read], opened: int
) -> None:
    for _, said in followed(rounds, (0, reader()), (opened, PagesSeen())):
        if len(said) == 2:
            always, anew = said
            assert all(known or not new for known, new in zip(always, anew, strict=True))


@given(st.lists(FOUND, min_size=1, max_size=25), st.integers(0, 24))
def test_what_stays_missed_is_said_within_the_same_time_on_a_wall_that_is_opened_anew(
    rounds: list[Read], opened: int
) -> None:
    """A slow line aside: it may add its five minutes anew."""
    steady = [each._replace(waiting=0) for each in rounds]
    since: datetime | None = None
    stays = [True, True, True]
    for now, said in followed(steady, (0, reader()), (opened, PagesSeen())):
        if len(said) == 2:
            always, anew = said
            since = since or now
            stays = [still and known for still, known in zip(stays, always, strict=True)]
            if now - since > LATE:
                assert all(new or not still for still, new in zip(stays, anew, strict=True))


def test_a_page_that_came_back_just_before_the_wall_was_opened_has_its_time() -> None:
    pages, seen = PagesSeen(), Seen(RUNNING, ALL_OLD, is_phone_well=True)
    assert missed(pages, seen) == [False, False, False]
    assert missed(pages, seen, NOW + LATE) == [False, False, False]
    assert missed(pages, seen, NOW + LATE + SECOND) == [True, True, True]
