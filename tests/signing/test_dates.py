"""Dates in words: what is written reads back as the same instant, and midnight as the end of a day."""

from __future__ import annotations

import calendar
import re
from datetime import datetime, timedelta, timezone
from typing import Dict

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from signing import dates
from signing.text import Text

BEIJING = timezone(timedelta(hours=8))
MIDNIGHT = datetime(2023, 1, 15, tzinfo=BEIJING)
MOMENTS = st.integers(0, 4_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, BEIJING))
NEAR_MIDNIGHT = st.builds(
    lambda days, seconds: MIDNIGHT + timedelta(days=days, seconds=seconds),
    st.integers(-20_000, 20_000),
    st.integers(-2, 2),
)
_ZH = re.compile(r"(\d+)年(\d+)月(\d+)日（星期(.)）(\d\d):(\d\d)(?::(\d\d))?")
_EN = re.compile(r"(\w{3}) (\d+) (\w+) (\d+), (\d\d):(\d\d)(?::(\d\d))?")
_MONTHS: Dict[str, int] = {name: number for number, name in enumerate(calendar.month_name)}


def _moment(year: int, month: int, day: int, clock: tuple[str, ...]) -> datetime:
    hours, minutes, seconds = (int(part or 0) for part in clock)
    assert (hours, minutes, seconds) <= (24, 0, 0)
    return datetime(year, month, day, tzinfo=BEIJING) + timedelta(
        hours=hours, minutes=minutes, seconds=seconds
    )


def read_chinese(words: str) -> datetime:
    match = _ZH.fullmatch(words)
    assert match is not None, words
    year, month, day = (int(part) for part in match.groups()[:3])
    assert "一二三四五六日"[calendar.weekday(year, month, day)] == match.group(4)
    return _moment(year, month, day, match.groups()[4:])


def read_english(words: str) -> datetime:
    match = _EN.fullmatch(words)
    assert match is not None, words
    day, month, year = int(match.group(2)), _MONTHS[match.group(3)], int(match.group(4))
    assert calendar.day_abbr[calendar.weekday(year, month, day)] == match.group(1)
    return _moment(year, month, day, match.groups()[4:])


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, Text("Sat 14 January 2023, 24:00", "2023年1月14日（星期六）24:00")),
        (30, Text("Sun 15 January 2023, 00:00:30", "2023年1月15日（星期日）00:00:30")),
        (60, Text("Sun 15 January 2023, 00:01", "2023年1月15日（星期日）00:01")),
        (86399, Text("Sun 15 January 2023, 23:59:59", "2023年1月15日（星期日）23:59:59")),
    ],
)
def test_only_midnight_itself_belongs_to_the_day_before(seconds: int, words: Text) -> None:
    assert dates.deadline(MIDNIGHT + timedelta(seconds=seconds)) == words


def test_midnight_of_new_year_belongs_to_the_old_one() -> None:
    assert dates.deadline(datetime(2023, 1, 1, tzinfo=BEIJING)).en == "Sat 31 December 2022, 24:00"


def test_what_begins_at_midnight_begins_its_own_day() -> None:
    assert dates.opening(MIDNIGHT) == Text("Sun 15 January 2023, 00:00", "2023年1月15日（星期日）00:00")


@given(st.one_of(MOMENTS, NEAR_MIDNIGHT))
@example(MIDNIGHT)
@example(MIDNIGHT + timedelta(microseconds=1))
def test_every_moment_reads_back_to_the_second(moment: datetime) -> None:
    whole = moment.replace(microsecond=0)
    for words in (dates.deadline(moment), dates.opening(moment)):
        assert (read_english(words.en), read_chinese(words.zh)) == (whole, whole)


@given(st.one_of(MOMENTS, NEAR_MIDNIGHT), st.integers(0, 400 * 86400))
def test_a_span_repeats_neither_the_day_nor_the_year(opens: datetime, seconds: int) -> None:
    closes = opens + timedelta(seconds=seconds + 1)
    begins, ends = dates.span(opens, closes).en.split(" to ")
    assert read_english(begins) == opens.replace(microsecond=0)
    if "," not in ends:
        day, _, _ = begins.partition(",")
        ends = f"{day}, {ends}"
    elif not re.search(r"\d{4},", ends):
        ends = ends.replace(",", f" {opens.year},")
    assert read_english(ends) == closes.replace(microsecond=0)


def test_hours_stand_beside_a_day_and_name_another_one() -> None:
    evening = datetime(2023, 1, 14, 22, tzinfo=BEIJING)
    assert dates.hours(evening, MIDNIGHT) == Text("22:00 – 24:00", "22:00 – 24:00")
    assert dates.hours(evening, MIDNIGHT + timedelta(hours=2)) == Text(
        "22:00 – Sun 15 January, 02:00", "22:00 – 1月15日（星期日）02:00"
    )
    assert dates.hours(evening, MIDNIGHT + timedelta(days=1)).en == "22:00 – Sun 15 January, 24:00"


def test_an_instant_names_its_zone() -> None:
    utc = datetime(2035, 1, 3, 18, 4, 30, tzinfo=timezone.utc)
    assert (
        dates.instant(utc.astimezone(timezone(timedelta(hours=8)))).zh
        == "2035年1月4日（星期四）02:04（北京时间）"
    )
    assert dates.instant(utc).en == "Wed 3 January 2035, 18:04 (UTC)"
    tokyo = timezone(timedelta(hours=9))
    assert dates.instant(utc.astimezone(tokyo)).zh == "2035年1月4日（星期四）03:04（UTC+09:00）"
