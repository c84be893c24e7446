"""The words of the pages for review and judgement, in both languages."""

from __future__ import annotations

from oneseat.room.rules.judgements import DISMISSED, ESTABLISHED, NO_STATEMENT, Stage
from oneseat.room.staff import words
from oneseat.room.staff.review.judging import CLEAR, QUESTION, REFER
from oneseat.room.staff.review.review_list import Kind
from signing.text import Text

FINDINGS = {
    CLEAR: Text("nothing found", "无异常"),
    QUESTION: Text("a question stays open", "有疑点"),
    REFER: Text("for a judgement", "提交认定"),
}
KINDS = {
    Kind.ALL: Text("all", "全部"),
    Kind.MARKED: Text("marked by invigilators", "有监考标记"),
    Kind.INCOMPLETE: Text("not complete", "录像不完整"),
    Kind.EVENTFUL: Text("with events", "有异常事件"),
    Kind.UNSEEN: Text("not reviewed", "未复核"),
    Kind.OPEN: Text("question open", "有疑点或待认定"),
}
STAGES = {
    Stage.PROPOSED: Text("proposed", "提出"),
    Stage.NOTICED: Text("candidate told", "告知考生"),
    Stage.STATED: Text("candidate heard", "陈述申辩"),
    Stage.DECIDED: Text("decided", "决定"),
}
OUTCOMES = {
    ESTABLISHED: Text("established", "认定成立"),
    DISMISSED: Text("not established", "不予认定"),
    NO_STATEMENT: Text("no statement was made in the time given", "期限内未陈述"),
}
ASKED = {
    Stage.NOTICED: Text(
        "How and when the candidate was told, and the notice's words", "告知方式、时间和告知内容"
    ),
    Stage.STATED: Text("The candidate's statement", "考生的陈述和申辩"),
    Stage.DECIDED: Text("Reasons of the decision", "决定理由"),
}
"""What the form of a step asks for."""
EVENTS = {
    "browser-windows": Text("Other windows of the browser", "浏览器另开了窗口"),
    "clipboard-picture": Text("Picture in the clipboard", "剪贴板中出现截图"),
    "clock-changed": Text("Computer's clock changed", "电脑时间被改动"),
    "displays": Text("Several displays", "接有多个显示器"),
    "guard-fork": Text("Monitoring reported two histories", "考试监测记录前后不一"),
    "guard-gap": Text("Monitoring's record has a gap", "考试监测记录有缺失"),
    "remote-session": Text("Remote session", "远程控制"),
    "screens": Text("Displays changed", "显示器有变化"),
    "slept": Text("Computer slept", "电脑睡眠"),
    "software": Text("Listed program runs", "运行了目录中的软件"),
}
"""Events of the client that the other pages show by their codes."""


def event_words(code: str) -> Text:
    """What an event is called."""
    return EVENTS.get(code) or words.event_words(code)
