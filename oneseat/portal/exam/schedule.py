"""The exam's days in words, for people: from the charter, in the exam's own time zone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from signing import dates
from signing.charter import Charter, FormalSession, Window
from signing.text import Text

_BEIJING = frozenset({"Asia/Shanghai", "Asia/Chongqing", "Asia/Harbin", "PRC"})


_Span = tuple[datetime, datetime | None]
"""From a moment up to another; None is without an end."""


class Mark(StrEnum):
    """Where a line of the schedule is in time. Only the first one to come is NEXT."""

    PAST = "past"
    NOW = "now"
    NEXT = "next"
    LATER = "later"


@dataclass(frozen=True)
class Entry:
    """One line of the schedule. ``key`` names it for styling; ``notes`` say what to mind.

    ``spans`` are the times at which it is going on, in order.
    """

    key: str
    title: Text
    when: Text
    notes: tuple[Text, ...] = ()
    spans: tuple[_Span, ...] = ()

    def mark(self, now: datetime) -> Mark:
        """PAST, NOW or LATER at ``now``."""
        if any(_contains(span, now) for span in self.spans):
            return Mark.NOW
        to_come = any(opens > now for opens, _ in self.spans)
        return Mark.LATER if to_come else Mark.PAST


def _contains(span: _Span, moment: datetime) -> bool:
    opens, closes = span
    return opens <= moment and (closes is None or moment < closes)


def marked(entries: Sequence[Entry], now: datetime) -> tuple[tuple[Entry, Mark], ...]:
    """Each line with its mark. Of the lines to come, the one that opens first is NEXT."""
    now = now.astimezone(UTC)
    marks = [entry.mark(now) for entry in entries]
    to_come = [
        (min(opens for opens, _ in entry.spans if opens > now), at)
        for at, (entry, mark) in enumerate(zip(entries, marks, strict=True))
        if mark is Mark.LATER
    ]
    if to_come:
        marks[min(to_come)[1]] = Mark.NEXT
    return tuple(zip(entries, marks, strict=True))


def deadline(moment: datetime, zone: ZoneInfo) -> Text:
    """The day and time at which something ends, on the exam's clock."""
    return dates.deadline(moment.astimezone(zone))


def opening(moment: datetime, zone: ZoneInfo) -> Text:
    """The day and time at which something begins, on the exam's clock."""
    return dates.opening(moment.astimezone(zone))


def zone_words(charter: Charter) -> Text:
    """The name of the clock that all times are by."""
    if charter.timezone in _BEIJING:
        return Text("Beijing time", "北京时间")
    return Text(f"{charter.timezone} time", f"{charter.timezone} 时间")


def in_words(charter: Charter) -> tuple[Entry, ...]:
    """The whole schedule, in the order in which it happens to a candidate."""
    zone = ZoneInfo(charter.timezone)
    return (
        _download(charter, zone),
        *_mocks(charter, zone),
        _device_change(charter, zone),
        *(_formal(session, zone) for session in charter.formals),
        _keep(charter, zone),
    )


def span(window: Window, zone: ZoneInfo) -> Text:
    """From one moment to another."""
    return dates.span(window.opens.astimezone(zone), window.closes.astimezone(zone))


def interview_span(session: FormalSession, zone: ZoneInfo) -> Text:
    """A formal interview from the opening of its login to its end."""
    return span(Window(session.login_opens, session.ends), zone)


def _download(charter: Charter, zone: ZoneInfo) -> Entry:
    note = Text(
        "Afterwards the download is closed; without a download there is no interview.",
        "超过规定时间，下载通道即关闭；未下载考生端的，无法参加正式面试。",
    )
    return Entry(
        "download",
        Text("Download", "下载考生端"),
        span(charter.download, zone),
        (note,),
        (_utc(charter.download),),
    )


def _mocks(charter: Charter, zone: ZoneInfo) -> Iterator[Entry]:
    notes = [Text("One login a day; go through all of it.", "每人每天只能登录一次，请完整体验全过程。")]
    if charter.mock_required == "gate":
        notes.append(
            Text(
                "Who takes no part in a mock cannot take the formal interview.",
                "未参加模拟面试的考生，无法参加正式面试。",
            )
        )
    else:
        notes.append(
            Text(
                "Who takes no part and has trouble with the equipment on the day cannot take part.",
                "未参加模拟面试的考生，正式面试当天设备出现异常的，将无法参加正式面试。",
            )
        )
    for when, windows in _daily(charter.mocks, zone):
        spans = tuple(_utc(window) for window in windows)
        yield Entry("mock", Text("Mock interview", "模拟面试"), when, tuple(notes), spans)


def _utc(window: Window) -> _Span:
    return window.opens.astimezone(UTC), window.closes.astimezone(UTC)


def _daily(windows: tuple[Window, ...], zone: ZoneInfo) -> Iterator[tuple[Text, tuple[Window, ...]]]:
    """Windows with the same hours on following days become one line, with the windows of it."""
    local = ((window.opens.astimezone(zone), window.closes.astimezone(zone)) for window in windows)
    for words, spans in dates.daily(local):
        yield words, tuple(Window(*each) for each in spans)


_CHANGE_BY_HOTLINE = Text(
    "Call the hotline; not possible afterwards.", "拨打技术服务热线办理；此后不再提供更换支持。"
)
_CHANGE_AT_DESK = Text(
    "Ask the support desk; not possible afterwards.", "在客服平台提交申请；此后不再提供更换支持。"
)


def _device_change(charter: Charter, zone: ZoneInfo) -> Entry:
    until = deadline(charter.device_change_until, zone)
    return Entry(
        "change",
        Text("Changing the computer", "更换电脑"),
        Text(f"until {until.en}", f"{until.zh} 之前"),
        (_CHANGE_AT_DESK if charter.support.device_change == "desk" else _CHANGE_BY_HOTLINE,),
        ((charter.download.opens.astimezone(UTC), charter.device_change_until.astimezone(UTC)),),
    )


def _formal(session: FormalSession, zone: ZoneInfo) -> Entry:
    starts, ends = session.starts.astimezone(zone), session.ends.astimezone(zone)
    login = dates.clock(session.login_opens.astimezone(zone))
    last_login = dates.closing_clock(session.login_closes.astimezone(zone))
    submission = dates.closing_clock(ends)
    notes = (
        Text(
            f"Log in from {login}, the phone first, then the computer; last login {last_login}.",
            f"{login} 开始登录，先登录手机端，再登录电脑端；{last_login} 截止登录。",
        ),
        Text(
            f"Submission at {submission}: none earlier, none later.",
            f"{submission} 交卷，不允许迟到，不允许提前交卷。",
        ),
    )
    going_on = (session.login_opens.astimezone(UTC), session.ends.astimezone(UTC))
    return Entry("formal", Text("Formal interview", "正式面试"), dates.span(starts, ends), notes, (going_on,))


def _keep(charter: Charter, zone: ZoneInfo) -> Entry:
    if charter.keep_until is None:
        when = Text("until the results are published", "成绩公布前")
    else:
        until = deadline(charter.keep_until, zone)
        when = Text(f"until {until.en}", f"{until.zh} 之前")
    note = Text(
        "Do not uninstall or delete the clients or their installer files.",
        "请勿卸载或删除电脑端、手机端软件及相应的安装文件。",
    )
    opens = max((session.ends for session in charter.formals), default=charter.download.closes)
    closes = None if charter.keep_until is None else charter.keep_until.astimezone(UTC)
    spans = ((opens.astimezone(UTC), closes),)
    return Entry("keep", Text("Keep installed", "保留软件"), when, (note,), spans)
