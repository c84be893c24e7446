"""Formats the exam's dates for candidates: pure functions from a charter and a time to texts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import List, Optional

from oneseat.client.sessions.held_session import HeldSession
from signing import dates, session_times
from signing.charter import Charter, FormalSession
from signing.text import Text

MOCK = Text("Mock interview", "模拟面试")
FORMAL = Text("Formal interview", "正式面试")
KIND_NAMES = {session_times.MOCK: MOCK, session_times.FORMAL: FORMAL}
OVER, RUNNING, NEXT, LATER = "over", "running", "next", "later"


@dataclass(frozen=True)
class Row:
    """One session: what, on which day, from when to when, what to know, and its state now."""

    kind: Text
    day: Text
    hours: Text
    note: Text
    standing: str


def rows(charter: Charter, now: datetime) -> List[Row]:
    """The mock and formal sessions in their order, with the state of each at ``now``."""
    spans = [(mock.opens, mock.closes, MOCK, _mock_note()) for mock in charter.mocks]
    spans += [
        (
            formal.login_opens,
            formal.ends,
            FORMAL,
            _formal_note(formal),
        )
        for formal in charter.formals
    ]
    spans.sort(key=lambda span: span[0])
    upcoming = next((opens for opens, _, _, _ in spans if opens > now), None)
    return [
        Row(kind, dates.day(opens), dates.hours(opens, closes), note, _standing(opens, closes, now, upcoming))
        for opens, closes, kind, note in spans
    ]


def _mock_note() -> Text:
    return Text("Once a day, complete the whole procedure", "每日限一次，请完整体验全部流程")


def _formal_note(formal: FormalSession) -> Text:
    login, starts = dates.clock(formal.login_opens), dates.clock(formal.starts)
    last_login, ends = dates.closing_clock(formal.login_closes), dates.closing_clock(formal.ends)
    return Text(
        f"Log in from {login}, starts {starts}, last login {last_login}, ends {ends}",
        f"{login} 开始登录，{starts} 开考，{last_login} 截止登录，{ends} 交卷",
    )


def _standing(opens: datetime, closes: datetime, now: datetime, upcoming: Optional[datetime]) -> str:
    if now >= closes:
        return OVER
    if now >= opens:
        return RUNNING
    return NEXT if opens == upcoming else LATER


def countdown(left: timedelta) -> Text:
    """Time left, to the second, rounded up; at least zero."""
    seconds = max(0, math.ceil(left.total_seconds()))
    days, rest = divmod(seconds, 86400)
    clock = f"{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"
    if not days:
        return Text(clock, clock)
    return Text(f"{days} day{'s' if days > 1 else ''} {clock}", f"{days} 天 {clock}")


def roughly(span: timedelta) -> Text:
    """An approximate span: in minutes below two hours, in hours below two days, else in days."""
    minutes = round(span.total_seconds() / 60)
    if minutes < 120:
        return Text(f"{minutes} minutes", f" {minutes} 分钟")
    if minutes < 2 * 24 * 60:
        return Text(f"about {round(minutes / 60)} hours", f"约 {round(minutes / 60)} 小时")
    return Text(f"about {round(minutes / 1440)} days", f"约 {round(minutes / 1440)} 天")


def until(session: HeldSession, now: datetime) -> Text:
    """The label in front of a session's countdown; in a pause it says that the time stands."""
    window = session.window
    name = KIND_NAMES[window.kind]
    if now < window.opens:
        return Text(f"Until the {name.en.lower()} opens", f"距{name.zh}开放")
    if session.stands:
        return Text("Paused. Answer time left", "暂停中，作答时间还剩")
    if not session.answers and window.last_login < window.ends and now < window.last_login:
        return Text("Open. Until the last login", "已开放，距登录截止")
    return Text(f"Until the {name.en.lower()} ends", f"距{name.zh}结束")
