"""Service hours: whether support answers at a moment, when it answers next, and what is shown of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import accumulate
from typing import List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signing import dates, service_hours
from signing.charter import Window
from tests.charters import at

HOURS = (
    Window(at(4, 9), at(5, 0)),
    Window(at(5, 9), at(6, 0)),
    Window(at(10, 9), at(10, 12)),
    Window(at(10, 14), at(10, 18)),
    Window(at(11, 9), at(11, 12)),
    Window(at(11, 14), at(11, 18)),
)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("now", "shown"),
    [
        (at(4, 9) - SECOND, "现在无人接听，1月4日（星期四）09:00 起恢复服务"),
        (at(4, 9), "现在可拨打，服务至 24:00"),
        (at(5, 0) - SECOND, "现在可拨打，服务至 24:00"),
        (at(5, 0), "现在无人接听，1月5日（星期五）09:00 起恢复服务"),
        (at(10, 12), "现在无人接听，1月10日（星期三）14:00 起恢复服务"),
        (at(11, 18), "服务已结束"),
    ],
)
def test_what_the_hours_mean_now_is_said(now: datetime, shown: str) -> None:
    words = service_hours.present_hours(HOURS, now)
    assert words is not None and words.zh == shown


def test_following_days_are_one_line_even_with_two_spans_a_day() -> None:
    assert [words.zh for words in service_hours.all_hours(HOURS)] == [
        "2035年1月4日（星期四）至 1月5日（星期五），每日 09:00–24:00",
        "2035年1月10日（星期三）至 1月11日（星期四），每日 09:00–12:00",
        "2035年1月10日（星期三）至 1月11日（星期四），每日 14:00–18:00",
    ]


def test_unknown_hours_say_nothing() -> None:
    assert service_hours.present_hours((), at(4, 9)) is None
    assert service_hours.next_opening((), at(4, 9)) is None
    assert not service_hours.is_closed((), at(4, 9))
    assert service_hours.all_hours(()) == ()


STEPS = st.lists(st.integers(1, 3000), min_size=2, max_size=16)


def windows_of(steps: List[int]) -> List[Window]:
    """Windows without overlap, minutes apart."""
    ends = [at(1, 0) + timedelta(minutes=minutes) for minutes in accumulate(steps)]
    return [Window(ends[n], ends[n + 1]) for n in range(0, len(ends) - 1, 2)]


@given(STEPS, st.integers(0, 50_000))
def test_support_answers_at_the_next_opening_and_never_before(steps: List[int], minutes: int) -> None:
    hours, now = windows_of(steps), at(1, 0) + timedelta(minutes=minutes)
    opens = service_hours.next_opening(hours, now)
    if opens is not None:
        assert service_hours.is_closed(hours, now) and now < opens
        assert service_hours.is_closed(hours, opens - SECOND) and not service_hours.is_closed(hours, opens)
        assert all(window.opens >= opens for window in hours if window.opens > now)
    elif service_hours.is_closed(hours, now):
        assert max(window.closes for window in hours) <= now


@given(STEPS)
def test_every_span_is_in_exactly_one_line(steps: List[int]) -> None:
    spans = [(window.opens, window.closes) for window in windows_of(steps)]
    lines = dates.daily(spans)
    assert sorted(span for _, members in lines for span in members) == spans
    assert [members[0] for _, members in lines] == sorted(members[0] for _, members in lines)
