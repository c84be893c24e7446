"""The exam's dates as a candidate reads them: values in, rows out, no window and no clock."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import List, Optional

from oneseat.client.sessions import session_windows
from oneseat.client.sessions.session_windows import Doorway
from signing.charter import Charter
from signing.text import Text

MOCK = Text("Mock interview", "模拟面试")
FORMAL = Text("Formal interview", "正式面试")
KIND_NAMES = {session_windows.MOCK: MOCK, session_windows.FORMAL: FORMAL}
OVER, RUNNING, NEXT, LATER = "over", "running", "next", "later"

_WEEKDAYS = (
    Text("Mon", "周一"),
    Text("Tue", "周二"),
    Text("Wed", "周三"),
    Text("Thu", "周四"),
    Text("Fri", "周五"),
    Text("Sat", "周六"),
    Text("Sun", "周日"),
)


@dataclass(frozen=True)
class Row:
    """One session: what, on which day, from when to when, what to know, and where it stands now."""

    kind: Text
    day: Text
    hours: str
    note: Text
    standing: str


def day_text(moment: datetime) -> Text:
    """A day with its weekday, in the offset that the charter gives."""
    weekday = _WEEKDAYS[moment.weekday()]
    return Text(
        f"{weekday.en} {moment.year}-{moment.month:02d}-{moment.day:02d}",
        f"{moment.year}年{moment.month}月{moment.day}日 {weekday.zh}",
    )


def hours_text(opens: datetime, closes: datetime) -> str:
    """Two times of one day; the next day's midnight is 24:00, as notices write it."""
    if closes.time() == datetime.min.time() and closes - opens <= timedelta(days=1):
        return f"{opens:%H:%M} – 24:00"
    if closes.date() != opens.date():
        return f"{opens:%H:%M} – {closes:%m-%d %H:%M}"
    return f"{opens:%H:%M} – {closes:%H:%M}"


def deadline_text(moment: datetime) -> Text:
    """A deadline to the minute; midnight belongs to the day that it ends."""
    if moment.time() == datetime.min.time():
        day = day_text(moment - timedelta(days=1))
        return Text(f"{day.en} 24:00", f"{day.zh} 24:00")
    day = day_text(moment)
    return Text(f"{day.en} {moment:%H:%M}", f"{day.zh} {moment:%H:%M}")


def rows(charter: Charter, now: datetime) -> List[Row]:
    """The mock and formal sessions in their order, with where each stands at ``now``."""
    spans = [(mock.opens, mock.closes, MOCK, _mock_note()) for mock in charter.mocks]
    spans += [
        (
            formal.login_opens,
            formal.ends,
            FORMAL,
            Text(
                f"Log in from {formal.login_opens:%H:%M}, starts {formal.starts:%H:%M}, "
                f"last login {formal.login_closes:%H:%M}, ends {formal.ends:%H:%M}",
                f"{formal.login_opens:%H:%M} 开始登录，{formal.starts:%H:%M} 开考，"
                f"{formal.login_closes:%H:%M} 截止登录，{formal.ends:%H:%M} 交卷",
            ),
        )
        for formal in charter.formals
    ]
    spans.sort(key=lambda span: span[0])
    upcoming = next((opens for opens, _, _, _ in spans if opens > now), None)
    return [
        Row(kind, day_text(opens), hours_text(opens, closes), note, _standing(opens, closes, now, upcoming))
        for opens, closes, kind, note in spans
    ]


def _mock_note() -> Text:
    return Text("Once a day, complete the whole procedure", "每日限一次，请完整体验全部流程")


def _standing(opens: datetime, closes: datetime, now: datetime, upcoming: Optional[datetime]) -> str:
    if now >= closes:
        return OVER
    if now >= opens:
        return RUNNING
    return NEXT if opens == upcoming else LATER


def countdown(left: timedelta) -> Text:
    """How long there is left, to the second; never less than nothing."""
    seconds = max(0, math.ceil(left.total_seconds()))
    days, rest = divmod(seconds, 86400)
    clock = f"{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"
    if not days:
        return Text(clock, clock)
    return Text(f"{days} day{'s' if days > 1 else ''} {clock}", f"{days} 天 {clock}")


def roughly(span: timedelta) -> Text:
    """A span as people say it: in minutes, in hours from two hours on, in days from two days on."""
    minutes = round(span.total_seconds() / 60)
    if minutes < 120:
        return Text(f"{minutes} minutes", f" {minutes} 分钟")
    if minutes < 2 * 24 * 60:
        return Text(f"about {round(minutes / 60)} hours", f"约 {round(minutes / 60)} 小时")
    return Text(f"about {round(minutes / 1440)} days", f"约 {round(minutes / 1440)} 天")


def until(doorway: Doorway, now: datetime) -> Text:
    """What a door counts down to, in front of the countdown."""
    name = KIND_NAMES[doorway.kind]
    if now < doorway.opens:
        return Text(f"Until the {name.en.lower()} opens", f"距{name.zh}开放")
    if doorway.last_login < doorway.ends and now < doorway.last_login:
        return Text("Open. Until the last login", "已开放，距登录截止")
    return Text(f"Until the {name.en.lower()} ends", f"距{name.zh}结束")
