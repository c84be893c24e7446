"""The exam's dates as a candidate reads them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta, timezone
from typing import List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneseat.client import schedule
from oneseat.client.schedule import LATER, NEXT, OVER, RUNNING
from signing.charter import Window
from signing.text import Text
from tests import charters
from tests.charters import at

CHARTER = charters.charter()


@pytest.mark.parametrize(
    ("now", "standings"),
    [
        (at(3, 0), [NEXT, LATER, LATER]),
        (at(4, 10), [RUNNING, NEXT, LATER]),
        (at(5, 0), [OVER, NEXT, LATER]),
        (at(6, 0), [OVER, OVER, NEXT]),
        (at(10, 10, 10), [OVER, OVER, RUNNING]),
        (at(10, 11, 10), [OVER, OVER, OVER]),
    ],
)
def test_each_session_stands_where_the_moment_puts_it(now: object, standings: List[str]) -> None:
    assert [row.standing for row in schedule.rows(CHARTER, now)] == standings  # type: ignore[arg-type]


def test_the_rows_read_as_the_notice_does() -> None:
    mock, _, formal = schedule.rows(CHARTER, at(1, 0))
    assert (mock.kind.zh, mock.day.zh) == ("模拟面试", "2035年1月4日（星期四）")
    assert mock.hours == Text("10:00 – 24:00", "10:00 – 24:00")
    assert (formal.day.en, formal.hours.en) == ("Wed 10 January 2035", "10:10 – 11:10")
    assert formal.note.zh == "10:10 开始登录，11:00 开考，11:00 截止登录，11:10 交卷"


def test_a_session_over_midnight_names_both_days() -> None:
    over_night = replace(CHARTER, mocks=(Window(at(4, 22), at(5, 2)),))
    assert schedule.rows(over_night, at(1, 0))[0].hours == Text(
        "22:00 – Fri 5 January, 02:00", "22:00 – 1月5日（星期五）02:00"
    )


@given(st.integers(-20_000, 20_000))
def test_at_most_one_session_is_next_and_none_is_before_one_that_is_over(minutes: int) -> None:
    standings = [row.standing for row in schedule.rows(CHARTER, at(5, 0) + timedelta(minutes=minutes))]
    assert standings.count(NEXT) <= 1
    assert standings == sorted(standings, key=[OVER, RUNNING, NEXT, LATER].index)


def test_an_exam_without_mocks_has_formal_sessions_only() -> None:
    rows = schedule.rows(replace(CHARTER, mocks=()), at(1, 0))
    assert [row.kind for row in rows] == [schedule.FORMAL]


def test_times_are_named_and_another_zone_of_the_computer_is_said() -> None:
    pytest.importorskip("tkinter")
    from oneseat.client.gui.schedule_page import times_in

    exam = charters.at(4, 10)
    assert times_in(exam, exam).zh == "以上均为北京时间。"
    pacific = exam.astimezone(timezone(timedelta(hours=-8)))
    assert times_in(exam, pacific).zh == "以上均为北京时间。本机时区为 UTC-08:00，考试以北京时间为准。"
