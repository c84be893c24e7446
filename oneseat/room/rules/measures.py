"""The reasons of measures that candidates read, and what a measure may not do at the moment it is given."""

from __future__ import annotations

from datetime import datetime, timedelta

from signing.charter import FormalSession
from signing.session_times import END, EXTEND, PAUSE, POSTPONE, RESUME
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

    The charter's own bounds are :func:`signing.orders.find_fault`'s.
    """
    if before.ends <= now:
        return Text("the session is over", "该场次已经结束")
    if act == POSTPONE and before.starts <= now:
        return Text("the session has started; lengthen it", "该场次已经开考，请改用“顺延”")
    if act == END and after.ends <= now:
        return Text("that end has passed already", "该结束时间已经过去")
    if before == after:
        return Text("it would change nothing", "不会改变任何时间")
    return None


def words_of(act: str, seconds: int, reason: Text) -> Text:
    """A measure as its candidates read it, with its reason."""
    minutes = seconds // 60
    done = {
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
    return Text(f"{done.en} {reason.en}", f"{done.zh}原因：{reason.zh}")
