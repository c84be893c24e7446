"""Formats dates for people: one notation per language, and one rule for midnight.

English writes ``Sat 14 January 2023, 24:00``, Chinese ``2023年1月14日（星期六）24:00``, as exam notices do.
Every function takes an aware time that is already in the exam's zone, and shows its wall clock.

The midnight rule: what ends at exactly 00:00:00 is written as 24:00 of the day before. Anything else, such as
00:00:30, is shown under its own day. What begins at 00:00:00 is always 00:00 of its own day.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta, timezone
from itertools import groupby
from typing import Iterable, List, Optional, Tuple

from signing.text import Text

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_WEEKDAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_WEEKDAYS_ZH = "一二三四五六日"
_MIDNIGHT = time(0)
BEIJING = timezone(timedelta(hours=8))
_Span = Tuple[datetime, datetime]


def day(moment: datetime, after: Optional[datetime] = None) -> Text:
    """A date with its weekday; without the year where ``after``, shown before it, has the same one."""
    weekday = moment.weekday()
    english = f"{_WEEKDAYS_EN[weekday]} {moment.day} {_MONTHS[moment.month - 1]}"
    chinese = f"{moment.month}月{moment.day}日（星期{_WEEKDAYS_ZH[weekday]}）"
    if after is not None and after.year == moment.year:
        return Text(english, chinese)
    return Text(f"{english} {moment.year}", f"{moment.year}年{chinese}")


def clock(moment: datetime) -> str:
    """A time of day, with seconds where there are any."""
    return f"{moment:%H:%M:%S}" if moment.second else f"{moment:%H:%M}"


def closing_clock(moment: datetime) -> str:
    """The time of day at which something ends: 24:00 for midnight."""
    return "24:00" if _ends_a_day(moment) else clock(moment)


def opening(moment: datetime, after: Optional[datetime] = None) -> Text:
    """The day and time at which something begins; ``after`` as for :func:`day`."""
    return _joined(day(moment, after), clock(moment))


def deadline(moment: datetime, after: Optional[datetime] = None) -> Text:
    """The day and time at which something ends, by the midnight rule.

    ``after`` is the moment shown before it: its day is not repeated, and neither is its year.
    """
    shown_day = moment - timedelta(days=1) if _ends_a_day(moment) else moment
    ends = closing_clock(moment)
    if after is not None and after.date() == shown_day.date():
        return Text(ends, ends)
    return _joined(day(shown_day, after), ends)


def instant(moment: datetime) -> Text:
    """A day and time, to the minute, with the name of its zone: a clock beside it may show another one."""
    return with_zone(opening(moment.replace(second=0)), moment)


def zone_name(moment: datetime) -> Text:
    """The name of a time's zone: Beijing time, UTC, or its offset from it."""
    if moment.utcoffset() == BEIJING.utcoffset(None):
        return Text("Beijing time", "北京时间")
    if not moment.utcoffset():
        return Text("UTC", "世界时间")
    offset = f"{moment:%z}"
    return Text(f"UTC{offset[:3]}:{offset[3:]}", f"UTC{offset[:3]}:{offset[3:]}")


def with_zone(date: Text, moment: datetime) -> Text:
    """A date with the name of its zone, for a reader whose own clock or zone may be another."""
    zone = zone_name(moment)
    return Text(f"{date.en} ({zone.en})", f"{date.zh}（{zone.zh}）")


def span(opens: datetime, closes: datetime) -> Text:
    """From one moment to another; the second is shown by the midnight rule."""
    begins, ends = opening(opens), deadline(closes, opens)
    return Text(f"{begins.en} to {ends.en}", f"{begins.zh} 至 {ends.zh}")


def hours(opens: datetime, closes: datetime) -> Text:
    """Two times of day beside a date that is shown already; another day of closing is named."""
    begins, ends = clock(opens), deadline(closes, opens)
    return Text(f"{begins} – {ends.en}", f"{begins} – {ends.zh}")


def daily(spans: Iterable[_Span]) -> List[Tuple[Text, Tuple[_Span, ...]]]:
    """Spans of time in words, with the spans of each line; in the order in which they begin.

    Spans with the same times of day on following days become one line.
    """
    by_clock = sorted(spans, key=lambda span: (span[0].time(), span[1].time(), span))

    def run(item: Tuple[int, _Span]) -> Tuple[object, ...]:
        index, (opens, closes) = item
        # Of following days, each is later by as much as its index is higher.
        return (opens.date() - timedelta(days=index), opens.time(), closes.time())

    lines: List[Tuple[Text, Tuple[_Span, ...]]] = []
    for _, members in groupby(enumerate(by_clock), key=run):
        lines += _in_lines([member for _, member in members])
    return sorted(lines, key=lambda line: line[1])


def _in_lines(days: List[_Span]) -> List[Tuple[Text, Tuple[_Span, ...]]]:
    """One line for following days with the same times of day, unless a span is longer than a day."""
    (first, closes), last = days[0], days[-1][0]
    if len(days) == 1 or closes - first > timedelta(days=1):
        return [(span(*each), (each,)) for each in days]
    times = f"{clock(first)}–{closing_clock(closes)}"
    begins, until = day(first), day(last, first)
    words = Text(f"{begins.en} to {until.en}, daily {times}", f"{begins.zh}至 {until.zh}，每日 {times}")
    return [(words, tuple(days))]


def _ends_a_day(moment: datetime) -> bool:
    return moment.time() == _MIDNIGHT


def _joined(date: Text, at: str) -> Text:
    return Text(f"{date.en}, {at}", f"{date.zh}{at}")
