"""The reasons of measures that candidates read, and what a measure may not do at the moment it is given."""

from __future__ import annotations

from datetime import datetime, timedelta

from signing import dates
from signing.charter import FormalSession
from signing.session_times import END, EXTEND, PAUSE, POSTPONE, REPEAT, RESUME
from signing.text import Text

GOOD_FOR = timedelta(minutes=15)
"""How long a draft waits for the second person: what it shows was true when it was drafted."""
MAX_MINUTES = 24 * 60
ACTS = {
    POSTPONE: Text("Postpone the start", "推迟开考"),
    EXTEND: Text("Lengthen the answer time", "顺延"),
    END: Text("End early", "提前终止"),
    PAUSE: Text("Pause the answer time", "暂停"),
    RESUME: Text("Resume after a pause", "恢复作答"),
    REPEAT: Text("Repeat in another session", "另场重考"),
}
REASONS = {
    "system": Text("A fault of the exam's system.", "考试系统发生故障。"),
    "network": Text("A fault of the exam's network.", "考试网络发生故障。"),
    "power": Text("A power cut.", "供电中断。"),
    "paper": Text("The questions had to be checked.", "试题内容需要核对。"),
    "weather": Text("Severe weather.", "恶劣天气影响。"),
    "lost-time": Text(
        "Answer time was lost through no fault of the candidate's.", "非考生本人原因，作答时间受到影响。"
    ),
    "organiser": Text("Decided by the exam's organisers.", "考试组织机构决定。"),
}
"""By code, at most 16 characters; the words are signed and shown to candidates."""


def find_fault_now(act: str, before: FormalSession, after: FormalSession, now: datetime) -> Text | None:
    """Return why a measure that changes a seat's session so must not be given now, or None.

    For a repeat, ``after`` is the session that takes the place of ``before``. The charter's own bounds are
    :func:`signing.orders.find_fault`'s.
    """
    if act == REPEAT:
        over = Text("nobody can log in to that session any more", "该场次已经截止登录")
        return over if after.login_closes <= now else None
    if before.ends <= now:
        return Text("the session is over", "该场次已经结束")
    if act == POSTPONE and before.starts <= now:
        return Text("the session has started; lengthen it", "该场次已经开考，请改用“顺延”")
    if act == END and after.ends <= now:
        return Text("that end has passed already", "该结束时间已经过去")
    if before == after:
        return Text("it would change nothing", "不会改变任何时间")
    return None


def words_of(act: str, seconds: int, reason: Text, instead: FormalSession | None = None) -> Text:
    """A measure as its candidates read it, with its reason. ``instead`` is the session of a repeat."""
    done = _repeated(instead) if instead is not None else _moved(act, seconds // 60)
    return Text(f"{done.en} {reason.en}", f"{done.zh}原因：{reason.zh}")


def _repeated(instead: FormalSession) -> Text:
    start, login = dates.opening(instead.starts), dates.clock(instead.login_opens)
    return Text(
        f"This interview stops here; take another one instead. It starts {start.en}, login from {login}.",
        f"本场面试到此停止，请参加另场重考：{start.zh} 开考，{login} 起登录。",
    )


def _moved(act: str, minutes: int) -> Text:
    return {
        POSTPONE: Text(f"The start is postponed by {minutes} minutes.", f"本场考试推迟 {minutes} 分钟开考。"),
        EXTEND: Text(f"The answer time is {minutes} minutes longer.", f"作答时间顺延 {minutes} 分钟。"),
        END: Text("The session ends early.", "本场考试提前终止，请看页面上的剩余时间。"),
        PAUSE: Text(
            f"The exam is paused, for {minutes} minutes at the longest; the time left stays as it is.",
            f"考试暂停，最长 {minutes} 分钟，剩余时间不变。",
        ),
        RESUME: Text(
            "The exam goes on; the time left is shown on this page.",
            "考试恢复作答，时间以页面显示为准。",
        ),
    }[act]
